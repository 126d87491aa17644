/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * autoset_utilization_* and unset_utilization_*: the resource's utilization attributes follow the guest.
 */
#ifndef WHERRY_AGENT_UTILIZATION_H
#define WHERRY_AGENT_UTILIZATION_H

#include "agent/guest.h"

/* Brings the attributes into line with the guest. The CIB is asked only when the guest has changed, now and
 * then, and where NOW is TRUE; it is written only where it differs. A cluster that cannot be asked is only
 * mentioned (I8). */
void utilization_update(Guest *guest, const DomainLook *look, gboolean now, OcfDeadline deadline);

#endif
