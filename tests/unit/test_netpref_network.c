/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test_netpref.h"

static void assert_networks(GPtrArray *nodes, const char *names, const char *expected)
{
    g_autoptr(NetprefPolicy) policy = make_policy(NULL, NULL, names, NULL, NULL);
    g_autoptr(NetprefNetworks) networks = netpref_networks_new(nodes, policy);
    g_autofree char *text = networks_text(networks);

    assert_string_equal(text, expected);
}

static void assert_network_found(GPtrArray *nodes, const char *names, const char *kind, const char *part)
{
    g_autoptr(NetprefPolicy) policy = make_policy(NULL, NULL, names, NULL, NULL);
    g_autoptr(NetprefNetworks) networks = netpref_networks_new(nodes, policy);

    assert_found(netpref_networks_findings(networks), kind, part);
}

static void each_subnet_is_one_network(void **state)
{
    (void)state;
    g_autoptr(GPtrArray) nodes =
        make_nodes("a1", "eth0 up ip=10.99.1.1/24; eth1 up ip=10.99.2.1/24; bond0.20 up ip=172.16.0.1/20",
                   NULL, "a2", "br0 up ip=10.99.1.2/24; eth1 up ip=10.99.2.2/24", NULL, NULL);
    assert_networks(nodes, "mig=10.99.2.0/24",
                    "10.99.1.0/24[10.99.1.0/24] mig[10.99.2.0/24] 172.16.0.0/20[172.16.0.0/20]");
    assert_network_found(nodes, NULL, "single_node", "172.16.0.0/20: only a1 is on it");
}

static void interfaces_of_guests_and_containers_are_left_out(void **state)
{
    (void)state;
    static const char *const left_out[] = {"lo",   "virbr0",      "docker0",  "docker_gwbridge",
                                           "cni0", "cni-podman0", "veth1",    "podman1",
                                           "tap0", "vnet17",      "macvtap0", "br-0123456789ab"};
    static const char *const kept[] = {"eth0",    "br-ex", "br0",  "bond0", "eth0.20",
                                       "br-mgmt", "wg0",   "ens3", "vlan7"};
    for (guint i = 0; i < G_N_ELEMENTS(left_out); i++)
        assert_true(netpref_interface_is_left_out(left_out[i]));
    for (guint i = 0; i < G_N_ELEMENTS(kept); i++)
        assert_false(netpref_interface_is_left_out(kept[i]));
    g_autoptr(GPtrArray) nodes = make_nodes(
        "a1", "virbr0 up ip=192.168.122.1/24; docker0 up ip=172.17.0.1/16; eth1 up ip=10.99.2.1/24", NULL,
        NULL);
    assert_networks(nodes, NULL, "10.99.2.0/24[10.99.2.0/24]");
    /* libvirt's subnet on a real wire is a network */
    g_autoptr(GPtrArray) real = make_nodes("a1", "eth1 up ip=192.168.122.1/24", NULL, NULL);
    assert_networks(real, NULL, "192.168.122.0/24[192.168.122.0/24]");
}

static void addresses_that_name_no_network_are_left_out(void **state)
{
    (void)state;
    g_autoptr(GPtrArray) nodes = make_nodes(
        "a1",
        "eth0 up ip=127.0.0.2/8 ip=169.254.7.7/16 ip=fe80::1/64 ip=::1/128 ip=ff02::1/16 ip=0.1.2.3/8 "
        "ip=::ffff:10.0.0.1/120 ip=10.99.2.1/24 ip=10.99.2.100/32 ip=10.7.7.7/32 ip=10.8.8.8/0",
        NULL, NULL);
    assert_networks(nodes, NULL, "10.99.2.0/24[10.99.2.0/24]");
    assert_network_found(nodes, NULL, "not_a_network", "10.7.7.7/32 (eth0 on a1) is one address");
}

