/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What Pacemaker does with a failed migration. */
#include "cluster/cluster.h"
#include "cluster/tool.h"

static void set_block(xmlNode *primitive, const char *task, gboolean *changed)
{
    xmlNode *operations = NULL;

    for (xmlNode *child = primitive->children; child != NULL; child = child->next)
        if (cluster_xml_is(child, "operations"))
            operations = child;
    for (xmlNode *op = operations != NULL ? operations->children : NULL; op != NULL; op = op->next) {
        g_autofree char *name = cluster_xml_is(op, "op") ? cluster_xml_attribute(op, "name") : NULL;
        g_autofree char *has = name != NULL ? cluster_xml_attribute(op, "on-fail") : NULL;
        if (g_strcmp0(name, task) != 0)
            continue;
        if (has == NULL) {
            xmlSetProp(op, (const xmlChar *)"on-fail", (const xmlChar *)"block");
            *changed = TRUE;
        }
        return;
    }
    if (operations == NULL)
        operations = xmlNewChild(primitive, NULL, (const xmlChar *)"operations", NULL);
    g_autofree char *resource = cluster_xml_attribute(primitive, "id");
    g_autofree char *id = g_strdup_printf("%s-%s-interval-0s", resource, task); /* as pcs does */
    xmlNode *op = xmlNewChild(operations, NULL, (const xmlChar *)"op", NULL);
    const char *const attributes[][2] = {
        {"id", id}, {"name", task}, {"interval", "0s"}, {"on-fail", "block"}};
    for (guint i = 0; i < G_N_ELEMENTS(attributes); i++)
        xmlNewProp(op, (const xmlChar *)attributes[i][0], (const xmlChar *)attributes[i][1]);
    *changed = TRUE;
}

gboolean cluster_block_failed_migrations(const char *resource, OcfDeadline deadline, GError **error)
{
    g_autofree char *quoted = cluster_xpath_string(resource);
    g_autofree char *xpath = g_strdup_printf("//primitive[@id=%s]", quoted);
    g_autoptr(GError) why = NULL;
    g_autoptr(xmlDoc) document = cluster_cib_find(xpath, deadline, &why);
    gboolean changed = FALSE, found = FALSE;

    if (document == NULL) {
        if (why == NULL)
            g_set_error(&why, OCF_ERROR, OCF_ERR_GENERIC, "there is no resource %s in the CIB", resource);
        g_propagate_error(error, g_steal_pointer(&why));
        return FALSE;
    }
    xmlNode *primitive = xmlDocGetRootElement(document);
    set_block(primitive, "migrate_to", &changed);
    set_block(primitive, "migrate_from", &changed);
    if (!changed)
        return TRUE;
    /* nothing but the operations is sent, so that what others change meanwhile stays */
    for (xmlNode *child = primitive->children, *next; child != NULL; child = next) {
        next = child->next;
        if (!cluster_xml_is(child, "operations")) {
            xmlUnlinkNode(child);
            xmlFreeNode(child);
        }
    }
    xmlBuffer *buffer = xmlBufferCreate();
    xmlNodeDump(buffer, document, primitive, 0, 0);
    g_autofree char *xml = g_strdup((const char *)xmlBufferContent(buffer));
    xmlBufferFree(buffer);
    return cluster_cib_change("--modify", xpath, xml, resource, deadline, &found, error);
}
