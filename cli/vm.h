/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The VMs that are cluster resources, as the CIB has them. */
#ifndef WHERRY_CLI_VM_H
#define WHERRY_CLI_VM_H

#include "cluster/cluster.h"

typedef ClusterResource Vm;

/* All primitives of ocf:wherry:LiveDomain and ocf:heartbeat:VirtualDomain, in the order of the CIB; of Vm. */
GPtrArray *vm_read_all(GError **error);
/* All primitives, of whatever agent; of ClusterResource. For several calls of vm_take. */
GPtrArray *vm_read_resources(GError **error);
/* Takes the one called NAME out of RESOURCES; errors as of vm_read. */
Vm *vm_take(GPtrArray *resources, const char *name, GError **error);
/* One resource; CLI_NO_SUCH where there is none of this name, CLI_CONFIG where it is no VM. */
Vm *vm_read(const char *name, GError **error);

/* Whether AGENT is one of these two. */
gboolean vm_is_agent(const char *agent);

/* NULL where it is not set or empty. */
const char *vm_parameter(const Vm *vm, const char *name);
gboolean vm_is_live_domain(const Vm *vm);
gboolean vm_may_migrate(const Vm *vm);
/* Whether its agent is ours, and reaches each node's hypervisor by the node: remoteuri names one alone. */
gboolean vm_hosts_can_be_asked(const Vm *vm);

/* The parameter that decides alone where VM's migrations go, as "migrateuri=tcp://..."; NULL: networks do. */
char *vm_own_way(const Vm *vm);

/* The node on which the cluster has it running; NULL without an error where that is none. */
char *vm_locate(const Vm *vm, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Vm, cluster_resource_free)

#endif
