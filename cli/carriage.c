/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/carriage.h"

enum { MIB = 1024 * 1024, BITS = 8 };

/* Its memory, which the agent has told the cluster as its utilization. */
static gint64 memory_mib(const Vm *vm)
{
    const char *value = g_hash_table_lookup(vm->utilization, "hv_memory");
    gint64 mib = 0;

    return value != NULL && ocf_parse_integer(value, 1, G_MAXINT32, &mib) ? mib : 0;
}

void carriage_choose(Carriage *carriage, const Vm *vm, const ClusterNetworks *networks, const char *from,
                     const char *to)
{
    g_autofree char *own_way = vm_own_way(vm);
    gint64 mib = memory_mib(vm);

    *carriage = (Carriage){.estimate_s = -1};
    if (own_way != NULL || networks == NULL || !vm_is_live_domain(vm))
        return;
    g_autoptr(NetprefPolicy) policy = netpref_policy_new_for_vm(
        vm_parameter(vm, "migration_networks"), vm_parameter(vm, "migration_exclude_networks"));
    g_autoptr(NetprefChoice) choice =
        netpref_choose(networks->networks, networks->policy, policy, from, to, NULL);
    if (choice == NULL)
        return;
    if (netpref_choice_usable_count(choice) == 0) {
        carriage->obstacle = netpref_choice_summary(choice);
        return;
    }
    const NetprefCandidate *best = netpref_choice_get(choice, 0);
    carriage->network = g_strdup(best->network->name);
    if (best->speed_mbits > 0 && mib > 0)
        carriage->estimate_s = mib * MIB / (best->speed_mbits * (gint64)(1000 * 1000 / BITS)) + 1;
}

void carriage_clear(Carriage *carriage)
{
    g_free(carriage->network);
    g_free(carriage->obstacle);
    *carriage = (Carriage){.estimate_s = -1};
}
