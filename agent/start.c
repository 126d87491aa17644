/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/actions.h"
#include "agent/guest.h"
#include "agent/image.h"
#include "agent/resources.h"
#include "agent/saved_config.h"
#include "agent/unfinished.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <unistd.h>

enum { POLL_MS = 100, ORPHAN_EVERY_MS = 2000 };

/* The domain that someone defined: a transient domain cannot have its name while another UUID has it, and a
 * definition with autostart would start a second copy when this node boots. NVRAM and TPM state are kept. */
static gboolean clear_definition(Guest *guest, GError **error)
{
    OcfDeadline deadline = guest->call->deadline;
    const char *path = guest->parameters->config;
    g_autoptr(GError) why = NULL;

    if (!saved_config_keep(guest->config, path, error))
        return FALSE;
    gboolean undefined = domain_undefine(guest->here, guest_name(guest), deadline, &why);
    if (!saved_config_restore(path, error))
        return FALSE;
    if (undefined) {
        g_message("%s was defined on this node; undefined it, its NVRAM is kept", guest_name(guest));
        return TRUE;
    }
    g_warning("%s; it stays defined, without autostart", why->message);
    return domain_disable_autostart(guest->here, guest_name(guest), deadline, error);
}

/* Where stop left the guest's memory, or NULL. */
static char *saved_memory(const Guest *guest)
{
    if (*guest->parameters->snapshot == '\0')
        return NULL;
    g_autofree char *path = g_strdup_printf("%s/%s.state", guest->parameters->snapshot, guest_name(guest));
    return g_access(path, F_OK) == 0 ? g_steal_pointer(&path) : NULL;
}

/* The saved memory is moved away before it is used: were it used a second time, over a disk that has changed
 * since, it would destroy the guest's file systems. */
static gboolean restore(Guest *guest, const char *path, GError **error)
{
    g_autofree char *in_use = g_strconcat(path, ".restoring", NULL);

    if (g_rename(path, in_use) < 0) {
        g_set_error(error, OCF_ERROR, OCF_ERR_GENERIC, "cannot take the saved memory %s: %s", path,
                    g_strerror(errno));
        return FALSE;
    }
    if (!domain_restore(guest->here, in_use, guest->call->deadline, error)) {
        if (!hypervisor_is_away(guest->here) && g_rename(in_use, path) < 0)
            g_warning("the saved memory stays in %s: %s", in_use, g_strerror(errno));
        return FALSE;
    }
    g_unlink(in_use);
    g_message("%s goes on from its saved memory", guest_name(guest));
    return TRUE;
}

static gboolean bring_up(Guest *guest, const GuestState *state, GError **error)
{
    OcfDeadline deadline = guest->call->deadline;
    g_autofree char *memory = saved_memory(guest);

    if (guest->parameters->start_resources && !resources_start(guest->here, guest->config, deadline, error))
        return FALSE;
    if (memory != NULL)
        return restore(guest, memory, error);
    if (state->look.present && !clear_definition(guest, error))
        return FALSE;
    return image_prepare(guest->parameters, deadline, error) &&
           domain_create(guest->here, guest->config->text, deadline, error);
}

/* A guest that is not here is brought up, unless it runs elsewhere (I1) or nobody can tell (I7). */
static gboolean start_stopped(Guest *guest, const GuestState *state, GError **error)
{
    OcfDeadline deadline = guest->call->deadline;
    OcfDeadline half = ocf_deadline_within(deadline, ocf_deadline_left_ms(deadline) / 2);

    if (state->by_process) {
        g_set_error(error, OCF_ERROR, OCF_ERR_GENERIC, "cannot start %s: %s", guest_name(guest),
                    state->no_answer);
        return FALSE;
    }
    if (!unfinished_permits_start(guest, half, error))
        return FALSE;
    if (bring_up(guest, state, error))
        return TRUE;
    g_prefix_error(error, "%s: ", guest_name(guest));
    return FALSE;
}

/* A copy that was arriving when its source died: libvirt discards it late, as it does not hear of that. */
static void discard_orphan(Guest *guest)
{
    g_autoptr(GError) error = NULL;

    if (!unfinished_source_is_down(guest, guest->call->deadline))
        return;
    g_message("discarding the unfinished copy of %s here: the node that it came from is down",
              guest_name(guest));
    if (!domain_destroy(guest->here, guest_name(guest), guest->call->deadline, &error))
        g_warning("%s", error->message);
}

/* Until it runs; started once if it is not here, or no longer arriving. */
static gboolean come_up(Guest *guest, GuestState *state, GError **error)
{
    OcfDeadline deadline = guest->call->deadline, ask_again = 0;
    gboolean started = FALSE;

    do {
        if (!guest_look(guest, guest_patience_ms(guest), state, error))
            return FALSE;
        if (state->health == HEALTH_RUNNING)
            return TRUE;
        if (state->health == HEALTH_FAILED)
            break;
        if (state->health == HEALTH_STOPPED && (started || !start_stopped(guest, state, error)))
            break;
        started |= state->health == HEALTH_STOPPED;
        if (state->health == HEALTH_ARRIVING && g_get_monotonic_time() >= ask_again) {
            ask_again = ocf_deadline_in(ORPHAN_EVERY_MS);
            discard_orphan(guest);
        }
    } while (ocf_deadline_sleep(deadline, POLL_MS));
    if (error != NULL && *error == NULL)
        g_set_error(error, OCF_ERROR, OCF_ERR_GENERIC, "%s is %s", guest_name(guest), state->why);
    return FALSE;
}

gboolean live_domain_start(const OcfCall *call, GError **error)
{
    g_auto(GuestState) state = {0};

    if (!live_domain_parameters_check(call->parameters, error))
        return FALSE;
    g_autoptr(Guest) guest = guest_open(call, GUEST_BY_CONFIG, error);
    if (guest == NULL || !guest_lock(guest, call->deadline, error) || !come_up(guest, &state, error))
        return FALSE;
    if (!state.by_process)
        guest_remember(guest, &state.look);
    return TRUE;
}
