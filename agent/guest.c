/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/guest.h"

#include "agent/lock.h"
#include "agent/saved_config.h"

#include <string.h>

enum { PATIENCE_SHARE = 3, PATIENCE_LEAST_MS = 500, PATIENCE_MOST_MS = 10000, POLL_MS = 100 };

static void replace_text(char **place, const char *text)
{
    char *copy = g_strdup(text);

    g_free(*place);
    *place = copy;
}

static GuestRecord *record_of_config(const LiveDomainParameters *parameters, const DomainConfig *config)
{
    GuestRecord *record = guest_record_new();

    replace_text(&record->config, parameters->config);
    replace_text(&record->name, config->name);
    replace_text(&record->uuid, config->uuid);
    replace_text(&record->type, config->type);
    return record;
}

static gboolean identify(Guest *guest, GuestIdentity identity, GError **error)
{
    const char *path = guest->parameters->config;
    g_autoptr(GuestRecord) record = guest_record_load(WHERRY_RUNDIR, guest->call->resource);

    /* a record of another config is believed only as long as its guest runs */
    if (record != NULL && identity == GUEST_BY_RECORD &&
        (strcmp(record->config, path) == 0 ||
         guest_process_is_alive(&record->process, record->name, record->uuid))) {
        guest->record = g_steal_pointer(&record);
        guest->recorded = TRUE;
        return TRUE;
    }
    /* an agent that was killed between undefine and restore left the config under its other name */
    if (!saved_config_restore(path, error))
        return FALSE;
    guest->config = domain_config_read(path, error);
    if (guest->config == NULL)
        return FALSE;
    guest->record = record_of_config(guest->parameters, guest->config);
    if (record == NULL)
        return TRUE;
    /* still the same guest: what is known of it stays known */
    if (strcmp(record->name, guest->record->name) == 0) {
        guest->record->process = record->process;
        if (*guest->record->uuid == '\0')
            replace_text(&guest->record->uuid, record->uuid);
    } else if (guest_process_is_alive(&record->process, record->name, record->uuid)) {
        g_set_error(error, OCF_ERROR, OCF_ERR_GENERIC,
                    "guest %s of this resource still runs; %s now names %s", record->name, path,
                    guest->record->name);
        return FALSE;
    }
    return TRUE;
}

Guest *guest_open(const OcfCall *call, GuestIdentity identity, GError **error)
{
    g_autoptr(Guest) guest = g_new0(Guest, 1);

    guest->call = call;
    guest->parameters = call->parameters;
    guest->lock = -1;
    if (!identify(guest, identity, error))
        return NULL;
    guest->here = hypervisor_new(guest->parameters->hypervisor);
    return g_steal_pointer(&guest);
}

void guest_close(Guest *guest)
{
    if (guest == NULL)
        return;
    hypervisor_free(guest->here);
    domain_config_free(guest->config);
    guest_record_free(guest->record);
    guest_lock_release(guest->lock);
    g_free(guest);
}

gboolean guest_lock(Guest *guest, OcfDeadline deadline, GError **error)
{
    g_autoptr(GError) why = NULL;

    guest->lock = guest_lock_take(WHERRY_RUNDIR, guest->call->resource, deadline, &why);
    if (why == NULL)
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&why));
    return FALSE;
}

const char *guest_name(const Guest *guest)
{
    return guest->record->name;
}

/* Whether the guest is one whose process this agent can recognise. */
static gboolean is_qemu(const Guest *guest)
{
    const char *type = guest->record->type;

    /* Of libvirt's drivers only QEMU's and that of Cloud Hypervisor take these types. The URI must not
     * decide more: with a mistyped one nothing can be running, and a stop that fails has the node fenced. */
    return (strcmp(type, "qemu") == 0 || strcmp(type, "kvm") == 0) &&
           !g_str_has_prefix(guest->parameters->hypervisor, "ch:");
}

static gboolean find_process(const Guest *guest, GuestProcess *found, GError **error)
{
    const GuestRecord *record = guest->record;

    if (guest_process_is_alive(&record->process, record->name, record->uuid)) {
        *found = record->process;
        found->incoming = FALSE; /* the agent itself saw it running */
        return TRUE;
    }
    return guest_process_find(record->name, record->uuid, found, error);
}

static void set_state(GuestState *state, Health health, const char *why)
{
    state->health = health;
    g_free(state->why);
    state->why = g_strdup(why);
}

/* libvirt answered. "Stopped" is believed only if no process contradicts it: a libvirtd that lost a guest on
 * its restart says "not found" while QEMU runs on (I7). */
