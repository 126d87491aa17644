/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's config file, where the agent has to write it or protect it.
 */
#ifndef WHERRY_AGENT_SAVED_CONFIG_H
#define WHERRY_AGENT_SAVED_CONFIG_H

#include "agent/config.h"
#include "agent/hypervisor.h"

/* save_config_on_stop: writes the running guest's definition to PATH if it differs, whole or not at all, and
 * with SYNC has csync2 copy it. A definition that is not this guest's is refused. */
gboolean saved_config_update(Hypervisor *hypervisor, const char *name, const char *path, gboolean sync,
                             OcfDeadline deadline, GError **error);

/* libvirt deletes a definition's file when the guest is undefined, also where that is our config. Around an
 * undefine: keep makes a second file, and restore puts it back if the first one is gone. */
gboolean saved_config_keep(const DomainConfig *config, const char *path, GError **error);
gboolean saved_config_restore(const char *path, GError **error);

#endif
