/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/turn.h"

#include "agent/slots.h"
#include "cluster/cluster.h"

#include <string.h>

enum {
    ASK_MS = 3000,
    LOOK_EVERY_MS = 500,
    SEEN_EVERY_MS = 50, /* until what this node tells is seen by itself */
    SEEN_MOST_MS = 1000,
    RETRY_S = 30 /* the target is not to blame, but busy */
};

static gboolean contains(const GPtrArray *reports, const char *id)
{
    for (guint i = 0; i < reports->len; i++)
        if (strcmp(((const Report *)reports->pdata[i])->id, id) == 0)
            return TRUE;
    return FALSE;
}

/* What all nodes tell. Pacemaker delivers it to all nodes in one order, so once this node sees its own report
 * it has seen all that were told before. */
static GPtrArray *look(const Move *move, GError **error)
{
    OcfDeadline seen = ocf_deadline_in(SEEN_MOST_MS);
    GPtrArray *reports = NULL;

    do {
        g_clear_pointer(&reports, g_ptr_array_unref);
        reports = report_read_all(ocf_deadline_in(ASK_MS), error);
    } while (reports != NULL && !contains(reports, move->report->id) &&
             ocf_deadline_sleep(seen, SEEN_EVERY_MS));
    return reports;
}

/* *WHY: what it has to wait for, or NULL. */
static gboolean ask(const Move *move, const ClusterLimits *limits, char **why, GError **error)
{
    const Report *report = move->report;
    g_autoptr(GPtrArray) reports = look(move, error);

    g_clear_pointer(why, g_free);
    if (reports == NULL)
        return FALSE;
    *why = slots_objection(reports, report, cluster_limit_of(limits, report->source),
                           cluster_limit_of(limits, report->target));
    return TRUE;
}

static gboolean wait_for_turn(Move *move, const ClusterLimits *limits, GError **error)
{
    const OcfCall *call = move->guest->call;
    OcfDeadline until = ocf_deadline_within(call->deadline, ocf_deadline_left_ms(call->deadline) / 2);
    gint64 began_us = g_get_monotonic_time();
    g_autoptr(GError) unknown = NULL;
    g_autofree char *why = NULL;

    move_tell(move);
    while (ask(move, limits, &why, &unknown)) {
        /* before it waits there is nothing yet that only this would end */
        if (move->report->phase == REPORT_WAITING && move_is_cancelled(move))
            return move_fail_cancelled(move, error);
        if (why == NULL)
            return TRUE;
        if (move->report->phase != REPORT_WAITING)
            g_message("%s waits for its turn: %s", guest_name(move->guest), why);
        move_note_waiting(move, why);
        if (ocf_deadline_sleep(until, LOOK_EVERY_MS))
            continue;
        if (!cluster_limit_is_set(limits, call->local_node) && !cluster_limit_is_set(limits, call->peer)) {
            g_message("%s does not wait any longer for its turn", guest_name(move->guest));
            return TRUE;
        }
        move->journal->retry_delay_s = MIN(move->journal->retry_delay_s, RETRY_S);
        return move_fail(error,
                         "%s stays where it is: its turn has not come within %" G_GINT64_FORMAT " s: %s",
                         guest_name(move->guest), (g_get_monotonic_time() - began_us) / G_USEC_PER_SEC, why);
    }
    g_warning("%s does not wait for its turn: %s", guest_name(move->guest), unknown->message);
    return TRUE;
}

gboolean turn_await(Move *move, GError **error)
{
    const OcfCall *call = move->guest->call;
    g_autoptr(GError) why = NULL;

    if (call->local_node == NULL)
        return TRUE;
    g_autoptr(ClusterLimits) limits = cluster_limits_read(ocf_deadline_within(call->deadline, ASK_MS), &why);
    if (limits == NULL) {
        g_warning("the limits of migrations are not known: %s", why->message);
        return TRUE;
    }
    if (cluster_node_refuses(limits, call->peer))
        return move_fail(
            error, "%s stays where it is: %s takes in no migrations (wherry limit incoming on --node %s)",
            guest_name(move->guest), call->peer, call->peer);
    if (cluster_limit_is_scheduled(limits, call->local_node) &&
        cluster_limit_is_scheduled(limits, call->peer))
        return TRUE;
    return wait_for_turn(move, limits, error);
}
