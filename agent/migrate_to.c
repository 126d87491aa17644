/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/actions.h"
#include "agent/guest.h"
#include "agent/resources.h"
#include "agent/routes.h"
#include "agent/transfer.h"
#include "agent/uri.h"

#include <string.h>

enum { CONNECT_MOST_MS = 15000, NETWORKS_MOST_MS = 8000 };

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

/* What the cluster says of its networks; NULL where there is no cluster (the agent is run by hand). */
static ClusterNetworks *read_networks(Guest *guest)
{
    g_autoptr(GError) error = NULL;
    OcfDeadline deadline = ocf_deadline_within(guest->call->deadline, NETWORKS_MOST_MS);
    ClusterNetworks *networks = cluster_networks_read(guest->call->local_node, deadline, &error);

    if (networks == NULL)
        g_message("the cluster's networks are not known: %s", error->message);
    for (guint i = 0; networks != NULL && i < networks->notes->len; i++)
        g_message("%s", (const char *)networks->notes->pdata[i]);
    return networks;
}

/* The other end: its hypervisor, and the guest as that sees it. */
typedef struct {
    Hypervisor *hypervisor;
    char *uri;
    DomainLook look;
} OtherEnd;

static void other_end_clear(OtherEnd *there)
{
    g_clear_pointer(&there->hypervisor, hypervisor_free);
    g_clear_pointer(&there->uri, g_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(OtherEnd, other_end_clear)

/* Takes URI. On failure THERE is empty. */
static gboolean try_other_end(Guest *guest, char *uri, OcfDeadline deadline, OtherEnd *there, GError **error)
{
    there->uri = uri;
    there->hypervisor = hypervisor_new(uri);
    if (domain_look(there->hypervisor, guest_name(guest), deadline, &there->look, error))
        return TRUE;
    other_end_clear(there);
    return FALSE;
}

/* The control connection: by the node's name, and if that does not resolve or answer, by its addresses on the
 * migration networks, best first. A name that an administrator gave (remoteuri, migration_network_suffix)
 * stands alone. */
static gboolean connect_other_end(Guest *guest, const char *uri_here, const ClusterNetworks *networks,
                                  OtherEnd *there, GError **error)
{
    const LiveDomainParameters *parameters = guest->parameters;
    const char *node = guest->call->peer;
    g_autoptr(GPtrArray) addresses = routes_control_addresses(parameters, networks, node);
    gboolean alone = *parameters->remoteuri != '\0' || *parameters->migration_network_suffix != '\0';
    gint64 patience_ms = MIN(CONNECT_MOST_MS, ocf_deadline_left_ms(guest->call->deadline) / 3);
    OcfDeadline until = ocf_deadline_in(alone || addresses->len == 0 ? patience_ms : patience_ms / 2);
    g_autoptr(GError) by_name = NULL;

    if (try_other_end(guest, uri_remote(parameters, uri_here, node), until, there, &by_name))
        return TRUE;
    until = ocf_deadline_in(patience_ms / 2);
    for (guint i = 0; !alone && i < addresses->len; i++) {
        char *uri = uri_remote_at(parameters, uri_here, addresses->pdata[i]);
        OcfDeadline its_share = ocf_deadline_within(until, patience_ms / 2 / addresses->len);

        if (try_other_end(guest, uri, its_share, there, NULL)) {
            g_warning("%s; connected by %s instead", by_name->message, there->uri);
            return TRUE;
        }
    }
    g_propagate_prefixed_error(error, g_steal_pointer(&by_name), "live migration to %s not begun: ", node);
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

/* What is the same on every way. */
static MigrateOptions *common_options(Guest *guest, GError **error)
{
    const LiveDomainParameters *parameters = guest->parameters;
    g_autoptr(MigrateOptions) options = migrate_options_parse(parameters->migrate_options, error);

    if (options == NULL || !migrate_options_read_files(options, error))
        return NULL;
    if (parameters->migration_speed > 0)
        migrate_options_add_number(options, VIR_MIGRATE_PARAM_BANDWIDTH,
                                   (guint64)parameters->migration_speed);
    return g_steal_pointer(&options);
}

/* And what is not: where the data goes, and that the target listens there alone. */
static MigrateOptions *options_of_route(const MigrateOptions *common, const Route *route)
{
    MigrateOptions *options = migrate_options_copy(common);

    if (route->uri != NULL)
        migrate_options_add_string(options, VIR_MIGRATE_PARAM_URI, route->uri);
    if (route->address != NULL)
        migrate_options_add_string(options, VIR_MIGRATE_PARAM_LISTEN_ADDRESS, route->address);
    return options;
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

static void say_moved(Guest *guest, const Route *route, gint64 began_us, const Routes *routes)
{
    g_message("%s has moved to %s%s%s%s%s%s in %.2f s%s%s", guest_name(guest), guest->call->peer,
              *route->network != '\0' ? " by " : "", route->network, route->address != NULL ? " (" : "",
              route->address != NULL ? route->address : "", route->address != NULL ? ")" : "",
              (double)(g_get_monotonic_time() - began_us) / (double)G_USEC_PER_SEC,
              routes->left->len > 0 ? "; left out: " : "", routes->left->str);
}

/* One way after the other, until one works or the deadline is near. Each may use all the time that is left: a
 * way that does not work shows by its silence, long before. */
static gboolean try_routes(Guest *guest, const GuestState *state, OtherEnd *there,
                           const MigrateOptions *common, Routes *routes, GError **error)
{
    const LiveDomainParameters *parameters = guest->parameters;
    gint64 began_us = g_get_monotonic_time();

    for (guint i = 0; i < routes->routes->len && ocf_deadline_left_ms(guest->call->deadline) > 0; i++) {
        const Route *route = routes->routes->pdata[i];
        g_autoptr(MigrateOptions) options = options_of_route(common, route);
        g_autofree char *why = NULL;
        const Transfer plan = {
            .name = guest_name(guest),
            .uuid = state->look.uuid,
            .node = guest->call->peer,
            .source_uri = parameters->hypervisor,
            .remote_uri = there->uri,
            .options = options,
            .stall_timeout_ms = parameters->migration_stall_timeout * 1000,
            .deadline = guest->call->deadline,
        };

        g_message("migrating %s to %s: control %s, data %s", plan.name, plan.node, there->uri,
                  route->uri != NULL ? route->uri : "as libvirt decides");
        TransferOutcome outcome = transfer_run(&plan, guest->here, there->hypervisor, &why);
        if (outcome == TRANSFER_MOVED) {
            say_moved(guest, route, began_us, routes);
            guest_forget(guest);
            return TRUE;
        }
        if (outcome == TRANSFER_BROKEN)
            return fail(error, "live migration to %s failed: %s", plan.node, why);
        g_warning("%s%s%s", route->network, *route->network != '\0' ? ": " : "", why);
        routes_leave(routes, route, why);
    }
    return fail(error, "%s stays here: %s", guest_name(guest), routes->left->str);
}

/* QEMU keeps the limit for as long as it runs: a guest that stays must not carry it into a move that has
 * none. */
static gboolean try_with_downtime(Guest *guest, const GuestState *state, OtherEnd *there,
                                  const MigrateOptions *common, Routes *routes, GError **error)
{
    guint64 before_ms = 0, wanted_ms = (guint64)guest->parameters->migration_downtime;
    const char *name = guest_name(guest);
    OcfDeadline deadline = guest->call->deadline;
    g_autoptr(GError) why = NULL;

    if (!domain_get_max_downtime(guest->here, name, deadline, &before_ms, error) ||
        !domain_set_max_downtime(guest->here, name, wanted_ms, deadline, error))
        return FALSE;
    if (try_routes(guest, state, there, common, routes, error))
        return TRUE;
    if (!domain_set_max_downtime(guest->here, name, before_ms, ocf_deadline_in(guest_patience_ms(guest)),
                                 &why))
        g_warning("%s", why->message);
    return FALSE;
}

static gboolean transfer(Guest *guest, const GuestState *state, const char *uri_here,
                         const ClusterNetworks *networks, OtherEnd *there, GError **error)
{
    const LiveDomainParameters *parameters = guest->parameters;
    OcfDeadline deadline = guest->call->deadline;
    g_autoptr(MigrateOptions) common = common_options(guest, error);

    if (common == NULL)
        return FALSE;
    g_autoptr(Routes) routes = routes_find(parameters, common, uri_here, networks, guest->call->peer, error);
    if (routes == NULL)
        return FALSE;
    guest_save_config(guest, deadline);
    if (!start_resources_there(guest, there->hypervisor, error))
        return FALSE;
    if (parameters->migration_downtime == 0)
        return try_routes(guest, state, there, common, routes, error);
    return try_with_downtime(guest, state, there, common, routes, error);
}

/* From the local URI on; the guest is locked and known. */
static gboolean move(Guest *guest, GuestState *state, GError **error)
{
    g_auto(OtherEnd) there = {0};
    g_autofree char *uri_here = local_uri(guest, error);

    if (uri_here == NULL)
        return FALSE;
    g_autoptr(ClusterNetworks) networks = read_networks(guest);
    if (!connect_other_end(guest, uri_here, networks, &there, error))
        return FALSE;
    if (state->health == HEALTH_STOPPED)
        return judge_absent(guest, state, &there.look, error);
    return preflight(guest, state, &there.look, error) &&
           transfer(guest, state, uri_here, networks, &there, error);
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
