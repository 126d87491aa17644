/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "heartbeat/arrivals.h"

#include "agent/report.h"
#include "cluster/cluster.h"

#include <string.h>

enum { ASK_MS = 2000 };

struct Arrivals {
    GHashTable *known; /* ids (char *) that are in the history; a set, filled when it is needed first */
    gboolean filled;
};

Arrivals *arrivals_new(void)
{
    Arrivals *arrivals = g_new0(Arrivals, 1);

    arrivals->known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return arrivals;
}

void arrivals_free(Arrivals *arrivals)
{
    if (arrivals == NULL)
        return;
    g_hash_table_unref(arrivals->known);
    g_free(arrivals);
}

GPtrArray *arrivals_choose(const GPtrArray *reports, GHashTable *known, const char *local_node)
{
    GPtrArray *chosen = g_ptr_array_new();

    for (guint i = 0; i < reports->len; i++) {
        const Report *report = reports->pdata[i];
        if (report->phase == REPORT_MOVED && strcmp(report->target, local_node) == 0 &&
            strcmp(report->source, local_node) != 0 && !g_hash_table_contains(known, report->id))
            g_ptr_array_add(chosen, (gpointer)report);
    }
    return chosen;
}

/* What an earlier daemon has written. */
static void fill(Arrivals *arrivals)
{
    g_autoptr(GPtrArray) history = report_history(WHERRY_STATEDIR, NULL);

    arrivals->filled = TRUE;
    for (guint i = 0; history != NULL && i < history->len; i++)
        g_hash_table_add(arrivals->known, g_strdup(((const Report *)history->pdata[i])->id));
}

static void remember(Arrivals *arrivals, const Report *report)
{
    g_autoptr(GError) error = NULL;

    g_hash_table_add(arrivals->known,
                     g_strdup(report->id)); /* also where it cannot be written: not again and again */
    if (!report_remember(report, WHERRY_STATEDIR, &error))
        g_message("%s", error->message);
}

void arrivals_look(Arrivals *arrivals, const char *local_node)
{
    g_autoptr(GPtrArray) reports = local_node != NULL ? report_read_all(ocf_deadline_in(ASK_MS), NULL) : NULL;

    if (reports == NULL)
        return;
    g_autoptr(GPtrArray) chosen = arrivals_choose(reports, arrivals->known, local_node);
    if (chosen->len > 0 && !arrivals->filled) {
        fill(arrivals);
        g_clear_pointer(&chosen, g_ptr_array_unref);
        chosen = arrivals_choose(reports, arrivals->known, local_node);
    }
    for (guint i = 0; i < chosen->len; i++)
        remember(arrivals, chosen->pdata[i]);
}