static void ipv4_and_ipv6_of_one_wire_are_one_network(void **state)
{
    (void)state;
    g_autoptr(GPtrArray) nodes =
        make_nodes("a1", "eth1 up ip=10.99.2.1/24 ip=fd99:2::1/64 ip=2001:db8:2::1/64", NULL, "a2",
                   "ens7 up ip=10.99.2.2/24 ip=fd99:2::2/64", NULL, "a3", "eth1 up ip=10.99.2.3/24", NULL,
                   "a4", "eth1 up ip=fd99:2::4/64", NULL, NULL);
    assert_networks(nodes, NULL, "10.99.2.0/24[10.99.2.0/24,2001:db8:2::/64,fd99:2::/64]");
    g_autoptr(GPtrArray) v6_only = make_nodes("a1", "eth1 up ip=fd99:2::1/64", NULL, NULL);
    assert_networks(v6_only, NULL, "fd99:2::/64[fd99:2::/64]");
}

static void subnets_on_different_interfaces_anywhere_stay_apart(void **state)
{
    (void)state;
    g_autoptr(GPtrArray) nodes = make_nodes("a1", "eth1 up ip=10.99.2.1/24 ip=fd99:2::1/64", NULL, "a2",
                                            "eth1 up ip=10.99.2.2/24; eth2 up ip=fd99:2::2/64", NULL, NULL);
    assert_networks(nodes, NULL, "10.99.2.0/24[10.99.2.0/24] fd99:2::/64[fd99:2::/64]");
    assert_network_found(nodes, NULL, "wire_differs", "but not on a2: two networks");
}

static void several_ipv4_subnets_on_one_interface_stay_apart(void **state)
{
    (void)state;
    g_autoptr(GPtrArray) nodes = make_nodes("a1", "eth1 up ip=10.1.0.1/24 ip=10.2.0.1/24 ip=fd00::1/64", NULL,
                                            "a2", "eth1 up ip=10.1.0.2/24 ip=10.2.0.2/24", NULL, NULL);
    assert_networks(nodes, NULL, "10.1.0.0/24[10.1.0.0/24] 10.2.0.0/24[10.2.0.0/24] fd00::/64[fd00::/64]");
    assert_network_found(nodes, NULL, "wire_ambiguous",
                         "fd00::/64 shares its interface with 10.1.0.0/24, 10.2.0.0/24");
    assert_network_found(nodes, NULL, "interface_shared", "interface eth1 carries 3 networks");
    /* unless names says how they belong together */
    assert_networks(nodes, "mig=10.1.0.0/24,fd00::/64",
                    "mig[10.1.0.0/24,fd00::/64] 10.2.0.0/24[10.2.0.0/24]");
    assert_networks(nodes, "mig=10.1.0.0/24,10.2.0.0/24", "mig[10.1.0.0/24,10.2.0.0/24,fd00::/64]");
}

static void labels_decide_what_is_one_network(void **state)
{
    (void)state;
    g_autoptr(GPtrArray) one_wire = make_nodes("a1", "eth1 up ip=10.99.2.1/24 ip=fd99:2::1/64", NULL, NULL);
    assert_networks(one_wire, "mig=10.99.2.0/24", "mig[10.99.2.0/24,fd99:2::/64]");
    assert_networks(one_wire, "mig=fd99:2::/64", "mig[10.99.2.0/24,fd99:2::/64]");
    assert_networks(one_wire, "mig=10.99.2.0/24 six=fd99:2::/64", "mig[10.99.2.0/24] six[fd99:2::/64]");
    /* no node has both: the label is all there is to go by */
    g_autoptr(GPtrArray) unseen =
        make_nodes("a1", "eth1 up ip=10.99.2.1/24", NULL, "a2", "eth1 up ip=fd99:2::2/64", NULL, NULL);
    assert_networks(unseen, NULL, "10.99.2.0/24[10.99.2.0/24] fd99:2::/64[fd99:2::/64]");
    assert_networks(unseen, "mig=10.99.2.0/24,fd99:2::/64", "mig[10.99.2.0/24,fd99:2::/64]");
    /* two IPv6 subnets of a label follow together */
    g_autoptr(GPtrArray) two =
        make_nodes("a1", "eth1 up ip=10.99.2.1/24 ip=fd99:2::1/64 ip=fd99:3::1/64", NULL, NULL);
    assert_networks(two, "mig=fd99:3::/64,fd99:2::/64", "mig[10.99.2.0/24,fd99:2::/64,fd99:3::/64]");
}

