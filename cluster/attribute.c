/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cluster/cluster.h"
#include "cluster/tool.h"

enum { MOST_ARGUMENTS = 10 };

gboolean cluster_attribute_set(const char *name, ClusterAttributeKind kind, const char *node,
                               const char *value, OcfDeadline deadline, GError **error)
{
    const char *argv[MOST_ARGUMENTS] = {"attrd_updater", "--name", name};
    guint count = 3;

    if (kind == CLUSTER_ATTRIBUTE_PRIVATE)
        argv[count++] = "--private";
    if (node != NULL) {
        argv[count++] = "--node";
        argv[count++] = node;
    }
    argv[count++] = value != NULL ? "--update" : "--delete";
    argv[count++] = value;
    return cluster_tool_run(argv, deadline, NULL, NULL, error);
}

static void add_value(xmlNode *node, gpointer data)
{
    g_autofree char *host = cluster_xml_attribute(node, "host");
    g_autofree char *value = cluster_xml_attribute(node, "value");

    if (host != NULL && value != NULL && *value != '\0')
        g_hash_table_replace(data, g_steal_pointer(&host), g_steal_pointer(&value));
}

GHashTable *cluster_attribute_read(const char *name, OcfDeadline deadline, GError **error)
{
    const char *const argv[] = {"attrd_updater", "--name", name, "--query", "--all", "--output-as=xml", NULL};
    g_autoptr(GHashTable) values = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_autoptr(GError) why = NULL;
    int status = 0;
    g_autoptr(xmlDoc) document = cluster_tool_xml(argv, deadline, &status, &why);

    if (document == NULL && (status == CRM_EX_NOSUCH || status == CRM_EX_CONFIG))
        return g_steal_pointer(&values); /* nobody has set it */
    if (document == NULL) {
        g_propagate_error(error, g_steal_pointer(&why));
        return NULL;
    }
    cluster_xml_each((xmlNode *)document, "attribute", add_value, values);
    return g_steal_pointer(&values);
}
