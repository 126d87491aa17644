/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hypervisor of any node, reached from any node as the agent of a resource reaches it: by the resource's
 * parameters, which the caller has from the CIB.
 */
#ifndef WHERRY_AGENT_REMOTE_H
#define WHERRY_AGENT_REMOTE_H

#include "agent/other_end.h"

/* Connects to that of NODE, and looks for the guest (its name in libvirt, or "" for none). remoteuri names
 * one hypervisor alone, and is an error for any node but LOCAL_NODE. */
gboolean remote_connect(const ClusterResource *resource, const char *node, const char *local_node,
                        const char *guest, OcfDeadline deadline, OtherEnd *there, GError **error);

/* The guest's name in libvirt, from its file on this node; to be freed. NULL with ERROR where that cannot be
 * read here. */
char *remote_guest_name(const ClusterResource *resource, GError **error);

#endif
