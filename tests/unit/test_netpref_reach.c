/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two hosts, each a network namespace, joined by two wires: mig0 (10.99.2.0/24, fd99:2::/64) and stor0
 * (10.99.3.0/24). The other host listens on one port and knows the addresses that end in 2.
 */
#include "test_netpref_ns.h"

#include <ifaddrs.h>
#include <linux/if_link.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PORT = 16509, NOBODYS_PORT = 16510, PATIENCE_MS = 500, LONG_PATIENCE_MS = 10000 };

/* ---- the other host -------------------------------------------------------------------------------- */

static void be_other_host(int ready_fd)
{
    struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons(PORT), .sin6_addr = in6addr_any};

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (unshare(CLONE_NEWNET) != 0)
        _exit(1);
    int fd = socket(AF_INET6, SOCK_STREAM, 0); /* serves both families */
    if (fd < 0 || bind(fd, (struct sockaddr *)&any, sizeof any) != 0 || listen(fd, 64) != 0)
        _exit(1);
    if (write(ready_fd, "", 1) != 1)
        _exit(1);
    for (;;)
        pause();
}

static void add_wire(pid_t other, const char *name, const char *subnet)
{
    run("ip link add %s type veth peer name %s netns %d", name, name, other);
    /* no router solicitations and the like: the tests count packets */
    run("sysctl -q net.ipv6.conf.%s.router_solicitations=0", name);
    run("ip addr add %s.1/24 dev %s", subnet, name);
    run("ip link set %s up", name);
    run("nsenter -t %d -n ip addr add %s.2/24 dev %s", other, subnet, name);
    run("nsenter -t %d -n ip link set %s up", other, name);
}

static int set_up_hosts(void **state)
{
    int ready[2];
    char byte;

    if (pipe(ready) != 0)
        return -1;
    pid_t other = fork();
    if (other == 0)
        be_other_host(ready[1]);
    if (read(ready[0], &byte, 1) != 1)
        return -1;
    close(ready[0]);
    close(ready[1]);
    run("ip link set lo up");
    add_wire(other, "mig0", "10.99.2");
    add_wire(other, "stor0", "10.99.3");
    run("sysctl -q net.ipv6.conf.stor0.disable_ipv6=1");
    run("ip addr add fd99:2::1/64 dev mig0 nodad");
    run("nsenter -t %d -n ip addr add fd99:2::2/64 dev mig0 nodad", other);
    *state = GINT_TO_POINTER(other);
    return 0;
}

static int tear_down_hosts(void **state)
{
    pid_t other = GPOINTER_TO_INT(*state);

    kill(other, SIGKILL);
    waitpid(other, NULL, 0);
    return 0;
}

static guint packets_sent(const char *interface)
{
    struct ifaddrs *all = NULL;
    guint sent = 0;

    assert_int_equal(getifaddrs(&all), 0);
    for (const struct ifaddrs *one = all; one != NULL; one = one->ifa_next)
        if (one->ifa_addr != NULL && one->ifa_addr->sa_family == AF_PACKET &&
            strcmp(one->ifa_name, interface) == 0)
            sent = ((const struct rtnl_link_stats *)one->ifa_data)->tx_packets;
    freeifaddrs(all);
    return sent;
}

/* ---- probes ---------------------------------------------------------------------------------------- */

static NetprefProbe make_probe(const char *interface, const char *source, const char *target)
{
    NetprefProbe probe = {.path.interface = interface};

    assert_true(netpref_address_parse(source, &probe.path.source));
    assert_true(netpref_address_parse(target, &probe.path.target));
    return probe;
}

static void assert_probe(NetprefProbe probe, guint16 port, NetprefReach expected, const char *text)
{
    assert_true(netpref_reach(&probe, 1, port, LONG_PATIENCE_MS, NULL));
    g_autofree char *is = netpref_probe_text(&probe, "a2");
    if (probe.result != expected || strstr(is, text) == NULL)
        fail_msg("%d, %s", probe.result, is);
}

static void listener_and_refusal_are_reached(void **state)
{
    (void)state;
    NetprefProbe ipv4 = make_probe("mig0", "10.99.2.1", "10.99.2.2");
    NetprefProbe ipv6 = make_probe("mig0", "fd99:2::1", "fd99:2::2");
    assert_probe(ipv4, PORT, NETPREF_REACHABLE, "a2 (10.99.2.2) answered in ");
    assert_probe(ipv6, PORT, NETPREF_REACHABLE, "a2 (fd99:2::2) answered in ");
    assert_probe(ipv4, NOBODYS_PORT, NETPREF_REFUSED, "a2 (10.99.2.2) refused the connection in ");
    assert_true(netpref_reach(&ipv4, 1, NOBODYS_PORT, LONG_PATIENCE_MS, NULL));
    assert_true(netpref_probe_is_reached(&ipv4));
}

static void silence_is_told_after_the_time_given(void **state)
{
    (void)state;
    NetprefProbe probe = make_probe("mig0", "10.99.2.1", "10.99.2.77");
    assert_true(netpref_reach(&probe, 1, PORT, PATIENCE_MS, NULL));
    assert_int_equal(probe.result, NETPREF_NO_REPLY);
    assert_in_range(probe.elapsed_ms, PATIENCE_MS, PATIENCE_MS * 10); /* not before; on a busy machine later */
    g_autofree char *text = netpref_probe_text(&probe, "a2");
    assert_non_null(strstr(text, "no reply from a2 (10.99.2.77) in "));
}

