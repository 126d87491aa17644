/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "moves/settle.h"

#include "agent/announcement.h"
#include "agent/ends.h"
#include "agent/lock.h"
#include "agent/report.h"

#include <string.h>

enum {
    ASK_MS = 5000,
    LOCK_MS = 10000,
    GUEST_MS = 20000,
    ERASE_MS = 30000,
    TIDY_MS = 60000,  /* then wherryd does it */
    PROBE_MS = 60000, /* for all nodes to answer */
    POLL_MS = 250,
    SHORT_MS = 1000,
    LONG_MS = 15000,  /* between tries of what only time or a person can mend */
    UNWELL_LOOKS = 3, /* in a row */
    IDLE_EVERY_MS = 2000,
    MOVING_MOST_MS = 15000,
    GIVE_UP_MS = 10 * 60 * 1000 /* without any answer from the cluster */
};

typedef struct {
    const char *resource;
    char *local_node;
    Journal *journal;  /* as last loaded, or NULL */
    ClusterDrop *drop; /* as it stands in the CIB, or NULL */
    gboolean ours;
    gboolean avoided;   /* the target that failed is avoided already */
    guint unwell_looks; /* in a row */
    ClusterIdleLooks idle;
    gint64 moving_since_us;
    char *said; /* last, so that the same is not said again and again */
} Settler;

static void settler_clear(Settler *settler)
{
    g_free(settler->local_node);
    journal_free(settler->journal);
    cluster_drop_free(settler->drop);
    g_free(settler->said);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Settler, settler_clear)

static void say(Settler *settler, const char *what)
{
    if (g_strcmp0(settler->said, what) == 0)
        return;
    g_warning("%s: %s", settler->resource, what);
    g_free(settler->said);
    settler->said = g_strdup(what);
}

static void pause_for(gint64 duration_ms)
{
    ocf_deadline_sleep(ocf_deadline_in(duration_ms), duration_ms);
}

/* ---- what is shown --------------------------------------------------------------------------------- */

/* In crm_mon -A, beside the node. */
static void show(const Settler *settler, const char *text)
{
    g_autofree char *name = g_strconcat("wherry-", settler->resource, NULL);
    g_autoptr(GError) error = NULL;

    if (!cluster_attribute_set(name, CLUSTER_ATTRIBUTE_SHOWN, NULL, text, ocf_deadline_in(ASK_MS), &error))
        g_message("cannot show why HA status is dropped: %s", error->message);
}

/* Why it stays dropped, in the drop itself and for crm_mon. */
static void explain(Settler *settler, const char *why)
{
    g_autoptr(GError) error = NULL;
    gboolean done = FALSE;
    ClusterDrop *was = settler->drop;

    say(settler, why);
    if (strcmp(was->reason, why) == 0)
        return;
    g_autofree char *text = cluster_drop_print(was);
    g_autoptr(ClusterDrop) now = cluster_drop_parse(was->resource, text);
    journal_set(&now->reason, why);
    if (!cluster_ha_hand_over(was, now, ocf_deadline_in(ASK_MS), &done, &error))
        g_message("%s", error->message);
    if (!done)
        return;
    cluster_drop_free(was);
    settler->drop = g_steal_pointer(&now);
    g_autofree char *shown = g_strconcat("HA status is dropped: ", why, NULL);
    show(settler, shown);
}

/* ---- the drop -------------------------------------------------------------------------------------- */

/* This process's own, about the same as WAS or as the journal. */
static ClusterDrop *own_drop(const Settler *settler, const ClusterDrop *was)
{
    ClusterDrop *drop = cluster_drop_new(settler->resource, settler->local_node, 0);
    const Journal *journal = settler->journal;

    journal_set(&drop->source, was != NULL ? was->source : journal->source);
    journal_set(&drop->target, was != NULL ? was->target : journal->target);
    if (was != NULL) {
        drop->avoid_s = was->avoid_s;
        drop->since_s = was->since_s; /* a fencing since then counts */
        journal_set(&drop->former_agent, was->former_agent);
    } else if (journal->step == JOURNAL_STAYED) {
        drop->avoid_s = journal->retry_delay_s;
    }
    if (was != NULL)
        journal_set(&drop->reason, was->reason);
    else
        journal_set(&drop->reason, *journal->reason != '\0' ? journal->reason
                                                            : "a migration that nobody brought to its end");
    return drop;
}

