/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/actions.h"
#include "agent/certificates.h"
#include "agent/move.h"
#include "agent/resources.h"
#include "agent/stay.h"
#include "agent/transfer.h"
#include "agent/transfer_settings.h"
#include "agent/turn.h"
#include "agent/unfinished.h"

#include <string.h>

enum {
    CONNECT_MOST_MS = 15000,
    NETWORKS_MOST_MS = 8000,
    RESERVE_SHARE = 10,
    RESERVE_LEAST_MS = 500,
    RESERVE_MOST_MS = 4000
};

/* What the cluster says of its networks; NULL where there is no cluster (the agent is run by hand). In one,
 * whoever cannot read them does not know which are excluded (I3). */
static gboolean read_networks(Guest *guest, ClusterNetworks **networks, GError **error)
{
    g_autoptr(GError) why = NULL;
    OcfDeadline deadline = ocf_deadline_within(guest->call->deadline, NETWORKS_MOST_MS);

    *networks = cluster_networks_read(guest->call->local_node, deadline, &why);
    if (*networks == NULL && guest->call->local_node != NULL) {
        g_propagate_prefixed_error(error, g_steal_pointer(&why), "the cluster's networks are not known: ");
        return FALSE;
    }
    if (*networks == NULL)
        g_message("the cluster's networks are not known: %s", why->message);
    for (guint i = 0; *networks != NULL && i < (*networks)->notes->len; i++)
        g_message("%s", (const char *)(*networks)->notes->pdata[i]);
    return TRUE;
}

/* ---- before ------------------------------------------------------------------------------------------ */

static gboolean is_same_running(const Guest *guest, const DomainLook *there)
{
    return there->present &&
           (*guest->record->uuid == '\0' || strcmp(there->uuid, guest->record->uuid) == 0) &&
           health_judge(there->state, there->reason, there->incoming, NULL) == HEALTH_RUNNING;
}

/* Repeated after a success, this is success (I5); anything else has nothing to migrate. */
static gboolean judge_absent(Move *move, GError **error)
{
    Guest *guest = move->guest;

    if (is_same_running(guest, &move->there.look)) {
        g_message("%s runs on %s already", guest_name(guest), guest->call->peer);
        guest_forget(guest);
        return TRUE;
    }
    move->failure = FAILED_GUEST;
    return move_fail(error, "%s does not run here: %s; nothing to migrate", guest_name(guest),
                     move->state.why);
}

/* What would make a migration fail or do harm, found before anything is touched. */
static gboolean preflight(Move *move, GError **error)
{
    const Guest *guest = move->guest;
    const DomainLook *there = &move->there.look;
    const char *name = guest_name(guest);

    if (!there->present || !there->active)
        return TRUE;
    if (strcmp(there->uuid, move->state.look.uuid) != 0)
        return move_fail(error, "cannot migrate %s: another guest of that name is active on %s", name,
                         guest->call->peer);
    move->failure = FAILED_UNKNOWN;
    return move_fail(error, "cannot migrate %s: it is active here and on %s, nothing was touched", name,
                     guest->call->peer);
}

/* What is the same on every way. */
typedef struct {
    TransferAbilities abilities;
    MigrateOptions *options;
    GString *how; /* for people */
} Manner;

static void manner_clear(Manner *manner)
{
    transfer_abilities_clear(&manner->abilities);
    migrate_options_free(manner->options);
    if (manner->how != NULL)
        g_string_free(manner->how, TRUE);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Manner, manner_clear)

/* What both ends are capable of, as far as that is to be known beforehand. */
static void find_abilities(const Move *move, TransferAbilities *abilities)
{
    const Guest *guest = move->guest;
    gulong here = 0, there = 0;

    abilities->node = guest->call->peer;
    abilities->control_uri = move->there.uri;
    if (strcmp(guest->parameters->migration_encryption, "auto") == 0) {
        g_autofree char *directory = certificates_directory(CERTIFICATES_QEMU_CONF, "");
        abilities->has_certificates = certificates_are_there(directory);
    }
    if (transfer_settings_need_version(guest->parameters) &&
        hypervisor_version(guest->here, guest->call->deadline, &here, NULL) &&
        hypervisor_version(move->there.hypervisor, guest->call->deadline, &there, NULL))
        abilities->version = MIN(here, there);
}

/* By the abilities, which may have become fewer. */
static gboolean choose_manner(const Move *move, Manner *manner, GError **error)
{
    const LiveDomainParameters *parameters = move->guest->parameters;
    g_autoptr(MigrateOptions) options = migrate_options_parse(parameters->migrate_options, error);
    g_autoptr(GString) how = g_string_new(NULL);

    if (options == NULL || !migrate_options_read_files(options, error) ||
        !transfer_settings_apply(parameters, &manner->abilities, options, how, error))
        return FALSE;
    if (parameters->migration_speed > 0)
        migrate_options_add_number(options, VIR_MIGRATE_PARAM_BANDWIDTH,
                                   (guint64)parameters->migration_speed);
    migrate_options_free(manner->options);
    manner->options = g_steal_pointer(&options);
    if (manner->how != NULL)
        g_string_free(manner->how, TRUE);
    manner->how = g_steal_pointer(&how);
    return TRUE;
}

