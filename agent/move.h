/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One call of migrate_to, and what it writes down: its journal, for whoever comes after it; its report, for
 * people; and, when it is over, what the cluster has to be told. The way itself is migrate_to.c's.
 */
#ifndef WHERRY_AGENT_MOVE_H
#define WHERRY_AGENT_MOVE_H

#include "agent/guest.h"
#include "agent/journal.h"
#include "agent/other_end.h"
#include "agent/report.h"
#include "agent/routes.h"

/* How the action failed, as far as the guest is concerned. */
typedef enum {
    FAILED_HERE,    /* it runs here, and only here */
    FAILED_UNKNOWN, /* nobody can tell yet */
    FAILED_GUEST    /* it does not run, or not well: to recover it is the cluster's business */
} Failure;

/* One call of the action. */
typedef struct {
    Guest *guest;
    GuestState state;
    OtherEnd there;
    Journal *journal; /* NULL where this call has begun none */
    Report *report;   /* NULL where there is nothing to tell */
    gint64 began_us, report_due_us;
    gboolean publishes; /* the report, because nobody else does */
    gboolean stay;      /* migration_failure=stay, and a cluster that would do otherwise */
    pid_t settler;      /* 0: none */
    gboolean announced;
    gboolean awaited; /* the cluster had this action on record when it began */
    Failure failure;
} Move;

void move_clear(Move *move);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Move, move_clear)

/* FALSE, with ERROR set (OCF_ERR_GENERIC). */
gboolean move_fail(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* The same of a migration that an operator has cancelled. */
gboolean move_fail_cancelled(const Move *move, GError **error);

/* Begins journal and report. Where the journal cannot be written nothing may be begun: whoever comes after a
 * killed agent would know nothing. */
gboolean move_begin(Move *move, GError **error);

/* Tells all nodes of it at once, and not when wherryd next does. */
void move_tell(Move *move);

/* It waits for its turn, because of WHY. */
void move_note_waiting(Move *move, const char *why);

/* Before libvirt is asked to send by ROUTE, and HOW (for people): from here on the guest may end up at either
 * end. */
gboolean move_begin_sending(Move *move, const Route *route, const char *how, GError **error);

/* ROUTE was left, because of WHY, and the guest runs here; ROUTES knows it already. */
gboolean move_note_left(Move *move, const Routes *routes, GError **error);

/* For Transfer.sampled. */
void move_sampled(const DomainJob *job, const char *postcopy, gpointer move);

/* Whether an operator wants it cancelled. */
gboolean move_is_cancelled(const Move *move);

/* Notes whether the cluster waits for the result of this action. On a busy machine its record of that may
 * come later than the agent. */
void move_note_awaited(Move *move);

/* What is left to do before success, or failure with WHY, is told; CALL has the whole deadline. */
void move_note_success(Move *move, const OcfCall *call);
void move_note_failure(Move *move, const OcfCall *call, GError **why);

#endif
