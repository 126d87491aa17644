/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/actions.h"
#include "agent/announcement.h"
#include "agent/guest.h"
#include "agent/utilization.h"

/* How long a guest that is not even arriving may keep us waiting: the source has finished before Pacemaker
 * calls this action, so it should be here. */
enum { APPEAR_MOST_MS = 5000, POLL_MS = 100 };

/* Waits while the guest arrives. The in-guest checks of monitor_scripts have no say here: a service that
 * answers late after a migration must not cost a guest that has just arrived. */
static gboolean await_arrival(Guest *guest, GuestState *state, GError **error)
{
    OcfDeadline appear = ocf_deadline_within(guest->call->deadline, APPEAR_MOST_MS);

    do {
        if (!guest_look(guest, guest_patience_ms(guest), state, error))
            return FALSE;
        if (state->health == HEALTH_RUNNING)
            return TRUE;
        if (state->health == HEALTH_FAILED ||
            (state->health == HEALTH_STOPPED && g_get_monotonic_time() >= appear))
            break;
    } while (ocf_deadline_sleep(guest->call->deadline, POLL_MS));
    g_set_error(error, OCF_ERROR, OCF_ERR_GENERIC, "%s has not arrived%s%s: it is %s", guest_name(guest),
                guest->call->peer != NULL ? " from " : "", guest->call->peer != NULL ? guest->call->peer : "",
                state->why);
    return FALSE;
}

static void report(Guest *guest)
{
    DomainJob job = {0};

    if (domain_completed_job(guest->here, guest_name(guest), guest->call->deadline, &job, NULL) &&
        job.total > 0)
        g_message("%s has arrived: %.2f s, %.1f MiB, downtime %" G_GUINT64_FORMAT " ms", guest_name(guest),
                  (double)job.elapsed_ms / 1000.0, (double)job.processed / (1024.0 * 1024.0),
                  job.downtime_ms);
    else
        g_message("%s has arrived", guest_name(guest));
}

gboolean live_domain_migrate_from(const OcfCall *call, GError **error)
{
    g_auto(GuestState) state = {0};
    g_autoptr(Guest) guest = guest_open(call, GUEST_BY_RECORD, error);

    if (guest == NULL || !guest_lock(guest, call->deadline, error) || !await_arrival(guest, &state, error))
        return FALSE;
    if (call->local_node != NULL)
        announcement_withdraw(call->resource, call->peer, call->local_node, call->deadline);
    if (state.by_process)
        return TRUE;
    report(guest);
    guest_remember(guest, &state.look);
    guest_save_config(guest, call->deadline);
    return TRUE;
}
