/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/unit.h"

static void a_deadline_lies_ahead_by_its_duration(void **state)
{
    gint64 before = g_get_monotonic_time();
    OcfDeadline deadline = ocf_deadline_in(60000);
    (void)state;

    assert_true(deadline >= before + 60000 * 1000);
    assert_true(deadline <= g_get_monotonic_time() + 60000 * 1000);
    assert_in_range(ocf_deadline_left_ms(deadline), 1, 60000);
}

static void a_negative_duration_counts_as_none(void **state)
{
    (void)state;
    assert_true(ocf_deadline_in(-1) <= g_get_monotonic_time());
    assert_int_equal(ocf_deadline_left_ms(ocf_deadline_in(G_MININT64)), 0);
    assert_int_equal(ocf_deadline_left_ms(ocf_deadline_in(0)), 0);
}

static void what_is_left_is_never_negative(void **state)
{
    (void)state;
    assert_int_equal(ocf_deadline_left_ms(0), 0);
    assert_int_equal(ocf_deadline_left_ms(g_get_monotonic_time() - 1), 0);
    assert_int_equal(ocf_deadline_left_ms(g_get_monotonic_time() - G_USEC_PER_SEC), 0);
}

static void within_never_goes_past_the_deadline(void **state)
{
    OcfDeadline deadline = ocf_deadline_in(10000);
    (void)state;

    assert_int_equal(ocf_deadline_within(deadline, 3600 * 1000), deadline);
    assert_true(ocf_deadline_within(deadline, 10) < deadline);
    assert_true(ocf_deadline_within(deadline, -5) <= g_get_monotonic_time());
    OcfDeadline past = g_get_monotonic_time() - 1000;
    assert_int_equal(ocf_deadline_within(past, 1000), past);
}

static void the_margin_is_a_tenth_between_half_a_second_and_five(void **state)
{
    gint64 last = 0;
    (void)state;

    assert_int_equal(ocf_deadline_margin_ms(0), 500);
    assert_int_equal(ocf_deadline_margin_ms(5000), 500);
    assert_int_equal(ocf_deadline_margin_ms(20000), 2000);
    assert_int_equal(ocf_deadline_margin_ms(50000), 5000);
    assert_int_equal(ocf_deadline_margin_ms(G_MAXINT), 5000);
    for (gint64 timeout = 0; timeout < 120000; timeout += 37) {
        gint64 margin = ocf_deadline_margin_ms(timeout);
        assert_in_range(margin, 500, 5000);
        assert_true(margin >= last);
        last = margin;
    }
}

static void sleep_ends_at_the_deadline(void **state)
{
    gint64 before = g_get_monotonic_time();
    OcfDeadline deadline = ocf_deadline_in(50);
    (void)state;

    assert_true(ocf_deadline_sleep(deadline, 3600 * 1000));
    assert_true(g_get_monotonic_time() - before < UNIT_PATIENCE_MS * 1000);
}

static void sleep_says_when_the_deadline_has_come(void **state)
{
    (void)state;
    assert_false(ocf_deadline_sleep(g_get_monotonic_time(), 3600 * 1000));
    assert_false(ocf_deadline_sleep(0, 3600 * 1000));
}

static void a_loop_that_sleeps_ends(void **state)
{
    OcfDeadline deadline = ocf_deadline_in(60);
    int turns = 0;
    (void)state;

    while (ocf_deadline_sleep(deadline, 5))
        turns++;
    assert_in_range(turns, 1, 61);
    assert_int_equal(ocf_deadline_left_ms(deadline), 0);
}

static void an_error_stands_for_its_code_and_no_other_leaves(void **state)
{
    (void)state;
    for (int code = -3; code < 300; code++) {
        g_autoptr(GError) ours = g_error_new_literal(OCF_ERROR, code, "x");
        g_autoptr(GError) foreign = g_error_new_literal(G_FILE_ERROR, code, "x");
        OcfExit expected = code >= 1 && code <= 7 ? (OcfExit)code : OCF_ERR_GENERIC;
        assert_int_equal(ocf_error_exit(ours), expected);
        assert_int_equal(ocf_error_exit(foreign), OCF_ERR_GENERIC);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_deadline_lies_ahead_by_its_duration),
        cmocka_unit_test(a_negative_duration_counts_as_none),
        cmocka_unit_test(what_is_left_is_never_negative),
        cmocka_unit_test(within_never_goes_past_the_deadline),
        cmocka_unit_test(the_margin_is_a_tenth_between_half_a_second_and_five),
        cmocka_unit_test(sleep_ends_at_the_deadline),
        cmocka_unit_test(sleep_says_when_the_deadline_has_come),
        cmocka_unit_test(a_loop_that_sleeps_ends),
        cmocka_unit_test(an_error_stands_for_its_code_and_no_other_leaves),
    };

    return cmocka_run_group_tests_name("ocf/deadline", tests, NULL, NULL);
}
