/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ways over which a guest's memory may go to another node, best first, and why others were left out.
 */
#ifndef WHERRY_AGENT_ROUTES_H
#define WHERRY_AGENT_ROUTES_H

#include "agent/migrate_options.h"
#include "agent/parameters.h"
#include "cluster/cluster.h"

typedef struct {
    char *network;    /* its name, for people; "" where no cluster network was chosen */
    char *address;    /* of the target on it, numeric; NULL: URI decides */
    char *uri;        /* for libvirt; NULL: libvirt's default */
    NetprefPath path; /* its interface is NULL where the way cannot be probed */
} Route;

typedef struct {
    GPtrArray *routes; /* of Route */
    GString *left;     /* "mig: no reply from a2 (10.99.2.2) in 2 s; stor: ..." */
} Routes;

/* Finds the routes from this node to NODE. VirtualDomain's migrateuri, migration_network_suffix and
 * --migrateuri decide alone. Otherwise the cluster's networks are ranked, and those that are usable probed,
 * all at once. NETWORKS is what the cluster says, or NULL where there is no cluster: then libvirt's default
 * is the one route. Errors: OCF_ERR_GENERIC where no network is left, or where nobody can tell which are
 * excluded. */
Routes *routes_find(const LiveDomainParameters *parameters, const MigrateOptions *options,
                    const char *local_uri, const ClusterNetworks *networks, const char *node, GError **error);

/* Probes one way once more, for at most 4 s. Why it is not to be tried, to be freed; NULL where it answers,
 * or cannot be asked. */
char *routes_why_silent(const Route *route, const LiveDomainParameters *parameters, const char *node);

/* Adds to what is left out. */
void routes_leave(Routes *routes, const Route *route, const char *why);

/* Numeric addresses of NODE in the networks' order of preference, for the control connection; of char *. */
GPtrArray *routes_control_addresses(const LiveDomainParameters *parameters, const ClusterNetworks *networks,
                                    const char *node);

void routes_free(Routes *routes);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Routes, routes_free)

#endif
