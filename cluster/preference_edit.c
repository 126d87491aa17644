/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changing the preference, so that of two administrators at once neither loses what the other did.
 *
 * cibadmin applies a change to what an XPath expression finds, in one step on all nodes; the expression here
 * asks for the set of parameters as it was read, value by value. Where somebody was faster it finds nothing
 * (CRM_EX_NOSUCH), and the change is worked out anew from what holds now. The versions of the CIB would do as
 * well but for num_updates, which every monitor's result raises.
 */
#include "cluster/cluster.h"
#include "cluster/tool.h"

#include <string.h>

enum { ATTEMPTS_MOST = 12, PAUSE_LEAST_MS = 10, PAUSE_MOST_MS = 150 };

#define SET "instance_attributes"

/* The set of parameters that is edited. */
typedef struct {
    const char *resource;
    xmlDoc *document;
    xmlNode *node;          /* NULL: the primitive has none yet */
    GHashTable *parameters; /* what it holds */
} Set;

static void set_clear(Set *set)
{
    g_clear_pointer(&set->document, xmlFreeDoc);
    g_clear_pointer(&set->parameters, g_hash_table_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Set, set_clear)

/* ---- XPath --------------------------------------------------------------------------------------- */

/* A test that an attribute is VALUE. Pacemaker 2.1 prints line breaks and the like otherwise than it keeps
 * them: from the first such character on the value is not compared. */
static char *xpath_value_is(const char *value)
{
    gsize plain = 0;

    while (value[plain] != '\0' && value[plain] != '\\' && !g_ascii_iscntrl(value[plain]))
        plain++;
    g_autofree char *head = g_strndup(value, plain);
    g_autofree char *quoted = cluster_xpath_string(head);
    return g_strdup_printf(value[plain] == '\0' ? "@value=%s" : "starts-with(@value,%s)", quoted);
}

/* What finds the set as it was read, and nothing else. */
static char *set_xpath(const Set *set)
{
    g_autofree char *resource = cluster_xpath_string(set->resource);
    GString *xpath = g_string_new(NULL);
    guint children = 0;

    g_string_printf(xpath, "//primitive[@id=%s]", resource);
    if (set->node == NULL) {
        g_string_append(xpath, "[not(" SET ")]");
        return g_string_free(xpath, FALSE);
    }
    g_autofree char *id = cluster_xml_attribute(set->node, "id");
    g_autofree char *quoted_id = cluster_xpath_string(id != NULL ? id : "");
    g_string_append_printf(xpath, "/" SET "[@id=%s]", quoted_id);
    for (const xmlNode *pair = set->node->children; pair != NULL; pair = pair->next) {
        children += pair->type == XML_ELEMENT_NODE;
        g_autofree char *name = cluster_xml_is(pair, "nvpair") ? cluster_xml_attribute(pair, "name") : NULL;
        g_autofree char *value = name != NULL ? cluster_xml_attribute(pair, "value") : NULL;
        if (value == NULL)
            continue;
        g_autofree char *quoted_name = cluster_xpath_string(name);
        g_autofree char *is_value = xpath_value_is(value);
        g_string_append_printf(xpath, "[nvpair[@name=%s and %s]]", quoted_name, is_value);
    }
    g_string_append_printf(xpath, "[count(*)=%u]", children);
    return g_string_free(xpath, FALSE);
}

/* ---- reading ------------------------------------------------------------------------------------- */

/* Takes the parameters of the set NODE; FALSE if one was in an earlier set: which of them counts depends on
 * rules and scores, which are for a person to judge. */
static gboolean take_parameters(Set *set, const xmlNode *node, GError **error)
{
    for (const xmlNode *pair = node->children; pair != NULL; pair = pair->next) {
        g_autofree char *name = cluster_xml_is(pair, "nvpair") ? cluster_xml_attribute(pair, "name") : NULL;
        g_autofree char *value = name != NULL ? cluster_xml_attribute(pair, "value") : NULL;
        if (value == NULL)
            continue;
        if (g_hash_table_contains(set->parameters, name)) {
            g_set_error(error, OCF_ERROR, OCF_ERR_CONFIGURED,
                        "%s of %s is set more than once: leave one of them, with pcs or cibadmin", name,
                        set->resource);
            return FALSE;
        }
        g_hash_table_insert(set->parameters, g_steal_pointer(&name), g_steal_pointer(&value));
    }
    return TRUE;
}

static gboolean set_read(Set *set, OcfDeadline deadline, GError **error)
{
    g_autofree char *resource = cluster_xpath_string(set->resource);
    g_autofree char *xpath = g_strdup_printf("//primitive[@id=%s]", resource);
    const char *const argv[] = {"cibadmin", "--query", "--xpath", xpath, NULL};

    set->parameters = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    set->document = cluster_tool_xml(argv, deadline, NULL, error);
    if (set->document == NULL)
        return FALSE;
    for (xmlNode *node = xmlDocGetRootElement(set->document)->children; node != NULL; node = node->next) {
        if (!cluster_xml_is(node, SET))
            continue;
        g_autofree char *reference = cluster_xml_attribute(node, "id-ref");
        if (reference != NULL || set->node != NULL) {
            g_set_error(error, OCF_ERROR, OCF_ERR_CONFIGURED,
                        "%s has %s: change its parameters with pcs or cibadmin", set->resource,
                        reference != NULL ? "parameters by reference (id-ref)"
                                          : "several sets of parameters");
            return FALSE;
        }
        set->node = node;
        if (!take_parameters(set, node, error))
            return FALSE;
    }
    return TRUE;
}

/* ---- writing ------------------------------------------------------------------------------------- */

static xmlNode *find_pair(const xmlNode *set, const char *name)
{
    for (xmlNode *pair = set->children; pair != NULL; pair = pair->next) {
        g_autofree char *its_name =
            cluster_xml_is(pair, "nvpair") ? cluster_xml_attribute(pair, "name") : NULL;
        if (g_strcmp0(its_name, name) == 0)
            return pair;
    }
    return NULL;
}

static void write_pair(xmlNode *set, const char *name, const char *value)
{
    xmlNode *pair = find_pair(set, name);

    if (value == NULL) {
        if (pair != NULL) {
            xmlUnlinkNode(pair);
            xmlFreeNode(pair);
        }
        return;
    }
    if (pair == NULL) {
        g_autofree char *set_id = cluster_xml_attribute(set, "id");
        g_autofree char *id = g_strdup_printf("%s-%s", set_id, name); /* as pcs does */
        pair = xmlNewChild(set, NULL, (const xmlChar *)"nvpair", NULL);
        xmlNewProp(pair, (const xmlChar *)"id", (const xmlChar *)id);
        xmlNewProp(pair, (const xmlChar *)"name", (const xmlChar *)name);
    }
    xmlSetProp(pair, (const xmlChar *)"value", (const xmlChar *)value);
}

/* The XML that takes the place of what set_xpath finds. */
static char *set_xml(Set *set, GHashTable *wanted)
{
    gboolean is_new = set->node == NULL;
    GHashTableIter iter;
    gpointer name, value;

    if (is_new) {
        g_autofree char *id = g_strdup_printf("%s-" SET, set->resource);
        set->node = xmlNewDocNode(set->document, NULL, (const xmlChar *)SET, NULL);
        xmlNewProp(set->node, (const xmlChar *)"id", (const xmlChar *)id);
    }
    g_hash_table_iter_init(&iter, set->parameters);
    while (g_hash_table_iter_next(&iter, &name, NULL))
        if (!g_hash_table_contains(wanted, name))
            write_pair(set->node, name, NULL);
    g_hash_table_iter_init(&iter, wanted);
    while (g_hash_table_iter_next(&iter, &name, &value))
        write_pair(set->node, name, value);
    /* into a primitive without a set it is merged, from where cibadmin finds the primitive */
    xmlNode *top = set->node;
    if (is_new) {
        top = xmlNewDocNode(set->document, NULL, (const xmlChar *)"primitive", NULL);
        xmlNewProp(top, (const xmlChar *)"id", (const xmlChar *)set->resource);
        xmlAddChild(top, set->node);
    }
    xmlBuffer *buffer = xmlBufferCreate();
    xmlNodeDump(buffer, set->document, top, 0, 0);
    char *text = g_strdup((const char *)xmlBufferContent(buffer));
    xmlBufferFree(buffer);
    if (is_new)
        xmlFreeNode(top);
    return text;
}

/* Brings the CIB's set to WANTED. TRUE with *CONFLICT where somebody else has changed it since it was read.
 */
static gboolean set_write(Set *set, GHashTable *wanted, OcfDeadline deadline, gboolean *conflict,
                          GError **error)
{
    const char *how = set->node != NULL ? "--replace" : "--modify";
    g_autofree char *xpath = set_xpath(set);
    g_autofree char *xml = set_xml(set, wanted);
    gboolean found = FALSE;

    if (!cluster_cib_change(how, xpath, xml, set->resource, deadline, &found, error))
        return FALSE;
    *conflict = !found;
    return TRUE;
}

/* ---- read, change, write --------------------------------------------------------------------------- */

static GHashTable *copy_parameters(GHashTable *parameters)
{
    GHashTable *copy = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    GHashTableIter iter;
    gpointer name, value;

    g_hash_table_iter_init(&iter, parameters);
    while (g_hash_table_iter_next(&iter, &name, &value))
        g_hash_table_insert(copy, g_strdup(name), g_strdup(value));
    return copy;
}

static gboolean parameters_equal(GHashTable *a, GHashTable *b)
{
    GHashTableIter iter;
    gpointer name, value;

    if (g_hash_table_size(a) != g_hash_table_size(b))
        return FALSE;
    g_hash_table_iter_init(&iter, a);
    while (g_hash_table_iter_next(&iter, &name, &value))
        if (g_strcmp0(value, g_hash_table_lookup(b, name)) != 0)
            return FALSE;
    return TRUE;
}

static gboolean try_edit(const char *resource, ClusterPreferenceChange change, gpointer data,
                         OcfDeadline deadline, gboolean *conflict, GError **error)
{
    g_auto(Set) set = {.resource = resource};

    if (!set_read(&set, deadline, error))
        return FALSE;
    g_autoptr(GHashTable) wanted = copy_parameters(set.parameters);
    if (!change(wanted, data, error))
        return FALSE;
    return parameters_equal(wanted, set.parameters) || set_write(&set, wanted, deadline, conflict, error);
}

gboolean cluster_preference_edit(const char *resource, ClusterPreferenceChange change, gpointer data,
                                 OcfDeadline deadline, GError **error)
{
    for (guint attempt = 0; attempt < ATTEMPTS_MOST; attempt++) {
        gboolean conflict = FALSE;
        if (!try_edit(resource, change, data, deadline, &conflict, error))
            return FALSE;
        if (!conflict)
            return TRUE;
        /* at random, so that two who have met do not meet again */
        if (!ocf_deadline_sleep(deadline, g_random_int_range(PAUSE_LEAST_MS, PAUSE_MOST_MS)))
            break;
    }
    g_set_error(error, OCF_ERROR, OCF_ERR_GENERIC,
                "%s is not changed: others kept changing it meanwhile; try again", resource);
    return FALSE;
}
