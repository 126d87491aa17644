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

/* The agents that run guests. */
#define CLUSTER_LIVE_DOMAIN "ocf:wherry:LiveDomain"
#define CLUSTER_VIRTUAL_DOMAIN "ocf:heartbeat:VirtualDomain"

/* A primitive, as the CIB has it. */
typedef struct {
    char *id;
    char *agent;            /* "ocf:wherry:LiveDomain" */
    GHashTable *parameters; /* instance attributes: name (char *) to value (char *) */
    GHashTable *meta;       /* meta attributes, its group's or clone's and the defaults included */
    GHashTable *utilization;
    GHashTable
        *timeouts;      /* of operations that have one: name (char *) to value (char *), op_defaults' as "" */
    gboolean monitored; /* at intervals */
} ClusterResource;

/* The timeout of its operation NAME: its own, the defaults', or Pacemaker's 20 s. */
gint64 cluster_resource_timeout_s(const ClusterResource *resource, const char *name);
gboolean cluster_resource_is_monitored(const ClusterResource *resource);

/* A duration as the CIB writes it ("90", "90s", "2min", "1h"); -1 for what is none. Pure. */
gint64 cluster_duration_s(const char *text);

/* Makes RESOURCE, of the agent FROM ("ocf:heartbeat:VirtualDomain"), one of TO; all else in the CIB stays.
 * *DONE is FALSE where it is not of FROM, or takes its agent from a template. What the executors and the
 * history know of it is still the former agent's: erase that. */
gboolean cluster_agent_change(const char *resource, const char *from, const char *to, OcfDeadline deadline,
                              gboolean *done, GError **error);

/* An operation of a resource to be created. */
typedef struct {
    const char *name;
    gint64 interval_s, timeout_s;
} ClusterOperationPlan;

/* Creates the primitive ID of AGENT with PARAMETERS (of char *, "NAME=VALUE"), the meta attribute
 * allow-migrate=true and OPERATIONS (ends with one without a name); ids as pcs makes them.
 * OCF_ERR_CONFIGURED where there is something of that id already. */
gboolean cluster_resource_create(const char *id, const char *agent, const GPtrArray *parameters,
                                 const ClusterOperationPlan *operations, OcfDeadline deadline,
                                 GError **error);

/* All primitives, in the order of the CIB; of ClusterResource. */
GPtrArray *cluster_resources_read(OcfDeadline deadline, GError **error);
void cluster_resource_free(ClusterResource *resource);

/* How one instance of a resource stands. */
typedef struct {
    char *id;
    char *agent;
    char *role;    /* "Started", "Stopped", "Migrating" ... */
    char *pending; /* what is under way ("Migrating", "Stopping"); NULL: nothing that the cluster records */
    GPtrArray *nodes; /* where it is active; of char * */
    gboolean managed;
    gboolean well; /* managed, started on one node, and nothing is wrong with it */
} ClusterStanding;

/* Of all of them, a clone's and those that are stopped included; of ClusterStanding. */
GPtrArray *cluster_standings_read(OcfDeadline deadline, GError **error);

/* That of RESOURCE (a clone's first); NULL: there is none. */
const ClusterStanding *cluster_standing_of(const GPtrArray *standings, const char *resource);

/* The node on which the cluster has it running; NULL without an error where that is none. */
char *cluster_resource_locate(const char *id, OcfDeadline deadline, GError **error);

/* ---- what nodes know of each other ------------------------------------------------------------------- */

/* Node attributes. A private one is kept in memory by Pacemaker on all nodes, never written to the CIB, and
 * gone with its node (facts P10); a shown one stands in the CIB's status, where crm_mon -A shows it. */
typedef enum { CLUSTER_ATTRIBUTE_PRIVATE, CLUSTER_ATTRIBUTE_SHOWN } ClusterAttributeKind;

/* Sets NAME of NODE (NULL: this one) to VALUE; NULL takes it back. */
gboolean cluster_attribute_set(const char *name, ClusterAttributeKind kind, const char *node,
                               const char *value, OcfDeadline deadline, GError **error);

