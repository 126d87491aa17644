/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The actions of ocf:wherry:LiveDomain, one file each, and the description of the agent that lists them.
 */
#ifndef WHERRY_AGENT_ACTIONS_H
#define WHERRY_AGENT_ACTIONS_H

#include "ocf/ocf.h"

extern const OcfAgent live_domain_agent;

gboolean live_domain_start(const OcfCall *call, GError **error);
gboolean live_domain_stop(const OcfCall *call, GError **error);
gboolean live_domain_monitor(const OcfCall *call, GError **error);
gboolean live_domain_migrate_to(const OcfCall *call, GError **error);
gboolean live_domain_migrate_from(const OcfCall *call, GError **error);
gboolean live_domain_reload_agent(const OcfCall *call, GError **error);
gboolean live_domain_validate_all(const OcfCall *call, GError **error);

#endif
