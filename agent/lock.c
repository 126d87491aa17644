/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/lock.h"

#include "agent/record.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

enum { POLL_MS = 50 };

int guest_lock_take(const char *directory, const char *resource, OcfDeadline deadline, GError **error)
{
    g_autofree char *path = guest_record_path(directory, resource, "lock");

    g_mkdir_with_parents(directory, 0755);
    int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock < 0) {
        g_warning("cannot make the lock %s (%s); going on without", path, g_strerror(errno));
        return -1;
    }
    /* flock cannot wait for a limited time; the file is never removed, or two could hold "the" lock */
    while (flock(lock, LOCK_EX | LOCK_NB) < 0) {
        if (errno != EWOULDBLOCK && errno != EINTR) {
            g_warning("cannot lock %s (%s); going on without", path, g_strerror(errno));
            close(lock);
            return -1;
        }
        if (ocf_deadline_sleep(deadline, POLL_MS))
            continue;
        g_set_error(error, OCF_ERROR, OCF_ERR_GENERIC, "another action of %s is still at work", resource);
        close(lock);
        return -1;
    }
    return lock;
}

void guest_lock_release(int lock)
{
    if (lock >= 0)
        close(lock);
}