/* TRUE where the same way is worth another attempt, in another manner. */
static gboolean retreat(const Move *move, const char *why, Manner *manner)
{
    const LiveDomainParameters *parameters = move->guest->parameters;

    if (!transfer_settings_retreat(parameters, manner->options, why, &manner->abilities) ||
        !choose_manner(move, manner, NULL))
        return FALSE;
    g_warning("%s; trying again: %s", why, manner->how->str);
    return TRUE;
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

/* One way. */
static TransferOutcome take_route(Move *move, const Manner *manner, const Route *route, char **why)
{
    Guest *guest = move->guest;
    g_autoptr(MigrateOptions) options = options_of_route(manner->options, route);
    const Transfer plan = {
        .name = guest_name(guest),
        .uuid = move->state.look.uuid,
        .node = guest->call->peer,
        .source_uri = guest->parameters->hypervisor,
        .remote_uri = move->there.uri,
        .options = options,
        .stall_timeout_ms = guest->parameters->migration_stall_timeout * 1000,
        .deadline = guest->call->deadline,
        .sampled = move_sampled,
        .data = move,
    };

    g_message("migrating %s to %s: control %s, data %s, %s", plan.name, plan.node, move->there.uri,
              route->uri != NULL ? route->uri : "as libvirt decides", manner->how->str);
    return transfer_run(&plan, guest->here, move->there.hypervisor, why);
}

/* One way after the other, until one works or the deadline is near. Each may use all the time that is left: a
 * way that does not work shows by its silence, long before. What has made one fail may have silenced the next
 * (the other address of the same wire), and a QEMU that connects into silence hears no abort for minutes:
 * so each but the first is asked again. */
static gboolean try_routes(Move *move, Manner *manner, Routes *routes, GError **error)
{
    Guest *guest = move->guest;
    gint64 began_us = g_get_monotonic_time();
    guint next = 0;

    while (next < routes->routes->len && ocf_deadline_left_ms(guest->call->deadline) > 0) {
        const Route *route = routes->routes->pdata[next++];
        g_autofree char *why =
            next > 1 ? routes_why_silent(route, guest->parameters, guest->call->peer) : NULL;

        if (why != NULL) {
            routes_leave(routes, route, why);
            continue;
        }
        if (!move_begin_sending(move, route, manner->how->str, error))
            return FALSE;
        TransferOutcome outcome = take_route(move, manner, route, &why);
        if (outcome == TRANSFER_MOVED) {
            say_moved(guest, route, began_us, routes);
            guest_forget(guest);
            return TRUE;
        }
        if (outcome == TRANSFER_CANCELLED || (outcome == TRANSFER_STAYED && move_is_cancelled(move)))
            return move_fail_cancelled(move, error);
        if (outcome != TRANSFER_STAYED) {
            move->failure = outcome == TRANSFER_LOST ? FAILED_GUEST : FAILED_UNKNOWN;
            return move_fail(error, "live migration to %s failed: %s", guest->call->peer, why);
        }
        if (retreat(move, why, manner)) {
            next--;
            continue;
        }
        g_warning("%s%s%s", route->network, *route->network != '\0' ? ": " : "", why);
        routes_leave(routes, route, why);
        if (!move_note_left(move, routes, error))
            return FALSE;
    }
    return move_fail(error, "%s stays where it is: %s", guest_name(guest), routes->left->str);
}

/* QEMU keeps the limit for as long as it runs: a guest that stays must not carry it into a move that has
 * none. */
static gboolean try_with_downtime(Move *move, Manner *manner, Routes *routes, GError **error)
{
    Guest *guest = move->guest;
    guint64 before_ms = 0, wanted_ms = (guint64)guest->parameters->migration_downtime;
    const char *name = guest_name(guest);
    OcfDeadline deadline = guest->call->deadline;
    g_autoptr(GError) why = NULL;

    if (!domain_get_max_downtime(guest->here, name, deadline, &before_ms, error) ||
        !domain_set_max_downtime(guest->here, name, wanted_ms, deadline, error))
        return FALSE;
    if (try_routes(move, manner, routes, error))
        return TRUE;
    if (!domain_set_max_downtime(guest->here, name, before_ms, ocf_deadline_in(guest_patience_ms(guest)),
                                 &why))
        g_warning("%s", why->message);
    return FALSE;
}

static gboolean transfer(Move *move, const char *uri_here, const ClusterNetworks *networks, GError **error)
{
    Guest *guest = move->guest;
    const LiveDomainParameters *parameters = guest->parameters;
    g_auto(Manner) manner = {.options = NULL};

    find_abilities(move, &manner.abilities);
    if (!choose_manner(move, &manner, error))
        return FALSE;
    g_autoptr(Routes) routes =
        routes_find(parameters, manner.options, uri_here, networks, guest->call->peer, error);
    if (routes == NULL)
        return FALSE;
    guest_save_config(guest, guest->call->deadline);
    if (!start_resources_there(guest, move->there.hypervisor, error))
        return FALSE;
    if (parameters->migration_downtime == 0)
        return try_routes(move, &manner, routes, error);
    return try_with_downtime(move, &manner, routes, error);
}

/* Asks the other end. */
static gboolean connect(Move *move, const char *uri_here, const ClusterNetworks *networks, GError **error)
{
    const Guest *guest = move->guest;
    gint64 patience_ms = MIN(CONNECT_MOST_MS, ocf_deadline_left_ms(guest->call->deadline) / 3);

    if (other_end_connect(guest->parameters, uri_here, networks, guest->call->peer, guest_name(guest),
                          ocf_deadline_in(patience_ms), &move->there, error))
        return TRUE;
    g_prefix_error(error, "live migration to %s not begun: ", guest->call->peer);
    return FALSE;
}

/* A killed agent that fails as an action fails (facts P1) must not cost the guest either. */
static void block_failures(const Move *move)
{
    g_autoptr(GError) error = NULL;

    if (move->stay && !cluster_block_failed_migrations(
                          move->guest->call->resource,
                          ocf_deadline_within(move->guest->call->deadline, NETWORKS_MOST_MS), &error))
        g_warning("on-fail=block cannot be set for migrations: %s", error->message);
}

/* The guest is locked and runs here, or is gone. */
static gboolean carry(Move *move, GError **error)
{
    Guest *guest = move->guest;
    gboolean gone = move->state.health == HEALTH_STOPPED;
    OcfDeadline patience = ocf_deadline_within(guest->call->deadline, guest_patience_ms(guest));

    if (!gone && !move_begin(move, error))
        return FALSE;
    if (move->journal != NULL && guest->call->local_node != NULL)
        move->settler = stay_watch(guest->call->resource);
    g_autofree char *uri_here = other_end_local_uri(guest->parameters, guest->here, patience, error);
    if (uri_here == NULL)
        return FALSE;
    g_autoptr(ClusterNetworks) networks = NULL;
    if (!read_networks(guest, &networks, error) || !connect(move, uri_here, networks, error))
        return FALSE;
    if (gone)
        return judge_absent(move, error);
    block_failures(move);
    move_note_awaited(move);
    return preflight(move, error) && turn_await(move, error) && transfer(move, uri_here, networks, error);
}

/* Up to where the other end is needed. */
static gboolean look_here(Move *move, GError **error)
{
    Guest *guest = move->guest;
    GuestState *state = &move->state;

    move->failure = FAILED_UNKNOWN;
    if (!guest_lock(guest, guest->call->deadline, error))
        return FALSE;
    if (!unfinished_abort(guest, guest->call->deadline))
        return move_fail(error, "an earlier migration of %s is still at work", guest_name(guest));
    if (!guest_look(guest, guest_patience_ms(guest), state, error))
        return FALSE;
    if (state->by_process && state->health == HEALTH_RUNNING) {
        move->failure = FAILED_HERE;
        return move_fail(error, "cannot migrate %s: libvirt does not answer here; it runs on",
                         guest_name(guest));
    }
    if (state->health == HEALTH_STOPPED)
        return TRUE;
    move->failure = state->health == HEALTH_FAILED ? FAILED_GUEST : FAILED_HERE;
    if (state->health == HEALTH_RUNNING)
        return TRUE;
    return move_fail(error, "cannot migrate %s: it is %s", guest_name(guest), state->why);
}

/* What dropping HA status takes, out of the time that the transfer may have. */
static gint64 reserve_ms(const OcfCall *call)
{
    return CLAMP(call->timeout_ms / RESERVE_SHARE, RESERVE_LEAST_MS, RESERVE_MOST_MS);
}

gboolean live_domain_migrate_to(const OcfCall *call, GError **error)
{
    const LiveDomainParameters *parameters = call->parameters;
    g_auto(Move)
        move = {.stay = call->local_node != NULL && strcmp(parameters->migration_failure, "stay") == 0};
    OcfCall inner = *call;
    g_autoptr(GError) why = NULL;

    if (call->peer == NULL || *call->peer == '\0') {
        g_set_error(error, OCF_ERROR, OCF_ERR_CONFIGURED,
                    "no target node is given (CRM_meta_migrate_target)");
        return FALSE;
    }
    if (move.stay)
        inner.deadline -= reserve_ms(call) * 1000;
    move.guest = guest_open(&inner, GUEST_BY_RECORD, error);
    if (move.guest == NULL)
        return FALSE;
    if (look_here(&move, &why) && carry(&move, &why)) {
        move_note_success(&move, call);
        return TRUE;
    }
    move_note_failure(&move, call, &why);
    g_propagate_error(error, g_steal_pointer(&why));
    return FALSE;
}
