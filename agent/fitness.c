/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/fitness.h"

#include "agent/host.h"
#include "agent/remote.h"

enum { CONNECT_MS = 10000, ASK_MS = 5000 };

struct Fitness {
    const ClusterResource *resource;
    char *local_node;
    char *guest;        /* its name in libvirt; NULL: not known here */
    HostDemand demand;  /* empty: not known */
    gint64 dirty_mib_s; /* -1: not known */
};

void fitness_free(Fitness *fitness)
{
    if (fitness == NULL)
        return;
    g_free(fitness->local_node);
    g_free(fitness->guest);
    host_demand_clear(&fitness->demand);
    g_free(fitness);
}

static void ask_its_host(Fitness *fitness, const char *from)
{
    g_auto(OtherEnd) there = {0};
    guint64 dirty_mib_s = 0;

    if (!remote_connect(fitness->resource, from, fitness->local_node, fitness->guest,
                        ocf_deadline_in(CONNECT_MS), &there, NULL) ||
        !host_demand_read(there.hypervisor, fitness->guest, ocf_deadline_in(ASK_MS), &fitness->demand, NULL))
        return;
    if (host_dirty_rate(there.hypervisor, fitness->guest, ocf_deadline_in(ASK_MS), &dirty_mib_s, NULL))
        fitness->dirty_mib_s = (gint64)dirty_mib_s;
}

Fitness *fitness_new(const ClusterResource *resource, const char *from, const char *local_node)
{
    Fitness *fitness = g_new0(Fitness, 1);

    fitness->resource = resource;
    fitness->local_node = g_strdup(local_node);
    fitness->guest = remote_guest_name(resource, NULL);
    fitness->dirty_mib_s = -1;
    if (from != NULL && fitness->guest != NULL)
        ask_its_host(fitness, from);
    return fitness;
}

gint64 fitness_dirty_mib_s(const Fitness *fitness)
{
    return fitness->dirty_mib_s;
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
