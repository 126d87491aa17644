/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/fitness.h"

#include "agent/remote.h"

enum { CONNECT_MS = 10000, ASK_MS = 5000 };

void fitness_clear(Fitness *fitness)
{
    g_free(fitness->local_node);
    g_free(fitness->guest);
    host_demand_clear(&fitness->demand);
}

void fitness_begin(Fitness *fitness, const Vm *vm, const char *from, const char *local_node)
{
    g_auto(OtherEnd) there = {0};
    guint64 dirty_mib_s = 0;

    *fitness = (Fitness){.vm = vm,
                         .local_node = g_strdup(local_node),
                         .guest = remote_guest_name(vm, NULL),
                         .dirty_mib_s = -1};
    if (fitness->guest == NULL ||
        !remote_connect(vm, from, local_node, fitness->guest, ocf_deadline_in(CONNECT_MS), &there, NULL) ||
        !host_demand_read(there.hypervisor, fitness->guest, ocf_deadline_in(ASK_MS), &fitness->demand, NULL))
        return;
    if (host_dirty_rate(there.hypervisor, fitness->guest, ocf_deadline_in(ASK_MS), &dirty_mib_s, NULL))
        fitness->dirty_mib_s = (gint64)dirty_mib_s;
}

gboolean fitness_ask(const Fitness *fitness, const char *node, HostFacts *facts, GError **error)
{
    g_auto(OtherEnd) there = {0};

    *facts = (HostFacts){0};
    return remote_connect(fitness->vm, node, fitness->local_node,
                          fitness->guest != NULL ? fitness->guest : "", ocf_deadline_in(CONNECT_MS), &there,
                          error) &&
           host_ask(there.hypervisor, &fitness->demand, ocf_deadline_in(ASK_MS), facts, error);
}
