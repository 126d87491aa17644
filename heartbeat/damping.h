/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Damping: what the other nodes shall hear of links that flap. Pure; the time is handed in.
 *
 * A loss (an interface went down, vanished, or lost an address) is passed on at once: nobody shall choose a
 * network that is not there. What comes back within DAMPING_WINDOW_MS of the loss is passed on only after it
 * has been there for DAMPING_STABLE_MS without another loss; until then the others go on hearing what they
 * heard last. What comes back later than that is passed on at once, and so is any other change of an
 * interface that has lost nothing of late. Each interface is judged on its own.
 *
 * So a link that goes up and down faster than DAMPING_STABLE_MS is one change, to down, however long it goes
 * on.
 */
#ifndef WHERRY_HEARTBEAT_DAMPING_H
#define WHERRY_HEARTBEAT_DAMPING_H

#include "netpref/netpref.h"

enum { DAMPING_WINDOW_MS = 10000, DAMPING_STABLE_MS = 2000 };

/* Nothing is held back: damping_pass need not be called before the links change. */
enum { DAMPING_NOTHING_HELD = -1 };

typedef struct Damping Damping;

Damping *damping_new(void);
void damping_free(Damping *damping);

/* The links to publish where LINKS are seen at NOW_MS (a monotonic clock, never going back), to be
 * unreferenced. WAIT_MS: how long until something that is held back may be passed on, or
 * DAMPING_NOTHING_HELD. The links seen first are passed on as they are. */
GPtrArray *damping_pass(Damping *damping, const GPtrArray *links, gint64 now_ms, gint64 *wait_ms);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Damping, damping_free)

#endif
