/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an earlier migration that nobody brought to its end means for the actions that come after it: no
 * second copy is started while the first may run elsewhere (I1), and no job is left to finish by itself.
 *
 * Two things tell of it: the journal of the node that drove it, and until both nodes have said what became of
 * it, its announcement (announcement.h).
 */
#ifndef WHERRY_AGENT_UNFINISHED_H
#define WHERRY_AGENT_UNFINISHED_H

#include "agent/guest.h"
#include "agent/journal.h"

/* TRUE if no unfinished migration can have the guest running on another node. FALSE with ERROR: it runs
 * there, or nobody can tell; while nobody can it asks again, but not after DEADLINE. What it finds settled it
 * forgets. */
gboolean unfinished_permits_start(Guest *guest, OcfDeadline deadline, GError **error);

/* Ends a job of this guest that an abandoned migration has left here. TRUE if there is none now. */
gboolean unfinished_abort(Guest *guest, OcfDeadline deadline);

/* The guest has been stopped here: what its journal says holds for the other end only, or is over. */
void unfinished_note_stop(Guest *guest);

/* TRUE if a copy that arrives here can never do so, because the node that it comes from is down. */
gboolean unfinished_source_is_down(const Guest *guest, OcfDeadline deadline);

/* Whether another process of this node carries the guest away just now. */
gboolean unfinished_is_driven(const char *resource);

/* Waits while another process of this node carries the guest away, no longer than until DEADLINE. */
void unfinished_await_driver(const char *resource, OcfDeadline deadline);

/* TRUE if the journal tells of a migration whose driver has ended and that is not settled. */
gboolean unfinished_is_abandoned(const char *resource);

#endif
