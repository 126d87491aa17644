/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the verbs read of the cluster, and the words in which they show it. */
#ifndef WHERRY_CLI_VIEW_H
#define WHERRY_CLI_VIEW_H

#include "cluster/cluster.h"

#include <stdio.h>

/* How long one verb may ask the cluster. */
enum { VIEW_PATIENCE_MS = 20000 };

/* Why the cluster could not be asked, as an error for a person: CLI_NOT_INSTALLED, CLI_NO_PERMISSION or
 * CLI_DISCONNECTED. Always FALSE. */
gboolean view_unreachable(const GError *why, GError **error);

/* TRUE if NODE may take VMs, or is in standby where that is no matter. CLI_NO_SUCH for one that there is not.
 */
gboolean view_check_node(const char *node, gboolean may_be_standby, GError **error);

/* Why a node is no target for what the agent moves; two times its name. */
#define VIEW_REFUSES "%s takes in no migrations: wherry limit incoming on --node %s"

/* cluster_networks_read, with an error for a person: CLI_DISCONNECTED, or CLI_NO_PERMISSION. */
ClusterNetworks *view_read(OcfDeadline deadline, GError **error);

/* CLI_NO_SUCH with the commands that create one, where there is no MigrationNetworks; CLI_DISCONNECTED where
 * nobody knows. */
gboolean view_check_resource(const ClusterNetworks *now, GError **error);
/* The commands that create one. */
#define VIEW_CREATE_PCS "pcs resource create migration-networks ocf:wherry:MigrationNetworks clone"
#define VIEW_CREATE_CRM                                                                                      \
    "crm configure primitive migration-networks ocf:wherry:MigrationNetworks op monitor interval=10s, then " \
    "crm "                                                                                                   \
    "configure clone migration-networks-clone migration-networks"

/* Settings, the networks that they name, and the ranking that they make. */
typedef struct {
    NetprefPolicy *policy;
    NetprefNetworks *networks;
    NetprefChoice *ranking;
    GPtrArray *findings; /* of NetprefFinding, borrowed from the others */
    GPtrArray *checked;  /* owns those that nobody else does */
} Situation;

/* The situation under PARAMETERS; NOW must outlive it. */
Situation *situation_new(const ClusterNetworks *now, GHashTable *parameters);
void situation_free(Situation *situation);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Situation, situation_free)

/* "up", "down", "down on a2, a3", "unknown". */
char *view_state(const NetprefNetwork *network);
/* "10 Gbit/s"; NULL: not known. */
char *view_speed(guint speed_mbits);
char *view_subnets(const NetprefNetwork *network);
/* The interface, or "eth1 (a1), eth2 (a2)". */
char *view_interfaces(const NetprefNetwork *network);
/* The nodes' names, or how many of how many. */
char *view_nodes(const NetprefNetworks *networks, const NetprefNetwork *network);

/* "warning: mig: ..." */
void view_print_finding(FILE *out, const NetprefFinding *finding);

#endif
