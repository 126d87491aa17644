/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cluster/cluster.h"
#include "cluster/tool.h"

#include <string.h>

enum { TIMEOUT_DEFAULT_S = 20 }; /* Pacemaker's, of an operation that has none */

/* Adds the pairs of NODE's sets called KIND to VALUES; what is there already wins. */
static void add_values(GHashTable *values, const xmlNode *node, const char *kind)
{
    for (const xmlNode *set = node != NULL ? node->children : NULL; set != NULL; set = set->next) {
        for (const xmlNode *pair = cluster_xml_is(set, kind) ? set->children : NULL; pair != NULL;
             pair = pair->next) {
            g_autofree char *name =
                cluster_xml_is(pair, "nvpair") ? cluster_xml_attribute(pair, "name") : NULL;
            g_autofree char *value = name != NULL ? cluster_xml_attribute(pair, "value") : NULL;
            if (value != NULL && !g_hash_table_contains(values, name))
                g_hash_table_insert(values, g_steal_pointer(&name), g_steal_pointer(&value));
        }
    }
}

/* The first element below NODE that is called KIND, and has ID if that is not NULL. */
static const xmlNode *find_element(const xmlNode *node, const char *kind, const char *id)
{
    for (const xmlNode *child = node->children; child != NULL; child = child->next) {
        g_autofree char *its_id = cluster_xml_is(child, kind) ? cluster_xml_attribute(child, "id") : NULL;
        if (cluster_xml_is(child, kind) && (id == NULL || g_strcmp0(its_id, id) == 0))
            return child;
        const xmlNode *deeper = child->type == XML_ELEMENT_NODE ? find_element(child, kind, id) : NULL;
        if (deeper != NULL)
            return deeper;
    }
    return NULL;
}

static char *agent_of(const xmlNode *primitive)
{
    g_autofree char *class = cluster_xml_attribute(primitive, "class");
    g_autofree char *provider = cluster_xml_attribute(primitive, "provider");
    g_autofree char *type = cluster_xml_attribute(primitive, "type");

    return provider != NULL ? g_strjoin(":", class, provider, type, NULL) : g_strjoin(":", class, type, NULL);
}

gint64 cluster_duration_s(const char *text)
{
    static const struct {
        const char *unit;
        gint64 ms;
    } units[] = {{"", 1000},     {"s", 1000},    {"sec", 1000},   {"ms", 1}, {"msec", 1}, {"m", 60000},
                 {"min", 60000}, {"h", 3600000}, {"hr", 3600000}, {"us", 0}, {"usec", 0}};
    g_autofree char *copy = g_strstrip(g_strdup(text));
    size_t digits = strspn(copy, "0123456789");
    g_autofree char *unit = g_strstrip(g_strdup(copy + digits));
    gint64 number = 0;

    copy[digits] = '\0';
    for (guint i = 0; i < G_N_ELEMENTS(units); i++)
        if (g_ascii_strcasecmp(units[i].unit, unit) == 0 && ocf_parse_integer(copy, 0, G_MAXINT32, &number))
            return number * units[i].ms / 1000;
    return -1;
}

gint64 cluster_resource_timeout_s(const ClusterResource *resource, const char *name)
{
    const char *own = g_hash_table_lookup(resource->timeouts, name);
    const char *value = own != NULL ? own : g_hash_table_lookup(resource->timeouts, "");
    gint64 timeout_s = value != NULL ? cluster_duration_s(value) : -1;

    return timeout_s >= 0 ? timeout_s : TIMEOUT_DEFAULT_S;
}

gboolean cluster_resource_is_monitored(const ClusterResource *resource)
{
    return resource->monitored;
}

/* Of PRIMITIVE or its template; what is there already wins. */
static void add_operations(ClusterResource *resource, const xmlNode *primitive)
{
    const xmlNode *operations = primitive != NULL ? find_element(primitive, "operations", NULL) : NULL;

    for (const xmlNode *op = operations != NULL ? operations->children : NULL; op != NULL; op = op->next) {
        g_autofree char *name = cluster_xml_is(op, "op") ? cluster_xml_attribute(op, "name") : NULL;
        g_autofree char *timeout = name != NULL ? cluster_xml_attribute(op, "timeout") : NULL;
        g_autofree char *interval = name != NULL ? cluster_xml_attribute(op, "interval") : NULL;
        if (g_strcmp0(name, "monitor") == 0 && interval != NULL && cluster_duration_s(interval) > 0)
            resource->monitored = TRUE;
        if (timeout != NULL && !g_hash_table_contains(resource->timeouts, name))
            g_hash_table_insert(resource->timeouts, g_steal_pointer(&name), g_steal_pointer(&timeout));
    }
}

