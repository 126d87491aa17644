/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/unit.h"

#include "agent/slots.h"

#include <string.h>

static Report *add(GPtrArray *reports, const char *source, const char *target, ReportPhase phase,
                   gint64 began_s)
{
    Report *report = report_new("vm", "vm", source, target);

    g_free(report->id);
    report->id = g_strdup_printf("%02u", reports->len);
    report->phase = phase;
    report->began_s = began_s;
    g_ptr_array_add(reports, report);
    return report;
}

static GPtrArray *reports_new(void)
{
    return g_ptr_array_new_with_free_func((GDestroyNotify)report_free);
}

static void expect_wait(const GPtrArray *reports, const Report *own, const char *node)
{
    g_autofree char *why = slots_objection(reports, own, 2, 2);

    if (node == NULL && why != NULL)
        fail_msg("it waits: %s", why);
    if (node != NULL && (why == NULL || !g_str_has_prefix(why, node)))
        fail_msg("it does not wait for %s: %s", node, why);
}

static void alone_it_need_not_wait(void **state)
{
    g_autoptr(GPtrArray) reports = reports_new();
    (void)state;

    expect_wait(reports, add(reports, "a", "b", REPORT_PREPARING, 5), NULL);
}

static void incoming_and_outgoing_count_together(void **state)
{
    g_autoptr(GPtrArray) reports = reports_new();
    (void)state;

    add(reports, "a", "c", REPORT_SENDING, 9);
    add(reports, "d", "a", REPORT_POSTCOPY, 9);
    expect_wait(reports, add(reports, "a", "b", REPORT_PREPARING, 5), "a");
    expect_wait(reports, add(reports, "b", "a", REPORT_PREPARING, 5), "a");
    expect_wait(reports, add(reports, "b", "c", REPORT_PREPARING, 4), NULL);
}

static void what_has_ended_counts_no_more(void **state)
{
    static const ReportPhase ended[] = {REPORT_MOVED, REPORT_STAYED, REPORT_FAILED};
    g_autoptr(GPtrArray) reports = reports_new();
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(ended); i++)
        add(reports, "a", "b", ended[i], 1);
    expect_wait(reports, add(reports, "a", "b", REPORT_PREPARING, 5), NULL);
}

static void of_those_that_wait_the_older_ones_count(void **state)
{
    g_autoptr(GPtrArray) reports = reports_new();
    (void)state;

    add(reports, "a", "b", REPORT_WAITING, 6);
    add(reports, "a", "b", REPORT_PREPARING, 6);
    expect_wait(reports, add(reports, "a", "b", REPORT_WAITING, 5), NULL);
    expect_wait(reports, add(reports, "a", "b", REPORT_WAITING, 7), "a");
}

/* By the ids, so that not each of them waits for the other. */
static void of_one_second_one_comes_first(void **state)
{
    g_autoptr(GPtrArray) reports = reports_new();
    g_autofree char *why = NULL, *other = NULL;
    (void)state;

    const Report *first = add(reports, "a", "b", REPORT_WAITING, 5);
    const Report *second = add(reports, "b", "a", REPORT_WAITING, 5);
    why = slots_objection(reports, first, 1, 1);
    other = slots_objection(reports, second, 1, 1);
    assert_null(why);
    assert_string_equal(other, "b takes part in 1 migrations, of which it may in 1 at once");
}

/* Whatever waits, wherever it goes: one of them may go on, until all have gone. */
static void nobody_waits_for_ever(void **state)
{
    static const char *const nodes[] = {"a", "b", "c"};
    g_autoptr(GPtrArray) reports = reports_new();
    GRand *rand = g_rand_new_with_seed(7);
    (void)state;

    for (guint i = 0; i < 200; i++) {
        gint32 from = g_rand_int_range(rand, 0, 3), step = g_rand_int_range(rand, 1, 3);
        add(reports, nodes[from], nodes[(from + step) % 3], REPORT_WAITING, g_rand_int_range(rand, 0, 20));
    }
    for (guint left = reports->len; left > 0;) {
        guint sent = 0;
        for (guint i = 0; i < reports->len; i++) {
            Report *report = reports->pdata[i];
            g_autofree char *why =
                report->phase == REPORT_WAITING ? slots_objection(reports, report, 1, 1) : g_strdup("");
            if (why != NULL)
                continue;
            report->phase = REPORT_SENDING;
            sent++;
        }
        assert_true(sent > 0);
        left -= sent;
        for (guint i = 0; i < reports->len; i++) {
            Report *report = reports->pdata[i];
            if (report->phase == REPORT_SENDING)
                report->phase = REPORT_MOVED;
        }
    }
    g_rand_free(rand);
}

static void all_that_have_not_ended_are_counted_for_people(void **state)
{
    g_autoptr(GPtrArray) reports = reports_new();
    (void)state;

    add(reports, "a", "b", REPORT_WAITING, 6);
    add(reports, "b", "c", REPORT_SENDING, 6);
    add(reports, "b", "c", REPORT_MOVED, 6);
    assert_int_equal(slots_taken(reports, NULL, "a"), 1);
    assert_int_equal(slots_taken(reports, NULL, "b"), 2);
    assert_int_equal(slots_taken(reports, NULL, "d"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(alone_it_need_not_wait),
        cmocka_unit_test(incoming_and_outgoing_count_together),
        cmocka_unit_test(what_has_ended_counts_no_more),
        cmocka_unit_test(of_those_that_wait_the_older_ones_count),
        cmocka_unit_test(of_one_second_one_comes_first),
        cmocka_unit_test(nobody_waits_for_ever),
        cmocka_unit_test(all_that_have_not_ended_are_counted_for_people),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
