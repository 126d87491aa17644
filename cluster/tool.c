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
