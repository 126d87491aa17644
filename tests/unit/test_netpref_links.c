/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test_netpref_ns.h"

#include <poll.h>

enum { SOON_MS = 1000, QUIET_MS = 300, SETTLED_MS = 20000 };

/* Each test has a wire "mig0" whose other end "peer0" is at hand. */
static int set_up(void **state)
{
    (void)state;
    run("ip link add mig0 mtu 1400 type veth peer name peer0 mtu 1400");
    run("ip link set peer0 up");
    run("ip link set mig0 up");
    run("ip addr add 10.99.2.1/24 dev mig0");
    run("ip addr add fd99:2::1/64 dev mig0 nodad");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    run("ip link del mig0");
    return 0;
}

static const NetprefLink *find_link(const GPtrArray *links, const char *interface)
{
    for (guint i = 0; i < links->len; i++)
        if (strcmp(((NetprefLink *)links->pdata[i])->interface, interface) == 0)
            return links->pdata[i];
    return NULL;
}

static char *link_text(const char *interface)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) links = netpref_links_read(&error);
    assert_null(error);
    const NetprefLink *link = find_link(links, interface);
    if (link == NULL)
        return g_strdup("none");
    GString *text = g_string_new(netpref_link_state_text(link->state));
    g_string_append_printf(text, " %u", link->mtu);
    for (guint i = 0; i < link->cidrs->len; i++) {
        g_autofree char *cidr = netpref_cidr_text(&g_array_index(link->cidrs, NetprefCidr, i));
        g_string_append_printf(text, " %s", cidr);
    }
    return g_string_free(text, FALSE);
}

static void assert_link(const char *interface, const char *expected)
{
    g_autofree char *text = NULL;

    /* the kernel settles the states of links once a second (net/core/link_watch.c), and later where it is
     * busy */
    for (guint attempt = 0; attempt < SETTLED_MS / 50; attempt++) {
        g_free(text);
        text = link_text(interface);
        if (strcmp(text, expected) == 0)
            return;
        g_usleep(50 * 1000);
    }
    assert_string_equal(text, expected);
}

static void link_is_read_with_addresses_state_mtu_and_speed(void **state)
{
    (void)state;
    assert_link("mig0", "up 1400 10.99.2.1/24 fd99:2::1/64");
    g_autoptr(GPtrArray) links = netpref_links_read(NULL);
    assert_int_equal(find_link(links, "mig0")->speed_mbits, 10000); /* what a veth says */
}

static void lost_carrier_is_down(void **state)
{
    (void)state;
    run("ip link set peer0 down");
    assert_link("mig0", "down 1400 10.99.2.1/24 fd99:2::1/64");
    run("ip link set peer0 up");
    assert_link("mig0", "up 1400 10.99.2.1/24 fd99:2::1/64");
    run("ip link set mig0 down");
    assert_link("mig0", "down 1400 10.99.2.1/24"); /* the kernel drops IPv6 addresses */
}

static void unfit_addresses_and_interfaces_are_left_out(void **state)
{
    (void)state;
    run("ip addr add 10.99.2.100/24 dev mig0"); /* secondary: a floating address */
    run("ip addr add 10.99.7.1/24 dev mig0");
    run("ip addr add fd99:2::9/64 dev mig0 nodad preferred_lft 0");
    run("ip link add veth9 type veth peer name tap9");
    run("ip addr add 172.17.0.1/16 dev veth9");
    assert_link("mig0", "up 1400 10.99.2.1/24 10.99.7.1/24 fd99:2::1/64");
    assert_link("veth9", "none");
    assert_link("lo", "none");
    assert_link("peer0", "none"); /* up, but without an address */
    run("ip link del veth9");
}

static void bridge_carries_the_address_of_its_ports(void **state)
{
    (void)state;
    run("ip link add br0 type bridge");
    run("ip link set peer0 master br0");
    run("ip link set br0 up");
    run("ip addr add 10.99.3.1/24 dev br0");
    assert_link("br0", "up 1400 10.99.3.1/24");
    run("ip link set mig0 down");
    assert_link("peer0", "none"); /* down, but a port of br0 */
    assert_link("br0", "down 1400 10.99.3.1/24");
    run("ip link del br0");
}