static void label_over_two_wires_is_said_and_stays_two_networks(void **state)
{
    (void)state;
    g_autoptr(GPtrArray) nodes =
        make_nodes("a1", "eth1 up ip=10.1.0.1/24; eth2 up ip=10.2.0.1/24", NULL, NULL);
    static const char names[] = "mig=10.1.0.0/24,10.2.0.0/24";
    assert_networks(nodes, names, "mig[10.1.0.0/24] 10.2.0.0/24[10.2.0.0/24]");
    assert_network_found(nodes, names, "label_spans_wires",
                         "10.1.0.0/24 and 10.2.0.0/24 are both mig, but a1");
}

static void odd_subnets_are_named(void **state)
{
    (void)state;
    g_autoptr(GPtrArray) nodes =
        make_nodes("a1", "eth1 up mtu=9000 ip=10.99.2.1/24; eth2 up mtu=1500 ip=10.99.2.9/24", NULL, "a2",
                   "eth1 up mtu=1500 ip=10.99.2.1/24", NULL, "a3", "eth1 up ip=10.99.2.3/16", NULL, "a4",
                   "eth0 up", NULL, NULL);
    assert_network_found(nodes, NULL, "subnet_twice", "a1 has 10.99.2.0/24 on eth1 and on eth2");
    assert_network_found(nodes, NULL, "address_twice", "10.99.2.1 is on a1 and on a2: it is not used");
    assert_network_found(nodes, NULL, "subnets_overlap", "10.99.2.0/24 lies in 10.99.0.0/16");
    assert_network_found(nodes, NULL, "mtu_differs", "10.99.2.0/24: MTU is 1500 on a2 and 9000 on a1");
    assert_network_found(nodes, NULL, "nodes_missing", "10.99.2.0/24: not on a3, a4");
}

static void ring_is_found_by_address_or_by_the_narrowest_subnet(void **state)
{
    (void)state;
    g_autoptr(GPtrArray) nodes =
        make_nodes("a1", "eth0 up ip=10.0.0.1/8; eth1 up ip=10.1.0.1/24", "10.1.0.1 192.0.2.1", "a2",
                   "eth0 up ip=10.0.0.2/8; eth1 up ip=10.1.0.2/24", "10.1.0.200", NULL);
    g_autoptr(NetprefNetworks) networks = netpref_networks_new(nodes, NULL);
    assert_false(netpref_networks_get(networks, 0)->ring);
    assert_true(netpref_networks_get(networks, 1)->ring);
    assert_true(netpref_networks_member(networks, netpref_networks_get(networks, 1), "a2")->ring);
    assert_found(netpref_networks_findings(networks), "ring_nowhere", "ring address 192.0.2.1 of a1");
}

static void node_without_links_is_known_by_its_ring_addresses(void **state)
{
    (void)state;
    g_autoptr(GPtrArray) nodes = make_nodes("a1", "eth0 up ip=10.99.1.1/24; eth1 up ip=10.99.2.1/24",
                                            "10.99.1.1", "a2", NULL, "10.99.1.2", NULL);
    g_autoptr(NetprefNetworks) networks = netpref_networks_new(nodes, NULL);
    const NetprefMember *member = netpref_networks_member(networks, netpref_networks_get(networks, 0), "a2");
    assert_non_null(member);
    assert_null(member->interface);
    assert_int_equal(member->state, NETPREF_LINK_UNKNOWN);
    assert_null(netpref_networks_member(networks, netpref_networks_get(networks, 1), "a2"));
    assert_found(netpref_networks_findings(networks), "links_unknown", "a2 has not published its links");
}

