/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Follows the migration of one VM until it has ended and the cluster looks after the VM again. */
#ifndef WHERRY_CLI_FOLLOW_H
#define WHERRY_CLI_FOLLOW_H

#include "agent/report.h"

typedef enum {
    FOLLOW_MOVED,  /* it runs on another node */
    FOLLOW_STAYED, /* it runs where it was */
    FOLLOW_LATE,   /* the time is over, and it is not done */
    FOLLOW_LEFT,   /* whoever watched has gone, and it goes on */
    FOLLOW_CANCEL  /* whoever watched wants it cancelled */
} FollowEnd;

typedef struct {
    const char *vm, *from;
    GHashTable *known; /* ids (char *) of reports that are of earlier migrations; a set */
    gint64 until_us;   /* of the monotonic clock */
    gboolean quiet;    /* show nothing */
    Report *report;    /* out: the last one that was seen, or NULL */
    char *node;        /* out: where the cluster has it now, or NULL */
} Follow;

void follow_clear(Follow *follow);

/* The ids in REPORTS, as Follow.known wants them. */
GHashTable *follow_known(const GPtrArray *reports);

/* Puts a copy of the newest of REPORTS about VM, of those not KNOWN and sent by SOURCE (NULL: any node), in
 * the place of *TAKEN; leaves that where there is none. */
void follow_take_report(Report **taken, const GPtrArray *reports, GHashTable *known, const char *vm,
                        const char *source);

/* Shows a line that changes on a terminal, and what is new in lines of their own elsewhere. Interrupted on a
 * terminal it asks what is wanted. FALSE with ERROR (CLI_FAILURE) where the cluster does not answer any more.
 */
gboolean follow_run(Follow *follow, FollowEnd *end, GError **error);

/* As much of LINE (UTF-8) as a line of the terminal holds. */
char *follow_cut(const char *line);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Follow, follow_clear)

#endif
