/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cluster/cluster.h"
#include "cluster/tool.h"

#include <string.h>

enum { IDLE_LOOKS = 3, IDLE_EVERY_MS = 2000 };

char *cluster_local_node(OcfDeadline deadline, GError **error)
{
    const char *const argv[] = {"crm_node", "--name", NULL};
    char *name = NULL;

    return cluster_tool_run(argv, deadline, &name, NULL, error) ? name : NULL;
}

static xmlDoc *read_nodes(OcfDeadline deadline, GError **error)
{
    const char *const argv[] = {"crm_mon", "--one-shot", "--output-as=xml", "--include=none,nodes", NULL};

    return cluster_tool_xml(argv, deadline, NULL, error);
}

static void add_online(xmlNode *node, gpointer data)
{
    if (cluster_xml_says(node, "online", "true") && cluster_xml_says(node, "type", "member"))
        g_ptr_array_add(data, cluster_xml_attribute(node, "name"));
}

static gint compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

GPtrArray *cluster_nodes_online(OcfDeadline deadline, GError **error)
{
    g_autoptr(xmlDoc) document = read_nodes(deadline, error);

    if (document == NULL)
        return NULL;
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    cluster_xml_each((xmlNode *)document, "node", add_online, names);
    g_ptr_array_sort(names, compare_names);
    return names;
}

typedef struct {
    const char *name;
    char *why;
} Fitness;

static void add_name(xmlNode *node, gpointer data)
{
    char *name = cluster_xml_attribute(node, "uname");

    if (name != NULL)
        g_ptr_array_add(data, name);
}

GPtrArray *cluster_nodes_all(OcfDeadline deadline, GError **error)
{
    g_autoptr(GError) why = NULL;
    g_autoptr(xmlDoc) document = cluster_cib_find("/cib/configuration/nodes", deadline, &why);

    if (why != NULL) {
        g_propagate_error(error, g_steal_pointer(&why));
        return NULL;
    }
    GPtrArray *nodes = g_ptr_array_new_with_free_func(g_free);
    if (document != NULL)
        cluster_xml_each((xmlNode *)document, "node", add_name, nodes);
    g_ptr_array_sort(nodes, compare_names);
    return nodes;
}

static void judge_fitness(xmlNode *node, gpointer data)
{
    static const struct {
        const char *attribute, *bad, *why;
    } faults[] = {
        {"type", "remote", "is a remote node, on which no VM is managed"},
        {"unclean", "true", "is to be fenced"},
        {"online", "false", "is offline"},
        {"pending", "true", "is just joining the cluster"},
        {"standby", "true", "is in standby"},
        {"maintenance", "true", "is in maintenance"},
        {"shutdown", "true", "is being shut down"},
    };
    Fitness *fitness = data;

    if (!cluster_xml_says(node, "name", fitness->name))
        return;
    g_clear_pointer(&fitness->why, g_free);
    for (guint i = 0; i < G_N_ELEMENTS(faults) && fitness->why == NULL; i++)
        if (cluster_xml_says(node, faults[i].attribute, faults[i].bad))
            fitness->why = g_strconcat(fitness->name, " ", faults[i].why, NULL);
}

gboolean cluster_node_is_fit(const char *node, OcfDeadline deadline, char **why, GError **error)
{
    g_autoptr(xmlDoc) document = read_nodes(deadline, error);
    Fitness fitness = {.name = node, .why = g_strdup_printf("there is no node %s in this cluster", node)};

    if (document != NULL)
        cluster_xml_each((xmlNode *)document, "node", judge_fitness, &fitness);
    *why = fitness.why;
    return document != NULL;
}

gboolean cluster_node_standby(const char *node, gboolean standby, OcfDeadline deadline, GError **error)
{
    return cluster_node_attribute_set(node, "standby", standby ? "on" : NULL, deadline, error);
}

/* ---- standing ------------------------------------------------------------------------------------ */

typedef struct {
    const char *name;
    gint64 since_s;
    xmlNode *node;
    gboolean fenced;
} Search;

static void find_node(xmlNode *node, gpointer data)
{
    Search *search = data;

    if (cluster_xml_says(node, "name", search->name))
        search->node = node;
}

static void find_fencing(xmlNode *event, gpointer data)
{
    Search *search = data;
    g_autofree char *completed = cluster_xml_attribute(event, "completed");

    if (cluster_xml_says(event, "target", search->name) && cluster_xml_says(event, "status", "success") &&
        !cluster_xml_says(event, "action", "on") && cluster_seconds_of(completed) >= search->since_s)
        search->fenced = TRUE;
}

static gboolean was_fenced(Search *search, OcfDeadline deadline)
{
    /* without --verbose all but one of several fencings are left out (measured with Pacemaker 2.1.5) */
    const char *const argv[] = {"stonith_admin", "--history",       search->name,
                                "--verbose",     "--output-as=xml", NULL};
    g_autoptr(xmlDoc) document = cluster_tool_xml(argv, deadline, NULL, NULL);

    if (document != NULL)
        cluster_xml_each((xmlNode *)document, "fence_event", find_fencing, search);
    return search->fenced;
}

gboolean cluster_node_standing(const char *node, gint64 since_s, OcfDeadline deadline,
                               ClusterNodeStanding *standing, GError **error)
{
    Search search = {.name = node, .since_s = since_s};
    g_autoptr(xmlDoc) document = read_nodes(deadline, error);

    if (document == NULL)
        return FALSE;
    cluster_xml_each((xmlNode *)document, "node", find_node, &search);
    if (search.node == NULL || cluster_xml_says(search.node, "pending", "true"))
        *standing = CLUSTER_NODE_UNCLEAN;
    else if (cluster_xml_says(search.node, "online", "true"))
        *standing = CLUSTER_NODE_ONLINE;
    else if (!cluster_xml_says(search.node, "unclean", "false"))
        *standing = CLUSTER_NODE_UNCLEAN;
    else if (was_fenced(&search, deadline) || cluster_xml_says(search.node, "expected_up", "true"))
        *standing = CLUSTER_NODE_DOWN;
    else
        *standing = CLUSTER_NODE_LEFT;
    return TRUE;
}

/* ---- the whole ----------------------------------------------------------------------------------- */

static void find_dc(xmlNode *node, gpointer data)
{
    char **name = data;

    if (cluster_xml_says(node, "is_dc", "true") && *name == NULL)
        *name = cluster_xml_attribute(node, "name");
}

gboolean cluster_is_idle(OcfDeadline deadline)
{
    g_autoptr(xmlDoc) nodes = read_nodes(deadline, NULL);
    g_autofree char *dc = NULL;
    g_autofree char *said = NULL;

    if (nodes != NULL)
        cluster_xml_each((xmlNode *)nodes, "node", find_dc, &dc);
    if (dc == NULL)
        return FALSE;
    const char *const admin[] = {"crmadmin", "--status", dc, NULL};
    return cluster_tool_run(admin, deadline, &said, NULL, NULL) && strstr(said, "S_IDLE") != NULL;
}

gboolean cluster_is_idle_for_good(ClusterIdleLooks *looks, OcfDeadline deadline)
{
    gint64 now_us = g_get_monotonic_time();

    if (looks->last_us == 0 || now_us - looks->last_us >= IDLE_EVERY_MS * 1000) {
        looks->last_us = now_us;
        looks->in_a_row = cluster_is_idle(deadline) ? looks->in_a_row + 1 : 0;
    }
    return looks->in_a_row >= IDLE_LOOKS;
}
