/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The contract between a resource manager and a resource agent, as the OCF Resource Agent API 1.1
 * states it: exit codes, exit reasons, the environment of a call, its deadline, and one table of
 * parameters per agent from which parsing, defaults, meta-data and the man page come.
 *
 * Floor 0: nothing here knows libvirt or Pacemaker.
 */
#ifndef WHERRY_OCF_H
#define WHERRY_OCF_H

#include <glib.h>
#include <stddef.h>
#include <sys/types.h>

/* Exit codes (OCF RA API 1.1, "Exit Status Codes"); no other value leaves an agent. */
typedef enum {
    OCF_SUCCESS = 0,
    OCF_ERR_GENERIC = 1,       /* it failed, or nobody can tell */
    OCF_ERR_ARGS = 2,          /* wrong on this host */
    OCF_ERR_UNIMPLEMENTED = 3, /* no such action */
    OCF_ERR_PERM = 4,
    OCF_ERR_INSTALLED = 5,
    OCF_ERR_CONFIGURED = 6, /* wrong everywhere */
    OCF_NOT_RUNNING = 7     /* monitor only, and only when sure */
} OcfExit;

/* Every GError of the project has this domain; its code is the OcfExit, its message one line for the
 * administrator with the essential first (Pacemaker 2.1 cuts an exit reason at 128 bytes). */
#define OCF_ERROR (ocf_error_quark())
GQuark ocf_error_quark(void);

/* The exit code that an error stands for; OCF_ERR_GENERIC for any foreign domain. */
OcfExit ocf_error_exit(const GError *error);

/* ---- time -------------------------------------------------------------------------------------- */

/* A deadline is a time on the monotonic clock in microseconds, as of g_get_monotonic_time(). */
typedef gint64 OcfDeadline;

/* Now plus DURATION_MS, a negative duration counting as none. */
OcfDeadline ocf_deadline_in(gint64 duration_ms);

/* Milliseconds until DEADLINE, never negative. */
gint64 ocf_deadline_left_ms(OcfDeadline deadline);

/* The earlier of DEADLINE and now plus DURATION_MS. */
OcfDeadline ocf_deadline_within(OcfDeadline deadline, gint64 duration_ms);

/* What an agent keeps back from an action's timeout: a late agent is ended by SIGKILL (no handler runs),
 * so what must be undone is undone in this margin. A tenth, at least 0.5 s and at most 5 s. */
gint64 ocf_deadline_margin_ms(gint64 timeout_ms);

/* Sleeps, but never past DEADLINE. FALSE if the deadline has come. */
gboolean ocf_deadline_sleep(OcfDeadline deadline, gint64 duration_ms);

/* ---- parameters -------------------------------------------------------------------------------- */

typedef enum {
    OCF_TYPE_STRING,  /* char *, owned by the values; never NULL, "" where unset */
    OCF_TYPE_INTEGER, /* gint64, decimal, between min and max */
    OCF_TYPE_SECONDS, /* gint64 in seconds; an "s" may follow the number */
    OCF_TYPE_BOOLEAN  /* gboolean; the words of ocf_is_true and their opposites */
} OcfType;

typedef enum {
    OCF_PARAMETER_REQUIRED = 1 << 0,
    OCF_PARAMETER_UNIQUE = 1 << 1,    /* no two resources share the value */
    OCF_PARAMETER_RELOADABLE = 1 << 2 /* a change takes effect without a restart */
} OcfParameterFlags;

/* One row: all there is to know of one parameter. A table ends with a row without a name. */
typedef struct {
    const char *name;
    OcfType type;
    guint flags;              /* OcfParameterFlags */
    size_t offset;            /* of the value in the agent's structure of values */
    const char *default_text; /* as an administrator would write it; NULL: none */
    gint64 min, max;          /* of a number */
    const char *const *words; /* the values allowed for a string, NULL-terminated; NULL: any */
    /* what a wrong value counts as where that is no error and the default could do harm; NULL: the default */
    const char *cautious_text;
    const char *shortdesc;
    const char *longdesc; /* paragraphs are separated by an empty line */
} OcfParameter;

/* How to treat a value that does not parse. */
typedef enum {
    OCF_PARSE_STRICT,  /* an error, OCF_ERR_CONFIGURED, that names parameter, value and what is expected */
    OCF_PARSE_LENIENT, /* a warning, and the default (or cautious_text): a typo must never cost a running
                          guest */
} OcfParseMode;

/* Fills VALUES (zeroed by the caller) from the OCF_RESKEY_* variables of ENVIRONMENT ("NAME=VALUE",
 * NULL-terminated). On failure VALUES holds what must still be cleared. */
gboolean ocf_parameters_parse(const OcfParameter *table, char **environment, OcfParseMode mode, void *values,
                              GError **error);
void ocf_parameters_clear(const OcfParameter *table, void *values);

/* Strict parsers of single values; FALSE leaves the result untouched. */
gboolean ocf_parse_boolean(const char *text, gboolean *result);
gboolean ocf_parse_integer(const char *text, gint64 min, gint64 max, gint64 *result);

