/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The turn of one migration: agent/slots.h says whose it is. */
#ifndef WHERRY_AGENT_TURN_H
#define WHERRY_AGENT_TURN_H

#include "agent/move.h"

/* Waits for it, with half of the time that is left at most: the rest is the transfer's. FALSE with ERROR (the
 * guest runs here) where that is over, the migration was cancelled, or the target takes none in. A limit that
 * nobody has set is no reason to stay: a node that is being shut down has no second try. Where the limits
 * cannot be read nobody waits. */
gboolean turn_await(Move *move, GError **error);

#endif