/* The nodes that have NAME: node name (char *) to value (char *); empty where none has. */
GHashTable *cluster_attribute_read(const char *name, OcfDeadline deadline, GError **error);

/* What may run on a node, by what the cluster knows of it. */
typedef enum {
    CLUSTER_NODE_ONLINE,
    CLUSTER_NODE_DOWN, /* surely nothing: it was fenced, or lost where Pacemaker, too, takes that for down */
    CLUSTER_NODE_LEFT, /* its cluster was stopped, but guests may run on it */
    CLUSTER_NODE_UNCLEAN /* to be fenced, not known, or about to join */
} ClusterNodeStanding;

/* SINCE_S (seconds since 1970): a fencing counts only if it ended later. */
gboolean cluster_node_standing(const char *node, gint64 since_s, OcfDeadline deadline,
                               ClusterNodeStanding *standing, GError **error);

/* Whether a resource may be moved to NODE: *WHY is NULL, or says what keeps it from that ("a2 is in
 * standby"), to be freed. */
gboolean cluster_node_is_fit(const char *node, OcfDeadline deadline, char **why, GError **error);

/* Puts NODE into standby, or takes it out of it (crm_attribute, as pcs and crm do). */
gboolean cluster_node_standby(const char *node, gboolean standby, OcfDeadline deadline, GError **error);

/* This node's name. */
char *cluster_local_node(OcfDeadline deadline, GError **error);

/* Names of all nodes that the CIB has, sorted; of char *. */
GPtrArray *cluster_nodes_all(OcfDeadline deadline, GError **error);

/* Names of the nodes that are online, sorted; of char *. */
GPtrArray *cluster_nodes_online(OcfDeadline deadline, GError **error);

/* ---- HA status ------------------------------------------------------------------------------------------
 */

/*
 * Dropped HA status: the cluster neither acts on a resource nor monitors it (facts P5, P11). It is a set of
 * meta attributes of its own, RESOURCE-wherry-drop, with the highest score: maintenance=true, and the owner.
 * What an administrator has set stands in other sets and is never touched, and neither pcs nor crm mixes its
 * changes into this one.
 */
typedef struct {
    char *resource;
    char *node, *boot_id; /* of the owner, a process */
    pid_t pid;
    guint64 start_time;
    gint64 since_s;        /* seconds since 1970 */
    char *source, *target; /* the nodes between which the guest was to move */
    gint64 avoid_s;        /* how long TARGET is to be avoided afterwards; 0: not */
    char *former_agent;    /* to be given back if no node finds it with its new one; "": it had no other */
    char *reason;          /* for people */
} ClusterDrop;

/* This process (PID 0) or another of this node as the owner. */
ClusterDrop *cluster_drop_new(const char *resource, const char *node, pid_t pid);
void cluster_drop_free(ClusterDrop *drop);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ClusterDrop, cluster_drop_free)

/* As it stands in the CIB. Pure. The parser returns NULL for what is not of this form. */
char *cluster_drop_print(const ClusterDrop *drop);
ClusterDrop *cluster_drop_parse(const char *resource, const char *text);

/* What stands for one that cannot be parsed: of no process of any node, with the text as its reason. */
ClusterDrop *cluster_drop_of_unknown(const char *resource, const char *text);

/* TRUE if the owner is this very process. */
gboolean cluster_drop_is_own(const ClusterDrop *drop, const char *local_node);

/* TRUE if the owner is a process of this node that has ended, or of an earlier boot of it. */
gboolean cluster_drop_is_orphan(const ClusterDrop *drop, const char *local_node);

/* Drops it. Committed on all nodes when this returns. *DONE is FALSE, and nothing was changed, where somebody
 * has dropped it already: then it stays his. OCF_ERR_CONFIGURED where there is no such resource. */
