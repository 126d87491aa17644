/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/report_view.h"

#include "cli/cli.h"
#include "cli/json.h"
#include "cli/table.h"
#include "cli/view.h"
#include "cluster/cluster.h"

#include <string.h>

enum { ASK_MS = 10000 };

GPtrArray *report_view_read(GError **error)
{
    g_autoptr(GError) why = NULL;
    GPtrArray *all = report_read_all(ocf_deadline_in(ASK_MS), &why);

    if (all == NULL)
        view_unreachable(why, error);
    return all;
}

const Report *report_view_running(const GPtrArray *reports, const char *vm)
{
    for (guint i = reports->len; i > 0; i--) {
        const Report *report = reports->pdata[i - 1];
        if (strcmp(report->resource, vm) == 0 && !report_has_ended(report))
            return report;
    }
    return NULL;
}

gboolean report_view_refuse(const Report *running, GError **error)
{
    return cli_refuse(error, CLI_TRY_AGAIN, "%s is on its way from %s to %s already: wherry status",
                      running->resource, running->source, running->target);
}

char *report_view_bytes(gint64 bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
    double value = (double)bytes;
    guint unit = 0;

    while (value >= 1024.0 && unit + 1 < G_N_ELEMENTS(units)) {
        value /= 1024.0;
        unit++;
    }
    return g_strdup_printf(unit == 0 || value >= 100.0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
}

/* " from a2 to a1 by mig" */
static void add_way(GString *line, const Report *report)
{
    g_string_append_printf(line, " from %s to %s", report->source, report->target);
    if (*report->network != '\0')
        g_string_append_printf(line, " by %s", report->network);
}

static char *finish(GString *line)
{
    g_autofree char *text = g_string_free(line, FALSE);

    return table_visible(text);
}

char *report_view_line(const Report *report)
{
    GString *line = g_string_new(report->resource);
    gint percent = report_percent(report);
    gint64 left_s = report_left_s(report);
    g_autofree char *rate = report_view_bytes(report->rate_bytes_s);
    g_autofree char *remaining = report_view_bytes(report->remaining_bytes);
    g_autofree char *dirty = report_view_bytes(report->dirty_bytes_s);

    add_way(line, report);
    g_string_append(line, ": ");
    if (percent < 0 || report->phase != REPORT_SENDING)
        g_string_append_printf(line, "%s%s", report_phase_name(report->phase), percent >= 0 ? ", " : "");
    if (report->phase == REPORT_WAITING)
        g_string_append_printf(line, ": %s", report->reason);
    if (percent >= 0)
        g_string_append_printf(line, "%d %%, %s left at %s/s", percent, remaining, rate);
    if (left_s >= 0)
        g_string_append_printf(line, ", about %" G_GINT64_FORMAT " s", left_s);
    if (report->pass > 1)
        g_string_append_printf(line, ", pass %" G_GINT64_FORMAT, report->pass);
    if (report->dirty_bytes_s > 0)
        g_string_append_printf(line, ", the VM writes %s/s", dirty);
    return finish(line);
}

char *report_view_end(const Report *report)
{
    GString *line = g_string_new(report->resource);
    g_autofree char *bytes = report_view_bytes(report->processed_bytes);

    if (report->phase != REPORT_MOVED) {
        /* many a reason names it already */
        gboolean named = g_str_has_prefix(report->reason, report->resource);
        g_string_append(line, " has not moved: ");
        g_string_assign(line, named ? "" : line->str);
        g_string_append(line, report->reason);
        return finish(line);
    }
    g_string_append(line, " has moved");
    add_way(line, report);
    g_string_append_printf(line, " in %.1f s: %s", (double)report->elapsed_ms / 1000.0, bytes);
    if (report->downtime_ms > 0)
        g_string_append_printf(line, ", downtime %" G_GINT64_FORMAT " ms", report->downtime_ms);
    if (*report->how != '\0')
        g_string_append_printf(line, ", %s", report->how);
    if (*report->left != '\0')
        g_string_append_printf(line, "; left out: %s", report->left);
    return finish(line);
}

/* A number, or null for 0: not known. */
static json_t *known(gint64 number)
{
    return number > 0 ? json_integer(number) : json_null();
}

/* A text, or null for "". */
static json_t *filled(const char *text)
{
    return json_text(*text != '\0' ? text : NULL);
}

json_t *report_view_json(const Report *report)
{
    gint percent = report_percent(report);
    gint64 left_s = report_left_s(report);
    json_t *one = json_object();

    json_object_set_new(one, "id", json_text(report->id));
    json_object_set_new(one, "vm", json_text(report->resource));
    json_object_set_new(one, "from", json_text(report->source));
    json_object_set_new(one, "to", json_text(report->target));
    json_object_set_new(one, "network", filled(report->network));
    json_object_set_new(one, "left_out", filled(report->left));
    json_object_set_new(one, "how", filled(report->how));
    json_object_set_new(one, "phase", json_text(report_phase_name(report->phase)));
    json_object_set_new(one, "reason", filled(report->reason));
    json_object_set_new(one, "began_s", json_integer(report->began_s));
    json_object_set_new(one, "ended_s", known(report->ended_s));
    json_object_set_new(one, "elapsed_ms", json_integer(report->elapsed_ms));
    json_object_set_new(one, "percent", percent >= 0 ? json_integer(percent) : json_null());
    json_object_set_new(one, "total_bytes", known(report->total_bytes));
    json_object_set_new(one, "processed_bytes", json_integer(report->processed_bytes));
    json_object_set_new(one, "remaining_bytes", json_integer(report->remaining_bytes));
    json_object_set_new(one, "rate_bytes_per_s", known(report->rate_bytes_s));
    json_object_set_new(one, "dirty_bytes_per_s", known(report->dirty_bytes_s));
    json_object_set_new(one, "pass", known(report->pass));
    json_object_set_new(one, "left_s", left_s >= 0 ? json_integer(left_s) : json_null());
    json_object_set_new(one, "downtime_ms", known(report->downtime_ms));
    return one;
}