static gboolean take_over(Settler *settler, GError **error)
{
    g_autoptr(ClusterDrop) mine = own_drop(settler, settler->drop);
    gboolean done = FALSE;

    if (!cluster_ha_hand_over(settler->drop, mine, ocf_deadline_in(ASK_MS), &done, error))
        return FALSE;
    if (done)
        g_message("taking over the dropped HA status of %s from %s", settler->resource, settler->drop->node);
    return TRUE;
}

static gboolean ensure_drop(Settler *settler, GError **error)
{
    if (settler->drop != NULL)
        return TRUE;
    g_autoptr(ClusterDrop) mine = own_drop(settler, NULL);
    gboolean done = FALSE;
    if (!cluster_ha_drop(mine, ocf_deadline_in(ASK_MS), &done, error))
        return FALSE;
    if (!done) { /* all is to be looked at anew */
        g_set_error(error, OCF_ERROR, OCF_ERR_GENERIC, "somebody else has just dropped HA status of %s",
                    settler->resource);
        return FALSE;
    }
    settler->drop = g_steal_pointer(&mine);
    settler->ours = TRUE;
    g_message("HA status of %s is dropped until the cluster has seen where it runs", settler->resource);
    return TRUE;
}

/* ---- the guest ------------------------------------------------------------------------------------- */

static Ends settle_ends(const Settler *settler, char **why)
{
    const Journal *journal = settler->journal;
    ClusterNodeStanding standing = CLUSTER_NODE_UNCLEAN;

    cluster_node_standing(journal->target, journal->began_s, ocf_deadline_in(ASK_MS), &standing, NULL);
    return ends_settle(journal, standing == CLUSTER_NODE_DOWN, ocf_deadline_in(GUEST_MS), why);
}

/* Nothing is open any more, and the cluster needs not be told. */
static gboolean forget(Settler *settler, GError **error)
{
    const Journal *journal = settler->journal;

    announcement_withdraw(settler->resource, journal->source, journal->target, ocf_deadline_in(ASK_MS));
    return journal_remove(WHERRY_STATEDIR, settler->resource, error);
}

/* This node was off since: the cluster has seen that, and has dealt with it. */
static gboolean is_of_earlier_boot(const Journal *journal)
{
    g_autofree char *boot_id = ocf_boot_id();

    return *boot_id != '\0' && strcmp(journal->driver.boot_id, boot_id) != 0;
}

/* Writes down what the ends have said. */
static gboolean note_ends(Settler *settler, Ends ends, GError **error)
{
    const Journal *journal = settler->journal;

    if (ends == ENDS_LOST) {
        g_warning("%s runs at neither end of its migration", journal->name);
        settler->journal->retry_delay_s = 0; /* the target is not to blame */
    } else if (ends != ENDS_UNKNOWN) {
        g_message("%s runs on %s, and no migration of it is left", journal->name,
                  ends == ENDS_MOVED ? journal->target : journal->source);
    }
    settler->journal->step = ends == ENDS_MOVED     ? JOURNAL_MOVED
                             : ends == ENDS_UNKNOWN ? JOURNAL_UNSETTLED
                                                    : JOURNAL_STAYED;
    if (ends == ENDS_UNKNOWN || !is_of_earlier_boot(journal))
        return journal_save(settler->journal, WHERRY_STATEDIR, error);
    gboolean done = forget(settler, error);
    g_clear_pointer(&settler->journal, journal_free);
    return done;
}

