/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ocf/ocf.h"

/* The version of the RA API that the agent conforms to, not the agent's own (OCF RA API 1.1, "Semantics"). */
#define RA_API_VERSION "1.1"

/* ocf-tester validates against the 1.0 DTD, which does not know what 1.1 added; a declaration in the internal
 * subset comes first and counts, so the same text satisfies both. */
static const char internal_subset[] =
    "<!ATTLIST parameter unique-group CDATA #IMPLIED reloadable (1|0) \"0\">\n"
    "<!ATTLIST action name (start|stop|monitor|migrate_to|migrate_from|reload-agent|meta-data|validate-all)"
    " #REQUIRED>\n";

static const char *type_name(OcfType type)
{
    switch (type) {
    case OCF_TYPE_BOOLEAN:
        return "boolean";
    case OCF_TYPE_INTEGER:
    case OCF_TYPE_SECONDS:
        return "integer";
    case OCF_TYPE_STRING:
        break;
    }
    return "string";
}

static void append_description(GString *xml, const char *shortdesc, const char *longdesc)
{
    g_autofree char *escaped_long = g_markup_escape_text(longdesc, -1);
    g_autofree char *escaped_short = g_markup_escape_text(shortdesc, -1);

    g_string_append_printf(xml, "<longdesc lang=\"en\">\n%s\n</longdesc>\n", escaped_long);
    g_string_append_printf(xml, "<shortdesc lang=\"en\">%s</shortdesc>\n", escaped_short);
}

static void append_parameter(GString *xml, const OcfParameter *parameter)
{
    gboolean unique = (parameter->flags & OCF_PARAMETER_UNIQUE) != 0;

    g_string_append_printf(xml, "<parameter name=\"%s\" required=\"%d\" unique=\"%d\"", parameter->name,
                           (parameter->flags & OCF_PARAMETER_REQUIRED) != 0, unique);
    if (unique)
        g_string_append_printf(xml, " unique-group=\"%s\"", parameter->name);
    g_string_append_printf(xml, " reloadable=\"%d\">\n", (parameter->flags & OCF_PARAMETER_RELOADABLE) != 0);
    append_description(xml, parameter->shortdesc, parameter->longdesc);
    g_string_append_printf(xml, "<content type=\"%s\"", type_name(parameter->type));
    if (parameter->default_text != NULL) {
        g_autofree char *escaped = g_markup_escape_text(parameter->default_text, -1);
        g_string_append_printf(xml, " default=\"%s\"", escaped);
    }
    g_string_append(xml, "/>\n</parameter>\n");
}

static void append_action(GString *xml, const OcfAction *action)
{
    g_string_append_printf(xml, "<action name=\"%s\" timeout=\"%us\"", action->name, action->timeout_s);
    if (action->interval_s > 0)
        g_string_append_printf(xml, " interval=\"%us\"", action->interval_s);
    if (action->depth >= 0)
        g_string_append_printf(xml, " depth=\"%d\"", action->depth);
    g_string_append(xml, "/>\n");
}

GString *ocf_agent_metadata(const OcfAgent *agent)
{
    /* without an encoding: UTF-8 is what XML takes then, and crmsh refuses a text that declares one */
    GString *xml = g_string_new("<?xml version=\"1.0\"?>\n");

    g_string_append_printf(xml, "<!DOCTYPE resource-agent SYSTEM \"ra-api-1.dtd\" [\n%s]>\n",
                           internal_subset);
    g_string_append_printf(xml, "<resource-agent name=\"%s\" version=\"%s\">\n", agent->name, agent->version);
    g_string_append_printf(xml, "<version>%s</version>\n", RA_API_VERSION);
    append_description(xml, agent->shortdesc, agent->longdesc);
    g_string_append(xml, "<parameters>\n");
    for (const OcfParameter *parameter = agent->parameters; parameter->name != NULL; parameter++)
        append_parameter(xml, parameter);
    g_string_append(xml, "</parameters>\n<actions>\n");
    for (const OcfAction *action = agent->actions; action->name != NULL; action++)
        append_action(xml, action);
    g_string_append(xml, "</actions>\n</resource-agent>\n");
    return xml;
}