gboolean cluster_ha_drop(const ClusterDrop *drop, OcfDeadline deadline, gboolean *done, GError **error);

/* Replaces the drop WAS by NOW; *DONE is FALSE where WAS does not stand any more. */
gboolean cluster_ha_hand_over(const ClusterDrop *was, const ClusterDrop *now, OcfDeadline deadline,
                              gboolean *done, GError **error);

/* Regains it, if the drop is still this one; an administrator's own maintenance stays. */
gboolean cluster_ha_regain(const ClusterDrop *drop, OcfDeadline deadline, GError **error);

/* All drops, or that of RESOURCE; of ClusterDrop. An owner that cannot be parsed has the node "". */
GPtrArray *cluster_ha_drops(const char *resource, OcfDeadline deadline, GError **error);

/* ---- a resource's history -------------------------------------------------------------------------------
 */

/* What an operation that the cluster has recorded tells. */
typedef struct {
    char *node;
    char *task;         /* "monitor", "migrate_to" ... */
    gint64 interval_ms; /* 0: a probe, or no monitor */
    gint64 exit_status; /* as of OCF; -1 while PENDING */
    gboolean pending;
} ClusterOperation;

/* Of ClusterOperation, all nodes that are members. */
GPtrArray *cluster_history_read(const char *resource, OcfDeadline deadline, GError **error);

/* TRUE if the cluster has TASK of RESOURCE on NODE on record as under way, and so waits for its result. FALSE
 * also where that cannot be read, or is not recorded (record-pending=false). */
gboolean cluster_awaits(const char *resource, const char *node, const char *task, OcfDeadline deadline);

/* What the probes of RESOURCE say. */
typedef struct {
    gboolean complete; /* each online node has answered, and nothing else is recorded or under way */
    gboolean moving;   /* a migration's half is under way */
    gboolean sure;     /* no answer was an error */
    guint running;     /* nodes that have it... */
    char *node;        /* ...the first of them, or NULL */
    guint unsure;      /* nodes that could not tell... */
    char *unsure_node; /* ...the first of them, or NULL */
} ClusterProbes;

/* Pure. ONLINE: names of char *. */
void cluster_probes_judge(const GPtrArray *history, const GPtrArray *online, ClusterProbes *probes);
gboolean cluster_probes_read(const char *resource, OcfDeadline deadline, ClusterProbes *probes,
                             GError **error);
/* Reads them until they are complete. FALSE with ERROR where they are not in time. */
gboolean cluster_probes_await(const char *resource, OcfDeadline deadline, ClusterProbes *probes,
                              GError **error);
void cluster_probes_clear(ClusterProbes *probes);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ClusterProbes, cluster_probes_clear)

/* Whether it has found RESOURCE running on another node than NODE, and well, and manages it there. FALSE also
 * where nobody can tell. */
gboolean cluster_manages_elsewhere(const char *resource, const char *node, OcfDeadline deadline);

/* Erases the history of RESOURCE on all nodes, so that it is probed anew (crm_resource --refresh). */
gboolean cluster_history_erase(const char *resource, OcfDeadline deadline, GError **error);

/* A probe that finds a resource running is recorded as a failure beside the success. It lacks what tells
 * reloadable parameters from others, so the next change of any parameter would restart the guest (measured
 * with Pacemaker 2.1.5). Takes that record away. */
gboolean cluster_history_forget_surprise(const char *resource, OcfDeadline deadline, GError **error);

/* The same for one of all LiveDomain resources that have one. */
gboolean cluster_history_forget_surprises(OcfDeadline deadline, GError **error);

/* Takes away the record of a migration of RESOURCE from SOURCE that is over: stopped there since, and on
 * record as running at its target. Pacemaker keeps it, and if the target's own record is lost afterwards (its
 * executor dies, or somebody refreshes the resource there alone) takes the migration for half done: "Forcing
 * recovery ... because it can no longer migrate" restarts a guest that runs well (measured with
 * Pacemaker 2.1.5). *LEFT: there was one, whether or not it could go. */
