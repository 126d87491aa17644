/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a command line to one call of a verb, and from its end to an exit status. */
#include "cli/cli.h"
#include "ocf/ocf.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <string.h>
#include <unistd.h>

enum { STANDARD_OPTIONS = 5, WAIT_MOST_S = 24 * 60 * 60, LINE_MOST = 78 };

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(CliCall, cli_call_clear)

GQuark cli_failure_quark(void)
{
    return g_quark_from_static_string("wherry-cli");
}

gboolean cli_refuse(GError **error, CliExit exit, const char *format, ...)
{
    va_list values;

    va_start(values, format);
    g_autofree char *message = g_strdup_vprintf(format, values);
    va_end(values);
    g_set_error_literal(error, CLI_FAILURE, (gint)exit, message);
    return FALSE;
}

CliExit cli_error_exit(const GError *error)
{
    if (error->domain == CLI_FAILURE)
        return (CliExit)error->code;
    if (error->domain == G_OPTION_ERROR)
        return CLI_USAGE;
    switch (ocf_error_exit(error)) {
    case OCF_ERR_CONFIGURED:
        return CLI_CONFIG;
    case OCF_ERR_PERM:
        return CLI_NO_PERMISSION;
    case OCF_ERR_INSTALLED:
        return CLI_NOT_INSTALLED;
    default:
        return CLI_ERROR;
    }
}

/* ---- options ------------------------------------------------------------------------------------- */

static gboolean check_arguments(CliCall *call, GError **error)
{
    const CliVerb *verb = call->verb;

    call->count = g_strv_length(call->arguments);
    if (call->count >= verb->least && call->count <= verb->most)
        return TRUE;
    if (verb->arguments == NULL)
        g_set_error(error, CLI_FAILURE, CLI_USAGE, "wherry %s takes no arguments, and %s is one", verb->name,
                    call->arguments[0]);
    else
        g_set_error(error, CLI_FAILURE, CLI_USAGE, "too %s arguments: wherry %s %s",
                    call->count < verb->least ? "few" : "many", verb->name, verb->arguments);
    return FALSE;
}

/* TEXT in lines of at most LINE_MOST columns; GOption prints it as it is. */
static char *wrap(const char *text)
{
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    GString *lines = g_string_new(NULL);
    gsize line = 0;

    for (char **word = words; *word != NULL; word++) {
        const char *line_break = strrchr(*word, '\n');
        if (line > 0 && line + 1 + strcspn(*word, "\n") > LINE_MOST)
            line = 0;
        g_string_append_printf(lines, "%s%s", lines->len == 0 ? "" : line == 0 ? "\n" : " ", *word);
        line = line_break != NULL ? strlen(line_break + 1) : line + (line > 0) + strlen(*word);
    }
    g_string_append_c(lines, '\n');
    return g_string_free(lines, FALSE);
}

static GOptionContext *make_context(CliCall *call, GOptionEntry *entries)
{
    const CliVerb *verb = call->verb;
    GOptionContext *context = g_option_context_new(verb->arguments);
    guint count = 0;

    /* file names, because these are taken byte by byte, whatever the locale */
    for (guint i = 0; i < CLI_OPTIONS_MOST && verb->options[i].name != NULL; i++)
        entries[count++] =
            (GOptionEntry){.long_name = verb->options[i].name,
                           .arg = verb->options[i].value != NULL ? G_OPTION_ARG_FILENAME : G_OPTION_ARG_NONE,
                           .arg_data = verb->options[i].value != NULL ? (gpointer)&call->options[i]
                                                                      : (gpointer)&call->given[i],
                           .description = verb->options[i].help,
                           .arg_description = verb->options[i].value};
    if ((verb->flags & CLI_RUNS) != 0) {
        entries[count++] = (GOptionEntry){.long_name = "wait",
                                          .arg = G_OPTION_ARG_INT,
                                          .arg_data = &call->wait_s,
                                          .description = CLI_WAIT_HELP,
                                          .arg_description = "SECONDS"};
        entries[count++] = (GOptionEntry){.long_name = "no-wait",
                                          .arg = G_OPTION_ARG_NONE,
                                          .arg_data = &call->no_wait,
                                          .description = CLI_NO_WAIT_HELP};
    }
    if ((verb->flags & CLI_CHANGES) != 0)
        entries[count++] = (GOptionEntry){.long_name = "dry-run",
                                          .short_name = 'n',
                                          .arg = G_OPTION_ARG_NONE,
                                          .arg_data = &call->dry_run,
                                          .description = "Change nothing, only say what would change"};
    if ((verb->flags & (CLI_SHOWS | CLI_CHANGES)) != 0)
        entries[count++] = (GOptionEntry){.long_name = "json",
                                          .arg = G_OPTION_ARG_NONE,
                                          .arg_data = &call->json,
                                          .description = "Print JSON"};
    entries[count++] = (GOptionEntry){
        .long_name = G_OPTION_REMAINING, .arg = G_OPTION_ARG_FILENAME_ARRAY, .arg_data = &call->arguments};
    entries[count] = (GOptionEntry){.long_name = NULL};
    g_option_context_add_main_entries(context, entries, NULL);
    g_autofree char *summary = g_strconcat(verb->summary, ".", NULL);
    g_option_context_set_summary(context, summary);
    g_autofree char *description = wrap(verb->description);
    g_option_context_set_description(context, description);
    return context;
}

