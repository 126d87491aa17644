/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The settler: brings a migration that did not end well to its end, after the agent that drove it has ended
 * or was killed. One process per resource and node (wherry-settle), started by the agent before the first
 * byte moves, and by wherryd where it is missing.
 *
 * First the guest: no job is left that could still move it, and both ends agree where it is. Then the
 * cluster: HA status is dropped if the agent could not do it any more, the target that failed is avoided, the
 * history erased, every node probed, and HA status regained once the cluster knows where the guest runs and
 * would leave it alone (facts P5). Until then the drop stays, and crm_mon -A and wherry check say why.
 */
#ifndef WHERRY_MOVES_SETTLE_H
#define WHERRY_MOVES_SETTLE_H

#include "agent/journal.h"
#include "cluster/cluster.h"

/* What is to be done next. Pure. */
typedef enum {
    SETTLE_NOTHING,   /* all is well, or it is another's business */
    SETTLE_WAIT,      /* for the driver to end, or for the cluster to take note */
    SETTLE_GUEST,     /* find out where the guest is, with no job left */
    SETTLE_FORGET,    /* nothing is open: remove the journal */
    SETTLE_TAKE_OVER, /* the drop of an owner that is gone */
    SETTLE_CLUSTER    /* have the cluster see where the guest is */
} SettleStep;

typedef struct {
    const Journal *journal;  /* or NULL */
    gboolean driven;         /* its driver is at work */
    const ClusterDrop *drop; /* or NULL */
    gboolean drop_is_ours;
    gboolean drop_is_orphan;
    gboolean cluster_is_idle; /* and so will do nothing more about a guest that has moved */
} SettleView;

SettleStep settle_next(const SettleView *view);

/* Works until all is settled, which may take as long as a node is not to be asked. Returns an exit status. */
int settle_run(const char *resource);

#endif
