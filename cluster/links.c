/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cluster/cluster.h"
#include "cluster/tool.h"

gboolean cluster_links_publish(const char *text, OcfDeadline deadline, GError **error)
{
    const char *const argv[] = {
        "attrd_updater", "--name", CLUSTER_LINKS_ATTRIBUTE, "--private", "--update", text, NULL};

    return cluster_tool_run(argv, deadline, NULL, NULL, error);
}

gboolean cluster_links_withdraw(OcfDeadline deadline, GError **error)
{
    const char *const argv[] = {"attrd_updater", "--name",   CLUSTER_LINKS_ATTRIBUTE,
                                "--private",     "--delete", NULL};

    return cluster_tool_run(argv, deadline, NULL, NULL, error);
}

static void add_attribute(GHashTable *links, const xmlNode *node)
{
    g_autofree char *host = cluster_xml_attribute(node, "host");
    g_autofree char *value = cluster_xml_attribute(node, "value");

    if (host != NULL && value != NULL && *value != '\0')
        g_hash_table_replace(links, g_steal_pointer(&host), g_steal_pointer(&value));
}

GHashTable *cluster_links_read(OcfDeadline deadline, GError **error)
{
    const char *const argv[] = {"attrd_updater",   "--name", CLUSTER_LINKS_ATTRIBUTE, "--query", "--all",
                                "--output-as=xml", NULL};
    g_autoptr(GHashTable) links = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_autoptr(GError) why = NULL;
    int status = 0;
    g_autoptr(xmlDoc) document = cluster_tool_xml(argv, deadline, &status, &why);

    if (document == NULL && (status == CRM_EX_NOSUCH || status == CRM_EX_CONFIG))
        return g_steal_pointer(&links); /* nobody has published anything */
    if (document == NULL) {
        g_propagate_error(error, g_steal_pointer(&why));
        return NULL;
    }
    for (const xmlNode *node = xmlDocGetRootElement(document)->children; node != NULL; node = node->next)
        if (cluster_xml_is(node, "attribute"))
            add_attribute(links, node);
    return g_steal_pointer(&links);
}
