/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/actions.h"
#include "agent/guest.h"
#include "agent/utilization.h"

/* Every reloadable parameter is read anew by the action that uses it, so all that has to be done at once is
 * what nobody would do later. A value that makes no sense is said and not applied: an error here would have
 * Pacemaker restart the guest for a typo. */
gboolean live_domain_reload_agent(const OcfCall *call, GError **error)
{
    g_auto(GuestState) state = {0};
    g_autoptr(GError) why = NULL;
    g_autoptr(Guest) guest = guest_open(call, GUEST_BY_RECORD, error);

    if (guest == NULL || !guest_look(guest, guest_patience_ms(guest), &state, error))
        return FALSE;
    if (state.health != HEALTH_RUNNING) {
        g_set_error(error, OCF_ERROR, OCF_ERR_GENERIC, "%s is %s", guest_name(guest), state.why);
        return FALSE;
    }
    if (!live_domain_parameters_check(call->parameters, &why))
        g_warning("%s; the guest runs on, correct it before its next start", why->message);
    if (!state.by_process) {
        utilization_update(guest, &state.look, TRUE, call->deadline);
        guest_save_config(guest, call->deadline);
    }
    return TRUE;
}
