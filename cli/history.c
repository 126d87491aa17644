/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wherry history [VM] */
#include "cli/cli.h"
#include "cli/json.h"
#include "cli/report_view.h"
#include "cli/table.h"

#include <stdio.h>
#include <string.h>

static char *when(gint64 seconds)
{
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_local(seconds);

    return time != NULL ? g_date_time_format(time, "%F %T") : NULL;
}

static void add_row(Table *table, const Report *report)
{
    gboolean moved = report->phase == REPORT_MOVED;
    g_autofree char *began = when(report->began_s);
    g_autofree char *seconds = g_strdup_printf("%.1f s", (double)report->elapsed_ms / 1000.0);
    g_autofree char *downtime =
        report->downtime_ms > 0 ? g_strdup_printf("%" G_GINT64_FORMAT " ms", report->downtime_ms) : NULL;
    g_autofree char *bytes = report->processed_bytes > 0 ? report_view_bytes(report->processed_bytes) : NULL;
    const char *const cells[] = {began,
                                 report->resource,
                                 report->source,
                                 report->target,
                                 report->network,
                                 seconds,
                                 downtime,
                                 bytes,
                                 report_phase_name(report->phase),
                                 report->how,
                                 moved ? report->left : report->reason};

    table_add(table, cells);
}

static void print_text(const GPtrArray *reports)
{
    static const char *const headings[] = {"BEGAN",    "VM",    "FROM",    "TO",  "NETWORK", "TIME",
                                           "DOWNTIME", "BYTES", "OUTCOME", "HOW", "WHY",     NULL};
    g_autoptr(Table) table = table_new(headings);

    for (guint i = 0; i < reports->len; i++)
        add_row(table, reports->pdata[i]);
    g_autofree char *text = table_text(table);
    fputs(reports->len > 0 ? text : "no migration is on record on this node\n", stdout);
}

static void print_json(const GPtrArray *reports)
{
    json_t *answer = json_object(), *list = json_array();

    for (guint i = 0; i < reports->len; i++)
        json_array_append_new(list, report_view_json(reports->pdata[i]));
    json_object_set_new(answer, "migrations", list);
    json_answer(answer);
}

gboolean cli_history(CliCall *call, GError **error)
{
    const char *only = call->count > 0 ? call->arguments[0] : NULL;
    g_autoptr(GPtrArray) reports = report_history(WHERRY_STATEDIR, error);

    if (reports == NULL)
        return FALSE;
    for (guint i = reports->len; i > 0; i--)
        if (only != NULL && strcmp(((const Report *)reports->pdata[i - 1])->resource, only) != 0)
            g_ptr_array_remove_index(reports, i - 1);
    if (call->json)
        print_json(reports);
    else
        print_text(reports);
    return TRUE;
}
