/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "heartbeat/guard.h"

#include "agent/journal.h"
#include "agent/settler.h"
#include "cluster/cluster.h"

#include <string.h>

enum {
    JOURNALS_EVERY_MS = 1000,
    DROPS_EVERY_MS = 10000,
    CLEAR_EVERY_MS = 60000,
    AGAIN_MS = 10000, /* before a settler of the same resource is started anew */
    ASK_MS = 2000
};

struct Guard {
    char *local_node;    /* NULL until the cluster has told */
    GHashTable *started; /* resource (char *) to when its settler was started last (gint64 *, ms) */
    gint64 drops_due_ms, clear_due_ms;
};

Guard *guard_new(void)
{
    Guard *guard = g_new0(Guard, 1);

    guard->started = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    return guard;
}

void guard_free(Guard *guard)
{
    if (guard == NULL)
        return;
    g_free(guard->local_node);
    g_hash_table_unref(guard->started);
    g_free(guard);
}

const char *guard_local_node(const Guard *guard)
{
    return guard->local_node;
}

static void start_settler(Guard *guard, const char *resource, gint64 now_ms, const char *why)
{
    const gint64 *last_ms = g_hash_table_lookup(guard->started, resource);
    g_autoptr(GError) error = NULL;

    if ((last_ms != NULL && now_ms - *last_ms < AGAIN_MS) || settler_is_at_work(resource))
        return;
    g_hash_table_replace(guard->started, g_strdup(resource), g_memdup2(&now_ms, sizeof now_ms));
    g_message("%s: %s; settling it", resource, why);
    if (settler_start(resource, &error) == 0)
        g_warning("%s", error->message);
}

/* ---- journals ------------------------------------------------------------------------------------ */

static gboolean is_abandoned(const Journal *journal)
{
    if (journal_is_driven(journal) || journal->step == JOURNAL_STOPPED)
        return FALSE;
    return journal->stay || journal->step == JOURNAL_SENDING || journal->step == JOURNAL_UNSETTLED;
}

static void look_at_journals(Guard *guard, gint64 now_ms)
{
    g_autoptr(GPtrArray) resources = journal_list(WHERRY_STATEDIR, NULL);

    for (guint i = 0; resources != NULL && i < resources->len; i++) {
        g_autoptr(Journal) journal = NULL;
        /* one that cannot be understood is the next start's business, which asks all nodes */
        if (journal_load(WHERRY_STATEDIR, resources->pdata[i], &journal, NULL) && journal != NULL &&
            is_abandoned(journal))
            start_settler(guard, journal->resource, now_ms, "a migration that nobody drives");
    }
}

/* ---- drops --------------------------------------------------------------------------------------- */

/* Of several nodes that could do it the first one does. */
static gboolean is_first(const Guard *guard, const GPtrArray *online)
{
    return online->len > 0 && strcmp(online->pdata[0], guard->local_node) == 0;
}

static gboolean is_online(const GPtrArray *online, const char *node)
{
    for (guint i = 0; i < online->len; i++)
        if (strcmp(online->pdata[i], node) == 0)
            return TRUE;
    return FALSE;
}

/* FALSE where the cluster does not answer: then nothing else is asked either. */
static gboolean look_at_drops(Guard *guard, gint64 now_ms)
{
    g_autoptr(GPtrArray) drops = cluster_ha_drops(NULL, ocf_deadline_in(ASK_MS), NULL);
    g_autoptr(GPtrArray) online = NULL;

    for (guint i = 0; drops != NULL && i < drops->len; i++) {
        const ClusterDrop *drop = drops->pdata[i];
        if (online == NULL)
            online = cluster_nodes_online(ocf_deadline_in(ASK_MS), NULL);
        if (online == NULL)
            return FALSE;
        if (cluster_drop_is_orphan(drop, guard->local_node))
            start_settler(guard, drop->resource, now_ms,
                          "its HA status was dropped by a process that is gone");
        else if (*drop->node != '\0' && !is_online(online, drop->node) && is_first(guard, online))
            start_settler(guard, drop->resource, now_ms, "its HA status was dropped by a node that is gone");
    }
    return drops != NULL;
}

/* ---- clearing away ------------------------------------------------------------------------------- */

/* A guest whose node died must not stay stopped for a constraint that was to steer its migrations. */
static void free_stopped(void)
{
    g_autoptr(GError) error = NULL;

    if (!cluster_avoid_end_stopped(ocf_deadline_in(ASK_MS), &error))
        g_debug("%s", error->message);
}

/* Whoever wished it may have left, or have been killed. */
static void end_granted_wishes(void)
{
    g_autoptr(GError) error = NULL;

    if (!cluster_wish_end_granted(ocf_deadline_in(ASK_MS), &error))
        g_debug("%s", error->message);
}

/* Where a settler was killed; not while the cluster is at work, which would begin anew. */
static void forget_moves(const Guard *guard)
{
    g_autoptr(GError) error = NULL;

    if (cluster_is_idle(ocf_deadline_in(ASK_MS)) &&
        !cluster_history_forget_moves(guard->local_node, ocf_deadline_in(ASK_MS), &error))
        g_debug("%s", error->message);
}

static void clear_away(void)
{
    g_autoptr(GError) error = NULL;

    if (!cluster_avoid_end(NULL, NULL, TRUE, ocf_deadline_in(ASK_MS), &error))
        g_debug("%s", error->message);
    g_clear_error(&error);
    if (!cluster_wish_end(NULL, TRUE, ocf_deadline_in(ASK_MS), &error))
        g_debug("%s", error->message);
    g_clear_error(&error);
    if (!cluster_history_forget_surprises(ocf_deadline_in(ASK_MS), &error))
        g_debug("%s", error->message);
}

gint64 guard_round(Guard *guard, gint64 now_ms)
{
    look_at_journals(guard, now_ms);
    if (now_ms < guard->drops_due_ms)
        return JOURNALS_EVERY_MS;
    guard->drops_due_ms = now_ms + DROPS_EVERY_MS;
    if (guard->local_node == NULL)
        guard->local_node = cluster_local_node(ocf_deadline_in(ASK_MS), NULL);
    if (guard->local_node == NULL)
        return JOURNALS_EVERY_MS;
    if (!look_at_drops(guard, now_ms))
        return JOURNALS_EVERY_MS;
    free_stopped();
    end_granted_wishes();
    forget_moves(guard);
    if (now_ms >= guard->clear_due_ms) {
        guard->clear_due_ms = now_ms + CLEAR_EVERY_MS;
        clear_away();
    }
    return JOURNALS_EVERY_MS;
}
