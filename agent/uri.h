/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The two URIs of a migration, out of VirtualDomain's parameters and with its meaning. Pure.
 */
#ifndef WHERRY_AGENT_URI_H
#define WHERRY_AGENT_URI_H

#include "agent/parameters.h"

/* TEMPLATE with each %n replaced by NODE. */
char *uri_with_node(const char *template, const char *node);

/* NODE with SUFFIX, inserted before the first dot of a fully qualified name. */
char *uri_node_with_suffix(const char *node, const char *suffix);

/* The control connection to NODE's hypervisor. LOCAL_URI is the local hypervisor's, such as qemu:///system.
 */
char *uri_remote(const LiveDomainParameters *parameters, const char *local_uri, const char *node);

/* The same, to a numeric address of it. */
char *uri_remote_at(const LiveDomainParameters *parameters, const char *local_uri, const char *address);

/* Where VirtualDomain's parameters send the data, or NULL where they do not say. FROM_OPTIONS is the
 * --migrateuri of migrate_options, or NULL. */
char *uri_migrate(const LiveDomainParameters *parameters, const char *local_uri, const char *from_options,
                  const char *node);

/* The data to a numeric address; PORT 0: libvirt takes a free one. */
char *uri_migrate_at(const char *address, gint64 port);

#endif