typedef struct {
    guint calls;
    NetprefLinkState mig0;
} Heard;

static void hear(const GPtrArray *links, gpointer data)
{
    Heard *heard = data;

    heard->calls++;
    heard->mig0 = find_link(links, "mig0") != NULL ? find_link(links, "mig0")->state : NETPREF_LINK_UNKNOWN;
}

/* Dispatches until mig0 is WANTED; the milliseconds that it took. */
static gint64 follow(NetprefWatch *watch, const Heard *heard, NetprefLinkState wanted)
{
    gint64 begin_us = g_get_monotonic_time(), spent_ms = 0;

    while (heard->mig0 != wanted && spent_ms < 2 * SOON_MS) {
        struct pollfd waiting = {.fd = netpref_watch_fd(watch), .events = POLLIN};
        poll(&waiting, 1, QUIET_MS);
        assert_true(netpref_watch_dispatch(watch, NULL));
        spent_ms = (g_get_monotonic_time() - begin_us) / 1000;
    }
    return spent_ms;
}

static void cut_and_mended_link_is_heard_of_within_a_second(void **state)
{
    (void)state;
    Heard heard = {.mig0 = NETPREF_LINK_UNKNOWN};
    assert_link("mig0", "up 1400 10.99.2.1/24 fd99:2::1/64");
    g_autoptr(NetprefWatch) watch = netpref_watch_new(hear, &heard, NULL);
    assert_non_null(watch);
    assert_non_null(find_link(netpref_watch_links(watch), "mig0"));
    run("ip link set peer0 down");
    assert_true(follow(watch, &heard, NETPREF_LINK_DOWN) <= SOON_MS);
    run("ip link set peer0 up");
    /* the kernel itself holds back a second event on a link for up to a second */
    assert_true(follow(watch, &heard, NETPREF_LINK_UP) <= 2 * SOON_MS);
    assert_int_equal(heard.mig0, NETPREF_LINK_UP);
}

static void what_is_not_published_is_not_heard_of(void **state)
{
    (void)state;
    Heard heard = {.calls = 0};
    assert_link("mig0", "up 1400 10.99.2.1/24 fd99:2::1/64");
    g_autoptr(NetprefWatch) watch = netpref_watch_new(hear, &heard, NULL);
    run("ip link add vnet7 type veth peer name tap7");
    run("ip link set vnet7 up");
    run("ip addr add 10.7.0.1/24 dev vnet7");
    for (guint i = 0; i < 5; i++) {
        struct pollfd waiting = {.fd = netpref_watch_fd(watch), .events = POLLIN};
        poll(&waiting, 1, 50);
        assert_true(netpref_watch_dispatch(watch, NULL));
    }
    assert_int_equal(heard.calls, 0);
    run("ip link del vnet7");
}

static void many_changes_at_once_are_one_call(void **state)
{
    (void)state;
    Heard heard = {.calls = 0};
    assert_link("mig0", "up 1400 10.99.2.1/24 fd99:2::1/64");
    g_autoptr(NetprefWatch) watch = netpref_watch_new(hear, &heard, NULL);
    for (guint i = 0; i < 20; i++)
        run("ip addr add 10.%u.0.1/24 dev mig0", i + 1);
    assert_true(netpref_watch_dispatch(watch, NULL));
    assert_int_equal(heard.calls, 1);
    assert_int_equal(find_link(netpref_watch_links(watch), "mig0")->cidrs->len, 22);
    assert_true(netpref_watch_dispatch(watch, NULL));
    assert_int_equal(heard.calls, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(link_is_read_with_addresses_state_mtu_and_speed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(lost_carrier_is_down, set_up, tear_down),
        cmocka_unit_test_setup_teardown(unfit_addresses_and_interfaces_are_left_out, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bridge_carries_the_address_of_its_ports, set_up, tear_down),
        cmocka_unit_test_setup_teardown(cut_and_mended_link_is_heard_of_within_a_second, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_not_published_is_not_heard_of, set_up, tear_down),
        cmocka_unit_test_setup_teardown(many_changes_at_once_are_one_call, set_up, tear_down),
    };

    return enter_namespace() ? cmocka_run_group_tests(tests, NULL, NULL) : 0;
}
