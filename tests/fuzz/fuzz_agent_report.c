/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reports of migrations, as another node or another version told them or a torn disk left them: what is
 * accepted must make sense and be the same when it is told again. The input is also tried as the text of one.
 */
#include "agent/report.h"

#include <stdint.h>
#include <string.h>

enum { MOST_TEXT_BYTES = 512 }; /* longer ones are cut when they are told */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_sense(const Report *report)
{
    g_assert_cmpstr(report->id, !=, "");
    g_assert_cmpstr(report->resource, !=, "");
    g_assert_cmpstr(report->source, !=, "");
    g_assert_cmpstr(report->target, !=, "");
    g_assert_cmpstr(report_phase_name(report->phase), !=, "");
    g_assert_cmpint(report->ended_s, >=, 0);
    g_assert_true(report_has_ended(report) == (report->ended_s > 0));
    g_assert_cmpint(report->began_s, >=, 0);
    g_assert_cmpint(report->total_bytes, >=, 0);
    g_assert_cmpint(report->remaining_bytes, >=, 0);
    g_assert_cmpint(report->rate_bytes_s, >=, 0);
    g_assert_cmpint(report->dirty_bytes_s, >=, 0);
    g_assert_cmpint(report->pid, >=, 0);
    g_assert_cmpint(report->pid, <=, G_MAXINT32);
    g_assert_cmpint(report->start_time, >=, 0);
    g_assert_cmpint(report_percent(report), >=, -1);
    g_assert_cmpint(report_percent(report), <=, report->phase == REPORT_MOVED ? 100 : 99);
    g_assert_cmpint(report_left_s(report), >=, -1);
}

static void check_same_text(const char *one, const char *two)
{
    if (g_utf8_validate(one, -1, NULL) && strlen(one) <= MOST_TEXT_BYTES)
        g_assert_cmpstr(one, ==, two);
    else
        g_assert_true(g_utf8_validate(two, -1, NULL) && strlen(two) <= MOST_TEXT_BYTES);
}

static void check_same(const Report *one, const Report *two)
{
    check_same_text(one->id, two->id);
    check_same_text(one->resource, two->resource);
    check_same_text(one->guest, two->guest);
    check_same_text(one->source, two->source);
    check_same_text(one->target, two->target);
    check_same_text(one->network, two->network);
    check_same_text(one->left, two->left);
    check_same_text(one->how, two->how);
    check_same_text(one->reason, two->reason);
    g_assert_cmpint(one->phase, ==, two->phase);
    g_assert_cmpint(one->began_s, ==, two->began_s);
    g_assert_cmpint(one->ended_s, ==, two->ended_s);
    g_assert_cmpint(one->elapsed_ms, ==, two->elapsed_ms);
    g_assert_cmpint(one->total_bytes, ==, two->total_bytes);
    g_assert_cmpint(one->processed_bytes, ==, two->processed_bytes);
    g_assert_cmpint(one->remaining_bytes, ==, two->remaining_bytes);
    g_assert_cmpint(one->rate_bytes_s, ==, two->rate_bytes_s);
    g_assert_cmpint(one->dirty_bytes_s, ==, two->dirty_bytes_s);
    g_assert_cmpint(one->pass, ==, two->pass);
    g_assert_cmpint(one->downtime_ms, ==, two->downtime_ms);
    g_assert_cmpint(one->pid, ==, two->pid);
    g_assert_cmpint(one->start_time, ==, two->start_time);
}

static void check_round(const GPtrArray *reports)
{
    g_autofree char *text = report_print_all(reports);
    g_autoptr(GPtrArray) again = report_parse_all(text);

    g_assert_true(g_str_is_ascii(text));
    g_assert_null(strpbrk(text, "<>&\"'\r\n\t"));
    g_assert_cmpuint(again->len, ==, reports->len);
    for (guint i = 0; i < reports->len; i++)
        check_same(reports->pdata[i], again->pdata[i]);
    g_autofree char *again_text = report_print_all(again);
    g_assert_cmpstr(text, ==, again_text);
}

/* TEXT as every text of a report, with whatever it holds. */
static void check_any_text(const char *text)
{
    char *name = (char *)(*text != '\0' ? text : "a1");
    Report report = {.id = name,
                     .resource = name,
                     .guest = (char *)text,
                     .source = name,
                     .target = name,
                     .network = (char *)text,
                     .left = (char *)text,
                     .how = (char *)text,
                     .reason = (char *)text};
    g_autoptr(GPtrArray) reports = g_ptr_array_new();

    g_ptr_array_add(reports, &report);
    g_ptr_array_add(reports, &report);
    check_round(reports);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    g_autoptr(GPtrArray) reports = report_parse_all(text);

    check_any_text(text);
    for (guint i = 0; i < reports->len; i++)
        check_sense(reports->pdata[i]);
    check_round(reports);
    return 0;
}
