/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The operator's command: what its verbs share.
 *
 * A verb is one row of the table in verbs.c, from which come dispatch, options, help and wherry(8); its
 * function stands in a file of its own. It prints what was asked for on standard output; what went wrong is
 * one sentence on standard error, printed by main from the error that the verb returns.
 */
#ifndef WHERRY_CLI_CLI_H
#define WHERRY_CLI_CLI_H

#include <glib.h>
#include <stdio.h>

/* Exit statuses: those of Pacemaker's own tools, by their numbers (crm_exit_t in Pacemaker's
 * include/crm/common/results.h, the same in 2.1 and 3.0). */
typedef enum {
    CLI_OK = 0,
    CLI_ERROR = 1,
    CLI_NO_PERMISSION = 4, /* CRM_EX_INSUFFICIENT_PRIV */
    CLI_NOT_INSTALLED = 5,
    CLI_USAGE = 64,
    CLI_IO_ERROR = 74,
    CLI_TRY_AGAIN = 75,     /* CRM_EX_TEMPFAIL */
    CLI_CONFIG = 78,        /* the settings are wrong, or would become so */
    CLI_DISCONNECTED = 102, /* the cluster does not run on this node */
    CLI_NO_SUCH = 105,
    CLI_UNSAFE = 107,
    CLI_LATE = 124 /* CRM_EX_TIMEOUT */
} CliExit;

/* Errors of this folder: the code is the CliExit. */
#define CLI_FAILURE (cli_failure_quark())
GQuark cli_failure_quark(void);

/* Sets ERROR; always FALSE. */
gboolean cli_refuse(GError **error, CliExit exit, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* The exit status that an error of any domain stands for. */
CliExit cli_error_exit(const GError *error);

/* An option. */
typedef struct {
    const char *name;
    const char *value; /* what to call the value in the help; NULL: it has none */
    const char *help;
} CliOption;

enum { CLI_OPTIONS_MOST = 3 };

typedef enum {
    CLI_SHOWS = 1 << 0,   /* takes --json */
    CLI_CHANGES = 1 << 1, /* takes --dry-run, and --json for what it changed */
    CLI_RUNS = 1 << 2     /* takes --wait and --no-wait */
} CliFlags;

/* What the help says of the options that CLI_RUNS brings. */
#define CLI_WAIT_HELP "Return after SECONDS at the latest, with status 124 where it is not done; it goes on"
#define CLI_NO_WAIT_HELP "Return as soon as it is begun"

typedef struct CliVerb CliVerb;

/* One call of a verb. */
typedef struct {
    const CliVerb *verb;
    char **arguments; /* NULL-terminated; as many as the verb takes */
    guint count;
    gboolean json;
    gboolean dry_run;
    gboolean no_wait;
    gint wait_s;                      /* how long it may take until this call returns; 0 with --no-wait */
    char *options[CLI_OPTIONS_MOST];  /* values, in the order of the verb's options; NULL: not given */
    gboolean given[CLI_OPTIONS_MOST]; /* those without a value */
    CliExit status;                   /* what to exit with after success */
} CliCall;

/* TRUE, or FALSE with ERROR set. */
typedef gboolean (*CliRun)(CliCall *call, GError **error);

struct CliVerb {
    const char *name;      /* "network list" */
    const char *arguments; /* "NETWORK..." or NULL */
    guint least, most;     /* of the arguments */
    guint flags;           /* CliFlags */
    CliOption options[CLI_OPTIONS_MOST];
    const char *summary;     /* without a full stop */
    const char *description; /* paragraphs, separated by an empty line */
    CliRun run;
};

/* The verbs, in the order in which they are shown; ends with a row without a name. */
const CliVerb *cli_verbs(void);

/* The verb whose words ARGUMENTS begin with, and how many words those are; NULL: none. */
const CliVerb *cli_verb_find(char **arguments, guint *words);

/* A table of the verbs whose names begin with GROUP ("" is all), for --help. */
char *cli_help_text(const char *group);

/* wherry(8), as roff. */
GString *cli_man(void);

/* The completion for bash, as a script. */
char *cli_completion(void);

/* Parses the rest of a command line for VERB. --help prints and ends the program. */
gboolean cli_call_parse(CliCall *call, const CliVerb *verb, int argc, char **argv, GError **error);
void cli_call_clear(CliCall *call);

/* The whole program but for main itself. */
int cli_main(int argc, char **argv);

gboolean cli_network_list(CliCall *call, GError **error);
gboolean cli_network_order(CliCall *call, GError **error);
gboolean cli_network_exclude(CliCall *call, GError **error);
gboolean cli_network_include(CliCall *call, GError **error);
gboolean cli_network_up(CliCall *call, GError **error);
gboolean cli_network_down(CliCall *call, GError **error);
gboolean cli_network_name(CliCall *call, GError **error);
gboolean cli_network_test(CliCall *call, GError **error);
gboolean cli_network_explain(CliCall *call, GError **error);
gboolean cli_move(CliCall *call, GError **error);
gboolean cli_cancel(CliCall *call, GError **error);
gboolean cli_drain(CliCall *call, GError **error);
gboolean cli_undrain(CliCall *call, GError **error);
gboolean cli_status(CliCall *call, GError **error);
gboolean cli_history(CliCall *call, GError **error);
gboolean cli_limit_migrations(CliCall *call, GError **error);
gboolean cli_limit_incoming(CliCall *call, GError **error);
gboolean cli_add(CliCall *call, GError **error);
gboolean cli_hosts(CliCall *call, GError **error);
gboolean cli_adopt(CliCall *call, GError **error);
gboolean cli_check(CliCall *call, GError **error);

#endif
