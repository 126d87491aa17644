/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/resources.h"

typedef struct {
    char *name;
} NameTask;

static void name_task_clear(gpointer data)
{
    g_free(((NameTask *)data)->name);
}

static gboolean pool_work(virConnectPtr connection, gpointer data, GError **error)
{
    const NameTask *task = data;
    g_autoptr(virStoragePool) pool = virStoragePoolLookupByName(connection, task->name);

    if (pool == NULL) {
        hypervisor_set_error(error, "there is no storage pool %s", task->name);
        return FALSE;
    }
    if (virStoragePoolIsActive(pool) == 1) {
        if (virStoragePoolRefresh(pool, 0) < 0)
            g_warning("storage pool %s cannot be refreshed: %s", task->name, virGetLastErrorMessage());
        return TRUE;
    }
    if (virStoragePoolCreate(pool, 0) == 0)
        return TRUE;
    hypervisor_set_error(error, "cannot start storage pool %s", task->name);
    return FALSE;
}

static gboolean network_work(virConnectPtr connection, gpointer data, GError **error)
{
    const NameTask *task = data;
    g_autoptr(virNetwork) network = virNetworkLookupByName(connection, task->name);

    if (network == NULL) {
        hypervisor_set_error(error, "there is no virtual network %s", task->name);
        return FALSE;
    }
    if (virNetworkIsActive(network) == 1 || virNetworkCreate(network) == 0)
        return TRUE;
    hypervisor_set_error(error, "cannot start virtual network %s", task->name);
    return FALSE;
}

static gboolean for_each(Hypervisor *hypervisor, const GPtrArray *names, HypervisorWork work,
                         OcfDeadline deadline, GError **error)
{
    for (guint i = 0; i < names->len; i++) {
        NameTask *task = g_atomic_rc_box_new0(NameTask);

        task->name = g_strdup(names->pdata[i]);
        gboolean ok = hypervisor_call(hypervisor, deadline, work, task, name_task_clear, error);
        g_atomic_rc_box_release_full(task, name_task_clear);
        if (!ok)
            return FALSE;
    }
    return TRUE;
}

gboolean resources_start(Hypervisor *hypervisor, const DomainConfig *config, OcfDeadline deadline,
                         GError **error)
{
    return for_each(hypervisor, config->pools, pool_work, deadline, error) &&
           for_each(hypervisor, config->networks, network_work, deadline, error);
}
