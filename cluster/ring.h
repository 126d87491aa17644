/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The nodes of Corosync and the addresses of its ring. Private to cluster/. */
#ifndef WHERRY_CLUSTER_RING_H
#define WHERRY_CLUSTER_RING_H

#include "ocf/ocf.h"

/* Node name (char *) to its ring addresses (GPtrArray of char *: numeric, or host names), out of what
 * corosync-cmapctl prints. Pure. A node without a name goes by the address of its ring 0, as in Corosync. */
GHashTable *cluster_ring_parse(const char *cmap);

/* The same from the Corosync that runs here. */
GHashTable *cluster_ring_read(OcfDeadline deadline, GError **error);

#endif