/* It has moved, and the cluster has found that out by itself: somebody had it probe. It may have moved on
 * since. */
static gboolean is_seen_already(const Settler *settler)
{
    const Journal *journal = settler->journal;

    return settler->drop == NULL && journal != NULL && journal->step == JOURNAL_MOVED &&
           cluster_manages_elsewhere(settler->resource, journal->source, ocf_deadline_in(ASK_MS));
}

static gboolean settle_guest(Settler *settler, GError **error)
{
    g_autoptr(GError) why = NULL;
    g_autofree char *unsettled = NULL;
    int lock = guest_lock_take(WHERRY_RUNDIR, settler->resource, ocf_deadline_in(LOCK_MS), &why);

    if (why != NULL)
        return TRUE; /* an action is at work on it, and may well settle it */
    g_clear_pointer(&settler->journal, journal_free);
    gboolean done = journal_load(WHERRY_STATEDIR, settler->resource, &settler->journal, error);
    if (done && settler->journal != NULL)
        done = note_ends(settler, settle_ends(settler, &unsettled), error);
    guest_lock_release(lock);
    if (done && is_seen_already(settler))
        return forget(settler, error);
    if (!done || settler->journal == NULL || !settler->journal->stay || !ensure_drop(settler, error))
        return done;
    if (settler->journal->step == JOURNAL_UNSETTLED)
        explain(settler, unsettled);
    return TRUE;
}

/* ---- the cluster ----------------------------------------------------------------------------------- */

/* A node that is not online is not probed. FALSE, having said so, where it may have the guest. */
static gboolean is_clear(Settler *settler, const char *node)
{
    ClusterNodeStanding standing = CLUSTER_NODE_UNCLEAN;
    g_autoptr(GError) error = NULL;

    if (*node == '\0')
        return TRUE;
    if (cluster_node_standing(node, settler->drop->since_s, ocf_deadline_in(ASK_MS), &standing, &error) &&
        (standing == CLUSTER_NODE_ONLINE || standing == CLUSTER_NODE_DOWN))
        return TRUE;
    g_autofree char *why = g_strdup_printf(
        standing == CLUSTER_NODE_LEFT
            ? "%s may still run on %s, whose cluster was stopped: start the cluster there, or fence %s"
            : "waiting for the fencing or the return of %2$s, where %1$s may run",
        settler->resource, node, node);
    explain(settler, why);
    return FALSE;
}

/* Not the target of a guest that has arrived there all the same. */
static void avoid_target(Settler *settler)
{
    const ClusterDrop *drop = settler->drop;
    gboolean arrived = settler->journal != NULL && settler->journal->step == JOURNAL_MOVED;
    g_autoptr(GError) error = NULL;

    if (settler->avoided || arrived || drop->avoid_s == 0 || *drop->target == '\0')
        return;
    settler->avoided =
        cluster_avoid(settler->resource, drop->target, drop->avoid_s, ocf_deadline_in(ASK_MS), &error);
    /* our own wish would have the cluster try again once the target is not avoided any more */
    if (!settler->avoided || !cluster_wish_end(settler->resource, FALSE, ocf_deadline_in(ASK_MS), &error))
        g_warning("%s", error->message);
}

/* Has every node say anew whether the guest is there. FALSE: not yet. */
static gboolean probe(const Settler *settler, ClusterProbes *probes, GError **error)
{
    return cluster_history_erase(settler->resource, ocf_deadline_in(ERASE_MS), error) &&
           cluster_probes_await(settler->resource, ocf_deadline_in(PROBE_MS), probes, error);
}

/* A guest that was being adopted runs, but no node finds it with its new agent: it gets its former one back.
 * *DONE: all is to be looked at anew. */
