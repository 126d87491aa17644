/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the other nodes hear of this node's links, moment by moment. */
#include "unit.h"

#include "heartbeat/damping.h"

/* Links in a few words: "eth1 up ip=10.1.0.1/24; eth2 down", "" for none. */
static GPtrArray *links_of(const char *words)
{
    g_autoptr(GString) text = g_string_new("wherry-links/1.0");
    g_auto(GStrv) parts = g_strsplit(words, "; ", -1);
    g_autoptr(GError) error = NULL;

    for (char **part = parts; *part != NULL; part++)
        g_string_append_printf(text, "; link %s", *part);
    g_string_append_printf(text, "; end %u", g_strv_length(parts));
    GPtrArray *links = netpref_links_from_text(text->str, &error);
    assert_null(error);
    return links;
}

/* At NOW_MS the links are SEEN; PASSED is what the others hear, and in WAIT_MS there may be more. */
static void expect(Damping *damping, gint64 now_ms, const char *seen, const char *passed, gint64 wait_ms)
{
    gint64 wait = 12345;
    g_autoptr(GPtrArray) links = links_of(seen);
    g_autoptr(GPtrArray) expected = links_of(passed);
    g_autoptr(GPtrArray) result = damping_pass(damping, links, now_ms, &wait);
    g_autofree char *text = netpref_links_to_text(result);
    g_autofree char *expected_text = netpref_links_to_text(expected);

    assert_string_equal(text, expected_text);
    assert_int_equal(wait, wait_ms);
}

#define UP "eth1 up speed=1000 ip=10.1.0.1/24"
#define DOWN "eth1 down ip=10.1.0.1/24"
enum { NONE = DAMPING_NOTHING_HELD, STABLE = DAMPING_STABLE_MS, WINDOW = DAMPING_WINDOW_MS };

static void links_seen_first_are_passed_as_they_are(void **state)
{
    (void)state;
    g_autoptr(Damping) damping = damping_new();
    expect(damping, 0, UP "; eth2 down", UP "; eth2 down", NONE);
    expect(damping, 1, UP "; eth2 down", UP "; eth2 down", NONE);
}

static void a_link_that_goes_down_is_passed_at_once(void **state)
{
    (void)state;
    g_autoptr(Damping) damping = damping_new();
    expect(damping, 0, UP, UP, NONE);
    expect(damping, 5, DOWN, DOWN, NONE);
}

static void an_up_soon_after_a_down_waits_until_it_is_stable(void **state)
{
    (void)state;
    g_autoptr(Damping) damping = damping_new();
    expect(damping, 0, UP, UP, NONE);
    expect(damping, 1000, DOWN, DOWN, NONE);
    expect(damping, 3000, UP, DOWN, STABLE);
    expect(damping, 3000 + STABLE - 1, UP, DOWN, 1);
    expect(damping, 3000 + STABLE, UP, UP, NONE);
}

static void an_up_long_after_a_down_is_passed_at_once(void **state)
{
    (void)state;
    g_autoptr(Damping) damping = damping_new();
    expect(damping, 0, UP, UP, NONE);
    expect(damping, 1000, DOWN, DOWN, NONE);
    expect(damping, 1000 + WINDOW, UP, UP, NONE);
    expect(damping, 2000 + WINDOW, DOWN, DOWN, NONE);
    expect(damping, 2000 + 2 * WINDOW - 1, UP, DOWN, STABLE);
}

static void a_link_that_was_down_at_first_comes_up_at_once(void **state)
{
    (void)state;
    g_autoptr(Damping) damping = damping_new();
    expect(damping, 0, DOWN, DOWN, NONE);
    expect(damping, 1, UP, UP, NONE);
}

static void a_flapping_link_is_one_change_however_long_it_flaps(void **state)
{
    (void)state;
    g_autoptr(Damping) damping = damping_new();
    gint64 now = 0;

    expect(damping, now, UP, UP, NONE);
    while (now < 10 * WINDOW) {
        expect(damping, now += 100, DOWN, DOWN, NONE);
        expect(damping, now += STABLE - 100, UP, DOWN, STABLE);
        now += STABLE - 200;
    }
    expect(damping, now += 100, DOWN, DOWN, NONE);
    expect(damping, now += 100, UP, DOWN, STABLE);
    expect(damping, now + STABLE, UP, UP, NONE);
}

static void what_changes_while_it_is_held_back_does_not_make_it_wait_longer(void **state)
{
    (void)state;
    g_autoptr(Damping) damping = damping_new();
    expect(damping, 0, UP, UP, NONE);
    expect(damping, 100, DOWN, DOWN, NONE);
    expect(damping, 200, UP, DOWN, STABLE);
    /* an IPv6 address that was tentative */
    expect(damping, 1200, UP " ip=fd99:1::1/64", DOWN, STABLE - 1000);
    expect(damping, 200 + STABLE, UP " ip=fd99:1::1/64", UP " ip=fd99:1::1/64", NONE);
    expect(damping, 300 + STABLE, UP " ip=fd99:1::1/64 ip=fd99:1::2/64",
           UP " ip=fd99:1::1/64 ip=fd99:1::2/64", NONE);
}

