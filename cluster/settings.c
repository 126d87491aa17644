/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The cluster's own settings, and what people left in them. */
#include "cluster/cluster.h"
#include "cluster/tool.h"

static xmlDoc *find(const char *xpath, OcfDeadline deadline, gboolean *failed, GError **error)
{
    g_autoptr(GError) why = NULL;
    xmlDoc *document = cluster_cib_find(xpath, deadline, &why);

    *failed = why != NULL;
    if (why != NULL)
        g_propagate_error(error, g_steal_pointer(&why));
    return document;
}

static void add_property(xmlNode *pair, gpointer data)
{
    g_autofree char *name = cluster_xml_attribute(pair, "name");
    g_autofree char *value = cluster_xml_attribute(pair, "value");

    if (name != NULL && value != NULL && !g_hash_table_contains(data, name))
        g_hash_table_insert(data, g_steal_pointer(&name), g_steal_pointer(&value));
}

GHashTable *cluster_properties_read(OcfDeadline deadline, GError **error)
{
    gboolean failed = FALSE;
    g_autoptr(xmlDoc) document = find("/cib/configuration/crm_config", deadline, &failed, error);

    if (failed)
        return NULL;
    GHashTable *properties = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    if (document != NULL)
        cluster_xml_each((xmlNode *)document, "nvpair", add_property, properties);
    return properties;
}

static gboolean set_attribute(const char *option, const char *where, const char *name, const char *value,
                              OcfDeadline deadline, GError **error)
{
    const char *const argv[] = {
        "crm_attribute", option, where, "--name", name, value != NULL ? "--update" : "--delete", value, NULL};
    g_auto(OcfChild) child = {0};

    if (!ocf_child_run(argv, OCF_CHILD_ALL_OUTPUT, deadline, &child, error))
        return FALSE;
    return (!child.late && child.status == CRM_EX_OK) ||
           cluster_tool_failed(&child, "crm_attribute", name, "changed", error);
}

gboolean cluster_property_set(const char *name, const char *value, OcfDeadline deadline, GError **error)
{
    return set_attribute("--type", "crm_config", name, value, deadline, error);
}

gboolean cluster_node_attribute_set(const char *node, const char *name, const char *value,
                                    OcfDeadline deadline, GError **error)
{
    return set_attribute("--node", node, name, value, deadline, error);
}

static void wish_free(gpointer data)
{
    ClusterWishLeft *wish = data;

    g_free(wish->id);
    g_free(wish->resource);
    g_free(wish);
}

/* Those of crm_resource begin so; one that has a lifetime ends by itself. */
static void add_wish(xmlNode *constraint, gpointer data)
{
    g_autofree char *id = cluster_xml_attribute(constraint, "id");
    g_autofree char *resource = cluster_xml_attribute(constraint, "rsc");

    if (id == NULL || resource == NULL || constraint->children != NULL ||
        !(g_str_has_prefix(id, "cli-ban-") || g_str_has_prefix(id, "cli-prefer-")))
        return;
    ClusterWishLeft *wish = g_new0(ClusterWishLeft, 1);
    wish->id = g_steal_pointer(&id);
    wish->resource = g_steal_pointer(&resource);
    g_ptr_array_add(data, wish);
}

GPtrArray *cluster_wishes_left(OcfDeadline deadline, GError **error)
{
    gboolean failed = FALSE;
    g_autoptr(xmlDoc) document = find("/cib/configuration/constraints", deadline, &failed, error);

    if (failed)
        return NULL;
    GPtrArray *wishes = g_ptr_array_new_with_free_func(wish_free);
    if (document != NULL)
        cluster_xml_each((xmlNode *)document, "rsc_location", add_wish, wishes);
    return wishes;
}
