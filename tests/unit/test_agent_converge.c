/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/unit.h"

#include "agent/converge.h"

/* Would take 40 s at 10 bytes/s and nothing written; written are 11: it never ends. */
static const ConvergeLook never = {.pass = 6,
                                   .remaining = 400,
                                   .rate_bytes_s = 10,
                                   .dirty_bytes_s = 11,
                                   .elapsed_ms = 50000,
                                   .left_ms = 60000};

static void one_that_never_ends_goes_over_once_it_was_slowed_down(void **state)
{
    ConvergeLook look = never;
    (void)state;

    assert_true(converge_needs_postcopy(&look));
    look.pass = 5;
    assert_false(converge_needs_postcopy(&look));
}

static void it_goes_over_sooner_when_half_of_the_time_is_over(void **state)
{
    ConvergeLook look = never;
    (void)state;

    look.pass = 2;
    look.elapsed_ms = 60000;
    assert_false(converge_needs_postcopy(&look));
    look.elapsed_ms = 60001;
    assert_true(converge_needs_postcopy(&look));
}

static void one_that_ends_in_time_stays_in_precopy(void **state)
{
    ConvergeLook look = never;
    (void)state;

    look.dirty_bytes_s = 3; /* 400 bytes at 7 bytes/s are 57 s */
    assert_false(converge_needs_postcopy(&look));
    look.dirty_bytes_s = 4; /* at 6 they are 67 */
    assert_true(converge_needs_postcopy(&look));
    look.rate_bytes_s = 100;
    assert_false(converge_needs_postcopy(&look));
}

static void ending_just_when_it_is_given_up_is_too_late(void **state)
{
    ConvergeLook look = never;
    (void)state;

    look.remaining = 420; /* at 7 bytes/s they are 60 s */
    look.dirty_bytes_s = 3;
    assert_true(converge_needs_postcopy(&look));
    look.left_ms = 60001;
    assert_false(converge_needs_postcopy(&look));
}

static void as_much_written_as_sent_never_ends(void **state)
{
    ConvergeLook look = never;
    (void)state;

    look.dirty_bytes_s = look.rate_bytes_s;
    assert_true(converge_needs_postcopy(&look));
}

static void where_postcopy_would_be_late_too_nothing_is_risked(void **state)
{
    ConvergeLook look = never;
    (void)state;

    look.left_ms = 40001;
    assert_true(converge_needs_postcopy(&look));
    look.left_ms = 40000;
    assert_false(converge_needs_postcopy(&look));
    look.left_ms = -1;
    assert_false(converge_needs_postcopy(&look));
}

static void what_is_not_known_is_no_reason(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        ConvergeLook look = never;
        if (i == 0)
            look.pass = 0;
        else if (i == 1)
            look.pass = 1;
        else if (i == 2)
            look.rate_bytes_s = 0;
        else
            look.dirty_bytes_s = 0;
        look.elapsed_ms = 1000000;
        assert_false(converge_needs_postcopy(&look));
    }
}

static void nothing_left_at_an_unknown_rate_is_no_reason_either(void **state)
{
    ConvergeLook look = never;
    (void)state;

    look.remaining = 0;
    look.rate_bytes_s = 0;
    assert_false(converge_needs_postcopy(&look));
}

static void the_greatest_numbers_do_no_harm(void **state)
{
    ConvergeLook look = {.pass = G_MAXUINT64,
                         .remaining = G_MAXUINT64,
                         .rate_bytes_s = G_MAXUINT64,
                         .dirty_bytes_s = G_MAXUINT64,
                         .elapsed_ms = G_MAXINT64,
                         .left_ms = G_MAXINT64};
    (void)state;

    assert_true(converge_needs_postcopy(&look));
    look.dirty_bytes_s = 1;
    assert_false(converge_needs_postcopy(&look));
    look.left_ms = G_MININT64;
    assert_false(converge_needs_postcopy(&look));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_that_never_ends_goes_over_once_it_was_slowed_down),
        cmocka_unit_test(it_goes_over_sooner_when_half_of_the_time_is_over),
        cmocka_unit_test(one_that_ends_in_time_stays_in_precopy),
        cmocka_unit_test(ending_just_when_it_is_given_up_is_too_late),
        cmocka_unit_test(as_much_written_as_sent_never_ends),
        cmocka_unit_test(where_postcopy_would_be_late_too_nothing_is_risked),
        cmocka_unit_test(what_is_not_known_is_no_reason),
        cmocka_unit_test(nothing_left_at_an_unknown_rate_is_no_reason_either),
        cmocka_unit_test(the_greatest_numbers_do_no_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
