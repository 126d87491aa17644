/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wherry status */
#include "cli/cli.h"
#include "cli/json.h"
#include "cli/report_view.h"
#include "cli/table.h"
#include "cli/view.h"
#include "cli/vm.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { WATCH = 0, WATCH_EVERY_US = 1000 * 1000 };

/* All that is shown. */
typedef struct {
    GPtrArray *reports; /* of Report, those that run */
    GPtrArray *others;  /* ids (char *) of VMs that migrate, and of which nobody reports; borrowed */
    GPtrArray *standings;
    GPtrArray *drops; /* of ClusterDrop */
} Status;

static void status_clear(Status *status)
{
    g_clear_pointer(&status->reports, g_ptr_array_unref);
    g_clear_pointer(&status->others, g_ptr_array_unref);
    g_clear_pointer(&status->standings, g_ptr_array_unref);
    g_clear_pointer(&status->drops, g_ptr_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Status, status_clear)

static void remove_ended(GPtrArray *reports)
{
    for (guint i = reports->len; i > 0; i--)
        if (report_has_ended(reports->pdata[i - 1]))
            g_ptr_array_remove_index(reports, i - 1);
}

/* Also of VirtualDomain, and where wherryd does not run. */
static void find_others(Status *status)
{
    status->others = g_ptr_array_new();
    for (guint i = 0; i < status->standings->len; i++) {
        const ClusterStanding *standing = status->standings->pdata[i];
        if (vm_is_agent(standing->agent) && g_strcmp0(standing->pending, "Migrating") == 0 &&
            report_view_running(status->reports, standing->id) == NULL)
            g_ptr_array_add(status->others, standing->id);
    }
}

static gboolean status_read(Status *status, GError **error)
{
    g_autoptr(GError) why = NULL;

    status->reports = report_view_read(error);
    if (status->reports == NULL)
        return FALSE;
    remove_ended(status->reports);
    status->standings = cluster_standings_read(ocf_deadline_in(VIEW_PATIENCE_MS), &why);
    if (status->standings != NULL)
        status->drops = cluster_ha_drops(NULL, ocf_deadline_in(VIEW_PATIENCE_MS), &why);
    if (status->drops == NULL) {
        g_set_error(error, CLI_FAILURE, CLI_DISCONNECTED, "%s", why->message);
        return FALSE;
    }
    find_others(status);
    return TRUE;
}

static void add_row(Table *table, const Report *report)
{
    gint percent = report_percent(report);
    gint64 left_s = report_left_s(report);
    g_autofree char *done = percent >= 0 ? g_strdup_printf("%d %%", percent) : NULL;
    g_autofree char *bytes = report_view_bytes(report->rate_bytes_s);
    g_autofree char *rate = report->rate_bytes_s > 0 ? g_strconcat(bytes, "/s", NULL) : NULL;
    g_autofree char *remaining = percent >= 0 ? report_view_bytes(report->remaining_bytes) : NULL;
    g_autofree char *eta = left_s >= 0 ? g_strdup_printf("%" G_GINT64_FORMAT " s", left_s) : NULL;
    g_autofree char *pass = report->pass > 0 ? g_strdup_printf("%" G_GINT64_FORMAT, report->pass) : NULL;
    const char *const cells[] = {report->resource,
                                 report->source,
                                 report->target,
                                 report->network,
                                 report_phase_name(report->phase),
                                 done,
                                 rate,
                                 remaining,
                                 eta,
                                 pass};

    table_add(table, cells);
}

static char *status_text(const Status *status)
{
    static const char *const headings[] = {"VM",   "FROM", "TO",  "NETWORK", "PHASE", "DONE",
                                           "RATE", "LEFT", "ETA", "PASS",    NULL};
    GString *text = g_string_new(NULL);
    g_autoptr(Table) table = table_new(headings);

    for (guint i = 0; i < status->reports->len; i++)
        add_row(table, status->reports->pdata[i]);
    for (guint i = 0; i < status->others->len; i++) {
        const char *const cells[] = {
            status->others->pdata[i], NULL, NULL, NULL, "migrating", NULL, NULL, NULL, NULL, NULL};
        table_add(table, cells);
    }
    g_autofree char *rows = table_text(table);
    g_string_append(text, status->reports->len + status->others->len > 0 ? rows : "no VM migrates\n");
    for (guint i = 0; i < status->drops->len; i++) {
        const ClusterDrop *drop = status->drops->pdata[i];
        g_autofree char *reason = table_visible(drop->reason);
        g_string_append_printf(text, "%s: HA status is dropped: %s\n", drop->resource, reason);
    }
    return g_string_free(text, FALSE);
}

static void print_json(const Status *status)
{
    json_t *answer = json_object(), *migrations = json_array(), *others = json_array(), *drops = json_array();

    for (guint i = 0; i < status->reports->len; i++)
        json_array_append_new(migrations, report_view_json(status->reports->pdata[i]));
    for (guint i = 0; i < status->others->len; i++)
        json_array_append_new(others, json_text(status->others->pdata[i]));
    for (guint i = 0; i < status->drops->len; i++) {
        const ClusterDrop *drop = status->drops->pdata[i];
        json_t *one = json_object();
        json_object_set_new(one, "vm", json_text(drop->resource));
        json_object_set_new(one, "node", json_text(drop->node));
        json_object_set_new(one, "since_s", json_integer(drop->since_s));
        json_object_set_new(one, "reason", json_text(drop->reason));
        json_array_append_new(drops, one);
    }
    json_object_set_new(answer, "migrations", migrations);
    json_object_set_new(answer, "migrating_without_report", others);
    json_object_set_new(answer, "ha_dropped", drops);
    json_answer(answer);
}

/* Until it is interrupted; on a terminal the screen is painted anew, elsewhere only changes are printed. */
static gboolean watch(GError **error)
{
    gboolean terminal = isatty(STDOUT_FILENO) == 1;
    g_autofree char *shown = NULL;

    for (;;) {
        g_auto(Status) status = {NULL};
        if (!status_read(&status, error))
            return FALSE;
        g_autofree char *text = status_text(&status);
        if (g_strcmp0(text, shown) != 0)
            printf("%s%s", terminal ? "\033[H\033[2J" : shown != NULL ? "\n" : "", text);
        if (fflush(stdout) == EOF)
            return TRUE; /* main says so */
        g_free(shown);
        shown = g_steal_pointer(&text);
        g_usleep(WATCH_EVERY_US);
    }
}

gboolean cli_status(CliCall *call, GError **error)
{
    g_auto(Status) status = {NULL};

    if (call->given[WATCH] && call->json) {
        g_set_error(error, CLI_FAILURE, CLI_USAGE, "--watch shows a table; --json goes without it");
        return FALSE;
    }
    if (call->given[WATCH])
        return watch(error);
    if (!status_read(&status, error))
        return FALSE;
    if (call->json) {
        print_json(&status);
    } else {
        g_autofree char *text = status_text(&status);
        fputs(text, stdout);
    }
    return TRUE;
}