static void eight_dead_networks_cost_no_more_than_one(void **state)
{
    (void)state;
    NetprefProbe probes[9];
    for (guint i = 0; i < 8; i++) {
        g_autofree char *target = g_strdup_printf("10.99.2.%u", 100 + i);
        probes[i] = make_probe("mig0", "10.99.2.1", target);
    }
    probes[8] = make_probe("stor0", "10.99.3.1", "10.99.3.2");
    gint64 begin_us = g_get_monotonic_time();
    assert_true(netpref_reach(probes, G_N_ELEMENTS(probes), PORT, PATIENCE_MS, NULL));
    assert_true((g_get_monotonic_time() - begin_us) / 1000 < 3 * PATIENCE_MS);
    for (guint i = 0; i < 8; i++)
        assert_int_equal(probes[i].result, NETPREF_NO_REPLY);
    assert_int_equal(probes[8].result, NETPREF_REACHABLE);
    assert_true(probes[8].elapsed_ms < PATIENCE_MS);
}

static void what_cannot_be_sent_is_named(void **state)
{
    (void)state;
    assert_probe(make_probe("mig0", "10.99.2.1", "192.0.2.1"), PORT, NETPREF_NO_ROUTE,
                 "no route to a2 (192.0.2.1)");
    assert_probe(make_probe("mig0", "10.99.2.50", "10.99.2.2"), PORT, NETPREF_NO_SOURCE,
                 "this node has no 10.99.2.50 on mig0 any more");
    assert_probe(make_probe(NULL, "10.99.2.1", "10.99.2.2"), PORT, NETPREF_NO_SOURCE, "unknown interface");
    run("ip route add prohibit 192.0.2.8");
    assert_probe(make_probe("mig0", "10.99.2.1", "192.0.2.8"), PORT, NETPREF_NO_ROUTE, "no route");
    run("ip route del prohibit 192.0.2.8");
}

static void nothing_is_probed_is_fine(void **state)
{
    (void)state;
    assert_true(netpref_reach(NULL, 0, PORT, PATIENCE_MS, NULL));
}

/* I3: the hypervisor's connection would take that way, so it is not even tried */
static void way_over_another_network_is_refused_without_a_packet(void **state)
{
    (void)state;
    run("ip route add 10.99.2.2/32 dev stor0");
    guint before = packets_sent("stor0");
    assert_probe(make_probe("mig0", "10.99.2.1", "10.99.2.2"), PORT, NETPREF_OTHER_WAY,
                 "the way to a2 (10.99.2.2) is stor0, not mig0");
    run("ip route replace 10.99.2.2/32 via 10.99.2.7");
    assert_probe(make_probe("mig0", "10.99.2.1", "10.99.2.2"), PORT, NETPREF_OTHER_WAY, "mig0 by a gateway");
    assert_int_equal(packets_sent("stor0"), before);
    run("ip route del 10.99.2.2/32");
}

/* I3: a dead link must not divert its traffic to the default route */
static void link_that_is_off_diverts_nothing(void **state)
{
    (void)state;
    run("ip route add default via 10.99.3.2");
    run("ip link set mig0 down");
    guint before = packets_sent("stor0");
    assert_probe(make_probe("mig0", "10.99.2.1", "10.99.2.2"), PORT, NETPREF_OTHER_WAY, "stor0 by a gateway");
    assert_int_equal(packets_sent("stor0"), before);
    run("ip link set mig0 up");
    run("ip addr add fd99:2::1/64 dev mig0 nodad");
    run("ip route del default");
}

/* I3 */
static void only_the_network_asked_carries_the_probe(void **state)
{
    (void)state;
    guint before = packets_sent("stor0");
    NetprefProbe probes[] = {make_probe("mig0", "10.99.2.1", "10.99.2.2"),
                             make_probe("mig0", "fd99:2::1", "fd99:2::2"),
                             make_probe("mig0", "10.99.2.1", "10.99.2.88")};
    assert_true(netpref_reach(probes, G_N_ELEMENTS(probes), PORT, PATIENCE_MS, NULL));
    assert_int_equal(packets_sent("stor0"), before);
}

/* From links to an answer: what this node reads of itself is what it probes by. */
static void chosen_paths_can_be_probed(void **state)
{
    (void)state;
    g_autoptr(GPtrArray) nodes = make_nodes("a2", "mig0 up ip=10.99.2.2/24 ip=fd99:2::2/64", NULL, NULL);
    g_ptr_array_add(nodes, netpref_node_new("a1", netpref_links_read(NULL)));
    g_autoptr(NetprefNetworks) networks = netpref_networks_new(nodes, NULL);
    g_autoptr(NetprefChoice) choice = netpref_choose(networks, NULL, NULL, "a1", "a2", NULL);
    assert_int_equal(netpref_choice_usable_count(choice), 1);
    const GArray *paths = netpref_choice_get(choice, 0)->paths;
    assert_int_equal(paths->len, 2);
    for (guint i = 0; i < paths->len; i++) {
        NetprefProbe probe = {.path = g_array_index(paths, NetprefPath, i)};
        assert_true(netpref_reach(&probe, 1, PORT, LONG_PATIENCE_MS, NULL));
        assert_int_equal(probe.result, NETPREF_REACHABLE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(listener_and_refusal_are_reached),
        cmocka_unit_test(silence_is_told_after_the_time_given),
        cmocka_unit_test(eight_dead_networks_cost_no_more_than_one),
        cmocka_unit_test(what_cannot_be_sent_is_named),
        cmocka_unit_test(nothing_is_probed_is_fine),
        cmocka_unit_test(way_over_another_network_is_refused_without_a_packet),
        cmocka_unit_test(link_that_is_off_diverts_nothing),
        cmocka_unit_test(only_the_network_asked_carries_the_probe),
        cmocka_unit_test(chosen_paths_can_be_probed),
    };

    return enter_namespace() ? cmocka_run_group_tests(tests, set_up_hosts, tear_down_hosts) : 0;
}
