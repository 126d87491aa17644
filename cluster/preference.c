/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cluster/cluster.h"
#include "cluster/tool.h"

#include <string.h>

/* <instance_attributes><nvpair name= value=/>...; where there are several sets the first with a name counts,
 * as for Pacemaker itself (sets with rules are not told apart). */
static void add_parameters(ClusterPreference *preference, const xmlNode *set)
{
    for (const xmlNode *pair = set->children; pair != NULL; pair = pair->next) {
        if (!cluster_xml_is(pair, "nvpair"))
            continue;
        g_autofree char *name = cluster_xml_attribute(pair, "name");
        g_autofree char *value = cluster_xml_attribute(pair, "value");
        if (name != NULL && value != NULL && !g_hash_table_contains(preference->parameters, name))
            g_hash_table_insert(preference->parameters, g_steal_pointer(&name), g_steal_pointer(&value));
    }
}

/* The answer is the primitive itself, or a list of them. Of several the one whose id sorts first counts, on
 * every node the same. */
static const xmlNode *first_primitive(const xmlNode *root, char **id)
{
    const xmlNode *first = NULL;

    if (cluster_xml_is(root, "primitive")) {
        *id = cluster_xml_attribute(root, "id");
        return root;
    }
    for (const xmlNode *node = root->children; node != NULL; node = node->next) {
        g_autofree char *its_id =
            cluster_xml_is(node, "primitive") ? cluster_xml_attribute(node, "id") : NULL;

        if (its_id == NULL || (first != NULL && strcmp(its_id, *id) >= 0))
            continue;
        g_free(*id);
        *id = g_steal_pointer(&its_id);
        first = node;
    }
    return first;
}

ClusterPreference *cluster_preference_read(OcfDeadline deadline, GError **error)
{
    const char *const argv[] = {"cibadmin", "--query", "--xpath",
                                "//primitive[@provider='wherry'][@type='MigrationNetworks']", NULL};
    g_autoptr(ClusterPreference) preference = g_new0(ClusterPreference, 1);
    g_autoptr(GError) why = NULL;
    int status = 0;
    g_autoptr(xmlDoc) document = cluster_tool_xml(argv, deadline, &status, &why);

    preference->parameters = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    if (document == NULL && status == CRM_EX_NOSUCH)
        return g_steal_pointer(&preference);
    if (document == NULL) {
        g_propagate_error(error, g_steal_pointer(&why));
        return NULL;
    }
    const xmlNode *primitive = first_primitive(xmlDocGetRootElement(document), &preference->resource);
    for (const xmlNode *set = primitive != NULL ? primitive->children : NULL; set != NULL; set = set->next)
        if (cluster_xml_is(set, "instance_attributes"))
            add_parameters(preference, set);
    return g_steal_pointer(&preference);
}

const char *cluster_preference_get(const ClusterPreference *preference, const char *name)
{
    return g_hash_table_lookup(preference->parameters, name);
}

NetprefSettings cluster_preference_settings(GHashTable *parameters)
{
    return (NetprefSettings){
        .order = g_hash_table_lookup(parameters, "order"),
        .exclude = g_hash_table_lookup(parameters, "exclude"),
        .names = g_hash_table_lookup(parameters, "names"),
        .ring = g_hash_table_lookup(parameters, "ring"),
        .unlisted = g_hash_table_lookup(parameters, "unlisted"),
    };
}

void cluster_preference_free(ClusterPreference *preference)
{
    if (preference == NULL)
        return;
    g_free(preference->resource);
    g_hash_table_unref(preference->parameters);
    g_free(preference);
}
