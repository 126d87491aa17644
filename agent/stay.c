/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/stay.h"

#include "agent/settler.h"
#include "cluster/cluster.h"

enum { DROP_MS = 5000, AGAIN_MS = 100 };

pid_t stay_watch(const char *resource)
{
    g_autoptr(GError) error = NULL;
    pid_t pid = settler_start(resource, &error);

    if (pid == 0)
        g_warning("nobody watches over the migration but wherryd: %s", error->message);
    return pid;
}

gboolean stay_drop(const Journal *journal, pid_t settler, OcfDeadline deadline, GError **why)
{
    g_autoptr(ClusterDrop) drop = cluster_drop_new(journal->resource, journal->source, settler);
    g_autoptr(GError) error = NULL;
    gboolean done = FALSE;

    journal_set(&drop->source, journal->source);
    journal_set(&drop->target, journal->target);
    journal_set(&drop->reason, journal->reason);
    drop->avoid_s = journal->step == JOURNAL_MOVED ? 0 : journal->retry_delay_s;
    do {
        g_clear_error(&error);
        if (cluster_ha_drop(drop, ocf_deadline_within(deadline, DROP_MS), &done, &error)) {
            g_message(done ? "HA status of %s is dropped until the cluster has seen where it runs"
                           : "HA status of %s is dropped already",
                      journal->resource);
            return TRUE;
        }
    } while (error->code != OCF_ERR_CONFIGURED && ocf_deadline_sleep(deadline, AGAIN_MS));
    g_prefix_error(why, "HA status cannot be dropped, so the cluster may restart %s (%s): ", journal->name,
                   error->message);
    return FALSE;
}
