/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a VM that runs could run on other hosts, by what their hypervisors say over the connections that
 * its migrations use. */
#ifndef WHERRY_CLI_FITNESS_H
#define WHERRY_CLI_FITNESS_H

#include "agent/host.h"
#include "cli/vm.h"

typedef struct {
    const Vm *vm;
    char *local_node;
    char *guest;        /* its name in libvirt; NULL: not known here */
    HostDemand demand;  /* empty: not known */
    gint64 dirty_mib_s; /* that it writes into its memory; -1: not known */
} Fitness;

void fitness_clear(Fitness *fitness);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Fitness, fitness_clear)

/* Asks its host, FROM; what that does not tell stays not known. VM must outlive it. */
void fitness_begin(Fitness *fitness, const Vm *vm, const char *from, const char *local_node);

/* Asks NODE what it is, and whether its processor does. FALSE with ERROR: it does not answer as migrations
 * ask it. libvirt itself compares once more when the guest has arrived, and has the last word: FACTS.lacks is
 * what to expect. */
gboolean fitness_ask(const Fitness *fitness, const char *node, HostFacts *facts, GError **error);

#endif
