/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test_netpref.h"

static const char names[] =
    "mgmt=10.99.1.0/24 mig=10.99.2.0/24,fd99:2::/64 stor=10.99.3.0/24 guest=10.99.4.0/24";

/* The lab's four networks: mgmt with ring 0, mig, the faster stor with ring 1, guest. */
static GPtrArray *lab_nodes(void)
{
    return make_nodes(
        "a1",
        "eth0 up speed=1000 ip=10.99.1.1/24; eth1 up speed=10000 ip=10.99.2.1/24 ip=fd99:2::1/64; "
        "eth2 up speed=25000 ip=10.99.3.1/24; eth3 up speed=1000 ip=10.99.4.1/24",
        "10.99.1.1 10.99.3.1", "a2",
        "eth0 up speed=1000 ip=10.99.1.2/24; eth1 up speed=10000 ip=10.99.2.2/24 ip=fd99:2::2/64; "
        "eth2 up speed=25000 ip=10.99.3.2/24; eth3 up speed=1000 ip=10.99.4.2/24",
        "10.99.1.2 10.99.3.2", NULL);
}

/* A choice with what it stands on. */
typedef struct {
    NetprefPolicy *policy;
    NetprefPolicy *vm;
    NetprefNetworks *networks;
    NetprefChoice *choice;
} Case;

static Case begin(GPtrArray *nodes, NetprefPolicy *policy, NetprefPolicy *vm)
{
    Case it = {.policy = policy, .vm = vm};

    it.networks = netpref_networks_new(nodes, policy);
    it.choice = netpref_choose(it.networks, policy, vm, "a1", "a2", NULL);
    assert_non_null(it.choice);
    g_ptr_array_unref(nodes);
    return it;
}

static void end(Case *it)
{
    netpref_choice_free(it->choice);
    netpref_networks_free(it->networks);
    netpref_policy_free(it->vm);
    netpref_policy_free(it->policy);
}

static void assert_ranking(const Case *it, const char *expected)
{
    g_autofree char *text = ranking_text(it->choice);

    assert_string_equal(text, expected);
}

static void assert_ranked(NetprefPolicy *policy, NetprefPolicy *vm, const char *expected)
{
    Case it = begin(lab_nodes(), policy, vm);

    assert_ranking(&it, expected);
    end(&it);
}

static void default_is_without_ring_then_faster_then_by_subnet(void **state)
{
    (void)state;
    assert_ranked(make_policy(NULL, NULL, names, NULL, NULL), NULL, "mig guest stor mgmt");
    assert_ranked(NULL, NULL, "10.99.2.0/24 10.99.4.0/24 10.99.3.0/24 10.99.1.0/24");
    Case equal =
        begin(make_nodes("a1", "x up ip=10.2.0.1/24; y up ip=10.1.0.1/24; z up ip=fd00::1/64", NULL, "a2",
                         "x up ip=10.2.0.2/24; y up ip=10.1.0.2/24; z up ip=fd00::2/64", NULL, NULL),
              NULL, NULL);
    assert_ranking(&equal, "10.1.0.0/24 10.2.0.0/24 fd00::/64");
    end(&equal);
}

static void ring_setting_is_obeyed(void **state)
{
    (void)state;
    assert_ranked(make_policy(NULL, NULL, names, "allow", NULL), NULL, "stor mig mgmt guest");
    assert_ranked(make_policy(NULL, NULL, names, "last", NULL), NULL, "mig guest stor mgmt");
    Case it = begin(lab_nodes(), make_policy("stor mig", NULL, names, "exclude", NULL), NULL);
    assert_ranking(&it, "mig guest");
    assert_out(it.choice, "stor", NETPREF_RING_EXCLUDED, "carries the Corosync ring, and ring=exclude");
    end(&it);
}

static void order_decides(void **state)
{
    (void)state;
    assert_ranked(make_policy("guest stor", NULL, names, NULL, NULL), NULL, "guest stor mig mgmt");
    assert_ranked(make_policy("10.99.4.0/24 eth2 fd99:2::/64", NULL, names, NULL, NULL), NULL,
                  "guest stor mig mgmt");
    Case it = begin(lab_nodes(), make_policy("guest stor", NULL, names, NULL, "exclude"), NULL);
    assert_ranking(&it, "guest stor");
    assert_out(it.choice, "mig", NETPREF_UNLISTED, "not listed, and unlisted=exclude");
    assert_string_equal(netpref_choice_get(it.choice, 0)->reason, "place 1 in the cluster's order");
    end(&it);
}

