/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The report of one migration: what people are told of it, while it runs and after. The agent that drives it
 * keeps it in a file of WHERRY_RUNDIR, wherryd passes it on to all nodes, and when it has ended a copy goes
 * into the history. Nothing depends on it: what must be known for a guest's sake stands in the journal.
 */
#ifndef WHERRY_AGENT_REPORT_H
#define WHERRY_AGENT_REPORT_H

#include "ocf/ocf.h"

#include <sys/types.h>

typedef enum {
    REPORT_PREPARING,
    REPORT_WAITING,  /* for its turn; REASON says for whom */
    REPORT_SENDING,  /* the guest runs at the source */
    REPORT_POSTCOPY, /* it runs at the target, and the rest of its memory follows */
    REPORT_MOVED,    /* this and the rest: ended */
    REPORT_STAYED,   /* it runs at the source */
    REPORT_FAILED    /* neither is known, or it runs no more */
} ReportPhase;

typedef struct {
    char *id; /* of the migration; a UUID */
    char *resource;
    char *guest;           /* its name in libvirt */
    char *source, *target; /* nodes */
    char *network;         /* the one in use, or used last; "" none, or not chosen by us */
    char *left;            /* networks that were tried or found out before, and why they were left; "" none */
    char *how;             /* it is sent: "tls, 4 connections"; "" not known */
    char *reason;          /* why it did not arrive, or what it waits for; "" neither */
    ReportPhase phase;
    gint64 began_s, ended_s; /* seconds since 1970; ENDED_S 0: it runs */
    gint64 elapsed_ms;       /* so far, by a clock that nobody sets */
    gint64 total_bytes, processed_bytes, remaining_bytes;
    gint64 rate_bytes_s, dirty_bytes_s; /* of the transfer; of what the guest writes into its memory */
    gint64 pass;                        /* over the guest's memory, from 1; 0: not known */
    gint64 downtime_ms;                 /* 0: not known */
    gint64 pid, start_time;             /* of the agent */
} Report;

/* A new one with an id, this process as its agent, and now as its beginning. */
Report *report_new(const char *resource, const char *guest, const char *source, const char *target);
Report *report_copy(const Report *report);
void report_free(Report *report);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Report, report_free)

/* For g_ptr_array_sort, which is stable: what began first comes first. */
gint report_compare(gconstpointer a, gconstpointer b);

/* The same for reports of several nodes: those of one second go by their ids, on all nodes alike. */
gint report_order(gconstpointer a, gconstpointer b);

/* "preparing", "sending" ... */
const char *report_phase_name(ReportPhase phase);
gboolean report_has_ended(const Report *report);

/* One line of words, without a line break; and back, NULL for what is none. Words of a newer version are
 * skipped. Pure. */
char *report_print(const Report *report);
Report *report_parse(const char *line);

/* Several in one text, with | between them or each in a line; what cannot be parsed is left out. Of Report.
 */
char *report_print_all(const GPtrArray *reports);
GPtrArray *report_parse_all(const char *text);

/* How much of the guest's memory is there: 0 to 100, and 100 only of one that has moved; -1: not known. */
gint report_percent(const Report *report);

/* Seconds until it is done at this rate; -1: not known, or never at this rate. */
gint64 report_left_s(const Report *report);

/* ---- files --------------------------------------------------------------------------------------- */

/* The one file of RESOURCE in DIRECTORY (WHERRY_RUNDIR). */
gboolean report_save(const Report *report, const char *directory, GError **error);

/* Those in DIRECTORY that run, or ended less than REPORT_KEPT_S ago; others are removed, and so are those
 * whose agent is gone without having ended them. Of Report. */
enum { REPORT_KEPT_S = 60 };
GPtrArray *report_collect(const char *directory);

/* Adds a line to the history in DIRECTORY (WHERRY_STATEDIR): REPORT_HISTORY_MOST_BYTES at most, twice, of
 * which the older half is thrown away. */
enum { REPORT_HISTORY_MOST_BYTES = 1024 * 1024 };
gboolean report_remember(const Report *report, const char *directory, GError **error);

/* A number that is another one after the history in DIRECTORY has changed. */
gint64 report_history_stamp(const char *directory);

/* The history, oldest first; of Report. Empty where there is none. */
GPtrArray *report_history(const char *directory, GError **error);

/* ---- the cluster --------------------------------------------------------------------------------- */

/* Tells it TEXT (report_print_all) of this node, "" for nothing. wherryd does that. */
gboolean report_publish(const char *text, OcfDeadline deadline, GError **error);

/* What all nodes tell, in report_order; of Report. */
GPtrArray *report_read_all(OcfDeadline deadline, GError **error);

/* wherryd ends: tells the last state once more, and leaves it to the agents to tell what comes. */
void report_hand_over(OcfDeadline deadline);

/* Whether nobody does, as a migration that has lasted ELAPSED_MS can see: wherryd has withdrawn, or not told
 * anything for REPORT_TOLD_S. */
enum { REPORT_TOLD_S = 3 };
gboolean report_is_untold(gint64 elapsed_ms);

/* Does it for all reports of this node, for where nobody else does: one in standby has no wherryd. */
void report_publish_all(OcfDeadline deadline);

#endif
