/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One action at a time that changes a guest on this node (I5). A kernel lock: it goes when its process goes,
 * even by SIGKILL (facts P2).
 */
#ifndef WHERRY_AGENT_LOCK_H
#define WHERRY_AGENT_LOCK_H

#include "ocf/ocf.h"

/* Takes the lock of RESOURCE, waiting until DEADLINE for whoever has it. Returns a descriptor that holds it,
 * for guest_lock_release; -1 where the time ran out, with ERROR set. Where no lock file can be made (a full
 * disk), returns -1 without an error: that must not stop anybody's guest, the caller goes on. */
int guest_lock_take(const char *directory, const char *resource, OcfDeadline deadline, GError **error);
void guest_lock_release(int lock);

#endif
