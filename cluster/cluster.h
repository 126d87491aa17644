/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pacemaker and Corosync, as the rest of the project sees them. This folder is the only one that includes
 * their headers.
 */
#ifndef WHERRY_CLUSTER_H
#define WHERRY_CLUSTER_H

#include "ocf/ocf.h"

/* Sets the utilization attribute NAME of RESOURCE to VALUE, or removes it where VALUE is NULL; writes to the
 * CIB only if it differs. Through crm_resource, so that an agent need not carry Pacemaker's libraries. */
gboolean cluster_utilization_set(const char *resource, const char *name, const char *value,
                                 OcfDeadline deadline, GError **error);

#endif
