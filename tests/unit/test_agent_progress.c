/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/unit.h"

#include "agent/progress.h"

enum { S = G_USEC_PER_SEC };

static void what_has_not_started_does_not_stall(void **state)
{
    Progress progress;
    (void)state;

    progress_begin(&progress, 100 * (gint64)S);
    assert_int_equal(progress_silence_ms(&progress, 100 * (gint64)S), 0);
    assert_int_equal(progress_silence_ms(&progress, 9999 * (gint64)S), 0);
    progress_sample(&progress, 0, 200 * (gint64)S);
    assert_int_equal(progress_silence_ms(&progress, 9999 * (gint64)S), 0);
}

static void silence_counts_from_when_the_other_end_was_ready(void **state)
{
    Progress progress;
    (void)state;

    progress_begin(&progress, 0);
    progress_start(&progress, 60 * (gint64)S);
    assert_int_equal(progress_silence_ms(&progress, 60 * (gint64)S), 0);
    assert_int_equal(progress_silence_ms(&progress, 65 * (gint64)S), 5000);
}

static void being_ready_again_does_not_hide_a_stall(void **state)
{
    Progress progress;
    (void)state;

    progress_begin(&progress, 0);
    progress_start(&progress, 1 * (gint64)S);
    progress_start(&progress, 9 * (gint64)S);
    assert_int_equal(progress_silence_ms(&progress, 10 * (gint64)S), 9000);
}

static void growth_ends_the_silence(void **state)
{
    Progress progress;
    (void)state;

    progress_begin(&progress, 0);
    progress_sample(&progress, 1, 2 * (gint64)S);
    assert_int_equal(progress_silence_ms(&progress, 5 * (gint64)S), 3000);
    progress_sample(&progress, 2, 6 * (gint64)S);
    assert_int_equal(progress_silence_ms(&progress, 6 * (gint64)S), 0);
}

static void the_same_or_a_smaller_count_is_no_growth(void **state)
{
    Progress progress;
    (void)state;

    progress_begin(&progress, 0);
    progress_sample(&progress, 1000, 1 * (gint64)S);
    progress_sample(&progress, 1000, 2 * (gint64)S);
    progress_sample(&progress, 999, 3 * (gint64)S);
    progress_sample(&progress, 0, 4 * (gint64)S);
    assert_int_equal(progress_silence_ms(&progress, 5 * (gint64)S), 4000);
    progress_sample(&progress, 1000, 6 * (gint64)S);
    assert_int_equal(progress_silence_ms(&progress, 7 * (gint64)S), 6000);
}

static void the_largest_counts_are_no_trouble(void **state)
{
    Progress progress;
    (void)state;

    progress_begin(&progress, 0);
    progress_sample(&progress, G_MAXUINT64 - 1, 1 * (gint64)S);
    progress_sample(&progress, G_MAXUINT64, 2 * (gint64)S);
    assert_int_equal(progress_silence_ms(&progress, 4 * (gint64)S), 2000);
    progress_sample(&progress, 0, 5 * (gint64)S);
    assert_int_equal(progress_silence_ms(&progress, 5 * (gint64)S), 3000);
}

/* Against a plain model: the silence is the time since the count last exceeded all that came before. */
static void silence_is_the_time_since_the_last_growth(void **state)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(42);
    (void)state;

    for (int round = 0; round < 200; round++) {
        Progress progress;
        gint64 now_us = g_rand_int(random), last_us = now_us;
        guint64 most = 0;
        gboolean started = FALSE;
        progress_begin(&progress, now_us);
        for (int i = 0; i < 50; i++) {
            guint64 count = g_rand_int(random) >> g_rand_int_range(random, 0, 32);
            now_us += g_rand_int_range(random, 0, 2 * S);
            if (g_rand_int_range(random, 0, 10) == 0) {
                progress_start(&progress, now_us);
                last_us = started ? last_us : now_us;
                started = TRUE;
            } else {
                progress_sample(&progress, count, now_us);
                if (count > most) {
                    most = count;
                    last_us = now_us;
                    started = TRUE;
                }
            }
            assert_int_equal(progress_silence_ms(&progress, now_us + 7 * S),
                             started ? (now_us + 7 * S - last_us) / 1000 : 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_has_not_started_does_not_stall),
        cmocka_unit_test(silence_counts_from_when_the_other_end_was_ready),
        cmocka_unit_test(being_ready_again_does_not_hide_a_stall),
        cmocka_unit_test(growth_ends_the_silence),
        cmocka_unit_test(the_same_or_a_smaller_count_is_no_growth),
        cmocka_unit_test(the_largest_counts_are_no_trouble),
        cmocka_unit_test(silence_is_the_time_since_the_last_growth),
    };

    return cmocka_run_group_tests_name("agent/progress", tests, NULL, NULL);
}
