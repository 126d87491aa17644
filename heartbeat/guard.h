/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guard over abandoned migrations: starts a settler (agent/settler.h) where a journal of this node tells
 * of a migration that nobody drives, or where a resource's HA status was dropped by a process that is gone.
 * The work itself is never done here, because the daemon must not wait for anything.
 *
 * It also clears away what is over: constraints that have expired, or are granted, and the records of
 * Pacemaker's that would restart a guest at the next change of a parameter (cluster_history_forget_surprise),
 * which a new election brings back.
 */
#ifndef WHERRY_HEARTBEAT_GUARD_H
#define WHERRY_HEARTBEAT_GUARD_H

#include <glib.h>

typedef struct Guard Guard;

Guard *guard_new(void);
void guard_free(Guard *guard);

/* This node's name; NULL while the cluster has not told it. */
const char *guard_local_node(const Guard *guard);

/* What is due at NOW_MS (of a monotonic clock). Returns the milliseconds until more is. */
gint64 guard_round(Guard *guard, gint64 now_ms);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Guard, guard_free)

#endif
