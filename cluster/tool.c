/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cluster/tool.h"

#include <libxml/parser.h>
#include <string.h>

gboolean cluster_tool_run(const char *const *argv, OcfDeadline deadline, char **output, int *status,
                          GError **error)
{
    g_auto(OcfChild) child = {0};

    if (!ocf_child_run(argv, OCF_CHILD_PLAIN_OUTPUT, deadline, &child, error))
        return FALSE;
    if (status != NULL)
        *status = child.status;
    if (child.status == 0 && !child.late) {
        if (output != NULL)
            *output = g_steal_pointer(&child.output);
        return TRUE;
    }
    if (child.absent)
        g_set_error(error, OCF_ERROR, OCF_ERR_INSTALLED, "%s is not installed", argv[0]);
    else if (child.late)
        g_set_error(error, OCF_ERROR, OCF_ERR_GENERIC, "%s did not answer in time", argv[0]);
    else
        g_set_error(error, OCF_ERROR, OCF_ERR_GENERIC, "%s failed with status %d", argv[0], child.status);
    return FALSE;
}

xmlDoc *cluster_tool_xml(const char *const *argv, OcfDeadline deadline, int *status, GError **error)
{
    g_autofree char *text = NULL;

    if (!cluster_tool_run(argv, deadline, &text, status, error))
        return NULL;
    xmlDoc *document = xmlReadMemory(text, (int)strlen(text), NULL, NULL,
                                     XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    if (document == NULL)
        g_set_error(error, OCF_ERROR, OCF_ERR_GENERIC, "%s printed no XML", argv[0]);
    return document;
}

gboolean cluster_xml_is(const xmlNode *node, const char *name)
{
    return node != NULL && node->type == XML_ELEMENT_NODE && strcmp((const char *)node->name, name) == 0;
}

char *cluster_xml_attribute(const xmlNode *node, const char *name)
{
    xmlChar *value = xmlGetNoNsProp((xmlNode *)node, (const xmlChar *)name);
    char *copy = g_strdup((const char *)value);

    xmlFree(value);
    return copy;
}

char *cluster_xpath_string(const char *text)
{
    if (strchr(text, '\'') == NULL)
        return g_strdup_printf("'%s'", text);
    if (strchr(text, '"') == NULL)
        return g_strdup_printf("\"%s\"", text);
    g_auto(GStrv) parts = g_strsplit(text, "'", -1);
    g_autofree char *joined = g_strjoinv("',\"'\",'", parts);
    return g_strdup_printf("concat('%s')", joined);
}

gboolean cluster_tool_failed(const OcfChild *child, const char *tool, const char *what, const char *undone,
                             GError **error)
{
    g_autofree char *said = g_strndup(child->output, strcspn(child->output, "\n"));
    gboolean forbidden = !child->late && child->status == CRM_EX_INSUFFICIENT_PRIV;

    g_set_error(error, OCF_ERROR, forbidden ? OCF_ERR_PERM : OCF_ERR_GENERIC, "%s is not %s: %s %s%s%s", what,
                undone, tool, child->late ? "did not answer in time" : "failed", *said != '\0' ? ": " : "",
                said);
    return FALSE;
}

gboolean cluster_cib_change(const char *how, const char *xpath, const char *xml, const char *what,
                            OcfDeadline deadline, gboolean *found, GError **error)
{
    const char *const argv[] = {"cibadmin", how, "--xpath", xpath, xml != NULL ? "--xml-text" : NULL,
                                xml,        NULL};
    g_auto(OcfChild) child = {0};

    if (!ocf_child_run(argv, OCF_CHILD_ALL_OUTPUT, deadline, &child, error))
        return FALSE;
    *found = child.late || child.status != CRM_EX_NOSUCH;
    if (!*found || (!child.late && child.status == CRM_EX_OK))
        return TRUE;
    return cluster_tool_failed(&child, "cibadmin", what, "changed", error);
}

xmlDoc *cluster_cib_find(const char *xpath, OcfDeadline deadline, GError **error)
{
    const char *const argv[] = {"cibadmin", "--query", "--xpath", xpath, NULL};
    g_autoptr(GError) why = NULL;
    int status = 0;
    xmlDoc *document = cluster_tool_xml(argv, deadline, &status, &why);

    if (document == NULL && status != CRM_EX_NOSUCH)
        g_propagate_error(error, g_steal_pointer(&why));
    return document;
}

xmlDoc *cluster_cib_read(OcfDeadline deadline, GError **error)
{
    const char *const argv[] = {"cibadmin", "--query", NULL};

    return cluster_tool_xml(argv, deadline, NULL, error);
}

void cluster_xml_each(xmlNode *node, const char *kind, ClusterXmlVisit visit, gpointer data)
{
    for (xmlNode *child = node->children; child != NULL; child = child->next) {
        if (cluster_xml_is(child, kind))
            visit(child, data);
        if (child->type == XML_ELEMENT_NODE)
            cluster_xml_each(child, kind, visit, data);
    }
}

gboolean cluster_xml_says(const xmlNode *node, const char *name, const char *value)
{
    g_autofree char *has = cluster_xml_attribute(node, name);

    return g_strcmp0(has, value) == 0;
}

gint64 cluster_seconds_of(const char *text)
{
    g_autofree char *iso = text != NULL ? g_strdelimit(g_strdup(text), " ", 'T') : NULL;
    g_autoptr(GDateTime) time = iso != NULL ? g_date_time_new_from_iso8601(iso, NULL) : NULL;

    return time != NULL ? g_date_time_to_unix(time) : 0;
}
