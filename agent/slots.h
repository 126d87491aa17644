/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Turns: no node takes part in more migrations at once than it may. Where Pacemaker's scheduler sees to that
 * (migration-limit), nothing is left to do. Elsewhere the agents wait for each other by the reports that all
 * nodes see: all that have begun to send count, and of those that wait, the older ones. What waits, waits for
 * older ones alone, so the oldest never waits for one that waits for it, whichever way they travel.
 *
 * A limit spares wires and processors, and no guest depends on it: two that begin within the second that a
 * report takes to be seen may be one too many.
 */
#ifndef WHERRY_AGENT_SLOTS_H
#define WHERRY_AGENT_SLOTS_H

#include "agent/report.h"

/* The migrations of REPORTS that NODE takes part in and that come before OWN; with NULL, all that have not
 * ended. Pure. */
guint slots_taken(const GPtrArray *reports, const Report *own, const char *node);

/* Why OWN has to wait ("a2 takes part in 2 of 2 migrations"); NULL: it need not. Pure. */
char *slots_objection(const GPtrArray *reports, const Report *own, gint64 source_limit, gint64 target_limit);

#endif
