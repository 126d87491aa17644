/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reports told to the cluster. */
#include "agent/report.h"

#include "cluster/cluster.h"

#include <glib/gstdio.h>
#include <sys/stat.h>

/* When it was changed, somebody told the cluster of this node's reports; it is there while wherryd means to.
 */
#define TOLD "reports.told"

static char *told_path(void)
{
    return g_build_filename(WHERRY_RUNDIR, TOLD, NULL);
}

enum { LAST_LOOKS = 3 };

gboolean report_is_untold(gint64 elapsed_ms)
{
    g_autofree char *path = told_path();
    GStatBuf status;
    gint64 now_s = g_get_real_time() / G_USEC_PER_SEC;

    if (g_stat(path, &status) < 0)
        return TRUE;
    return elapsed_ms > REPORT_TOLD_S * 1000 && ABS(now_s - (gint64)status.st_mtime) > REPORT_TOLD_S;
}

static gboolean set_attribute(const char *text, OcfDeadline deadline, GError **error)
{
    return cluster_attribute_set(CLUSTER_MOVES_ATTRIBUTE, CLUSTER_ATTRIBUTE_PRIVATE, NULL,
                                 *text != '\0' ? text : NULL, deadline, error);
}

gboolean report_publish(const char *text, OcfDeadline deadline, GError **error)
{
    g_autofree char *path = told_path();

    if (!set_attribute(text, deadline, error))
        return FALSE;
    g_mkdir_with_parents(WHERRY_RUNDIR, 0755);
    g_file_set_contents_full(path, "", 0, G_FILE_SET_CONTENTS_NONE, 0644, NULL);
    return TRUE;
}

static char *collect_text(void)
{
    g_autoptr(GPtrArray) reports = report_collect(WHERRY_RUNDIR);

    return report_print_all(reports);
}

/* First the agents are let go on: one that ends before the look is told here, one that ends after it tells
 * itself. What comes in between is told by the next look. */
void report_hand_over(OcfDeadline deadline)
{
    g_autofree char *path = told_path();
    g_autofree char *told = NULL;

    g_unlink(path);
    for (guint i = 0; i < LAST_LOOKS; i++) {
        g_autofree char *text = collect_text();
        if (g_strcmp0(text, told) == 0)
            return;
        set_attribute(text, deadline, NULL);
        g_free(told);
        told = g_steal_pointer(&text);
    }
}

void report_publish_all(OcfDeadline deadline)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = collect_text();

    if (!report_publish(text, deadline, &error))
        g_debug("cannot tell the cluster of this node's migrations: %s", error->message);
}

GPtrArray *report_read_all(OcfDeadline deadline, GError **error)
{
    g_autoptr(GHashTable) values = cluster_attribute_read(CLUSTER_MOVES_ATTRIBUTE, deadline, error);
    GHashTableIter iter;
    gpointer text;

    if (values == NULL)
        return NULL;
    GPtrArray *all = g_ptr_array_new_with_free_func((GDestroyNotify)report_free);
    g_hash_table_iter_init(&iter, values);
    while (g_hash_table_iter_next(&iter, NULL, &text)) {
        g_autoptr(GPtrArray) some = report_parse_all(text);
        g_ptr_array_extend_and_steal(all, g_steal_pointer(&some));
    }
    g_ptr_array_sort(all, report_order);
    return all;
}
