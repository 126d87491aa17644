/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ocf/ocf.h"

#include <string.h>

static void append_character(GString *man, char c)
{
    if (c == '\\')
        g_string_append(man, "\\e");
    else if (c == '-')
        g_string_append(man, "\\-");
    else
        g_string_append_c(man, c);
}

/* Appends TEXT as roff: paragraphs at empty lines, and nothing in it read as a request. */
static void append_roff(GString *man, const char *text)
{
    gboolean line_start = TRUE;

    for (const char *c = text; *c != '\0'; c++) {
        if (c[0] == '\n' && c[1] == '\n') {
            g_string_append(man, "\n.PP\n");
            line_start = TRUE;
            c++;
            continue;
        }
        if (line_start && (*c == '.' || *c == '\''))
            g_string_append(man, "\\&");
        append_character(man, *c);
        line_start = *c == '\n';
    }
    g_string_append_c(man, '\n');
}

static const char *type_text(OcfType type)
{
    switch (type) {
    case OCF_TYPE_BOOLEAN:
        return "boolean";
    case OCF_TYPE_INTEGER:
        return "integer";
    case OCF_TYPE_SECONDS:
        return "seconds";
    case OCF_TYPE_STRING:
        break;
    }
    return "string";
}

static void append_parameter(GString *man, const OcfParameter *parameter)
{
    g_string_append_printf(man, ".TP\n.B %s\n(%s", parameter->name, type_text(parameter->type));
    if ((parameter->flags & OCF_PARAMETER_REQUIRED) != 0)
        g_string_append(man, ", required");
    if ((parameter->flags & OCF_PARAMETER_UNIQUE) != 0)
        g_string_append(man, ", unique");
    if (parameter->default_text != NULL && *parameter->default_text != '\0') {
        g_string_append(man, ", default \\fI");
        for (const char *c = parameter->default_text; *c != '\0'; c++)
            append_character(man, *c);
        g_string_append(man, "\\fR");
    }
    if ((parameter->flags & OCF_PARAMETER_RELOADABLE) != 0)
        g_string_append(man, ", reloadable");
    g_string_append(man, ")\n.br\n");
    /* inside an indented list a paragraph is .IP, not .PP */
    g_autoptr(GString) text = g_string_new(NULL);
    append_roff(text, parameter->longdesc);
    g_string_replace(text, "\n.PP\n", "\n.IP\n", 0);
    g_string_append(man, text->str);
}

static void append_action(GString *man, const OcfAction *action)
{
    g_string_append(man, ".TP\n.B ");
    append_roff(man, action->name);
    g_string_append_printf(man, "suggested timeout %u s", action->timeout_s);
    if (action->interval_s > 0)
        g_string_append_printf(man, ", interval %u s", action->interval_s);
    if (action->depth >= 0)
        g_string_append_printf(man, ", check level %d", action->depth);
    g_string_append_c(man, '\n');
}

GString *ocf_agent_man(const OcfAgent *agent)
{
    GString *man = g_string_new(NULL);
    g_autofree char *title = g_strdup_printf("ocf_%s_%s", agent->provider, agent->name);
    g_autofree char *upper = g_ascii_strup(title, -1);

    g_string_append_printf(man, ".TH %s 7 \"\" \"wherry %s\" \"OCF resource agents\"\n", upper,
                           agent->version);
    g_string_append_printf(man, ".SH NAME\n%s \\- ", title);
    append_roff(man, agent->shortdesc);
    g_string_append_printf(man, ".SH SYNOPSIS\n.B ocf:%s:%s\n.I action\n", agent->provider, agent->name);
    g_string_append(man, ".SH DESCRIPTION\n");
    append_roff(man, agent->longdesc);
    g_string_append(man, ".SH PARAMETERS\n");
    for (const OcfParameter *parameter = agent->parameters; parameter->name != NULL; parameter++)
        append_parameter(man, parameter);
    g_string_append(man, ".SH ACTIONS\n");
    for (const OcfAction *action = agent->actions; action->name != NULL; action++)
        append_action(man, action);
    if (agent->man_text != NULL)
        g_string_append(man, agent->man_text);
    return man;
}
