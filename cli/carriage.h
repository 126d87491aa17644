/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What would carry a VM's memory from one node to another, and about how long that would take. */
#ifndef WHERRY_CLI_CARRIAGE_H
#define WHERRY_CLI_CARRIAGE_H

#include "cli/vm.h"

typedef struct {
    char *network;     /* NULL: not known, or not chosen by network */
    guint speed_mbits; /* of that network; 0: not known */
    gint64 estimate_s; /* for its memory at the speed of that network; -1: not known */
    char *obstacle;    /* why no network carries it; NULL: one does, or nobody knows */
} Carriage;

/* NETWORKS may be NULL: not known. VirtualDomain, and a VM with a way of its own, do not go by networks. */
void carriage_choose(Carriage *carriage, const Vm *vm, const ClusterNetworks *networks, const char *from,
                     const char *to);
/* Its memory, which the agent has told the cluster as its utilization; 0: not known. */
guint64 carriage_memory_mib(const Vm *vm);

/* The speed of the cluster's first network in use, whose name goes to *NETWORK; where it does not say its
 * speed, or there is none, a Gbit/s and NULL. */
guint carriage_speed(const ClusterNetworks *networks, char **network);

/* Corrects the estimate for a VM that writes so much into its memory meanwhile. FALSE: the network is slower
 * than that, and the estimate not known. */
gboolean carriage_heed_writes(Carriage *carriage, const Vm *vm, guint64 dirty_mib_s);

/* How long MIB take at that speed, at least a second; and the timeout of migrate_to that it wants. */
gint64 carriage_estimate_s(guint64 mib, guint speed_mbits);
gint64 carriage_timeout_s(gint64 estimate_s);

void carriage_clear(Carriage *carriage);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Carriage, carriage_clear)

#endif
