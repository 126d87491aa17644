/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/actions.h"
#include "agent/guest.h"
#include "agent/unfinished.h"

#include <errno.h>
#include <glib/gstdio.h>

enum {
    POLL_MS = 200,
    ASK_AGAIN_MS = 5000,   /* between shutdown requests that the hypervisor refused */
    FORCE_SHARE = 4,       /* of the timeout, reserved for forcing the guest off... */
    FORCE_LEAST_MS = 3000, /* but at least and at most this */
    FORCE_MOST_MS = 20000,
    LOCK_SHARE = 4
};

static gint64 force_reserve_ms(const OcfCall *call)
{
    return CLAMP(call->timeout_ms / FORCE_SHARE, FORCE_LEAST_MS, FORCE_MOST_MS);
}

/* Saves the guest's memory, which ends it; into place only when whole. */
static gboolean save_memory(Guest *guest, OcfDeadline deadline)
{
    g_autofree char *path = g_strdup_printf("%s/%s.state", guest->parameters->snapshot, guest_name(guest));
    g_autofree char *unfinished = g_strconcat(path, ".saving", NULL);
    g_autoptr(GError) error = NULL;

    if (!domain_save(guest->here, guest_name(guest), unfinished, deadline, &error)) {
        g_warning("%s's memory is not saved, shutting it down instead: %s", guest_name(guest),
                  error->message);
        g_unlink(unfinished);
        return FALSE;
    }
    if (g_rename(unfinished, path) < 0)
        g_warning("the saved memory of %s stays in %s and will not be used: %s", guest_name(guest),
                  unfinished, g_strerror(errno));
    return TRUE;
}

/* One request is enough for a guest; only a refused one is repeated. */
static gboolean ask_to_shut_down(Guest *guest, guint flags, OcfDeadline deadline)
{
    g_autoptr(GError) error = NULL;

    if (domain_shutdown(guest->here, guest_name(guest), flags, deadline, &error))
        return TRUE;
    g_warning("%s", error->message);
    return FALSE;
}

/* A guest that an administrator paused cannot hear the request. */
static void wake_up(Guest *guest, const GuestState *state, OcfDeadline deadline)
{
    g_autoptr(GError) error = NULL;

    if (state->look.state == VIR_DOMAIN_PAUSED && state->look.reason == VIR_DOMAIN_PAUSED_USER &&
        !domain_resume(guest->here, guest_name(guest), deadline, &error))
        g_warning("%s", error->message);
}

/* Saving the memory ends the guest: whether it did, only a look tells. */
static gboolean end_saved(Guest *guest, GuestState *state, OcfDeadline deadline)
{
    g_autoptr(GError) error = NULL;

    return save_memory(guest, deadline) && guest_look(guest, ocf_deadline_left_ms(deadline), state, &error) &&
           state->health == HEALTH_STOPPED;
}

/* TRUE once the guest is surely stopped. */
static gboolean shut_down(Guest *guest, GuestState *state, OcfDeadline deadline)
{
    guint flags = 0;
    gboolean asked = FALSE;
    OcfDeadline ask_again = 0;
    g_autoptr(GError) error = NULL;

    if (!live_domain_shutdown_flags(guest->parameters->shutdown_mode, &flags, &error))
        g_warning("%s", error->message);
    wake_up(guest, state, deadline);
    g_message("asking %s to shut down", guest_name(guest));
    do {
        if (!asked && g_get_monotonic_time() >= ask_again) {
            asked = ask_to_shut_down(guest, flags, deadline);
            ask_again = ocf_deadline_in(ASK_AGAIN_MS);
        }
        g_clear_error(&error);
        if (!guest_look(guest, guest_patience_ms(guest), state, &error))
            return FALSE;
        if (state->health == HEALTH_STOPPED)
            return TRUE;
        if (state->by_process || state->health != HEALTH_RUNNING)
            return FALSE; /* it cannot react any more */
    } while (ocf_deadline_sleep(deadline, POLL_MS));
    g_message("%s has not shut down in time", guest_name(guest));
    return FALSE;
}

static gboolean end_gently(Guest *guest, GuestState *state, OcfDeadline deadline)
{
    const LiveDomainParameters *parameters = guest->parameters;

    if (state->by_process || state->health != HEALTH_RUNNING || parameters->force_stop)
        return FALSE;
    guest_save_config(guest, deadline);
    if (*parameters->snapshot != '\0' && end_saved(guest, state, deadline))
        return TRUE;
    return shut_down(guest, state, deadline);
}

/* By libvirt, and where that does not do it, by the process itself. */
static gboolean force_off(Guest *guest, GuestState *state, GError **error)
{
    OcfDeadline deadline = guest->call->deadline;
    OcfDeadline by_libvirt = ocf_deadline_within(deadline, ocf_deadline_left_ms(deadline) / 2);
    g_autoptr(GError) why = NULL;

    g_message("forcing %s off", guest_name(guest));
    if (!domain_destroy(guest->here, guest_name(guest), by_libvirt, &why))
        g_warning("%s", why->message);
    g_clear_error(&why);
    if (guest_look(guest, guest_patience_ms(guest), state, &why) && state->health == HEALTH_STOPPED)
        return TRUE;
    if (why != NULL)
        g_warning("%s", why->message);

    GuestProcess process = {0};
    if (!guest_process_find(guest_name(guest), guest->record->uuid, &process, error))
        return FALSE;
    if (process.pid != 0 &&
        !guest_process_end(&process, guest_name(guest), guest->record->uuid, deadline, error))
        return FALSE;
    if (process.pid != 0 || state->health == HEALTH_STOPPED)
        return TRUE;
    g_set_error(error, OCF_ERROR, OCF_ERR_GENERIC,
                "cannot stop %s: libvirt says it is %s, and it has no process", guest_name(guest),
                state->why != NULL ? state->why : "unknown");
    return FALSE;
}

/* Nothing was ever started here under this resource's name, and nothing names the guest: so there is none to
 * stop. An error instead would have the node fenced after each start that failed for a missing config. */
static gboolean nothing_to_stop(const GError *why)
{
    g_message("nothing of this resource runs here: it has no record, and %s", why->message);
    return TRUE;
}

gboolean live_domain_stop(const OcfCall *call, GError **error)
{
    g_auto(GuestState) state = {0};
    g_autoptr(GError) why = NULL;
    g_autoptr(Guest) guest = guest_open(call, GUEST_BY_RECORD, &why);
    OcfDeadline gentle = call->deadline - force_reserve_ms(call) * 1000;

    if (guest == NULL)
        return nothing_to_stop(why);
    /* an action that holds the lock too long must not save a guest from being stopped */
    if (!guest_lock(guest, ocf_deadline_within(gentle, call->timeout_ms / LOCK_SHARE), &why)) {
        g_warning("%s; stopping all the same", why->message);
        g_clear_error(&why);
    }
    /* a transfer that nobody drives any more must not end after the guest was stopped */
    if (!unfinished_abort(guest, ocf_deadline_within(gentle, call->timeout_ms / LOCK_SHARE)))
        g_warning("a migration of %s is still at work; stopping all the same", guest_name(guest));
    if (!guest_look(guest, guest_patience_ms(guest), &state, &why)) {
        g_warning("%s", why->message);
        if (!force_off(guest, &state, error))
            return FALSE;
    } else if (state.health != HEALTH_STOPPED && !end_gently(guest, &state, gentle) &&
               !force_off(guest, &state, error)) {
        return FALSE;
    }
    guest_forget(guest);
    unfinished_note_stop(guest);
    return TRUE;
}
