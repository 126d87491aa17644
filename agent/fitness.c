/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/fitness.h"

#include "agent/host.h"
#include "agent/remote.h"

enum { CONNECT_MS = 10000, ASK_MS = 5000 };

struct Fitness {
    const ClusterResource *resource;
    char *from, *local_node;
    char *guest;       /* its name in libvirt; NULL: not known here */
    HostDemand demand; /* empty: not known */
};

void fitness_free(Fitness *fitness)
{
    if (fitness == NULL)
        return;
    g_free(fitness->from);
    g_free(fitness->local_node);
    g_free(fitness->guest);
    host_demand_clear(&fitness->demand);
    g_free(fitness);
}

static gboolean connect_to_its_host(const Fitness *fitness, OtherEnd *there)
{
    return fitness->from != NULL && fitness->guest != NULL &&
           remote_connect(fitness->resource, fitness->from, fitness->local_node, fitness->guest,
                          ocf_deadline_in(CONNECT_MS), there, NULL);
}

Fitness *fitness_new(const ClusterResource *resource, const char *from, const char *local_node)
{
    Fitness *fitness = g_new0(Fitness, 1);
    g_auto(OtherEnd) there = {0};

    fitness->resource = resource;
    fitness->from = g_strdup(from);
    fitness->local_node = g_strdup(local_node);
    fitness->guest = remote_guest_name(resource, NULL);
    if (connect_to_its_host(fitness, &there))
        host_demand_read(there.hypervisor, fitness->guest, ocf_deadline_in(ASK_MS), &fitness->demand, NULL);
    return fitness;
}

gint64 fitness_measure_writes(const Fitness *fitness)
{
    g_auto(OtherEnd) there = {0};
    guint64 mib_s = 0;

    return connect_to_its_host(fitness, &there) &&
                   host_dirty_rate(there.hypervisor, fitness->guest, ocf_deadline_in(ASK_MS), &mib_s, NULL)
               ? (gint64)mib_s
               : -1;
}

gboolean fitness_ask(const Fitness *fitness, const char *node, HostFacts *facts, GError **error)
{
    g_auto(OtherEnd) there = {0};

    *facts = (HostFacts){0};
    return remote_connect(fitness->resource, node, fitness->local_node,
                          fitness->guest != NULL ? fitness->guest : "", ocf_deadline_in(CONNECT_MS), &there,
                          error) &&
           host_ask(there.hypervisor, &fitness->demand, ocf_deadline_in(ASK_MS), facts, error);
}
