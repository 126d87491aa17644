/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * start_resources: the storage pools and virtual networks that a guest's definition names.
 */
#ifndef WHERRY_AGENT_RESOURCES_H
#define WHERRY_AGENT_RESOURCES_H

#include "agent/config.h"
#include "agent/hypervisor.h"

/* Starts what is stopped and refreshes pools that run already. The error names pool or network. */
gboolean resources_start(Hypervisor *hypervisor, const DomainConfig *config, OcfDeadline deadline,
                         GError **error);

#endif