gboolean cluster_history_forget_move(const char *resource, const char *source, OcfDeadline deadline,
                                     gboolean *left, GError **error);

/* The same for all LiveDomain resources that have one at SOURCE. */
gboolean cluster_history_forget_moves(const char *source, OcfDeadline deadline, GError **error);

/* ---- forecasts ------------------------------------------------------------------------------------------
 */

/* What the cluster would do to RESOURCE if the drop were gone: *WHAT is NULL where it would leave it,
 * migrate it live, or stop it because it is disabled; otherwise a word such as "stop", and the reason. */
gboolean cluster_forecast_regain(const char *resource, OcfDeadline deadline, char **what, GError **error);

/* The same once the migrate_to that is under way since SINCE_S (seconds since 1970) has succeeded. Pacemaker
 * stops a guest where it has arrived if somebody took back the reason to move it meanwhile ("can no longer
 * migrate"). */
gboolean cluster_forecast_moved(const char *resource, gint64 since_s, OcfDeadline deadline, char **what,
                                GError **error);

/* What the cluster would do to a resource that it is asked to move. */
typedef struct {
    char *resource;
    char *action; /* "migrate": live; "move", "stop" and so on: not. NULL: nothing */
    char *target; /* NULL: none */
    char *reason; /* NULL: the cluster gives none */
    char *back;   /* where it would go on to once nobody asks any more; NULL: it stays */
} ClusterMoveForecast;

void cluster_move_forecast_clear(ClusterMoveForecast *forecast);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ClusterMoveForecast, cluster_move_forecast_clear)

/* The wish to have RESOURCE moved to NODE, or with AWAY off it; nodes that are avoided are not. */
gboolean cluster_forecast_wish(const char *resource, const char *node, gboolean away, OcfDeadline deadline,
                               ClusterMoveForecast *forecast, GError **error);

/* What the cluster would do if NODE went into standby: of ClusterMoveForecast, for each resource that it
 * would act upon, once. Without BACK. */
GPtrArray *cluster_forecast_standby(const char *node, OcfDeadline deadline, GError **error);

/* The cluster's properties (crm_config): name (char *) to value (char *). */
GHashTable *cluster_properties_read(OcfDeadline deadline, GError **error);

/* Sets one, or with VALUE NULL unsets it (crm_attribute, as pcs and crm do). */
gboolean cluster_property_set(const char *name, const char *value, OcfDeadline deadline, GError **error);

/* The same for an attribute of NODE that outlives its boot. */
gboolean cluster_node_attribute_set(const char *node, const char *name, const char *value,
                                    OcfDeadline deadline, GError **error);

/* How many migrations the nodes may take part in at once, incoming and outgoing together. */
typedef struct {
    char *name;
    gint64 migrations; /* its own limit; 0: none */
    gboolean refuses;  /* to take in migrations; what is started there is another matter */
} ClusterNodeLimits;

typedef struct {
    gint64 migrations; /* the property migration-limit, which Pacemaker's scheduler heeds; 0: none */
    GPtrArray *nodes;  /* of ClusterNodeLimits, all nodes, sorted by name */
} ClusterLimits;

/* What holds for a node where neither is set. */
enum { CLUSTER_LIMIT_DEFAULT = 2 };

ClusterLimits *cluster_limits_read(OcfDeadline deadline, GError **error);
void cluster_limits_free(ClusterLimits *limits);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ClusterLimits, cluster_limits_free)

/* Those of NODE; NULL: there is no such node. */
const ClusterNodeLimits *cluster_limits_find(const ClusterLimits *limits, const char *node);

/* The limit that holds for NODE. */
gint64 cluster_limit_of(const ClusterLimits *limits, const char *node);

/* Whether somebody has set one that holds for NODE. */
gboolean cluster_limit_is_set(const ClusterLimits *limits, const char *node);

