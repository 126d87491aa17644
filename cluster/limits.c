/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How many migrations a node may take part in. */
#include "cluster/cluster.h"
#include "cluster/tool.h"

#include <string.h>

#define PROPERTY "migration-limit"
#define NODE_MIGRATIONS "wherry-migrations"
#define NODE_INCOMING "wherry-incoming"

static void node_limits_free(gpointer data)
{
    ClusterNodeLimits *node = data;

    g_free(node->name);
    g_free(node);
}

void cluster_limits_free(ClusterLimits *limits)
{
    if (limits == NULL)
        return;
    g_ptr_array_unref(limits->nodes);
    g_free(limits);
}

/* What is no number above 0 is no limit, as Pacemaker takes it. */
static gint64 number_of(const char *value)
{
    gint64 number = 0;

    return value != NULL && ocf_parse_integer(value, 1, G_MAXINT32, &number) ? number : 0;
}

static void read_property(xmlNode *pair, gpointer data)
{
    ClusterLimits *limits = data;
    g_autofree char *value = cluster_xml_attribute(pair, "value");

    if (cluster_xml_says(pair, "name", PROPERTY) && limits->migrations == 0)
        limits->migrations = number_of(value);
}

static void read_config(xmlNode *config, gpointer data)
{
    cluster_xml_each(config, "nvpair", read_property, data);
}

static void read_attribute(xmlNode *pair, gpointer data)
{
    ClusterNodeLimits *node = data;
    g_autofree char *value = cluster_xml_attribute(pair, "value");

    if (cluster_xml_says(pair, "name", NODE_MIGRATIONS))
        node->migrations = number_of(value);
    if (cluster_xml_says(pair, "name", NODE_INCOMING))
        node->refuses = g_strcmp0(value, "off") == 0;
}

static void read_node(xmlNode *xml, gpointer data)
{
    ClusterNodeLimits *node = g_new0(ClusterNodeLimits, 1);

    node->name = cluster_xml_attribute(xml, "uname");
    if (node->name == NULL)
        node->name = g_strdup("");
    cluster_xml_each(xml, "nvpair", read_attribute, node);
    g_ptr_array_add(data, node);
}

static gint compare_nodes(gconstpointer a, gconstpointer b)
{
    const ClusterNodeLimits *const *first = a, *const *second = b;

    return strcmp((*first)->name, (*second)->name);
}

ClusterLimits *cluster_limits_read(OcfDeadline deadline, GError **error)
{
    g_autoptr(GError) why = NULL;
    g_autoptr(xmlDoc) document =
        cluster_cib_find("/cib/configuration/crm_config|/cib/configuration/nodes", deadline, &why);

    if (why != NULL) {
        g_propagate_error(error, g_steal_pointer(&why));
        return NULL;
    }
    ClusterLimits *limits = g_new0(ClusterLimits, 1);
    limits->nodes = g_ptr_array_new_with_free_func(node_limits_free);
    if (document != NULL) {
        cluster_xml_each((xmlNode *)document, "node", read_node, limits->nodes);
        cluster_xml_each((xmlNode *)document, "crm_config", read_config, limits);
    }
    g_ptr_array_sort(limits->nodes, compare_nodes);
    return limits;
}

const ClusterNodeLimits *cluster_limits_find(const ClusterLimits *limits, const char *node)
{
    for (guint i = 0; i < limits->nodes->len; i++) {
        const ClusterNodeLimits *one = limits->nodes->pdata[i];
        if (strcmp(one->name, node) == 0)
            return one;
    }
    return NULL;
}

/* 0: none. */
static gint64 limit_that_is_set(const ClusterLimits *limits, const char *node)
{
    const ClusterNodeLimits *own = cluster_limits_find(limits, node);

    return own != NULL && own->migrations > 0 ? own->migrations : limits->migrations;
}

gint64 cluster_limit_of(const ClusterLimits *limits, const char *node)
{
    gint64 number = limit_that_is_set(limits, node);

    return number > 0 ? number : CLUSTER_LIMIT_DEFAULT;
}

gboolean cluster_limit_is_set(const ClusterLimits *limits, const char *node)
{
    return limit_that_is_set(limits, node) > 0;
}

gboolean cluster_limit_is_scheduled(const ClusterLimits *limits, const char *node)
{
    return limits->migrations > 0 && limits->migrations <= cluster_limit_of(limits, node);
}

gboolean cluster_node_refuses(const ClusterLimits *limits, const char *node)
{
    const ClusterNodeLimits *own = cluster_limits_find(limits, node);

    return own != NULL && own->refuses;
}

gboolean cluster_limit_set(const char *node, gint64 number, OcfDeadline deadline, GError **error)
{
    g_autofree char *value = number > 0 ? g_strdup_printf("%" G_GINT64_FORMAT, number) : NULL;

    if (node == NULL)
        return cluster_property_set(PROPERTY, value, deadline, error);
    return cluster_node_attribute_set(node, NODE_MIGRATIONS, value, deadline, error);
}

gboolean cluster_node_refuse(const char *node, gboolean refuse, OcfDeadline deadline, GError **error)
{
    return cluster_node_attribute_set(node, NODE_INCOMING, refuse ? "off" : NULL, deadline, error);
}
