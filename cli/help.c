/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wherry --help and wherry(8), both from the table of verbs. */
#include "cli/cli.h"
#include "cli/table.h"

#include <string.h>

static char *usage(const CliVerb *verb)
{
    return verb->arguments != NULL ? g_strconcat(verb->name, " ", verb->arguments, NULL)
                                   : g_strdup(verb->name);
}

char *cli_help_text(const char *group)
{
    GString *text = g_string_new(NULL);
    guint widest = 0;

    g_string_append_printf(text, "Usage: wherry %s%sVERB [OPTION...] [ARGUMENT...]\n\n", group,
                           *group != '\0' ? " " : "");
    for (const CliVerb *verb = cli_verbs(); verb->name != NULL; verb++) {
        g_autofree char *line = usage(verb);
        widest = MAX(widest, table_width(line));
    }
    for (const CliVerb *verb = cli_verbs(); verb->name != NULL; verb++) {
        g_autofree char *line = usage(verb);
        if (g_str_has_prefix(verb->name, group))
            g_string_append_printf(text, "  %-*s  %s\n", (int)widest, line, verb->summary);
    }
    g_string_append(text, "\nwherry VERB --help tells more; wherry --version prints the version.\n");
    return g_string_free(text, FALSE);
}

/* ---- roff ---------------------------------------------------------------------------------------- */

/* Appends TEXT so that nothing in it is read as a request. */
static void append_text(GString *man, const char *text)
{
    gboolean line_start = TRUE;

    for (const char *c = text; *c != '\0'; c++) {
        if (line_start && (*c == '.' || *c == '\''))
            g_string_append(man, "\\&");
        line_start = *c == '\n';
        if (c[0] == '\n' && c[1] == '\n') {
            g_string_append(man, "\n.IP\n");
            c++;
        } else if (*c == '\\' || *c == '-') {
            g_string_append_printf(man, "\\%c", *c == '\\' ? 'e' : '-');
        } else {
            g_string_append_c(man, *c);
        }
    }
    g_string_append_c(man, '\n');
}

static void append_option(GString *man, const char *name, const char *value, const char *help)
{
    g_string_append(man, ".IP\n\\fB");
    g_autofree char *option = g_strdup_printf("--%s", name);
    append_text(man, option);
    g_string_truncate(man, man->len - 1);
    g_string_append_printf(man, "\\fR%s\\fI%s\\fR: ", value != NULL ? "=" : "", value != NULL ? value : "");
    append_text(man, help);
}

static void append_verb(GString *man, const CliVerb *verb)
{
    g_string_append(man, ".TP\n.B ");
    append_text(man, verb->name);
    if (verb->arguments != NULL) {
        g_string_truncate(man, man->len - 1);
        g_string_append(man, " \\fI");
        append_text(man, verb->arguments);
        g_string_truncate(man, man->len - 1);
        g_string_append(man, "\\fR\n");
    }
    g_autofree char *text = g_strdup_printf("%s. %s", verb->summary, verb->description);
    append_text(man, text);
    for (guint i = 0; i < CLI_OPTIONS_MOST && verb->options[i].name != NULL; i++)
        append_option(man, verb->options[i].name, verb->options[i].value, verb->options[i].help);
    if ((verb->flags & CLI_RUNS) != 0) {
        append_option(man, "wait", "SECONDS", CLI_WAIT_HELP);
        append_option(man, "no-wait", NULL, CLI_NO_WAIT_HELP);
    }
    if ((verb->flags & CLI_CHANGES) != 0)
        append_option(man, "dry-run", NULL, "Change nothing, only say what would change");
    if ((verb->flags & (CLI_SHOWS | CLI_CHANGES)) != 0)
        append_option(man, "json", NULL, "Print JSON");
}

static void append_statuses(GString *man)
{
    static const struct {
        CliExit status;
        const char *text;
    } statuses[] = {
        {CLI_OK, "It is done; also where nothing had to change."},
        {CLI_ERROR, "It failed, for a reason that has no status of its own."},
        {CLI_NO_PERMISSION, "The cluster does not let this user do it."},
        {CLI_NOT_INSTALLED, "A program that is needed is not installed."},
        {CLI_USAGE, "The command line is wrong."},
        {CLI_IO_ERROR, "The answer could not be written."},
        {CLI_TRY_AGAIN, "Not now: the VM is on its way already, or is being settled."},
        {CLI_CONFIG, "The settings are wrong, or would become so."},
        {CLI_DISCONNECTED, "The cluster does not run on this node."},
        {CLI_NO_SUCH, "There is no such network, VM, node or resource."},
        {CLI_UNSAFE, "It would take something away that was asked for elsewhere, or stop a VM."},
        {CLI_LATE, "The cluster did not answer in time, or it is not done yet."},
    };

    g_string_append(man, ".SH EXIT STATUS\nThose of Pacemaker's own tools; see\n.BR crm_error (8).\n");
    for (guint i = 0; i < G_N_ELEMENTS(statuses); i++)
        g_string_append_printf(man, ".TP\n.B %d\n%s\n", (int)statuses[i].status, statuses[i].text);
}

GString *cli_man(void)
{
    GString *man =
        g_string_new(".TH WHERRY 8 \"\" \"wherry " WHERRY_VERSION "\" \"System administration\"\n"
                     ".SH NAME\nwherry \\- live migration of virtual machines in a Pacemaker cluster\n"
                     ".SH SYNOPSIS\n.B wherry\n.I verb\n.RI [ option \"...] [\" argument ...]\n"
                     ".SH DESCRIPTION\n");

    append_text(
        man, "wherry shows and changes what the cluster does when it carries a running virtual machine from "
             "one node to another. It runs on any node, as root. What it changes are resources in the CIB; "
             "pcs and crm do the same, and it prints the command for pcs.");
    g_string_append(man, ".SH VERBS\n");
    for (const CliVerb *verb = cli_verbs(); verb->name != NULL; verb++)
        append_verb(man, verb);
    append_statuses(man);
    g_string_append(man,
                    ".SH SEE ALSO\n.BR ocf_wherry_LiveDomain (7),\n.BR ocf_wherry_MigrationNetworks (7),\n"
                    ".BR pcs (8),\n.BR crm (8)\n");
    return man;
}