static void add_default_timeout(ClusterResource *resource, const xmlNode *root)
{
    g_autoptr(GHashTable) defaults = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    const char *timeout = NULL;

    add_values(defaults, find_element(root, "op_defaults", NULL), "meta_attributes");
    timeout = g_hash_table_lookup(defaults, "timeout");
    if (timeout != NULL)
        g_hash_table_insert(resource->timeouts, g_strdup(""), g_strdup(timeout));
}

static ClusterResource *resource_new(const xmlNode *primitive, const xmlNode *root)
{
    ClusterResource *resource = g_new0(ClusterResource, 1);
    g_autofree char *template_id = cluster_xml_attribute(primitive, "template");
    const xmlNode *template = template_id != NULL ? find_element(root, "template", template_id) : NULL;

    resource->id = cluster_xml_attribute(primitive, "id");
    resource->agent = agent_of(template != NULL ? template : primitive);
    resource->parameters = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    resource->meta = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    resource->utilization = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    add_values(resource->parameters, primitive, "instance_attributes");
    add_values(resource->parameters, template, "instance_attributes");
    add_values(resource->utilization, primitive, "utilization");
    add_values(resource->meta, primitive, "meta_attributes");
    add_values(resource->meta, template, "meta_attributes");
    for (const xmlNode *parent = primitive->parent; parent != NULL && parent->type == XML_ELEMENT_NODE;
         parent = parent->parent)
        add_values(resource->meta, parent, "meta_attributes");
    add_values(resource->meta, find_element(root, "rsc_defaults", NULL), "meta_attributes");
    resource->timeouts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    add_operations(resource, primitive);
    add_operations(resource, template);
    add_default_timeout(resource, root);
    return resource;
}

void cluster_resource_free(ClusterResource *resource)
{
    if (resource == NULL)
        return;
    g_free(resource->id);
    g_free(resource->agent);
    g_hash_table_unref(resource->parameters);
    g_hash_table_unref(resource->meta);
    g_hash_table_unref(resource->utilization);
    g_hash_table_unref(resource->timeouts);
    g_free(resource);
}

static void add_primitives(GPtrArray *resources, const xmlNode *node, const xmlNode *root)
{
    for (const xmlNode *child = node->children; child != NULL; child = child->next) {
        if (cluster_xml_is(child, "primitive"))
            g_ptr_array_add(resources, resource_new(child, root));
        else if (child->type == XML_ELEMENT_NODE)
            add_primitives(resources, child, root);
    }
}

GPtrArray *cluster_resources_read(OcfDeadline deadline, GError **error)
{
    const char *const argv[] = {"cibadmin", "--query", "--scope", "configuration", NULL};
    g_autoptr(xmlDoc) document = cluster_tool_xml(argv, deadline, NULL, error);

    if (document == NULL)
        return NULL;
    GPtrArray *resources = g_ptr_array_new_with_free_func((GDestroyNotify)cluster_resource_free);
    const xmlNode *root = xmlDocGetRootElement(document);
    add_primitives(resources, root, root);
    return resources;
}

gboolean cluster_agent_change(const char *resource, const char *from, const char *to, OcfDeadline deadline,
                              gboolean *done, GError **error)
{
    g_auto(GStrv) was = g_strsplit(from, ":", -1);
    g_auto(GStrv) now = g_strsplit(to, ":", -1);

    g_return_val_if_fail(g_strv_length(was) == 3 && g_strv_length(now) == 3, FALSE);
    g_autofree char *quoted = cluster_xpath_string(resource);
    g_autofree char *xpath =
        g_strdup_printf("//primitive[@id=%s and @class='%s' and @provider='%s' and @type='%s']", quoted,
                        was[0], was[1], was[2]);
    g_autofree char *xml = g_markup_printf_escaped(
        "<primitive id=\"%s\" class=\"%s\" provider=\"%s\" type=\"%s\"/>", resource, now[0], now[1], now[2]);
    return cluster_cib_change("--modify", xpath, xml, resource, deadline, done, error);
}

char *cluster_resource_locate(const char *id, OcfDeadline deadline, GError **error)
{
    const char *const argv[] = {"crm_resource", "--resource", id, "--locate", "--output-as=xml", NULL};
    g_autoptr(xmlDoc) document = cluster_tool_xml(argv, deadline, NULL, error);
    const xmlNode *node =
        document != NULL ? find_element(xmlDocGetRootElement(document), "node", NULL) : NULL;

    if (node == NULL)
        return NULL;
    xmlChar *name = xmlNodeGetContent(node);
    char *copy = g_strstrip(g_strdup((const char *)name));
    xmlFree(name);
    return copy;
}
