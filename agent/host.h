/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hosts, as libvirt tells of them: which one it is, which version, and whether a guest that runs elsewhere
 * could run there.
 */
#ifndef WHERRY_AGENT_HOST_H
#define WHERRY_AGENT_HOST_H

#include "agent/fitness.h"
#include "agent/hypervisor.h"

/* What a running guest demands of a host's processor; empty where libvirt itself checks nothing. */
typedef struct {
    char *cpu; /* its <cpu> element as it runs; NULL: nothing to compare */
    char *type, *arch, *machine, *emulator;
} HostDemand;

void host_demand_clear(HostDemand *demand);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(HostDemand, host_demand_clear)

/* From a running domain's XML. Pure. OCF_ERR_ARGS where it is none. */
gboolean host_demand_parse(const char *xml, HostDemand *demand, GError **error);

/* From GUEST as it runs at HYPERVISOR. */
gboolean host_demand_read(Hypervisor *hypervisor, const char *guest, OcfDeadline deadline, HostDemand *demand,
                          GError **error);

/* DEMAND may be NULL. */
gboolean host_ask(Hypervisor *hypervisor, const HostDemand *demand, OcfDeadline deadline, HostFacts *facts,
                  GError **error);

/* How fast GUEST writes into its memory, in MiB/s, measured for a second (virDomainStartDirtyRateCalc). */
gboolean host_dirty_rate(Hypervisor *hypervisor, const char *guest, OcfDeadline deadline, guint64 *mib_s,
                         GError **error);

#endif
