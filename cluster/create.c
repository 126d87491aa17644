/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cluster/cluster.h"
#include "cluster/tool.h"

static xmlNode *add(xmlNode *parent, const char *name, const char *id)
{
    xmlNode *node = xmlNewChild(parent, NULL, (const xmlChar *)name, NULL);

    xmlNewProp(node, (const xmlChar *)"id", (const xmlChar *)id);
    return node;
}

static void set(xmlNode *node, const char *name, const char *value)
{
    xmlNewProp(node, (const xmlChar *)name, (const xmlChar *)value);
}

static void add_pair(xmlNode *parent, const char *prefix, const char *name, const char *value)
{
    g_autofree char *id = g_strdup_printf("%s-%s", prefix, name);
    xmlNode *pair = add(parent, "nvpair", id);

    set(pair, "name", name);
    set(pair, "value", value);
}

static void add_parameters(xmlNode *primitive, const char *id, const GPtrArray *parameters)
{
    g_autofree char *set_id = g_strdup_printf("%s-instance_attributes", id);
    xmlNode *attributes = add(primitive, "instance_attributes", set_id);

    for (guint i = 0; i < parameters->len; i++) {
        g_auto(GStrv) parts = g_strsplit(parameters->pdata[i], "=", 2);
        add_pair(attributes, set_id, parts[0], parts[1]);
    }
}

static void add_operation(xmlNode *operations, const char *id, const ClusterOperationPlan *plan)
{
    g_autofree char *interval = g_strdup_printf("%" G_GINT64_FORMAT "s", plan->interval_s);
    g_autofree char *timeout = g_strdup_printf("%" G_GINT64_FORMAT "s", plan->timeout_s);
    g_autofree char *op_id = g_strdup_printf("%s-%s-interval-%s", id, plan->name, interval);
    xmlNode *op = add(operations, "op", op_id);

    set(op, "name", plan->name);
    set(op, "interval", interval);
    set(op, "timeout", timeout);
}

static xmlDoc *make(const char *id, const char *agent, const GPtrArray *parameters,
                    const ClusterOperationPlan *operations)
{
    static const char *const parts[] = {"class", "provider", "type"};
    xmlDoc *document = xmlNewDoc((const xmlChar *)"1.0");
    xmlNode *primitive = xmlNewNode(NULL, (const xmlChar *)"primitive");
    g_auto(GStrv) words = g_strsplit(agent, ":", -1);
    g_autofree char *meta_id = g_strdup_printf("%s-meta_attributes", id);

    xmlDocSetRootElement(document, primitive);
    set(primitive, "id", id);
    for (guint i = 0; i < G_N_ELEMENTS(parts) && words[i] != NULL; i++)
        set(primitive, parts[i], words[i]);
    add_parameters(primitive, id, parameters);
    add_pair(add(primitive, "meta_attributes", meta_id), meta_id, "allow-migrate", "true");
    xmlNode *list = xmlNewChild(primitive, NULL, (const xmlChar *)"operations", NULL);
    for (; operations->name != NULL; operations++)
        add_operation(list, id, operations);
    return document;
}

gboolean cluster_resource_create(const char *id, const char *agent, const GPtrArray *parameters,
                                 const ClusterOperationPlan *operations, OcfDeadline deadline, GError **error)
{
    g_autoptr(xmlDoc) document = make(id, agent, parameters, operations);
    xmlChar *text = NULL;
    int length = 0;
    g_auto(OcfChild) child = {0};

    xmlDocDumpMemory(document, &text, &length);
    const char *const argv[] = {"cibadmin",   "--create",         "--scope", "resources",
                                "--xml-text", (const char *)text, NULL};
    gboolean run = ocf_child_run(argv, OCF_CHILD_ALL_OUTPUT, deadline, &child, error);
    xmlFree(text);
    if (!run)
        return FALSE;
    if (!child.late && child.status == CRM_EX_OK)
        return TRUE;
    if (child.late || child.status != CRM_EX_EXISTS)
        return cluster_tool_failed(&child, "cibadmin", id, "created", error);
    g_set_error(error, OCF_ERROR, OCF_ERR_CONFIGURED, "the CIB has something called %s already", id);
    return FALSE;
}
