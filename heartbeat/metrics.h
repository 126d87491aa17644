/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What this node has migrated, as OpenMetrics text for node_exporter's textfile collector
 * (--collector.textfile.directory=/run/wherry), from the history that the agents keep.
 */
#ifndef WHERRY_HEARTBEAT_METRICS_H
#define WHERRY_HEARTBEAT_METRICS_H

#include <glib.h>

/* Pure. HISTORY: of Report, all that ended; RUNNING: how many do not yet. LOCAL_NODE tells out from in. */
char *metrics_print(const GPtrArray *history, guint running, const char *local_node);

typedef struct Metrics Metrics;

Metrics *metrics_new(void);
void metrics_free(Metrics *metrics);

/* Writes WHERRY_RUNDIR/wherry.prom where something has changed since. LOCAL_NODE may be NULL: not known yet.
 */
void metrics_update(Metrics *metrics, const char *local_node);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Metrics, metrics_free)

#endif
