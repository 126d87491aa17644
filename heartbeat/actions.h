/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ocf:wherry:MigrationNetworks: its description, its parameters and its actions. */
#ifndef WHERRY_HEARTBEAT_ACTIONS_H
#define WHERRY_HEARTBEAT_ACTIONS_H

#include "ocf/ocf.h"

/* As written: what they mean is netpref's business. */
typedef struct {
    char *order;
    char *exclude;
    char *names;
    char *ring;
    char *unlisted;
} MigrationNetworksParameters;

extern const OcfAgent migration_networks_agent;

gboolean migration_networks_start(const OcfCall *call, GError **error);
gboolean migration_networks_stop(const OcfCall *call, GError **error);
gboolean migration_networks_monitor(const OcfCall *call, GError **error);
gboolean migration_networks_reload_agent(const OcfCall *call, GError **error);
gboolean migration_networks_validate_all(const OcfCall *call, GError **error);

#endif
