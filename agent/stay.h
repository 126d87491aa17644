/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * migration_failure=stay: a guest whose migration failed runs on, under the cluster's management. Pacemaker's
 * own answer would be to stop it on both nodes (facts P1), so before the failure is told, HA status is
 * dropped (facts P5). What comes after the agent has ended, up to regaining it, is the settler's
 * (moves/settle.h): a process of its own that is there from before the first byte, so that it also takes over
 * from an agent that was killed.
 */
#ifndef WHERRY_AGENT_STAY_H
#define WHERRY_AGENT_STAY_H

#include "agent/guest.h"
#include "agent/journal.h"

/* Starts a settler, which waits until this process ends. Returns its number; 0 where none can be had, which
 * is said: wherryd starts one then. */
pid_t stay_watch(const char *resource);

/* To be called with what went wrong, before it is returned. Drops HA status, trying until DEADLINE, in the
 * name of SETTLER (0: of this process), and writes the reason into JOURNAL. FALSE: it could not be dropped,
 * and WHY says so first. */
gboolean stay_drop(const Journal *journal, pid_t settler, OcfDeadline deadline, GError **why);

#endif
