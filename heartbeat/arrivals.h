/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The history at the other end: migrations that other nodes have sent here, as their reports tell while they
 * are still passed on (REPORT_KEPT_S).
 */
#ifndef WHERRY_HEARTBEAT_ARRIVALS_H
#define WHERRY_HEARTBEAT_ARRIVALS_H

#include <glib.h>

typedef struct Arrivals Arrivals;

Arrivals *arrivals_new(void);
void arrivals_free(Arrivals *arrivals);

/* Adds what is new to this node's history. */
void arrivals_look(Arrivals *arrivals, const char *local_node);

/* Pure: of REPORTS (of Report) those that ended with a VM moved to LOCAL_NODE and are not among KNOWN, a set
 * of their ids; of Report, borrowed. */
GPtrArray *arrivals_choose(const GPtrArray *reports, GHashTable *known, const char *local_node);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Arrivals, arrivals_free)

#endif
