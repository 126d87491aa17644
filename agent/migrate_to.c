/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/actions.h"
#include "agent/guest.h"
#include "agent/resources.h"
#include "agent/transfer.h"
#include "agent/uri.h"

#include <string.h>

enum { CONNECT_MOST_MS = 15000 };

static gboolean fail(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

static gboolean fail(GError **error, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_autofree char *message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error(error, OCF_ERROR, OCF_ERR_GENERIC, "%s", message);
    return FALSE;
}

/* The URI by which the local hypervisor is known, also where it is libvirt's default. */
static char *local_uri(Guest *guest, GError **error)
{
    char *uri = NULL;

    if (*guest->parameters->hypervisor != '\0')
        return g_strdup(guest->parameters->hypervisor);
    hypervisor_uri(guest->here, ocf_deadline_within(guest->call->deadline, guest_patience_ms(guest)), &uri,
                   error);
    return uri;
}

static gboolean look_there(Guest *guest, Hypervisor *there, DomainLook *look, GError **error)
{
    OcfDeadline deadline = ocf_deadline_within(
        guest->call->deadline, MIN(CONNECT_MOST_MS, ocf_deadline_left_ms(guest->call->deadline) / 3));

    if (domain_look(there, guest_name(guest), deadline, look, error))
        return TRUE;
    g_prefix_error(error, "live migration to %s not begun: ", guest->call->peer);
    return FALSE;
}

static gboolean is_same_running(const Guest *guest, const DomainLook *there)
{
    return there->present &&
           (*guest->record->uuid == '\0' || strcmp(there->uuid, guest->record->uuid) == 0) &&
           health_judge(there->state, there->reason, there->incoming, NULL) == HEALTH_RUNNING;
}

/* Repeated after a success, this is success (I5); anything else has nothing to migrate. */
static gboolean judge_absent(Guest *guest, const GuestState *state, const DomainLook *there, GError **error)
{
    if (is_same_running(guest, there)) {
        g_message("%s runs on %s already", guest_name(guest), guest->call->peer);
        guest_forget(guest);
        return TRUE;
    }
    return fail(error, "%s does not run here: %s; nothing to migrate", guest_name(guest), state->why);
}

/* What would make a migration fail or do harm, found before anything is touched. */
static gboolean preflight(Guest *guest, const GuestState *state, const DomainLook *there, GError **error)
{
    const char *name = guest_name(guest);

    if (state->by_process)
        return fail(error, "cannot migrate %s: libvirt does not answer here; it runs on", name);
    if (state->health != HEALTH_RUNNING)
        return fail(error, "cannot migrate %s: it is %s", name, state->why);
    if (!there->present || !there->active)
        return TRUE;
    if (strcmp(there->uuid, state->look.uuid) != 0)
        return fail(error, "cannot migrate %s: another guest of that name is active on %s", name,
                    guest->call->peer);
    return fail(error, "cannot migrate %s: it is active here and on %s, nothing was touched", name,
                guest->call->peer);
}

/* Options, URI and limits, all as parameters of the one call. */
static MigrateOptions *complete_options(Guest *guest, const char *uri_here, GError **error)
{
    const LiveDomainParameters *parameters = guest->parameters;
    g_autoptr(MigrateOptions) options = migrate_options_parse(parameters->migrate_options, error);

    if (options == NULL || !migrate_options_read_files(options, error))
        return NULL;
    g_autofree char *uri = uri_migrate(parameters, uri_here, options->migrateuri, guest->call->peer);
    if (uri != NULL)
        migrate_options_add_string(options, VIR_MIGRATE_PARAM_URI, uri);
    if (parameters->migration_speed > 0)
        migrate_options_add_number(options, VIR_MIGRATE_PARAM_BANDWIDTH,
                                   (guint64)parameters->migration_speed);
    return g_steal_pointer(&options);
}

/* start_resources: what the guest needs has to be up at the target. */
static gboolean start_resources_there(Guest *guest, Hypervisor *there, GError **error)
{
    g_autofree char *xml = NULL;
    OcfDeadline deadline = guest->call->deadline;

    if (!guest->parameters->start_resources)
        return TRUE;
    if (!domain_inactive_xml(guest->here, guest_name(guest), deadline, &xml, error))
        return FALSE;
    g_autoptr(DomainConfig) config = domain_config_parse(xml, strlen(xml), error);
    if (config == NULL || !resources_start(there, config, deadline, error)) {
        g_prefix_error(error, "on %s: ", guest->call->peer);
        return FALSE;
    }
    return TRUE;
}

static gboolean transfer(Guest *guest, const GuestState *state, Hypervisor *there, MigrateOptions *options,
                         const char *uri_there, GError **error)
{
    const LiveDomainParameters *parameters = guest->parameters;
    gint64 began_us = g_get_monotonic_time();
    const Transfer plan = {
        .name = guest_name(guest),
        .uuid = state->look.uuid,
        .node = guest->call->peer,
        .source_uri = parameters->hypervisor,
        .remote_uri = uri_there,
        .options = options,
        .stall_timeout_ms = parameters->migration_stall_timeout * 1000,
        .deadline = guest->call->deadline,
    };

    if (parameters->migration_downtime > 0 &&
        !domain_set_max_downtime(guest->here, plan.name, (guint64)parameters->migration_downtime,
                                 plan.deadline, error))
        return FALSE;
    g_message("migrating %s to %s by way of %s", plan.name, plan.node, uri_there);
    if (!transfer_run(&plan, guest->here, there, error))
        return FALSE;
    g_message("%s has moved to %s in %.2f s", plan.name, plan.node,
              (double)(g_get_monotonic_time() - began_us) / (double)G_USEC_PER_SEC);
    guest_forget(guest);
    return TRUE;
}

/* From the local URI on; the guest is locked and known. */
static gboolean move(Guest *guest, GuestState *state, GError **error)
{
    DomainLook look = {0};
    g_autofree char *uri_here = local_uri(guest, error);

    if (uri_here == NULL)
        return FALSE;
    g_autofree char *uri_there = uri_remote(guest->parameters, uri_here, guest->call->peer);
    g_autoptr(Hypervisor) there = hypervisor_new(uri_there);
    if (!look_there(guest, there, &look, error))
        return FALSE;
    if (state->health == HEALTH_STOPPED)
        return judge_absent(guest, state, &look, error);
    if (!preflight(guest, state, &look, error))
        return FALSE;

    g_autoptr(MigrateOptions) options = complete_options(guest, uri_here, error);
    if (options == NULL)
        return FALSE;
    guest_save_config(guest, guest->call->deadline);
    return start_resources_there(guest, there, error) &&
           transfer(guest, state, there, options, uri_there, error);
}

gboolean live_domain_migrate_to(const OcfCall *call, GError **error)
{
    g_auto(GuestState) state = {0};
    g_autoptr(Guest) guest = NULL;

    if (call->peer == NULL || *call->peer == '\0') {
        g_set_error(error, OCF_ERROR, OCF_ERR_CONFIGURED,
                    "no target node is given (CRM_meta_migrate_target)");
        return FALSE;
    }
    guest = guest_open(call, GUEST_BY_RECORD, error);
    return guest != NULL && guest_lock(guest, call->deadline, error) &&
           guest_look(guest, guest_patience_ms(guest), &state, error) && move(guest, &state, error);
}