static gboolean judge_answer(Guest *guest, GuestState *state, GError **error)
{
    const DomainLook *look = &state->look;
    const char *why = "not known to libvirt";
    Health health = HEALTH_STOPPED;

    if (look->present)
        health = health_judge(look->state, look->reason, look->incoming, &why);
    set_state(state, health, why);
    if (health != HEALTH_STOPPED || !is_qemu(guest))
        return TRUE;
    if (!find_process(guest, &state->process, error))
        return FALSE;
    if (state->process.pid == 0)
        return TRUE;
    g_set_error(error, OCF_ERROR, OCF_ERR_GENERIC,
                "libvirt says that %s is %s, but its QEMU process %ld runs", guest_name(guest), why,
                (long)state->process.pid);
    return FALSE;
}

static gboolean judge_process(Guest *guest, GuestState *state, const GError *no_answer, GError **error)
{
    state->by_process = TRUE;
    state->no_answer = g_strdup(no_answer->message);
    if (!is_qemu(guest)) {
        g_set_error(error, OCF_ERROR, OCF_ERR_GENERIC, "nobody can tell whether %s runs: %s",
                    guest_name(guest), no_answer->message);
        return FALSE;
    }
    if (!find_process(guest, &state->process, error))
        return FALSE;
    if (state->process.pid != 0 && state->process.incoming) {
        g_set_error(error, OCF_ERROR, OCF_ERR_GENERIC, "cannot tell whether %s has arrived: %s",
                    guest_name(guest), no_answer->message);
        return FALSE;
    }
    if (!guest->away_said)
        g_warning("%s; going by the processes: %s %s", no_answer->message, guest_name(guest),
                  state->process.pid != 0 ? "runs" : "does not run");
    guest->away_said = TRUE;
    if (state->process.pid != 0)
        set_state(state, HEALTH_RUNNING, "running, by its process");
    else
        set_state(state, HEALTH_STOPPED, "without a process");
    return TRUE;
}

gint64 guest_patience_ms(const Guest *guest)
{
    return CLAMP(ocf_deadline_left_ms(guest->call->deadline) / PATIENCE_SHARE, PATIENCE_LEAST_MS,
                 PATIENCE_MOST_MS);
}

gboolean guest_look(Guest *guest, gint64 patience_ms, GuestState *state, GError **error)
{
    OcfDeadline patience = ocf_deadline_in(patience_ms);
    g_autoptr(GError) why = NULL;

    guest_state_clear(state);
    if (domain_look(guest->here, guest_name(guest), patience, &state->look, &why))
        return judge_answer(guest, state, error);
    return judge_process(guest, state, why, error);
}

gboolean guest_await(Guest *guest, Health health, OcfDeadline deadline, GuestState *state, GError **error)
{
    do {
        if (!guest_look(guest, guest_patience_ms(guest), state, error))
            return FALSE;
        if (state->health == health)
            return TRUE;
        if (state->health == HEALTH_FAILED)
            break;
    } while (ocf_deadline_sleep(deadline, POLL_MS));
    g_set_error(error, OCF_ERROR, OCF_ERR_GENERIC, "%s is %s", guest_name(guest), state->why);
    return FALSE;
}

void guest_state_clear(GuestState *state)
{
    g_free(state->why);
    g_free(state->no_answer);
    *state = (GuestState){0};
}

void guest_save_record(Guest *guest)
{
    g_autoptr(GError) error = NULL;

    if (!guest_record_save(guest->record, WHERRY_RUNDIR, guest->call->resource, &error))
        g_warning("%s; going on without", error->message);
    else
        guest->recorded = TRUE;
}

void guest_remember(Guest *guest, const DomainLook *look)
{
    GuestRecord *record = guest->record;
    gboolean changed = !guest->recorded || strcmp(record->uuid, look->uuid) != 0;

    replace_text(&record->uuid, look->uuid);
    if (is_qemu(guest) && !guest_process_is_alive(&record->process, record->name, record->uuid)) {
        guest_process_find(record->name, record->uuid, &record->process, NULL);
        changed = TRUE;
    }
    if (changed)
        guest_save_record(guest);
}

void guest_forget(Guest *guest)
{
    guest_record_remove(WHERRY_RUNDIR, guest->call->resource);
}

void guest_save_config(Guest *guest, OcfDeadline deadline)
{
    const LiveDomainParameters *parameters = guest->parameters;
    g_autoptr(GError) error = NULL;

    if ((parameters->save_config_on_stop || parameters->sync_config_on_stop) &&
        !saved_config_update(guest->here, guest_name(guest), parameters->config,
                             parameters->sync_config_on_stop, deadline, &error))
        g_warning("the configuration of %s is not saved: %s", guest_name(guest), error->message);
}
