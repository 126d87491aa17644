/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/routes.h"

#include "agent/uri.h"

#include <string.h>

enum { PROBE_MS = 2000 };

static void route_free(gpointer data)
{
    Route *route = data;

    g_free(route->network);
    g_free(route->address);
    g_free(route->uri);
    g_free(route);
}

/* Takes ADDRESS and URI. */
static Route *add_route(Routes *routes, const char *network, char *address, char *uri)
{
    Route *route = g_new0(Route, 1);

    route->network = g_strdup(network);
    route->address = address;
    route->uri = uri;
    g_ptr_array_add(routes->routes, route);
    return route;
}

static void leave(Routes *routes, const char *network, const char *why)
{
    g_string_append_printf(routes->left, "%s%s: %s", routes->left->len > 0 ? "; " : "", network, why);
}

void routes_leave(Routes *routes, const Route *route, const char *why)
{
    leave(routes, *route->network != '\0' ? route->network : "the configured way", why);
}

static Routes *routes_new(void)
{
    Routes *routes = g_new0(Routes, 1);

    routes->routes = g_ptr_array_new_with_free_func(route_free);
    routes->left = g_string_new(NULL);
    return routes;
}

void routes_free(Routes *routes)
{
    if (routes == NULL)
        return;
    g_ptr_array_unref(routes->routes);
    g_string_free(routes->left, TRUE);
    g_free(routes);
}

/* Which parameter takes the choice away from the networks' preference, or NULL. */
static const char *who_decides_alone(const LiveDomainParameters *parameters, const MigrateOptions *options)
{
    if (*parameters->migrateuri != '\0')
        return "migrateuri";
    if (options->migrateuri != NULL)
        return "migrate_options --migrateuri";
    if (*parameters->migration_network_suffix != '\0')
        return "migration_network_suffix";
    if (options->direct)
        return "migrate_options --direct";
    if ((options->flags & VIR_MIGRATE_TUNNELLED) != 0)
        return "migrate_options --tunnelled";
    return NULL;
}

static NetprefChoice *choose(const LiveDomainParameters *parameters, const ClusterNetworks *networks,
                             const char *node, GError **error)
{
    g_autoptr(NetprefPolicy) vm =
        netpref_policy_new_for_vm(parameters->migration_networks, parameters->migration_exclude_networks);

    return netpref_choose(networks->networks, networks->policy, vm, networks->local_node, node, error);
}

/* All paths of all usable networks, in order, as questions; and to which network each belongs. */
static GArray *collect_probes(const NetprefChoice *choice, GPtrArray *candidates)
{
    GArray *probes = g_array_new(FALSE, TRUE, sizeof(NetprefProbe));

    for (guint i = 0; i < netpref_choice_usable_count(choice); i++) {
        const NetprefCandidate *candidate = netpref_choice_get(choice, i);

        for (guint j = 0; j < candidate->paths->len; j++) {
            NetprefProbe probe = {.path = g_array_index(candidate->paths, NetprefPath, j)};

            g_array_append_val(probes, probe);
            g_ptr_array_add(candidates, (gpointer)candidate);
        }
    }
    return probes;
}

/* A path whose interface is unknown (its node's links could not be read) cannot be probed; it is tried as it
 * is. */
static gboolean is_to_be_tried(const NetprefProbe *probe)
{
    return probe->path.interface == NULL || netpref_probe_is_reached(probe);
}

static gboolean probe_all(GArray *probes, guint16 port, GError **error)
{
    for (guint i = 0; i < probes->len; i++)
        if (g_array_index(probes, NetprefProbe, i).path.interface == NULL)
            return TRUE;
    return probes->len == 0 ||
           netpref_reach((NetprefProbe *)(void *)probes->data, probes->len, port, PROBE_MS, error);
}

/* A firewall may let the one port of migrateport pass and no other. Asked second, because another guest may
 * be arriving at that port just now, and would be lost. */
static gboolean probe_own_port(GArray *probes, gint64 port, GError **error)
{
    g_autoptr(GArray) silent = g_array_new(FALSE, FALSE, sizeof(NetprefProbe));
    guint at = 0;

    for (guint i = 0; port > 0 && i < probes->len; i++)
        if (g_array_index(probes, NetprefProbe, i).result == NETPREF_NO_REPLY)
            g_array_append_val(silent, g_array_index(probes, NetprefProbe, i));
    if (silent->len > 0 && !probe_all(silent, (guint16)port, error))
        return FALSE;
    for (guint i = 0; at < silent->len; i++)
        if (g_array_index(probes, NetprefProbe, i).result == NETPREF_NO_REPLY)
            g_array_index(probes, NetprefProbe, i) = g_array_index(silent, NetprefProbe, at++);
    return TRUE;
}

static void add_path(Routes *routes, const LiveDomainParameters *parameters,
                     const NetprefCandidate *candidate, const NetprefPath *path)
{
    char *address = netpref_address_text(&path->target);
    Route *route = add_route(routes, candidate->network->name, address,
                             uri_migrate_at(address, parameters->migrateport));

    route->path = *path;
    route->path.interface = g_intern_string(path->interface); /* it outlives the networks */
}

