/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/unit.h"

#include "agent/report.h"
#include "heartbeat/arrivals.h"
#include "heartbeat/metrics.h"

#include <string.h>

static void add(GPtrArray *reports, const char *source, const char *target, ReportPhase phase,
                gint64 elapsed_ms)
{
    Report *report = report_new("web", "web", source, target);

    report->phase = phase;
    report->ended_s = phase >= REPORT_MOVED ? 1795667309 : 0;
    report->elapsed_ms = elapsed_ms;
    report->downtime_ms = phase == REPORT_MOVED ? 250 : 0;
    report->processed_bytes = 1000;
    g_ptr_array_add(reports, report);
}

static GPtrArray *new_reports(void)
{
    return g_ptr_array_new_with_free_func((GDestroyNotify)report_free);
}

static void assert_says(const char *text, const char *line)
{
    g_autofree char *whole = g_strdup_printf("\n%s\n", line);

    if (strstr(text, whole) == NULL)
        fail_msg("no line \"%s\" in:\n%s", line, text);
}

static void nothing_is_zero_and_well_formed(void **state)
{
    g_autoptr(GPtrArray) reports = new_reports();
    g_autofree char *text = metrics_print(reports, 0, "a1");
    (void)state;

    assert_says(text, "wherry_migrations_total{direction=\"out\",outcome=\"moved\"} 0");
    assert_says(text, "wherry_migrations_running 0");
    assert_true(g_str_has_suffix(text, "\n# EOF\n"));
}

static void what_has_ended_is_counted_by_direction_and_outcome(void **state)
{
    g_autoptr(GPtrArray) reports = new_reports();
    (void)state;

    add(reports, "a1", "a2", REPORT_MOVED, 1500);
    add(reports, "a1", "a3", REPORT_MOVED, 500);
    add(reports, "a1", "a2", REPORT_STAYED, 9000);
    add(reports, "a1", "a2", REPORT_FAILED, 9000);
    add(reports, "a3", "a1", REPORT_MOVED, 700);
    add(reports, "a1", "a2", REPORT_SENDING, 300);
    g_autofree char *text = metrics_print(reports, 1, "a1");
    assert_says(text, "wherry_migrations_total{direction=\"out\",outcome=\"moved\"} 2");
    assert_says(text, "wherry_migrations_total{direction=\"out\",outcome=\"stayed\"} 1");
    assert_says(text, "wherry_migrations_total{direction=\"out\",outcome=\"failed\"} 1");
    assert_says(text, "wherry_migrations_total{direction=\"in\",outcome=\"moved\"} 1");
    assert_says(text, "wherry_migration_duration_seconds_total{direction=\"out\"} 2.000");
    assert_says(text, "wherry_migration_downtime_seconds_total{direction=\"in\"} 0.250");
    assert_says(text, "wherry_migration_transferred_bytes_total{direction=\"out\"} 2000");
    assert_says(text, "wherry_migrations_running 1");
}

static void only_what_has_moved_here_arrives_and_once(void **state)
{
    g_autoptr(GPtrArray) reports = new_reports();
    g_autoptr(GHashTable) known = g_hash_table_new(g_str_hash, g_str_equal);
    (void)state;

    add(reports, "a1", "a2", REPORT_MOVED, 1);
    add(reports, "a1", "a3", REPORT_MOVED, 1);
    add(reports, "a1", "a2", REPORT_STAYED, 1);
    add(reports, "a1", "a2", REPORT_SENDING, 1);
    g_autoptr(GPtrArray) chosen = arrivals_choose(reports, known, "a2");
    assert_int_equal(chosen->len, 1);
    assert_ptr_equal(chosen->pdata[0], reports->pdata[0]);
    g_hash_table_add(known, ((Report *)reports->pdata[0])->id);
    g_autoptr(GPtrArray) again = arrivals_choose(reports, known, "a2");
    assert_int_equal(again->len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_zero_and_well_formed),
        cmocka_unit_test(what_has_ended_is_counted_by_direction_and_outcome),
        cmocka_unit_test(only_what_has_moved_here_arrives_and_once),
    };
    unit_log_start();
    return cmocka_run_group_tests_name("heartbeat/metrics", tests, NULL, NULL);
}
