/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Into the background: a process that outlives whoever started it and holds nothing of theirs, while they
 * wait just until it works or has said why not.
 */
#ifndef WHERRY_HEARTBEAT_BACKGROUND_H
#define WHERRY_HEARTBEAT_BACKGROUND_H

#include "ocf/ocf.h"

/* Returns in a new process, of a session of its own; the process that called it waits for that one's
 * background_ready, or its end, and exits with status 0 or 1 accordingly. READY is for background_ready. */
gboolean background_begin(int *ready, GError **error);

/* The daemon works: lets go of standard input, output and error, and lets the starter go. */
gboolean background_ready(int ready, GError **error);

/* The environment without what Pacemaker said of the one action that started the daemon. */
void background_clean_environment(void);

#endif