static gboolean give_back(Settler *settler, const ClusterProbes *probes, gboolean *done, GError **error)
{
    const ClusterDrop *drop = settler->drop;

    *done = FALSE;
    if (*drop->former_agent == '\0' || probes->running > 0)
        return TRUE;
    if (!cluster_agent_change(settler->resource, CLUSTER_LIVE_DOMAIN, drop->former_agent,
                              ocf_deadline_in(ASK_MS), done, error))
        return FALSE;
    if (*done)
        g_warning("%s: no node finds it with " CLUSTER_LIVE_DOMAIN "; it is %s again", settler->resource,
                  drop->former_agent);
    return TRUE;
}

/* What keeps HA status from being regained, by what the probes say; NULL: nothing. A guest that is on one
 * node alone and not well there (a probe fails, again and again) is the cluster's to recover: it stops it
 * first. */
static char *objection(Settler *settler, const ClusterProbes *probes)
{
    gboolean unwell = probes->running == 0 && probes->unsure == 1;

    settler->unwell_looks = unwell ? settler->unwell_looks + 1 : 0;
    if (!probes->sure && settler->unwell_looks < UNWELL_LOOKS)
        return g_strdup_printf("%s cannot say whether %s runs there", probes->unsure_node, settler->resource);
    if (probes->running > 1)
        return g_strdup_printf("%s runs on %u nodes: stop all but one of them with virsh destroy",
                               settler->resource, probes->running);
    return NULL;
}

static char *waiting_to_leave(const Settler *settler, const char *node, const char *forecast)
{
    gint64 until_s = cluster_avoid_until(settler->resource, ocf_deadline_in(ASK_MS));
    g_autoptr(GDateTime) until = until_s > 0 ? g_date_time_new_from_unix_local(until_s) : NULL;
    g_autofree char *when = until != NULL ? g_date_time_format(until, "%H:%M:%S") : NULL;

    return g_strdup_printf("waiting to leave %s: there is no node to go to (%s)%s%s",
                           node != NULL ? node : settler->drop->source, forecast,
                           when != NULL ? ", next try at " : "", when != NULL ? when : "");
}

/* All that is open is closed. */
static void finish(Settler *settler, const ClusterProbes *probes)
{
    g_autoptr(GError) error = NULL;

    if (!journal_remove(WHERRY_STATEDIR, settler->resource, &error))
        g_warning("%s", error->message);
    announcement_withdraw(settler->resource, settler->drop->source, settler->drop->target,
                          ocf_deadline_in(ASK_MS));
    show(settler, NULL);
    if (probes->node != NULL)
        g_message("HA status of %s is regained; it runs on %s", settler->resource, probes->node);
    else
        g_message("HA status of %s is regained; it runs nowhere, and the cluster decides", settler->resource);
    g_clear_pointer(&settler->drop, cluster_drop_free);
    settler->avoided = FALSE;
    settler->moving_since_us = 0;
}

/* Without crm_simulate nobody can tell, and a guest whose HA status stays dropped for that is worse off. */
static gboolean forecast_regain(const Settler *settler, char **forecast, GError **error)
{
    g_autoptr(GError) why = NULL;

    if (cluster_forecast_regain(settler->resource, ocf_deadline_in(LONG_MS), forecast, &why))
        return TRUE;
    if (why->code != OCF_ERR_INSTALLED) {
        g_propagate_error(error, g_steal_pointer(&why));
        return FALSE;
    }
    g_warning("%s: what the cluster would do with %s is not known", why->message, settler->resource);
    return TRUE;
}

/* Regains HA status if the cluster would then leave the guest alone. *WAIT_MS: until the next look. */
static gboolean regain(Settler *settler, const ClusterProbes *probes, gint64 *wait_ms, GError **error)
{
    g_autofree char *forecast = NULL;

    if (!cluster_history_forget_surprise(settler->resource, ocf_deadline_in(ASK_MS), error))
        return FALSE;
    if (probes->running > 0 && !forecast_regain(settler, &forecast, error))
        return FALSE;
    if (forecast != NULL) {
        g_autofree char *why = waiting_to_leave(settler, probes->node, forecast);
        explain(settler, why);
        *wait_ms = LONG_MS;
        return TRUE;
    }
    if (probes->running == 0 &&
        !cluster_avoid_end(settler->resource, NULL, FALSE, ocf_deadline_in(ASK_MS), error))
        return FALSE; /* a node that was avoided is better than none */
    if (!cluster_ha_regain(settler->drop, ocf_deadline_in(ASK_MS), error))
        return FALSE;
    finish(settler, probes);
    return TRUE;
}

