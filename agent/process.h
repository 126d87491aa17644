/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The QEMU process behind a guest, found and ended without libvirt (I6). A process is this guest's only if
 * its own command line says so, by UUID where one is known and by the exact name otherwise; a process id
 * alone proves nothing, because ids are used again.
 */
#ifndef WHERRY_AGENT_PROCESS_H
#define WHERRY_AGENT_PROCESS_H

#include "ocf/ocf.h"

#include <sys/types.h>

typedef struct {
    pid_t pid;          /* 0: none */
    guint64 start_time; /* field 22 of /proc/PID/stat: with the pid, unique until the next boot */
    gboolean incoming; /* it was started to receive a migration; whether that has ended, only libvirt knows */
} GuestProcess;

/* Whether COMMAND_LINE (LENGTH bytes, arguments ended by NUL as in /proc/PID/cmdline) is that of libvirt's
 * QEMU for the guest. UUID "" is unknown: then NAME decides. */
gboolean guest_process_matches(const char *command_line, gsize length, const char *name, const char *uuid);

/* Whether PROCESS still runs and is proven to be the guest. */
gboolean guest_process_is_alive(const GuestProcess *process, const char *name, const char *uuid);

/* Looks through all processes of this host. TRUE with FOUND.pid = 0 means: surely none. FALSE: /proc
 * cannot be read. */
gboolean guest_process_find(const char *name, const char *uuid, GuestProcess *found, GError **error);

/* Ends a proven guest: SIGTERM, upon which QEMU flushes its disks, then SIGKILL; waits until it is gone.
 * Fails where it is still there at DEADLINE. */
gboolean guest_process_end(const GuestProcess *process, const char *name, const char *uuid,
                           OcfDeadline deadline, GError **error);

#endif