static void unknown_names_change_nothing(void **state)
{
    (void)state;
    assert_ranked(make_policy("nowhere guest 10.7.0.0/24 stor", "never 10.8.0.0/24", names, NULL, NULL), NULL,
                  "guest stor mig mgmt");
}

static void list_of_the_vm_wins(void **state)
{
    (void)state;
    /* a list of unknown names only is none */
    assert_ranked(make_policy("mig stor", NULL, names, NULL, "exclude"),
                  netpref_policy_new_for_vm("gusset 10.7.0.0/24", NULL), "mig stor");
    assert_ranked(make_policy("mig stor", NULL, names, NULL, NULL), netpref_policy_new_for_vm("guest", NULL),
                  "guest mig stor mgmt");
    Case it = begin(lab_nodes(), make_policy("mig stor", NULL, names, NULL, "exclude"),
                    netpref_policy_new_for_vm("guest", "stor"));
    assert_ranking(&it, "guest");
    assert_string_equal(netpref_choice_get(it.choice, 0)->reason, "place 1 in this VM's list");
    assert_out(it.choice, "stor", NETPREF_EXCLUDED_BY_VM,
               "excluded for this VM (migration_exclude_networks has stor)");
    end(&it);
}

/* I3 */
static void excluded_network_is_never_a_candidate(void **state)
{
    (void)state;
    Case it = begin(lab_nodes(), make_policy("mig stor", "mig", names, NULL, NULL),
                    netpref_policy_new_for_vm("mig guest", NULL));
    assert_ranking(&it, "guest stor mgmt");
    assert_out(it.choice, "mig", NETPREF_EXCLUDED_BY_CLUSTER, "excluded by the cluster (exclude has mig)");
    end(&it);
    assert_ranked(make_policy("mig", "fd99:2::/64", names, NULL, NULL), NULL, "guest stor mgmt");
    assert_ranked(make_policy("mig", "eth1", names, NULL, NULL), NULL, "guest stor mgmt");
    assert_ranked(make_policy("mig", "10.99.2.99/24", names, NULL, NULL), NULL, "guest stor mgmt");
    assert_ranked(make_policy("mig", "10.99.2.99", names, NULL, NULL), NULL, "guest stor mgmt");
    assert_ranked(make_policy("mig", "::ffff:10.99.2.0/120", names, NULL, NULL), NULL, "guest stor mgmt");
    assert_ranked(make_policy("mig", "10.99.2.0/23", names, NULL, NULL), NULL, "guest mgmt");
    assert_ranked(make_policy("mig", "0.0.0.0/0", names, NULL, NULL), NULL, "");
    assert_ranked(make_policy("mig", NULL, names, NULL, NULL), netpref_policy_new_for_vm("mig", "mig stor"),
                  "guest mgmt");
}

/* I3: an interface name may be another network elsewhere; rather too much is excluded than too little */
static void excluded_interface_takes_every_network_on_it(void **state)
{
    (void)state;
    Case it = begin(
        make_nodes("a1", "eth1 up ip=10.1.0.1/24; eth2 up ip=10.2.0.1/24; eth3 up ip=10.3.0.1/24", NULL, "a2",
                   "eth2 up ip=10.1.0.2/24; eth1 up ip=10.2.0.2/24; eth3 up ip=10.3.0.2/24", NULL, NULL),
        make_policy("eth1", "eth1", NULL, NULL, NULL), NULL);
    assert_ranking(&it, "10.3.0.0/24");
    end(&it);
}