/* While an action's half is under way its result would come after the history was erased. */
static gboolean is_moving(Settler *settler, gboolean *moving, GError **error)
{
    g_auto(ClusterProbes) probes = {0};
    gint64 now_us = g_get_monotonic_time();

    if (!cluster_probes_read(settler->resource, ocf_deadline_in(ASK_MS), &probes, error))
        return FALSE;
    if (!probes.moving || settler->moving_since_us == 0)
        settler->moving_since_us = now_us;
    /* one whose executor died stays so for ever */
    *moving = probes.moving && now_us - settler->moving_since_us < MOVING_MOST_MS * 1000;
    return TRUE;
}

static gboolean settle_cluster(Settler *settler, gint64 *wait_ms, GError **error)
{
    g_auto(ClusterProbes) probes = {0};
    gboolean moving = FALSE, given_back = FALSE;

    if (is_seen_already(settler))
        return forget(settler, error);
    if (!ensure_drop(settler, error) || !is_moving(settler, &moving, error))
        return FALSE;
    *wait_ms = POLL_MS;
    if (moving)
        return TRUE;
    *wait_ms = LONG_MS;
    avoid_target(settler);
    if (!is_clear(settler, settler->drop->source) || !is_clear(settler, settler->drop->target))
        return TRUE;
    if (!probe(settler, &probes, error) || !give_back(settler, &probes, &given_back, error))
        return FALSE;
    if (given_back) {
        *wait_ms = 0;
        return TRUE;
    }
    g_autofree char *why = objection(settler, &probes);
    if (why != NULL) {
        explain(settler, why);
        return TRUE;
    }
    return regain(settler, &probes, wait_ms, error);
}

/* ---- the round -------------------------------------------------------------------------------------- */

static gboolean look_at_drop(Settler *settler, GError **error)
{
    g_autoptr(GPtrArray) drops = cluster_ha_drops(settler->resource, ocf_deadline_in(ASK_MS), error);

    if (drops == NULL)
        return FALSE;
    g_clear_pointer(&settler->drop, cluster_drop_free);
    settler->drop = drops->len > 0 ? g_ptr_array_steal_index(drops, 0) : NULL;
    settler->ours = settler->drop != NULL && cluster_drop_is_own(settler->drop, settler->local_node);
    return TRUE;
}

/* Of a process of this node that has ended, or of a node that is not online. */
static gboolean drop_is_orphan(const Settler *settler)
{
    ClusterNodeStanding standing = CLUSTER_NODE_ONLINE;

    if (settler->drop == NULL || settler->ours || *settler->drop->node == '\0')
        return FALSE; /* one that cannot be understood is for a person, or a newer Wherry */
    if (strcmp(settler->drop->node, settler->local_node) == 0)
        return cluster_drop_is_orphan(settler->drop, settler->local_node);
    return cluster_node_standing(settler->drop->node, settler->drop->since_s, ocf_deadline_in(ASK_MS),
                                 &standing, NULL) &&
           standing != CLUSTER_NODE_ONLINE;
}

