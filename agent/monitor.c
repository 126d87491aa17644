/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/actions.h"
#include "agent/guest.h"
#include "agent/stay.h"
#include "agent/unfinished.h"
#include "agent/utilization.h"

enum { STARTING_WAIT_MS = 5000, POLL_MS = 100, UTILIZATION_MOST_MS = 5000 };

/* Whoever cannot say which guest it is cannot say that it does not run: only for a probe, which asks about a
 * node where nothing was started, is "not installed" the answer (facts P9). */
static gboolean explain_no_guest(const OcfCall *call, GError *why, GError **error)
{
    why->code = call->probe ? OCF_ERR_INSTALLED : OCF_ERR_GENERIC;
    g_propagate_error(error, why);
    return FALSE;
}

static gboolean run_script(const char *script, OcfDeadline deadline, const char *name, GError **error)
{
    const char *const argv[] = {script, NULL};
    g_auto(OcfChild) child = {0};

    if (!ocf_child_run(argv, OCF_CHILD_ALL_OUTPUT, deadline, &child, error))
        return FALSE;
    if (child.status == 0)
        return TRUE;
    if (child.absent)
        g_set_error(error, OCF_ERROR, OCF_ERR_GENERIC, "monitor script %s for %s is not there", script, name);
    else if (child.late)
        g_set_error(error, OCF_ERROR, OCF_ERR_GENERIC, "monitor script %s for %s did not end in time: %s",
                    script, name, child.output);
    else
        g_set_error(error, OCF_ERROR, OCF_ERR_GENERIC, "monitor script %s for %s returned %d: %s", script,
                    name, child.status, child.output);
    return FALSE;
}

static gboolean run_scripts(const Guest *guest, GError **error)
{
    g_auto(GStrv) scripts = g_strsplit_set(guest->parameters->monitor_scripts, " \t\n", 0);

    for (char **script = scripts; *script != NULL; script++)
        if (**script != '\0' && !run_script(*script, guest->call->deadline, guest_name(guest), error))
            return FALSE;
    return TRUE;
}

/* A domain that libvirt is just setting up will soon be running, or arriving. */
static gboolean look_until_settled(Guest *guest, GuestState *state, GError **error)
{
    OcfDeadline settled = ocf_deadline_within(guest->call->deadline, STARTING_WAIT_MS);

    do {
        if (!guest_look(guest, guest_patience_ms(guest), state, error))
            return FALSE;
    } while (state->health == HEALTH_STARTING && ocf_deadline_sleep(settled, POLL_MS));
    if (state->health != HEALTH_STOPPED || !unfinished_is_driven(guest->call->resource))
        return TRUE;
    /* it has just left, and whoever carries it away has yet to see whether it arrives */
    unfinished_await_driver(guest->call->resource,
                            ocf_deadline_within(guest->call->deadline, guest->call->timeout_ms / 2));
    return guest_look(guest, guest_patience_ms(guest), state, error);
}

/* A migration that nobody brought to its end, and no settler or daemon is there to do it. Where the guest is
 * gone, the cluster must not start it before the other end was asked: HA status is dropped before it hears.
 */
static gboolean take_up_abandoned(const Guest *guest, gboolean gone, GError **error)
{
    g_autoptr(Journal) journal = NULL;
    g_autoptr(GError) why = NULL;

    if (guest->call->probe || guest->call->local_node == NULL ||
        !unfinished_is_abandoned(guest->call->resource) ||
        !journal_load(WHERRY_STATEDIR, guest->call->resource, &journal, NULL) || journal == NULL)
        return TRUE;
    pid_t settler = stay_watch(guest->call->resource);
    if (!gone || !journal->stay)
        return TRUE;
    if (stay_drop(journal, settler, guest->call->deadline, &why))
        return TRUE;
    g_set_error(
        error, OCF_ERROR, OCF_ERR_GENERIC,
        "%s is not here after a migration to %s that was not confirmed, and HA status cannot be dropped",
        guest_name(guest), journal->target);
    return FALSE;
}

static gboolean not_running(const Guest *guest, const GuestState *state, GError **error)
{
    g_set_error(error, OCF_ERROR, OCF_NOT_RUNNING, "%s does not run here: %s", guest_name(guest), state->why);
    return FALSE;
}

gboolean live_domain_monitor(const OcfCall *call, GError **error)
{
    g_auto(GuestState) state = {0};
    GError *why = NULL;
    g_autoptr(Guest) guest = guest_open(call, GUEST_BY_RECORD, &why);

    if (guest == NULL)
        return explain_no_guest(call, why, error);
    if (!look_until_settled(guest, &state, error))
        return FALSE;
    if (!take_up_abandoned(guest, state.health == HEALTH_STOPPED, error))
        return FALSE;
    if (state.health == HEALTH_STOPPED || state.health == HEALTH_ARRIVING)
        return not_running(guest, &state, error);
    if (state.health != HEALTH_RUNNING) {
        g_set_error(error, OCF_ERROR, OCF_ERR_GENERIC, "%s is %s", guest_name(guest), state.why);
        return FALSE;
    }
    if (state.look.state == VIR_DOMAIN_PAUSED)
        g_warning("%s is %s", guest_name(guest), state.why);

    if (!state.by_process)
        guest_remember(guest, &state.look);
    if (call->probe)
        return TRUE;
    if (!run_scripts(guest, error))
        return FALSE;
    if (!state.by_process) {
        utilization_update(guest, &state.look, FALSE,
                           ocf_deadline_within(call->deadline, UTILIZATION_MOST_MS));
        guest_save_config(guest, call->deadline);
    }
    return TRUE;
}
