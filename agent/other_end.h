/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hypervisor of another node, and the guest as that one sees it.
 */
#ifndef WHERRY_AGENT_OTHER_END_H
#define WHERRY_AGENT_OTHER_END_H

#include "agent/domain.h"
#include "agent/parameters.h"
#include "cluster/cluster.h"

typedef struct {
    Hypervisor *hypervisor;
    char *uri;
    DomainLook look; /* when it was connected */
} OtherEnd;

void other_end_clear(OtherEnd *there);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(OtherEnd, other_end_clear)

/* Connects to the hypervisor at URI and looks for the guest NAME. On failure THERE is empty. */
gboolean other_end_open(const char *uri, const char *name, OcfDeadline deadline, OtherEnd *there,
                        GError **error);

/* The control connection to NODE: by its name, and if that does not resolve or answer, by its addresses on
 * the migration networks, best first. A name that an administrator gave (remoteuri, migration_network_suffix)
 * stands alone. LOCAL_URI is the local hypervisor's; NETWORKS may be NULL. */
gboolean other_end_connect(const LiveDomainParameters *parameters, const char *local_uri,
                           const ClusterNetworks *networks, const char *node, const char *name,
                           OcfDeadline deadline, OtherEnd *there, GError **error);

/* The URI by which the local hypervisor is known, also where it is libvirt's default. */
char *other_end_local_uri(const LiveDomainParameters *parameters, Hypervisor *here, OcfDeadline deadline,
                          GError **error);

#endif
