/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether wherryd is there. What counts is a lock that the kernel holds for the process and gives up with it,
 * and the kernel names the process that holds it: no number in a file is believed. A POSIX record lock,
 * because it can be asked for without being taken, and because a child never inherits it.
 *
 * The file itself holds the daemon's last sign of life, so that one that hangs can be told from one that
 * works.
 */
#ifndef WHERRY_HEARTBEAT_PRESENCE_H
#define WHERRY_HEARTBEAT_PRESENCE_H

#include "ocf/ocf.h"

#include <sys/types.h>

/* ---- for the daemon ------------------------------------------------------------------------------ */

typedef struct Presence Presence;

/* Takes the lock in DIRECTORY, which is made if need be. NULL with OCF_ERR_GENERIC where another process
 * holds it (with its number) or none can be had. Nothing else in the process may open the file. */
Presence *presence_take(const char *directory, GError **error);

/* Gives a sign of life. FALSE if the lock no longer protects anything, because somebody removed the file. */
gboolean presence_beat(Presence *presence, gint64 now_ms);
void presence_free(Presence *presence);

/* ---- for everybody else -------------------------------------------------------------------------- */

/* No sign of life for this long is no daemon at work: several of its slowest rounds. */
enum { PRESENCE_SILENCE_MOST_MS = 60000 };

typedef struct {
    pid_t pid;        /* 0: it does not run; the kernel says so */
    gint64 silent_ms; /* since its last sign of life; 0 where that is not known */
} PresenceState;

/* OCF_ERR_PERM or OCF_ERR_GENERIC where nobody can tell. */
gboolean presence_look(const char *directory, gint64 now_ms, PresenceState *state, GError **error);

/* Ends the daemon: asks it to, and kills it at KILL_AT. TRUE when it is gone; CLEANLY if it went by itself.
 */
gboolean presence_end(const char *directory, OcfDeadline kill_at, OcfDeadline deadline, gboolean *cleanly,
                      GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Presence, presence_free)

#endif