gboolean cli_call_parse(CliCall *call, const CliVerb *verb, int argc, char **argv, GError **error)
{
    GOptionEntry entries[CLI_OPTIONS_MOST + STANDARD_OPTIONS + 1];
    g_autofree char *name = g_strconcat("wherry ", verb->name, NULL);

    call->verb = verb;
    call->wait_s = WAIT_MOST_S;
    g_set_prgname(name); /* the first words of the help */
    g_autoptr(GOptionContext) context = make_context(call, entries);
    if (!g_option_context_parse(context, &argc, &argv, error))
        return FALSE;
    if (call->arguments == NULL)
        call->arguments = g_new0(char *, 1);
    if (call->wait_s < 1 || call->wait_s > WAIT_MOST_S) {
        g_set_error(error, CLI_FAILURE, CLI_USAGE, "--wait takes 1 to %d seconds", WAIT_MOST_S);
        return FALSE;
    }
    if (call->no_wait)
        call->wait_s = 0;
    return check_arguments(call, error);
}

void cli_call_clear(CliCall *call)
{
    g_strfreev(call->arguments);
    for (guint i = 0; i < CLI_OPTIONS_MOST; i++)
        g_free(call->options[i]);
    *call = (CliCall){.verb = NULL};
}

/* ---- the program --------------------------------------------------------------------------------- */

/* A closed standard stream would give its number to the next file that is opened. */
static void open_standard_streams(void)
{
    for (int fd = open("/dev/null", O_RDWR | O_CLOEXEC); fd >= 0;
         fd = open("/dev/null", O_RDWR | O_CLOEXEC)) {
        if (fd > STDERR_FILENO) {
            close(fd);
            return;
        }
        fcntl(fd, F_SETFD, 0);
    }
}

static int fail(const GError *error)
{
    fprintf(stderr, "wherry: %s\n", error->message);
    return (int)cli_error_exit(error);
}

static gboolean run_verb(const CliVerb *verb, int argc, char **argv, CliExit *status, GError **error)
{
    g_auto(CliCall) call = {.verb = verb};

    if (!cli_call_parse(&call, verb, argc, argv, error) || !verb->run(&call, error))
        return FALSE;
    *status = call.status;
    return TRUE;
}

/* Help, the version, or nothing that is known. */
static gboolean run_other(int argc, char **argv, CliExit *status, GError **error)
{
    const char *first = argc > 1 ? argv[1] : "";
    const char *last = argc > 1 ? argv[argc - 1] : "";
    gboolean group = strcmp(first, "network") == 0;

    if (strcmp(first, "--version") == 0) {
        puts("wherry " WHERRY_VERSION);
        return TRUE;
    }
    gboolean asked = strcmp(last, "--help") == 0 || strcmp(last, "-h") == 0 || strcmp(first, "help") == 0;
    if (asked || argc == 1 || (group && argc == 2)) {
        g_autofree char *help = cli_help_text(group ? first : "");
        fputs(help, asked ? stdout : stderr);
        *status = asked ? CLI_OK : CLI_USAGE;
        return TRUE;
    }
    g_autofree char *rest = g_strjoinv(" ", argv + 1);
    g_set_error(error, CLI_FAILURE, CLI_USAGE, "there is no verb \"%s\": see wherry %s--help", rest,
                group ? "network " : "");
    return FALSE;
}

int cli_main(int argc, char **argv)
{
    CliExit status = CLI_OK;
    guint words = 0;
    g_autoptr(GError) error = NULL;

    open_standard_streams();
    setlocale(LC_ALL, "");
    const CliVerb *verb = argc > 0 ? cli_verb_find(argv + 1, &words) : NULL;
    gboolean done = verb != NULL ? run_verb(verb, argc - (int)words, argv + words, &status, &error)
                                 : run_other(argc, argv, &status, &error);
    if (done && fflush(stdout) == EOF) {
        done = FALSE;
        g_set_error(&error, CLI_FAILURE, CLI_IO_ERROR, "cannot write: %s", g_strerror(errno));
    }
    return done ? (int)status : fail(error);
}
