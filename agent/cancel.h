/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cancels a migration from any node of the cluster: the wish is made known in a private attribute, and the
 * job is aborted at the source. The agent that drives it then tries no other network and leaves the guest
 * where it is. The attribute is needed because an aborted job is not always called so: its socket may break
 * first (measured with QEMU 7.2: "job 'migration out' failed: Unable to write to socket: Broken pipe").
 */
#ifndef WHERRY_AGENT_CANCEL_H
#define WHERRY_AGENT_CANCEL_H

#include "agent/report.h"
#include "cluster/cluster.h"

/* Asks again and again until DEADLINE, because a job that is still being set up refuses. RESOURCE is the VM,
 * REPORT that of its migration, LOCAL_NODE this one. *DONE is FALSE where there was no job any more. */
gboolean cancel_migration(const ClusterResource *resource, const Report *report, const char *local_node,
                          OcfDeadline deadline, gboolean *done, GError **error);

/* It has ended: the wish is taken back. */
void cancel_forget(const Report *report, OcfDeadline deadline);

/* ---- for the agent ----------------------------------------------------------------------------------- */

/* Whether somebody wants the migration ID (Report.id) of RESOURCE cancelled. FALSE also where nobody can
 * tell. */
gboolean cancel_is_wished(const char *resource, const char *id, OcfDeadline deadline);

#endif