static gboolean look(Settler *settler, SettleView *view, GError **error)
{
    g_autoptr(GError) unreadable = NULL;

    g_clear_pointer(&settler->journal, journal_free);
    if (!journal_load(WHERRY_STATEDIR, settler->resource, &settler->journal, &unreadable))
        say(settler, unreadable->message); /* the next start asks all nodes */
    *view = (SettleView){.journal = settler->journal};
    view->driven = settler->journal != NULL && journal_is_driven(settler->journal);
    if (view->driven)
        return TRUE; /* nothing else counts */
    if (settler->local_node == NULL)
        settler->local_node = cluster_local_node(ocf_deadline_in(ASK_MS), error);
    if (settler->local_node == NULL || !look_at_drop(settler, error))
        return FALSE;
    view->drop = settler->drop;
    view->drop_is_ours = settler->ours;
    view->drop_is_orphan = drop_is_orphan(settler);
    view->cluster_is_idle = settler->journal != NULL && settler->journal->step == JOURNAL_MOVED &&
                            cluster_is_idle_for_good(&settler->idle, ocf_deadline_in(ASK_MS));
    return TRUE;
}

/* FALSE with ERROR: to be tried again. *DONE: there is nothing left to do. */
static gboolean do_round(Settler *settler, gint64 *wait_ms, gboolean *done, GError **error)
{
    SettleView view;

    *wait_ms = SHORT_MS;
    if (!look(settler, &view, error))
        return FALSE;
    switch (settle_next(&view)) {
    case SETTLE_NOTHING:
        *done = TRUE;
        return TRUE;
    case SETTLE_WAIT:
        *wait_ms = POLL_MS;
        return TRUE;
    case SETTLE_GUEST:
        return settle_guest(settler, error);
    case SETTLE_FORGET:
        return forget(settler, error);
    case SETTLE_TAKE_OVER:
        *wait_ms = 0;
        return take_over(settler, error);
    case SETTLE_CLUSTER:
        return settle_cluster(settler, wait_ms, error);
    }
    g_assert_not_reached();
}

/* There is no such resource any more: what its journal says of the guest, if anything, is for the next start
 * of that guest under another name. */
static void forget_deleted(Settler *settler)
{
    const Journal *journal = settler->journal;

    if (journal != NULL && journal->step != JOURNAL_SENDING && journal->step != JOURNAL_UNSETTLED)
        forget(settler, NULL);
}

static int settle(const char *resource)
{
    g_auto(Settler) settler = {.resource = resource};
    OcfDeadline give_up = ocf_deadline_in(GIVE_UP_MS);
    gboolean done = FALSE;

    while (!done) {
        g_autoptr(GError) error = NULL;
        gint64 wait_ms = SHORT_MS;

        if (do_round(&settler, &wait_ms, &done, &error)) {
            give_up = ocf_deadline_in(GIVE_UP_MS);
        } else {
            say(&settler, error->message);
            if (error->code == OCF_ERR_CONFIGURED) {
                forget_deleted(&settler);
                return OCF_SUCCESS;
            }
            if (ocf_deadline_left_ms(give_up) == 0)
                return OCF_ERR_GENERIC;
        }
        if (!done)
            pause_for(wait_ms);
    }
    return OCF_SUCCESS;
}

/* What Pacemaker keeps of a migration that went well would cost the guest, should its target's record be
 * lost. It goes once the cluster has nothing else to do: taking it away has the cluster think anew, and in
 * the middle of a drain all others would wait for that. */
static void tidy(const char *resource)
{
    g_autofree char *local_node = cluster_local_node(ocf_deadline_in(ASK_MS), NULL);
    OcfDeadline deadline = ocf_deadline_in(TIDY_MS);
    gboolean left = local_node != NULL;

    while (left && ocf_deadline_sleep(deadline, IDLE_EVERY_MS)) {
        g_autoptr(GError) error = NULL;
        if (cluster_is_idle(ocf_deadline_in(ASK_MS)) &&
            !cluster_history_forget_move(resource, local_node, ocf_deadline_in(ASK_MS), &left, &error))
            g_message("%s", error->message);
    }
}

int settle_run(const char *resource)
{
    int status = settle(resource);

    tidy(resource);
    if (report_is_untold(G_MAXINT64))
        report_publish_all(ocf_deadline_in(ASK_MS)); /* a killed agent's does not stand for ever */
    return status;
}
