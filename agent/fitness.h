/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether a VM that runs could run on other hosts, by what their hypervisors say over the connections that
 * its migrations use. For who includes no libvirt.
 */
#ifndef WHERRY_AGENT_FITNESS_H
#define WHERRY_AGENT_FITNESS_H

#include "cluster/cluster.h"

/* What a host says of itself. */
typedef struct {
    char *uuid;     /* that libvirt takes the host for; two hosts with one do not migrate to each other */
    gulong version; /* of libvirt: major * 1000000 + minor * 1000 + release */
    char *lacks;    /* why its processor does not do for the VM, in libvirt's words; NULL: it does */
} HostFacts;

void host_facts_clear(HostFacts *facts);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(HostFacts, host_facts_clear)

typedef struct Fitness Fitness;

/* For the VM that is RESOURCE, and runs on FROM (NULL: nowhere, or that is no matter). Asks that host what
 * the VM demands; what it does not tell stays not known. RESOURCE must outlive it. */
Fitness *fitness_new(const ClusterResource *resource, const char *from, const char *local_node);
void fitness_free(Fitness *fitness);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Fitness, fitness_free)

/* How much the VM writes into its memory, in MiB/s, measured for a second; -1: not known. */
gint64 fitness_measure_writes(const Fitness *fitness);

/* Asks NODE what it is, and whether its processor does. FALSE with ERROR: it does not answer as migrations
 * ask it. libvirt itself compares once more when the guest has arrived, and has the last word: FACTS.lacks is
 * what to expect. */
gboolean fitness_ask(const Fitness *fitness, const char *node, HostFacts *facts, GError **error);

#endif
