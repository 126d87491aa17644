/* SPDX-License-Identifier: GPL-2.0-or-later */
/* VMs, and what the cluster as a whole does to them. */
#include "cli/carriage.h"
#include "cli/check.h"

#include <string.h>

enum {
    ASK_MS = 10000,
    SETUP_S = 20 /* of a migration, for all but the memory */
};

/* ---- one VM -------------------------------------------------------------------------------------------- */

static void check_vm_networks(GPtrArray *defects, const Vm *vm, const ClusterNetworks *now)
{
    g_autoptr(NetprefPolicy) policy = netpref_policy_new_for_vm(
        vm_parameter(vm, "migration_networks"), vm_parameter(vm, "migration_exclude_networks"));
    g_autoptr(GPtrArray) checked = netpref_policy_check(policy, now->networks);
    g_autoptr(NetprefChoice) ranking = netpref_rank(now->networks, now->policy, policy);
    g_autoptr(NetprefChoice) without = netpref_rank(now->networks, now->policy, NULL);
    const GPtrArray *lists[] = {netpref_policy_findings(policy), checked};

    for (guint i = 0; i < G_N_ELEMENTS(lists); i++)
        check_findings(defects, lists[i], now->networks, vm->id, vm->id, vm->parameters);
    if (netpref_choice_usable_count(ranking) == 0 && netpref_choice_usable_count(without) > 0)
        defect_add(defects, NETPREF_ERROR, vm->id, "its own settings leave no usable network",
                   "it cannot migrate, and its node cannot be drained",
                   g_strdup_printf("wherry network explain %s", vm->id));
}

/* Shorter than what its memory takes, the transfer would be given up each time. */
static void check_timeout(GPtrArray *defects, const Vm *vm, const ClusterNetworks *now)
{
    g_autofree char *network = NULL;
    guint64 mib = carriage_memory_mib(vm);
    guint speed_mbits = carriage_speed(now, &network);
    gint64 estimate_s = carriage_estimate_s(mib, speed_mbits);
    gint64 timeout_s = cluster_resource_timeout_s(vm, "migrate_to");

    if (mib == 0 || timeout_s >= estimate_s + SETUP_S)
        return;
    g_autofree char *what = g_strdup_printf(
        "the timeout of migrate_to is %" G_GINT64_FORMAT " s, and its %" G_GUINT64_FORMAT
        " MiB take about %" G_GINT64_FORMAT " s%s%s",
        timeout_s, mib, estimate_s, network != NULL ? " by " : "", network != NULL ? network : "");
    defect_add(defects, NETPREF_ERROR, vm->id, what,
               "a migration is given up when its timeout is near, or its agent is killed",
               g_strdup_printf("pcs resource update %s op migrate_to timeout=%" G_GINT64_FORMAT "s", vm->id,
                               carriage_timeout_s(estimate_s)));
}

static void check_monitor(GPtrArray *defects, const Vm *vm)
{
    if (!cluster_resource_is_monitored(vm))
        defect_add(defects, NETPREF_WARNING, vm->id, "it has no recurring monitor",
                   "the cluster does not notice when it dies",
                   g_strdup_printf("pcs resource op add %s monitor interval=10s timeout=30s", vm->id));
}

void check_vm(GPtrArray *defects, const Vm *vm, const ClusterNetworks *now)
{
    g_autofree char *own_way = vm_own_way(vm);

    if (!vm_may_migrate(vm))
        defect_add(defects, NETPREF_ERROR, vm->id, "allow-migrate is not true",
                   "a move, a standby or a drain stops it and starts it again, instead of migrating it",
                   g_strdup_printf("pcs resource meta %s allow-migrate=true", vm->id));
    check_monitor(defects, vm);
    check_timeout(defects, vm, now);
    if (!vm_is_live_domain(vm)) {
        defect_add(defects, NETPREF_NOTE, vm->id, "its agent is " CLUSTER_VIRTUAL_DOMAIN,
                   "the preference of networks does not count for it, and a failed migration stops it",
                   g_strdup_printf("wherry adopt %s", vm->id));
        return;
    }
    check_vm_networks(defects, vm, now);
    if (own_way != NULL) {
        g_autofree char *what = g_strdup_printf("%s alone decides where its migrations go", own_way);
        g_autofree char *name = g_strndup(own_way, strcspn(own_way, "="));
        defect_add(defects, NETPREF_NOTE, vm->id, what,
                   "order and exclusions of networks do not count for it",
                   g_strdup_printf("pcs resource update %s %s=", vm->id, name));
    }
}

/* ---- the cluster --------------------------------------------------------------------------------------- */

static gboolean is_no(const char *value)
{
    gboolean yes = TRUE;

    return value != NULL && ocf_parse_boolean(value, &yes) && !yes;
}

gboolean check_cluster(GPtrArray *defects, GError **error)
{
    g_autoptr(GHashTable) properties = cluster_properties_read(ocf_deadline_in(ASK_MS), error);

    if (properties == NULL)
        return FALSE;
    if (is_no(g_hash_table_lookup(properties, "stonith-enabled")))
        defect_add(defects, NETPREF_ERROR, "cluster", "fencing is off (stonith-enabled=false)",
                   "a node that is lost may still write to its VMs' disks when they are started elsewhere",
                   g_strdup("pcs stonith create ..., then pcs property set stonith-enabled=true"));
    if (is_no(g_hash_table_lookup(properties, "record-pending")))
        defect_add(defects, NETPREF_WARNING, "cluster",
                   "actions under way are not recorded (record-pending=false)",
                   "what is being moved cannot be seen, nor whether the cluster waits for it",
                   g_strdup("pcs property set record-pending=true"));
    if (g_hash_table_lookup(properties, "migration-limit") == NULL)
        defect_add(defects, NETPREF_NOTE, "cluster", "there is no limit of migrations (migration-limit)",
                   "a drain begins as many at once as the nodes' load allows, and their timeouts run while "
                   "the agents wait for their turns",
                   g_strdup("wherry limit migrations 2"));
    return TRUE;
}

static gboolean is_of(const GPtrArray *vms, const char *resource)
{
    for (guint i = 0; i < vms->len; i++)
        if (strcmp(((const Vm *)vms->pdata[i])->id, resource) == 0)
            return TRUE;
    return FALSE;
}

gboolean check_constraints(GPtrArray *defects, const GPtrArray *vms, GError **error)
{
    g_autoptr(GPtrArray) left = cluster_wishes_left(ocf_deadline_in(ASK_MS), error);

    for (guint i = 0; left != NULL && i < left->len; i++) {
        const ClusterWishLeft *wish = left->pdata[i];
        if (!is_of(vms, wish->resource))
            continue;
        g_autofree char *what = g_strdup_printf("a move has left the constraint %s behind", wish->id);
        defect_add(defects, NETPREF_WARNING, wish->resource, what,
                   "it keeps the VM off a node, or draws it to one, for as long as it stands",
                   g_strdup_printf("pcs resource clear %s", wish->resource));
    }
    return left != NULL;
}
