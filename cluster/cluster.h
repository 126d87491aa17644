/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pacemaker and Corosync, as the rest of the project sees them.
 *
 * All of it goes through their own tools (crm_resource, cibadmin, attrd_updater, corosync-cmapctl), bounded
 * in time. Their options are the same in Pacemaker 2.1 and 3.0 where their libraries' interfaces are not, and
 * an agent that runs every few seconds for every VM does not carry libraries that it hardly ever needs.
 */
#ifndef WHERRY_CLUSTER_H
#define WHERRY_CLUSTER_H

#include "netpref/netpref.h"
#include "ocf/ocf.h"

/* ---- resources ------------------------------------------------------------------------------------- */

/* Sets the utilization attribute NAME of RESOURCE to VALUE, or removes it where VALUE is NULL; writes to the
 * CIB only if it differs. */
gboolean cluster_utilization_set(const char *resource, const char *name, const char *value,
                                 OcfDeadline deadline, GError **error);

/* A primitive, as the CIB has it. */
typedef struct {
    char *id;
    char *agent;            /* "ocf:wherry:LiveDomain" */
    GHashTable *parameters; /* instance attributes: name (char *) to value (char *) */
    GHashTable *meta;       /* meta attributes, its group's or clone's and the defaults included */
} ClusterResource;

/* All primitives, in the order of the CIB; of ClusterResource. */
GPtrArray *cluster_resources_read(OcfDeadline deadline, GError **error);
void cluster_resource_free(ClusterResource *resource);

/* The node on which the cluster has it running; NULL without an error where that is none. */
char *cluster_resource_locate(const char *id, OcfDeadline deadline, GError **error);

/* ---- links of the nodes ------------------------------------------------------------------------------ */

/* The node attribute in which each node's wherryd publishes its links (netpref_links_to_text). It is private:
 * kept in memory by Pacemaker on all nodes, never written to the CIB, gone with the node (facts P10). */
#define CLUSTER_LINKS_ATTRIBUTE "wherry-links"

/* Publishes this node's links, replacing what it said before. */
gboolean cluster_links_publish(const char *text, OcfDeadline deadline, GError **error);

/* Takes this node's links back. */
gboolean cluster_links_withdraw(OcfDeadline deadline, GError **error);

/* What the nodes have published: node name (char *) to text (char *). */
GHashTable *cluster_links_read(OcfDeadline deadline, GError **error);

/* ---- the migration networks' preference ---------------------------------------------------------------- */

/* The resource ocf:wherry:MigrationNetworks, whose parameters are the preference of the whole cluster. */
typedef struct {
    char *resource;         /* the primitive's id; NULL: none is configured, and the defaults hold */
    GHashTable *parameters; /* as in the CIB: name (char *) to value (char *); never NULL */
} ClusterPreference;

/* Reads it from the CIB. */
ClusterPreference *cluster_preference_read(OcfDeadline deadline, GError **error);
void cluster_preference_free(ClusterPreference *preference);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ClusterPreference, cluster_preference_free)

/* A parameter's value, or NULL. */
const char *cluster_preference_get(const ClusterPreference *preference, const char *name);

/* PARAMETERS as netpref_policy_new wants them; borrowed. */
NetprefSettings cluster_preference_settings(GHashTable *parameters);

/* ---- all of it together ----------------------------------------------------------------------------------
 */

/* What the cluster knows of its networks at this moment. */
typedef struct {
    char *local_node;
    ClusterPreference *preference;
    gboolean preference_known; /* if not, nobody knows what is excluded */
    NetprefPolicy *policy;
    NetprefNetworks *networks;
    GPtrArray *notes; /* char *: what could not be read, and what was taken instead */
} ClusterNetworks;

/* Reads links, ring and preference. This node's links are read from the system; a node that has published
 * none takes part with its ring addresses. LOCAL_NODE is this node's name, or NULL to ask Pacemaker. Fails
 * only where not even the nodes' names can be had; what else cannot be read is a note. */
ClusterNetworks *cluster_networks_read(const char *local_node, OcfDeadline deadline, GError **error);
void cluster_networks_free(ClusterNetworks *networks);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ClusterNetworks, cluster_networks_free)

/* ---- changing the preference ------------------------------------------------------------------------------
 */

/* Brings PARAMETERS (name (char *) to value (char *), as they are in the CIB at that moment) to what they
 * shall be. Called again, with the new ones, where somebody else has changed them meanwhile. FALSE: nothing
 * is written. */
typedef gboolean (*ClusterPreferenceChange)(GHashTable *parameters, gpointer data, GError **error);

/* Changes the parameters of the primitive RESOURCE in the CIB in one step, and only if they are still those
 * that CHANGE was handed. What CHANGE leaves as it was is not written. OCF_ERR_PERM where the CIB's access
 * rules forbid it, OCF_ERR_CONFIGURED where the parameters are set in a way that is for a person to edit. */
gboolean cluster_preference_edit(const char *resource, ClusterPreferenceChange change, gpointer data,
                                 OcfDeadline deadline, GError **error);

#endif
