/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How resources stand, by crm_mon. */
#include "cluster/cluster.h"
#include "cluster/tool.h"

#include <string.h>

static void standing_free(gpointer data)
{
    ClusterStanding *standing = data;

    g_free(standing->id);
    g_free(standing->agent);
    g_free(standing->role);
    g_free(standing->pending);
    g_ptr_array_unref(standing->nodes);
    g_free(standing);
}

static void add_node(xmlNode *node, gpointer data)
{
    g_ptr_array_add(data, cluster_xml_attribute(node, "name"));
}

static void add_standing(xmlNode *resource, gpointer data)
{
    ClusterStanding *standing = g_new0(ClusterStanding, 1);

    standing->id = cluster_xml_attribute(resource, "id");
    standing->agent = cluster_xml_attribute(resource, "resource_agent");
    standing->role = cluster_xml_attribute(resource, "role");
    standing->pending = cluster_xml_attribute(resource, "pending");
    standing->nodes = g_ptr_array_new_with_free_func(g_free);
    cluster_xml_each(resource, "node", add_node, standing->nodes);
    standing->managed = cluster_xml_says(resource, "managed", "true");
    standing->well = standing->managed && cluster_xml_says(resource, "role", "Started") &&
                     cluster_xml_says(resource, "blocked", "false") &&
                     cluster_xml_says(resource, "failed", "false") && standing->nodes->len == 1;
    if (standing->id != NULL && standing->role != NULL)
        g_ptr_array_add(data, standing);
    else
        standing_free(standing);
}

GPtrArray *cluster_standings_read(OcfDeadline deadline, GError **error)
{
    const char *const argv[] = {
        "crm_mon", "--one-shot", "--output-as=xml", "--inactive", "--include=none,resources", NULL};
    g_autoptr(xmlDoc) document = cluster_tool_xml(argv, deadline, NULL, error);

    if (document == NULL)
        return NULL;
    GPtrArray *standings = g_ptr_array_new_with_free_func(standing_free);
    cluster_xml_each((xmlNode *)document, "resource", add_standing, standings);
    return standings;
}

const ClusterStanding *cluster_standing_of(const GPtrArray *standings, const char *resource)
{
    for (guint i = 0; standings != NULL && i < standings->len; i++) {
        const ClusterStanding *standing = standings->pdata[i];
        if (strcmp(standing->id, resource) == 0)
            return standing;
    }
    return NULL;
}

gboolean cluster_manages_elsewhere(const char *resource, const char *node, OcfDeadline deadline)
{
    g_autoptr(GPtrArray) standings = cluster_standings_read(deadline, NULL);
    const ClusterStanding *standing = cluster_standing_of(standings, resource);

    return standing != NULL && standing->well && strcmp(standing->nodes->pdata[0], node) != 0;
}