static void member_knows_its_link(void **state)
{
    (void)state;
    g_autoptr(GPtrArray) nodes =
        make_nodes("a1", "eth1 up speed=10000 mtu=9000 ip=10.99.2.1/24", NULL, "a2",
                   "eth1 down speed=1000 mtu=1500 ip=10.99.2.2/24; eth2 up ip=10.99.2.3/24", NULL, NULL);
    g_autoptr(NetprefNetworks) networks = netpref_networks_new(nodes, NULL);
    const NetprefNetwork *network = netpref_networks_get(networks, 0);
    const NetprefMember *a1 = netpref_networks_member(networks, network, "a1");
    const NetprefMember *a2 = netpref_networks_member(networks, network, "a2");
    assert_string_equal(a1->interface, "eth1");
    assert_int_equal(a1->speed_mbits, 10000);
    assert_int_equal(a1->mtu, 9000);
    /* the link that is not down speaks */
    assert_string_equal(a2->interface, "eth2");
    assert_int_equal(a2->state, NETPREF_LINK_UP);
    assert_int_equal(a2->addresses->len, 2);
    assert_int_equal(network->speed_mbits, 10000);
    assert_null(netpref_networks_member(networks, network, "b1"));
}

static void interface_name_stands_for_a_network_only_where_all_share_it(void **state)
{
    (void)state;
    g_autoptr(GPtrArray) nodes =
        make_nodes("a1", "eth1 up ip=10.1.0.1/24; eth2 up ip=10.2.0.1/24; mig up ip=10.3.0.1/24", NULL, "a2",
                   "eth1 up ip=10.2.0.2/24; eth2 up ip=10.1.0.2/24; mig up ip=10.3.0.2/24", NULL, NULL);
    g_autoptr(NetprefNetworks) networks = netpref_networks_new(nodes, NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) shared = netpref_networks_lookup(networks, "mig", NULL);
    assert_int_equal(shared->len, 1);
    assert_null(netpref_networks_lookup(networks, "eth1", &error));
    assert_string_equal(error->message,
                        "interface eth1 is not the same network on all nodes: write its CIDR");
    /* one network each, but another one here and there */
    g_autoptr(GPtrArray) apart =
        make_nodes("a1", "eth1 up ip=10.1.0.1/24", NULL, "a2", "eth1 up ip=10.2.0.2/24", NULL, NULL);
    g_autoptr(NetprefNetworks) others = netpref_networks_new(apart, NULL);
    assert_null(netpref_networks_lookup(others, "eth1", NULL));
}

static void label_that_is_an_interface_elsewhere_is_said(void **state)
{
    (void)state;
    g_autoptr(GPtrArray) nodes =
        make_nodes("a1", "mig up ip=10.1.0.1/24; eth1 up ip=10.2.0.1/24", NULL, NULL);
    assert_network_found(nodes, "mig=10.2.0.0/24", "label_is_interface",
                         "mig is a label and also an interface");
}

static void nothing_known_is_no_crash(void **state)
{
    (void)state;
    g_autoptr(GPtrArray) none = netpref_nodes_new();
    assert_networks(none, NULL, "");
    g_autoptr(GPtrArray) empty = make_nodes("a1", NULL, NULL, "a1", NULL, NULL, NULL);
    assert_network_found(empty, NULL, "node_twice", "a1 is listed twice");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_subnet_is_one_network),
        cmocka_unit_test(interfaces_of_guests_and_containers_are_left_out),
        cmocka_unit_test(addresses_that_name_no_network_are_left_out),
        cmocka_unit_test(ipv4_and_ipv6_of_one_wire_are_one_network),
        cmocka_unit_test(subnets_on_different_interfaces_anywhere_stay_apart),
        cmocka_unit_test(several_ipv4_subnets_on_one_interface_stay_apart),
        cmocka_unit_test(labels_decide_what_is_one_network),
        cmocka_unit_test(label_over_two_wires_is_said_and_stays_two_networks),
        cmocka_unit_test(odd_subnets_are_named),
        cmocka_unit_test(ring_is_found_by_address_or_by_the_narrowest_subnet),
        cmocka_unit_test(node_without_links_is_known_by_its_ring_addresses),
        cmocka_unit_test(member_knows_its_link),
        cmocka_unit_test(interface_name_stands_for_a_network_only_where_all_share_it),
        cmocka_unit_test(label_that_is_an_interface_elsewhere_is_said),
        cmocka_unit_test(nothing_known_is_no_crash),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
