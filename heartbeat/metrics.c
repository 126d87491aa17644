/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "heartbeat/metrics.h"

#include "agent/report.h"

#include <glib/gstdio.h>
#include <string.h>

#define FILE_NAME "wherry.prom"

struct Metrics {
    gboolean written;
    gint64 stamp; /* of the history that was written */
    guint running;
};

/* Of the migrations in one direction that ended in one way. */
typedef struct {
    guint count;
    gint64 elapsed_ms, downtime_ms, bytes;
} Sum;

enum { OUT, IN, DIRECTIONS };

static const char *const directions[] = {[OUT] = "out", [IN] = "in"};

Metrics *metrics_new(void)
{
    return g_new0(Metrics, 1);
}

void metrics_free(Metrics *metrics)
{
    g_free(metrics);
}

static void begin_family(GString *text, const char *name, const char *kind, const char *unit,
                         const char *help)
{
    g_string_append_printf(text, "# TYPE wherry_%s %s\n", name, kind);
    if (unit != NULL)
        g_string_append_printf(text, "# UNIT wherry_%s %s\n", name, unit);
    g_string_append_printf(text, "# HELP wherry_%s %s\n", name, help);
}

static void print_counts(GString *text, Sum sums[DIRECTIONS][REPORT_FAILED + 1])
{
    begin_family(text, "migrations", "counter", NULL, "Migrations that have ended.");
    for (guint i = 0; i < DIRECTIONS; i++)
        for (guint phase = REPORT_MOVED; phase <= REPORT_FAILED; phase++)
            g_string_append_printf(text, "wherry_migrations_total{direction=\"%s\",outcome=\"%s\"} %u\n",
                                   directions[i], report_phase_name(phase), sums[i][phase].count);
}

/* Of those that arrived. */
static void print_totals(GString *text, Sum sums[DIRECTIONS][REPORT_FAILED + 1])
{
    begin_family(text, "migration_duration_seconds", "counter", "seconds", "Time that migrations took.");
    for (guint i = 0; i < DIRECTIONS; i++)
        g_string_append_printf(text, "wherry_migration_duration_seconds_total{direction=\"%s\"} %.3f\n",
                               directions[i], (double)sums[i][REPORT_MOVED].elapsed_ms / 1000.0);
    begin_family(text, "migration_downtime_seconds", "counter", "seconds",
                 "Time in which migrated VMs stood still.");
    for (guint i = 0; i < DIRECTIONS; i++)
        g_string_append_printf(text, "wherry_migration_downtime_seconds_total{direction=\"%s\"} %.3f\n",
                               directions[i], (double)sums[i][REPORT_MOVED].downtime_ms / 1000.0);
    begin_family(text, "migration_transferred_bytes", "counter", "bytes",
                 "Bytes that migrations transferred.");
    for (guint i = 0; i < DIRECTIONS; i++)
        g_string_append_printf(
            text, "wherry_migration_transferred_bytes_total{direction=\"%s\"} %" G_GINT64_FORMAT "\n",
            directions[i], sums[i][REPORT_MOVED].bytes);
}

char *metrics_print(const GPtrArray *history, guint running, const char *local_node)
{
    GString *text = g_string_new(NULL);
    Sum sums[DIRECTIONS][REPORT_FAILED + 1] = {0};

    for (guint i = 0; i < history->len; i++) {
        const Report *report = history->pdata[i];
        guint direction = g_strcmp0(report->source, local_node) == 0 ? OUT : IN;
        if (!report_has_ended(report))
            continue;
        Sum *sum = &sums[direction][report->phase];
        sum->count++;
        sum->elapsed_ms += report->elapsed_ms;
        sum->downtime_ms += report->downtime_ms;
        sum->bytes += report->processed_bytes;
    }
    print_counts(text, sums);
    print_totals(text, sums);
    begin_family(text, "migrations_running", "gauge", NULL, "Migrations that this node is sending.");
    g_string_append_printf(text, "wherry_migrations_running %u\n# EOF\n", running);
    return g_string_free(text, FALSE);
}

static guint count_running(void)
{
    g_autoptr(GPtrArray) reports = report_collect(WHERRY_RUNDIR);
    guint running = 0;

    for (guint i = 0; i < reports->len; i++)
        running += !report_has_ended(reports->pdata[i]);
    return running;
}

void metrics_update(Metrics *metrics, const char *local_node)
{
    guint running = count_running();
    gint64 stamp = report_history_stamp(WHERRY_STATEDIR);

    if (local_node == NULL || (metrics->written && stamp == metrics->stamp && running == metrics->running))
        return;
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) history = report_history(WHERRY_STATEDIR, &error);
    if (history != NULL) {
        g_autofree char *text = metrics_print(history, running, local_node);
        g_autofree char *path = g_build_filename(WHERRY_RUNDIR, FILE_NAME, NULL);
        metrics->written =
            g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0644, &error);
    }
    metrics->stamp = stamp;
    metrics->running = running;
    if (error != NULL)
        g_debug("metrics: %s", error->message);
}