/* ---- lines of words ------------------------------------------------------------------------------ */

/* What processes and nodes tell each other in one line: words "key=value" with a blank between, values
 * escaped as in URIs, so that none holds a blank, a quote or a line break. */
void ocf_words_add(GString *line, const char *key, const char *value);
void ocf_words_add_number(GString *line, const char *key, gint64 value);

/* The value of KEY in WORDS (a line split at its blanks), to be freed; NULL where it is missing or damaged.
 */
char *ocf_words_get(char **words, const char *key);

/* The same for a number of 0 to MOST; FALSE leaves *NUMBER untouched. */
gboolean ocf_words_get_number(char **words, const char *key, gint64 most, gint64 *number);

/* ---- agents ------------------------------------------------------------------------------------ */

/* One call of an agent. */
typedef struct {
    const char *action;
    const char *resource;   /* OCF_RESOURCE_INSTANCE; the agent's name where it is unset */
    const char *peer;       /* the other node of a migration, or NULL */
    const char *local_node; /* this node's name, where the resource manager tells it, or NULL */
    gboolean probe;         /* a monitor outside of any interval (an unset interval counts as one) */
    gint check_level;       /* OCF_CHECK_LEVEL, 0 where it is unset */
    gint64 timeout_ms;      /* the action's whole timeout */
    OcfDeadline deadline;   /* less the margin */
    const void *parameters;
} OcfCall;

/* An action returns TRUE, or FALSE with ERROR set; the error's code is the exit status. */
typedef gboolean (*OcfActionRun)(const OcfCall *call, GError **error);

typedef struct {
    const char *name;
    guint timeout_s;
    guint interval_s; /* 0: none advertised */
    gint depth;       /* -1: none advertised */
    OcfParseMode parse;
    OcfActionRun run; /* NULL: meta-data, or a further advertisement of an action above */
} OcfAction;

typedef struct {
    const char *name;
    const char *provider;
    const char *version;
    const char *shortdesc;
    const char *longdesc;
    const OcfParameter *parameters;
    size_t parameters_size; /* of the structure of values */
    const OcfAction *actions;
    const char *man_text; /* further sections of the man page, as roff; may be NULL */
} OcfAgent;

/* Reads the call from the arguments and ENVIRONMENT, runs it, prints the exit reason if it failed, and
 * returns the exit status. The main function of an agent is this and nothing else. */
int ocf_agent_main(const OcfAgent *agent, int argc, char **argv, char **environment);

/* Reads ENVIRONMENT into CALL (borrowing strings from it); never fails, odd values count as unset. */
void ocf_call_read(OcfCall *call, const OcfAction *action, const char *agent_name, char **environment);

/* Meta-data (OCF RA API 1.1, "Resource Agent Meta-Data") and section 7 man page of an agent. */
GString *ocf_agent_metadata(const OcfAgent *agent);
GString *ocf_agent_man(const OcfAgent *agent);

/* Sends what g_message, g_warning and g_info say to standard error and, from a cluster, to syslog, each line
 * led by WHO. g_debug is heard when HA_debug is set. Called once, by main. */
void ocf_log_init(const char *who, char **environment);

/* ---- processes --------------------------------------------------------------------------------- */

/* The kernel's id of this boot; "" where it cannot be read. */
char *ocf_boot_id(void);

/* When a process was started, in ticks since the boot (field 22 of /proc/PID/stat): with its number and the
 * boot's id that names it for good. FALSE where there is none, or only a zombie. */
gboolean ocf_process_start_time(pid_t pid, guint64 *start_time);

/* Starts ARGV (an absolute path first) in a session of its own, so that it outlives the caller and whoever
 * ends the caller's process group; it holds none of the caller's files. Returns its number, or 0. */
pid_t ocf_detach(const char *const *argv, GError **error);

/* ---- children ---------------------------------------------------------------------------------- */

typedef struct {
    gint status;     /* exit status; 128 + signal when it was killed */
    gboolean late;   /* it was ended because its deadline had come */
    gboolean absent; /* there is no such program */
    char *output;    /* without trailing white space; never NULL */
} OcfChild;

typedef enum {
    OCF_CHILD_ALL_OUTPUT,   /* standard output and error together, as a person would see them */
    OCF_CHILD_PLAIN_OUTPUT, /* standard output alone, for a value; what it says beside is dropped, and it does
                             * not see the call's OCF_RESKEY_CRM_meta_* */
} OcfChildOutput;

/* Runs ARGV (searched in PATH) with no standard input until it ends or DEADLINE comes; then it and what it
 * started are killed. It never outlives the agent's process. FALSE only where no process can be had. */
gboolean ocf_child_run(const char *const *argv, OcfChildOutput what, OcfDeadline deadline, OcfChild *child,
                       GError **error);
void ocf_child_clear(OcfChild *child);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(OcfChild, ocf_child_clear)

#endif
