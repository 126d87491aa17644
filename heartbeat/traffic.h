/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tells the cluster of the migrations that this node sends: the reports that its agents keep
 * (agent/report.h), as one private attribute of the node, so that any node can show them. One attribute for
 * all of them, because each change costs a process of its own here and a message to every node, whatever it
 * says.
 */
#ifndef WHERRY_HEARTBEAT_TRAFFIC_H
#define WHERRY_HEARTBEAT_TRAFFIC_H

#include <glib.h>

/* Between two changes of the attribute: some 12 ms of processor time each (attrd_updater 2.1.5). */
enum { TRAFFIC_EVERY_MS = 1500 };

typedef struct Traffic Traffic;

Traffic *traffic_new(void);
void traffic_free(Traffic *traffic);

/* What is due at NOW_MS (of a monotonic clock). Returns the milliseconds until more is. */
gint64 traffic_round(Traffic *traffic, gint64 now_ms);

/* The daemon ends: where migrations go on their agents tell of them. */
void traffic_hand_over(void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Traffic, traffic_free)

#endif