/* Whether Pacemaker itself keeps NODE within its limit. */
gboolean cluster_limit_is_scheduled(const ClusterLimits *limits, const char *node);
gboolean cluster_node_refuses(const ClusterLimits *limits, const char *node);

/* Sets the limit of NODE, or with NULL the property; NUMBER 0 takes it away. */
gboolean cluster_limit_set(const char *node, gint64 number, OcfDeadline deadline, GError **error);
gboolean cluster_node_refuse(const char *node, gboolean refuse, OcfDeadline deadline, GError **error);

/* A constraint that crm_resource or a shell on top of it made for a move or a ban, and nobody took back. */
typedef struct {
    char *id;
    char *resource;
} ClusterWishLeft;

/* All of them; of ClusterWishLeft. */
GPtrArray *cluster_wishes_left(OcfDeadline deadline, GError **error);

/* TRUE if the cluster has nothing to do: no transition is under way. FALSE also where nobody can tell. */
gboolean cluster_is_idle(OcfDeadline deadline);

/* The same at three looks with two seconds between them: an idle moment lies between each two transitions.
 * Looks when it is time to; TRUE until a look says otherwise. LOOKS begins zeroed. */
typedef struct {
    guint in_a_row;
    gint64 last_us;
} ClusterIdleLooks;

gboolean cluster_is_idle_for_good(ClusterIdleLooks *looks, OcfDeadline deadline);

/* ---- constraints that expire ------------------------------------------------------------------------------
 */

#define CLUSTER_AVOID_PREFIX "wherry-avoid-"

/* Keeps RESOURCE off NODE for DURATION_S, by a location constraint wherry-avoid-RESOURCE-NODE that expires.
 */
gboolean cluster_avoid(const char *resource, const char *node, gint64 duration_s, OcfDeadline deadline,
                       GError **error);

/* Removes such constraints: of RESOURCE and NODE those that are given, and where EXPIRED only those whose
 * time is over. */
gboolean cluster_avoid_end(const char *resource, const char *node, gboolean expired, OcfDeadline deadline,
                           GError **error);

/* Removes those of resources that the cluster manages and that run nowhere: a node that was avoided for a
 * migration is better than none. */
gboolean cluster_avoid_end_stopped(OcfDeadline deadline, GError **error);

/* When the first such constraint of RESOURCE expires, in seconds since 1970; 0: there is none. */
gint64 cluster_avoid_until(const char *resource, OcfDeadline deadline);

/* Wishes RESOURCE to be on NODE, or with AWAY off it, for DURATION_S: a location constraint
 * wherry-move-RESOURCE, which replaces an earlier one. */
gboolean cluster_wish(const char *resource, const char *node, gboolean away, gint64 duration_s,
                      OcfDeadline deadline, GError **error);

/* Removes the wish of RESOURCE (NULL: of each), or with EXPIRED only one whose time is over. */
gboolean cluster_wish_end(const char *resource, gboolean expired, OcfDeadline deadline, GError **error);

/* Removes the wishes of resources that are where they were wished, and well: nobody else may be left to do
 * so. */
gboolean cluster_wish_end_granted(OcfDeadline deadline, GError **error);

/* The constraint that is the wish, up to END_S (seconds since 1970); and its id. Pure. */
char *cluster_wish_print(const char *resource, const char *node, gboolean away, gint64 end_s);
char *cluster_wish_id(const char *resource);

/* Sets on-fail=block for the operation migrate_to and migrate_from of RESOURCE where on-fail is not set. */
gboolean cluster_block_failed_migrations(const char *resource, OcfDeadline deadline, GError **error);

/* ---- links of the nodes ------------------------------------------------------------------------------ */

/* The private attribute in which each node's wherryd publishes its links (netpref_links_to_text). */
#define CLUSTER_LINKS_ATTRIBUTE "wherry-links"

/* The private attribute in which each node's wherryd tells of the migrations that the node sends
 * (agent/report.h).
 */
#define CLUSTER_MOVES_ATTRIBUTE "wherry-moves"

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
