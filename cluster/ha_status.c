/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cluster/cluster.h"
#include "cluster/tool.h"

#include <string.h>

#define SET_SUFFIX "-wherry-drop"
#define OWNER "wherry-drop"

/* The set as XML text. */
static char *set_xml(const ClusterDrop *drop)
{
    g_autofree char *owner = cluster_drop_print(drop);

    return g_markup_printf_escaped("<meta_attributes id=\"%s" SET_SUFFIX "\" score=\"INFINITY\">"
                                   "<nvpair id=\"%s" SET_SUFFIX
                                   "-maintenance\" name=\"maintenance\" value=\"true\"/>"
                                   "<nvpair id=\"%s" SET_SUFFIX "-owner\" name=\"" OWNER "\" value=\"%s\"/>"
                                   "</meta_attributes>",
                                   drop->resource, drop->resource, drop->resource, owner);
}

/* What finds the set of RESOURCE, with OWNER_TEXT as its owner if that is not NULL. */
static char *set_xpath(const char *resource, const char *owner_text)
{
    g_autofree char *set_id = g_strconcat(resource, SET_SUFFIX, NULL);
    g_autofree char *quoted_id = cluster_xpath_string(set_id);

    if (owner_text == NULL)
        return g_strdup_printf("//primitive/meta_attributes[@id=%s]", quoted_id);
    g_autofree char *quoted_owner = cluster_xpath_string(owner_text);
    return g_strdup_printf("//primitive/meta_attributes[@id=%s][nvpair[@name='" OWNER "' and @value=%s]]",
                           quoted_id, quoted_owner);
}

static gboolean replace_set(const char *xpath, const ClusterDrop *drop, OcfDeadline deadline, gboolean *found,
                            GError **error)
{
    g_autofree char *xml = set_xml(drop);

    return cluster_cib_change("--replace", xpath, xml, drop->resource, deadline, found, error);
}

static gboolean is_there(const char *resource, OcfDeadline deadline, GError **error)
{
    g_autofree char *id = cluster_xpath_string(resource);
    g_autofree char *xpath = g_strdup_printf("//primitive[@id=%s]", id);
    g_autoptr(GError) why = NULL;
    g_autoptr(xmlDoc) document = cluster_cib_find(xpath, deadline, &why);

    if (document != NULL)
        return TRUE;
    if (why == NULL)
        g_set_error(&why, OCF_ERROR, OCF_ERR_CONFIGURED, "there is no resource %s in the CIB", resource);
    g_propagate_error(error, g_steal_pointer(&why));
    return FALSE;
}

gboolean cluster_ha_drop(const ClusterDrop *drop, OcfDeadline deadline, gboolean *done, GError **error)
{
    g_autofree char *primitive_id = cluster_xpath_string(drop->resource);
    g_autofree char *set_id = g_strconcat(drop->resource, SET_SUFFIX, NULL);
    g_autofree char *quoted_set_id = cluster_xpath_string(set_id);
    g_autofree char *xpath =
        g_strdup_printf("//primitive[@id=%s][not(meta_attributes[@id=%s]/nvpair[@name='" OWNER "'])]",
                        primitive_id, quoted_set_id);
    g_autofree char *set = set_xml(drop);
    g_autofree char *id = g_markup_escape_text(drop->resource, -1);
    g_autofree char *xml = g_strdup_printf("<primitive id=\"%s\">%s</primitive>", id, set);

    return cluster_cib_change("--modify", xpath, xml, drop->resource, deadline, done, error) &&
           (*done || is_there(drop->resource, deadline, error));
}

gboolean cluster_ha_hand_over(const ClusterDrop *was, const ClusterDrop *now, OcfDeadline deadline,
                              gboolean *done, GError **error)
{
    g_autofree char *owner = cluster_drop_print(was);
    g_autofree char *xpath = set_xpath(was->resource, owner);

    return replace_set(xpath, now, deadline, done, error);
}

/* Of a set that somebody has put more into, only what is ours is taken away. */
static gboolean empty_set(const ClusterDrop *drop, const char *owner, OcfDeadline deadline, GError **error)
{
    static const char *const names[] = {"maintenance", OWNER};
    g_autofree char *set = set_xpath(drop->resource, owner);
    gboolean found = FALSE;

    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *xpath = g_strdup_printf("%s/nvpair[@name='%s']", set, names[i]);
        if (!cluster_cib_change("--delete", xpath, NULL, drop->resource, deadline, &found, error))
            return FALSE;
    }
    return TRUE;
}

gboolean cluster_ha_regain(const ClusterDrop *drop, OcfDeadline deadline, GError **error)
{
    g_autofree char *owner = cluster_drop_print(drop);
    g_autofree char *set = set_xpath(drop->resource, owner);
    g_autofree char *whole = g_strconcat(set, "[count(*)=2]", NULL);
    g_autoptr(GError) why = NULL;
    gboolean found = FALSE;

    if (!cluster_cib_change("--delete", whole, NULL, drop->resource, deadline, &found, error))
        return FALSE;
    g_autoptr(xmlDoc) left = cluster_cib_find(set, deadline, &why);
    if (why != NULL) {
        g_propagate_error(error, g_steal_pointer(&why));
        return FALSE;
    }
    return left == NULL || empty_set(drop, owner, deadline, error);
}

static void add_drop(xmlNode *pair, gpointer data)
{
    g_autofree char *name = cluster_xml_attribute(pair, "name");
    g_autofree char *id = cluster_xml_attribute(pair, "id");
    g_autofree char *value = cluster_xml_attribute(pair, "value");
    static const char suffix[] = SET_SUFFIX "-owner";

    if (g_strcmp0(name, OWNER) != 0 || id == NULL || !g_str_has_suffix(id, suffix) || value == NULL)
        return;
    g_autofree char *resource = g_strndup(id, strlen(id) - strlen(suffix));
    ClusterDrop *drop = cluster_drop_parse(resource, value);
    if (drop == NULL)
        drop = cluster_drop_of_unknown(resource, value);
    g_ptr_array_add(data, drop);
}

GPtrArray *cluster_ha_drops(const char *resource, OcfDeadline deadline, GError **error)
{
    g_autofree char *set =
        resource != NULL ? set_xpath(resource, NULL) : g_strdup("//primitive/meta_attributes");
    g_autofree char *xpath = g_strconcat(set, "/nvpair[@name='" OWNER "']", NULL);
    g_autoptr(GError) why = NULL;
    g_autoptr(xmlDoc) document = cluster_cib_find(xpath, deadline, &why);

    if (why != NULL) {
        g_propagate_error(error, g_steal_pointer(&why));
        return NULL;
    }
    GPtrArray *drops = g_ptr_array_new_with_free_func((GDestroyNotify)cluster_drop_free);
    if (document != NULL)
        cluster_xml_each((xmlNode *)document, "nvpair", add_drop, drops);
    return drops;
}