static gboolean probe(GArray *probes, const LiveDomainParameters *parameters, GError **error)
{
    return probe_all(probes, NETPREF_PROBE_PORT, error) &&
           probe_own_port(probes, parameters->migrateport, error);
}

char *routes_why_silent(const Route *route, const LiveDomainParameters *parameters, const char *node)
{
    g_autoptr(GArray) probes = g_array_new(FALSE, TRUE, sizeof(NetprefProbe));
    const NetprefProbe question = {.path = route->path};

    if (route->path.interface == NULL)
        return NULL;
    g_array_append_val(probes, question);
    if (!probe(probes, parameters, NULL))
        return NULL;
    const NetprefProbe *answer = &g_array_index(probes, NetprefProbe, 0);
    return netpref_probe_is_reached(answer) ? NULL : netpref_probe_text(answer, node);
}

static gboolean add_reachable(Routes *routes, const LiveDomainParameters *parameters,
                              const NetprefChoice *choice, const char *node, GError **error)
{
    g_autoptr(GPtrArray) candidates = g_ptr_array_new();
    g_autoptr(GArray) probes = collect_probes(choice, candidates);

    if (!probe(probes, parameters, error))
        return FALSE;
    for (guint i = 0; i < probes->len; i++) {
        const NetprefProbe *probe = &g_array_index(probes, NetprefProbe, i);
        const NetprefCandidate *candidate = candidates->pdata[i];

        if (is_to_be_tried(probe)) {
            add_path(routes, parameters, candidate, &probe->path);
        } else {
            g_autofree char *why = netpref_probe_text(probe, node);
            leave(routes, candidate->network->name, why);
        }
    }
    return TRUE;
}

static gboolean fail_without_route(const Routes *routes, const NetprefChoice *choice, const char *node,
                                   GError **error)
{
    g_autofree char *summary = netpref_choice_summary(choice);

    if (netpref_choice_usable_count(choice) == 0)
        g_set_error(error, OCF_ERROR, OCF_ERR_GENERIC, "%s", summary);
    else
        g_set_error(error, OCF_ERROR, OCF_ERR_GENERIC, "no network reaches %s (TCP port %d): %s", node,
                    NETPREF_PROBE_PORT, routes->left->str);
    return FALSE;
}

/* An exclusion that cannot be read excludes nothing: that must not pass in silence. */
static void warn_of_settings(const GPtrArray *findings)
{
    for (guint i = 0; i < findings->len; i++) {
        const NetprefFinding *finding = findings->pdata[i];

        if (finding->level == NETPREF_ERROR)
            g_warning("the networks' settings are wrong: %s", finding->text);
    }
}

static gboolean find_networks(Routes *routes, const LiveDomainParameters *parameters,
                              const ClusterNetworks *networks, const char *node, GError **error)
{
    if (!networks->preference_known) {
        g_set_error(error, OCF_ERROR, OCF_ERR_GENERIC,
                    "the networks' preference cannot be read, so nobody knows which are excluded");
        return FALSE;
    }
    warn_of_settings(netpref_policy_findings(networks->policy));
    g_autoptr(NetprefChoice) choice = choose(parameters, networks, node, error);
    if (choice == NULL || !add_reachable(routes, parameters, choice, node, error))
        return FALSE;
    if (routes->routes->len == 0)
        return fail_without_route(routes, choice, node, error);
    g_autofree char *summary = netpref_choice_summary(choice);
    g_message("networks to %s: %s%s%s", node, summary, routes->left->len > 0 ? "; left out: " : "",
              routes->left->str);
    return TRUE;
}

Routes *routes_find(const LiveDomainParameters *parameters, const MigrateOptions *options,
                    const char *local_uri, const ClusterNetworks *networks, const char *node, GError **error)
{
    g_autoptr(Routes) routes = routes_new();
    const char *decides = who_decides_alone(parameters, options);

    if (decides == NULL && networks != NULL && g_str_has_prefix(local_uri, "qemu")) {
        if (!find_networks(routes, parameters, networks, node, error))
            return NULL;
        return g_steal_pointer(&routes);
    }
    if (decides != NULL)
        g_message("%s decides alone how the guest gets to %s", decides, node);
    else
        g_message("no cluster network can be chosen; libvirt decides how the guest gets to %s", node);
    add_route(routes, "", NULL, uri_migrate(parameters, local_uri, options->migrateuri, node));
    return g_steal_pointer(&routes);
}

GPtrArray *routes_control_addresses(const LiveDomainParameters *parameters, const ClusterNetworks *networks,
                                    const char *node)
{
    GPtrArray *addresses = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(NetprefChoice) choice = NULL;

    if (networks == NULL || !networks->preference_known)
        return addresses;
    choice = choose(parameters, networks, node, NULL);
    for (guint i = 0; choice != NULL && i < netpref_choice_usable_count(choice); i++) {
        const NetprefCandidate *candidate = netpref_choice_get(choice, i);

        for (guint j = 0; j < candidate->paths->len; j++)
            g_ptr_array_add(addresses,
                            netpref_address_text(&g_array_index(candidate->paths, NetprefPath, j).target));
    }
    return addresses;
}