static void a_lost_address_is_passed_at_once_and_waits_to_come_back(void **state)
{
    (void)state;
    g_autoptr(Damping) damping = damping_new();
    expect(damping, 0, UP " ip=10.1.0.9/24", UP " ip=10.1.0.9/24", NONE);
    expect(damping, 100, UP, UP, NONE);
    expect(damping, 200, UP " ip=10.1.0.9/24", UP, STABLE);
    expect(damping, 200 + STABLE, UP " ip=10.1.0.9/24", UP " ip=10.1.0.9/24", NONE);
}

static void a_changed_address_is_passed_at_once(void **state)
{
    (void)state;
    g_autoptr(Damping) damping = damping_new();
    expect(damping, 0, UP, UP, NONE);
    expect(damping, 100, "eth1 up speed=1000 ip=10.7.0.1/24", "eth1 up speed=1000 ip=10.7.0.1/24", NONE);
}

static void an_interface_that_vanishes_is_passed_at_once_and_waits_to_come_back(void **state)
{
    (void)state;
    g_autoptr(Damping) damping = damping_new();
    expect(damping, 0, UP "; eth2 down", UP "; eth2 down", NONE);
    expect(damping, 100, "eth2 down", "eth2 down", NONE);
    expect(damping, 200, UP "; eth2 down", "eth2 down", STABLE);
    expect(damping, 300, "eth2 down", "eth2 down", NONE);
    expect(damping, 400, UP "; eth2 down", "eth2 down", STABLE);
    expect(damping, 400 + STABLE, UP "; eth2 down", UP "; eth2 down", NONE);
}

static void a_new_interface_is_passed_at_once(void **state)
{
    (void)state;
    g_autoptr(Damping) damping = damping_new();
    expect(damping, 0, UP, UP, NONE);
    expect(damping, 100, UP "; eth9 up ip=10.9.0.1/24", UP "; eth9 up ip=10.9.0.1/24", NONE);
}

static void other_changes_of_a_quiet_link_are_passed_at_once(void **state)
{
    (void)state;
    g_autoptr(Damping) damping = damping_new();
    expect(damping, 0, UP, UP, NONE);
    expect(damping, 1, "eth1 up speed=100 ip=10.1.0.1/24", "eth1 up speed=100 ip=10.1.0.1/24", NONE);
    expect(damping, 2, "eth1 up speed=100 mtu=9000 ip=10.1.0.1/24",
           "eth1 up speed=100 mtu=9000 ip=10.1.0.1/24", NONE);
}

static void links_do_not_wait_for_each_other(void **state)
{
    (void)state;
    g_autoptr(Damping) damping = damping_new();
    expect(damping, 0, UP "; eth2 up", UP "; eth2 up", NONE);
    expect(damping, 100, DOWN "; eth2 up", DOWN "; eth2 up", NONE);
    expect(damping, 200, UP "; eth2 up", DOWN "; eth2 up", STABLE);
    expect(damping, 300, UP "; eth2 down", DOWN "; eth2 down", STABLE - 100);
    expect(damping, 700, UP "; eth2 up", DOWN "; eth2 down", STABLE - 500);
    expect(damping, 200 + STABLE, UP "; eth2 up", UP "; eth2 down", 500);
    expect(damping, 700 + STABLE, UP "; eth2 up", UP "; eth2 up", NONE);
}

static void a_thousand_interfaces_that_come_and_go_are_forgotten(void **state)
{
    (void)state;
    g_autoptr(Damping) damping = damping_new();
    expect(damping, 0, UP, UP, NONE);
    for (gint64 i = 1; i <= 1000; i++) {
        g_autofree char *more = g_strdup_printf(UP "; n%d up ip=10.2.0.1/24", (int)i);
        expect(damping, i * WINDOW, more, more, NONE);
        expect(damping, i * WINDOW + 1, UP, UP, NONE);
    }
    /* the last one, back at once, is held; an earlier one is as new */
    expect(damping, 1000 * WINDOW + 2, UP "; n1000 up ip=10.2.0.1/24", UP, STABLE);
    expect(damping, 1000 * WINDOW + 3, UP "; n5 up ip=10.2.0.1/24", UP "; n5 up ip=10.2.0.1/24", NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(links_seen_first_are_passed_as_they_are),
        cmocka_unit_test(a_link_that_goes_down_is_passed_at_once),
        cmocka_unit_test(an_up_soon_after_a_down_waits_until_it_is_stable),
        cmocka_unit_test(an_up_long_after_a_down_is_passed_at_once),
        cmocka_unit_test(a_link_that_was_down_at_first_comes_up_at_once),
        cmocka_unit_test(a_flapping_link_is_one_change_however_long_it_flaps),
        cmocka_unit_test(what_changes_while_it_is_held_back_does_not_make_it_wait_longer),
        cmocka_unit_test(a_lost_address_is_passed_at_once_and_waits_to_come_back),
        cmocka_unit_test(a_changed_address_is_passed_at_once),
        cmocka_unit_test(an_interface_that_vanishes_is_passed_at_once_and_waits_to_come_back),
        cmocka_unit_test(a_new_interface_is_passed_at_once),
        cmocka_unit_test(other_changes_of_a_quiet_link_are_passed_at_once),
        cmocka_unit_test(links_do_not_wait_for_each_other),
        cmocka_unit_test(a_thousand_interfaces_that_come_and_go_are_forgotten),
    };

    return cmocka_run_group_tests_name("heartbeat/damping", tests, NULL, NULL);
}
