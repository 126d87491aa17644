/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/vm.h"

#include "cli/cli.h"
#include "cli/view.h"

#include <string.h>

enum { ASK_MS = 10000 };

static const char *const agents[] = {CLUSTER_LIVE_DOMAIN, CLUSTER_VIRTUAL_DOMAIN};

gboolean vm_is_agent(const char *agent)
{
    return g_strcmp0(agent, agents[0]) == 0 || g_strcmp0(agent, agents[1]) == 0;
}

static gboolean is_vm(const Vm *vm)
{
    return vm_is_agent(vm->agent);
}

GPtrArray *vm_read_resources(GError **error)
{
    g_autoptr(GError) why = NULL;
    GPtrArray *resources = cluster_resources_read(ocf_deadline_in(ASK_MS), &why);

    if (resources == NULL)
        view_unreachable(why, error);
    return resources;
}

GPtrArray *vm_read_all(GError **error)
{
    GPtrArray *vms = vm_read_resources(error);

    for (guint i = vms != NULL ? vms->len : 0; i > 0; i--)
        if (!is_vm(vms->pdata[i - 1]))
            g_ptr_array_remove_index(vms, i - 1);
    return vms;
}

Vm *vm_take(GPtrArray *resources, const char *name, GError **error)
{
    for (guint i = 0; i < resources->len; i++) {
        Vm *vm = resources->pdata[i];
        if (strcmp(vm->id, name) != 0)
            continue;
        if (is_vm(vm))
            return g_ptr_array_steal_index(resources, i);
        g_set_error(error, CLI_FAILURE, CLI_CONFIG, "%s is no VM but %s", name, vm->agent);
        return NULL;
    }
    g_set_error(error, CLI_FAILURE, CLI_NO_SUCH, "there is no resource %s in this cluster", name);
    return NULL;
}

Vm *vm_read(const char *name, GError **error)
{
    g_autoptr(GPtrArray) resources = vm_read_resources(error);

    return resources != NULL ? vm_take(resources, name, error) : NULL;
}

const char *vm_parameter(const Vm *vm, const char *name)
{
    const char *value = g_hash_table_lookup(vm->parameters, name);

    return value != NULL && *value != '\0' ? value : NULL;
}

gboolean vm_is_live_domain(const Vm *vm)
{
    return strcmp(vm->agent, agents[0]) == 0;
}

gboolean vm_may_migrate(const Vm *vm)
{
    const char *value = g_hash_table_lookup(vm->meta, "allow-migrate");
    gboolean may = FALSE;

    return value != NULL && ocf_parse_boolean(value, &may) && may;
}

/* What the agent asks in the same order (agent/routes.c); migrateport chooses a port on whichever network. */
char *vm_own_way(const Vm *vm)
{
    static const char *const alone[] = {"migrateuri", "migration_network_suffix"};
    static const char *const in_options[] = {"--migrateuri", "--direct", "--tunnelled"};
    const char *options = vm_parameter(vm, "migrate_options");

    for (guint i = 0; options != NULL && i < G_N_ELEMENTS(in_options); i++)
        if (strstr(options, in_options[i]) != NULL)
            return g_strdup_printf("migrate_options=%s", options);
    for (guint i = 0; i < G_N_ELEMENTS(alone); i++) {
        const char *value = vm_parameter(vm, alone[i]);
        if (value != NULL)
            return g_strdup_printf("%s=%s", alone[i], value);
    }
    return NULL;
}

char *vm_locate(const Vm *vm, GError **error)
{
    return cluster_resource_locate(vm->id, ocf_deadline_in(ASK_MS), error);
}

gboolean vm_hosts_can_be_asked(const Vm *vm)
{
    return vm_is_live_domain(vm) && vm_parameter(vm, "remoteuri") == NULL;
}