/* I3: the kernel would send it over the narrower, excluded subnet */
static void address_inside_an_excluded_subnet_is_never_used(void **state)
{
    (void)state;
    static const char a1[] = "eth1 up ip=10.99.0.1/16; eth2 up ip=10.99.2.1/24";
    Case it = begin(make_nodes("a1", a1, NULL, "a2", "eth1 up ip=10.99.2.2/16", NULL, NULL),
                    make_policy(NULL, "10.99.2.0/24", NULL, NULL, NULL), NULL);
    assert_out(it.choice, "10.99.0.0/16", NETPREF_ADDRESS_UNUSABLE, "10.99.2.2 lies in an excluded network");
    end(&it);
    it = begin(make_nodes("a1", a1, NULL, "a2", "eth1 up ip=10.99.2.2/16 ip=10.99.0.2/16", NULL, NULL),
               make_policy(NULL, "10.99.2.0/24", NULL, NULL, NULL), NULL);
    assert_int_equal(candidate_of(it.choice, "10.99.0.0/16")->paths->len, 1);
    end(&it);
    /* the wider one being excluded does not matter to the narrower */
    it = begin(
        make_nodes("a1", a1, NULL, "a2", "eth1 up ip=10.99.0.2/16; eth2 up ip=10.99.2.2/24", NULL, NULL),
        make_policy(NULL, "10.99.0.0/16", NULL, NULL, NULL), NULL);
    assert_ranking(&it, "10.99.2.0/24");
    end(&it);
}

/* I3: nobody can tell whether the IPv6 subnet belongs to the excluded IPv4 one beside it */
static void unnamed_network_on_an_excluded_wire_is_out(void **state)
{
    (void)state;
    static const char a1[] = "eth1 up ip=10.1.0.1/24 ip=10.2.0.1/24 ip=fd00::1/64";
    static const char a2[] = "eth1 up ip=10.1.0.2/24 ip=10.2.0.2/24 ip=fd00::2/64";
    Case it = begin(make_nodes("a1", a1, NULL, "a2", a2, NULL, NULL),
                    make_policy(NULL, "10.1.0.0/24", NULL, NULL, NULL), NULL);
    assert_ranking(&it, "10.2.0.0/24");
    assert_out(it.choice, "fd00::/64", NETPREF_EXCLUDED_WIRE,
               "shares a wire with 10.1.0.0/24, which is excluded; order or name it to use it");
    end(&it);
    it = begin(make_nodes("a1", a1, NULL, "a2", a2, NULL, NULL),
               make_policy("fd00::/64", "10.1.0.0/24", NULL, NULL, NULL), NULL);
    assert_ranking(&it, "fd00::/64 10.2.0.0/24");
    end(&it);
}

static void paths_are_numeric_and_within_one_subnet(void **state)
{
    (void)state;
    Case it = begin(lab_nodes(), make_policy("mig", NULL, names, NULL, NULL), NULL);
    g_autofree char *text = choice_text(it.choice);
    assert_non_null(strstr(text, "1 mig usable (place 1 in the cluster's order) 10.99.2.1>10.99.2.2@eth1 "
                                 "fd99:2::1>fd99:2::2@eth1\n"));
    g_autofree char *summary = netpref_choice_summary(it.choice);
    assert_string_equal(summary, "mig, then guest, then stor, then mgmt");
    end(&it);
}

static void what_a_node_lacks_is_said(void **state)
{
    (void)state;
    Case it =
        begin(make_nodes("a1",
                         "e1 down ip=10.1.0.1/24; e2 up ip=10.2.0.1/24; e3 up ip=10.3.0.1/24; "
                         "e5 up ip=10.5.0.1/24 ip=fd00:5::1/64; e6 up ip=10.6.0.1/24; e7 up ip=fd00:7::1/64",
                         NULL, "a2",
                         "e1 down ip=10.1.0.2/24; e2 down ip=10.2.0.2/24; e4 up ip=10.4.0.2/24; "
                         "e5 up ip=fd00:5::2/64; e6 up ip=10.6.0.1/24; e7 down",
                         NULL, "a3", "e5 up ip=10.5.0.3/24; e4 up ip=10.4.0.3/24", NULL, NULL),
              NULL, NULL);
    assert_ranking(&it, "10.5.0.0/24");
    assert_int_equal(netpref_choice_get(it.choice, 0)->paths->len, 1);
    assert_out(it.choice, "10.1.0.0/24", NETPREF_DOWN_ON_SOURCE, "e1 is down on a1");
    assert_out(it.choice, "10.2.0.0/24", NETPREF_DOWN_ON_TARGET, "e2 is down on a2");
    assert_out(it.choice, "10.3.0.0/24", NETPREF_NOT_ON_TARGET, "a2 has no address on it");
    assert_out(it.choice, "10.4.0.0/24", NETPREF_NOT_ON_SOURCE, "a1 has no address on it");
    assert_out(it.choice, "10.6.0.0/24", NETPREF_ADDRESS_UNUSABLE, "10.6.0.1 is on two nodes");
    /* an interface that is off has lost its IPv6 address */
    assert_out(it.choice, "fd00:7::/64", NETPREF_DOWN_ON_TARGET, "e7 is down on a2");
    end(&it);
    it = begin(make_nodes("a1", "e1 up ip=10.1.0.1/24", NULL, "a2", "e1 up ip=fd00::2/64", NULL, NULL),
               make_policy(NULL, NULL, "mig=10.1.0.0/24,fd00::/64", NULL, NULL), NULL);
    assert_out(it.choice, "mig", NETPREF_NO_SHARED_SUBNET, "a1 and a2 have no subnet of it in common");
    g_autofree char *summary = netpref_choice_summary(it.choice);
    assert_string_equal(summary,
                        "no usable network from a1 to a2: mig: a1 and a2 have no subnet of it in common");
    end(&it);
}

