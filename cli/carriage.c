/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/carriage.h"

enum {
    MIB = 1024 * 1024,
    BITS = 8,
    MBIT = 1000 * 1000,
    SPEED_ASSUMED_MBITS = 1000,
    TIMEOUT_LEAST_S = 120, /* as the agent's meta-data advises */
    SLACK_S = 60,          /* for what is done before and after the memory is sent */
    PASSES = 3,            /* a guest that writes a lot has its memory sent more than once */
    ROUND_S = 10
};

guint64 carriage_memory_mib(const Vm *vm)
{
    const char *value = g_hash_table_lookup(vm->utilization, "hv_memory");
    gint64 mib = 0;

    return value != NULL && ocf_parse_integer(value, 1, G_MAXINT32, &mib) ? (guint64)mib : 0;
}

guint carriage_speed(const ClusterNetworks *networks, char **network)
{
    g_autoptr(NetprefChoice) ranking = netpref_rank(networks->networks, networks->policy, NULL);

    *network = NULL;
    if (netpref_choice_usable_count(ranking) == 0)
        return SPEED_ASSUMED_MBITS;
    const NetprefNetwork *first = netpref_choice_get(ranking, 0)->network;
    *network = g_strdup(first->name);
    return first->speed_mbits > 0 ? first->speed_mbits : SPEED_ASSUMED_MBITS;
}

gint64 carriage_estimate_s(guint64 mib, guint speed_mbits)
{
    return (gint64)(mib * MIB / ((guint64)speed_mbits * MBIT / BITS)) + 1;
}

gint64 carriage_timeout_s(gint64 estimate_s)
{
    gint64 wanted_s = MAX(TIMEOUT_LEAST_S, SLACK_S + PASSES * estimate_s);

    return (wanted_s + ROUND_S - 1) / ROUND_S * ROUND_S;
}

void carriage_choose(Carriage *carriage, const Vm *vm, const ClusterNetworks *networks, const char *from,
                     const char *to)
{
    g_autofree char *own_way = vm_own_way(vm);
    guint64 mib = carriage_memory_mib(vm);

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
    carriage->speed_mbits = best->speed_mbits;
    if (best->speed_mbits > 0 && mib > 0)
        carriage->estimate_s = carriage_estimate_s(mib, best->speed_mbits);
}

gboolean carriage_heed_writes(Carriage *carriage, const Vm *vm, guint64 dirty_mib_s)
{
    guint64 dirty_mbits = dirty_mib_s * MIB * BITS / MBIT;

    if (carriage->estimate_s < 0 || dirty_mbits == 0)
        return TRUE;
    carriage->estimate_s =
        dirty_mbits < carriage->speed_mbits
            ? carriage_estimate_s(carriage_memory_mib(vm), carriage->speed_mbits - (guint)dirty_mbits)
            : -1;
    return carriage->estimate_s >= 0;
}

void carriage_clear(Carriage *carriage)
{
    g_free(carriage->network);
    g_free(carriage->obstacle);
    *carriage = (Carriage){.estimate_s = -1};
}