static void second_interface_on_a_subnet_takes_over(void **state)
{
    (void)state;
    Case it = begin(make_nodes("a1", "e1 down ip=10.1.0.1/24; e2 up ip=10.1.0.11/24; e3 up ip=10.1.0.21/24",
                               NULL, "a2", "e1 up ip=10.1.0.2/24", NULL, NULL),
                    NULL, NULL);
    g_autofree char *text = choice_text(it.choice);
    assert_string_equal(text, "1 10.1.0.0/24 usable (no order set, speed unknown) 10.1.0.11>10.1.0.2@e2 "
                              "10.1.0.21>10.1.0.2@e3\n");
    end(&it);
}

static void target_without_published_links_is_reached_by_its_ring_address(void **state)
{
    (void)state;
    Case it = begin(make_nodes("a1", "e0 up ip=10.99.1.1/24; e1 up ip=10.99.2.1/24", "10.99.1.1", "a2", NULL,
                               "10.99.1.2", NULL),
                    make_policy(NULL, NULL, names, NULL, NULL), NULL);
    assert_ranking(&it, "mgmt");
    assert_out(it.choice, "mig", NETPREF_NOT_ON_TARGET, "a2 has no known address on it");
    end(&it);
}

static void bad_pairs_are_errors(void **state)
{
    (void)state;
    g_autoptr(GPtrArray) nodes = lab_nodes();
    g_autoptr(NetprefNetworks) networks = netpref_networks_new(nodes, NULL);
    g_autoptr(GError) unknown = NULL;
    g_autoptr(GError) same = NULL;
    assert_null(netpref_choose(networks, NULL, NULL, "a1", "b1", &unknown));
    assert_string_equal(unknown->message, "b1 is not a known node: nothing is known of its networks");
    assert_null(netpref_choose(networks, NULL, NULL, "a1", "a1", &same));
    assert_string_equal(same->message, "a1 cannot migrate to itself");
}

static void rank_needs_no_pair(void **state)
{
    (void)state;
    g_autoptr(GPtrArray) nodes = lab_nodes();
    g_autoptr(NetprefPolicy) policy = make_policy("guest", "mgmt", names, NULL, NULL);
    g_autoptr(NetprefNetworks) networks = netpref_networks_new(nodes, policy);
    g_autoptr(NetprefChoice) choice = netpref_rank(networks, policy, NULL);
    g_autofree char *text = ranking_text(choice);
    assert_string_equal(text, "guest mig stor");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(default_is_without_ring_then_faster_then_by_subnet),
        cmocka_unit_test(ring_setting_is_obeyed),
        cmocka_unit_test(order_decides),
        cmocka_unit_test(unknown_names_change_nothing),
        cmocka_unit_test(list_of_the_vm_wins),
        cmocka_unit_test(excluded_network_is_never_a_candidate),
        cmocka_unit_test(excluded_interface_takes_every_network_on_it),
        cmocka_unit_test(address_inside_an_excluded_subnet_is_never_used),
        cmocka_unit_test(unnamed_network_on_an_excluded_wire_is_out),
        cmocka_unit_test(paths_are_numeric_and_within_one_subnet),
        cmocka_unit_test(what_a_node_lacks_is_said),
        cmocka_unit_test(second_interface_on_a_subnet_takes_over),
        cmocka_unit_test(target_without_published_links_is_reached_by_its_ring_address),
        cmocka_unit_test(bad_pairs_are_errors),
        cmocka_unit_test(rank_needs_no_pair),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
