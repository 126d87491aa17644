/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "heartbeat/presence.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FILE_NAME "wherryd.lock"

enum {
    BEAT_LENGTH = 24, /* always the same, so that a reader never sees the rest of a longer one */
    POLL_MS = 20,
    KILLED_AGAIN_MS = 200
};

struct Presence {
    int fd;
    char *path;
};

static char *path_in(const char *directory)
{
    return g_build_filename(directory, FILE_NAME, NULL);
}

static gboolean fail(GError **error, const char *what, const char *path)
{
    OcfExit code = errno == EACCES || errno == EPERM ? OCF_ERR_PERM : OCF_ERR_GENERIC;

    g_set_error(error, OCF_ERROR, code, "cannot %s %s: %s", what, path, g_strerror(errno));
    return FALSE;
}

/* ---- the daemon ---------------------------------------------------------------------------------- */

/* Whether PATH still leads to the file that is open: a lock on a file without a name keeps nobody out. */
static gboolean is_the_file(const char *path, int fd)
{
    struct stat named, open_file;

    return lstat(path, &named) == 0 && fstat(fd, &open_file) == 0 && named.st_ino == open_file.st_ino &&
           named.st_dev == open_file.st_dev;
}

Presence *presence_take(const char *directory, GError **error)
{
    g_autoptr(Presence) presence = g_new0(Presence, 1);
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

    presence->path = path_in(directory);
    g_mkdir_with_parents(directory, 0755);
    presence->fd = open(presence->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (presence->fd < 0) {
        fail(error, "make the lock", presence->path);
        return NULL;
    }
    if (fcntl(presence->fd, F_SETLK, &lock) == 0 && is_the_file(presence->path, presence->fd))
        return g_steal_pointer(&presence);
    if (fcntl(presence->fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK)
        g_set_error(error, OCF_ERROR, OCF_ERR_GENERIC, "wherryd already runs on this node (process %ld)",
                    (long)lock.l_pid);
    else
        fail(error, "take the lock", presence->path);
    return NULL;
}

gboolean presence_beat(Presence *presence, gint64 now_ms)
{
    char beat[BEAT_LENGTH + 1];

    snprintf(beat, sizeof beat, "%*" G_GINT64_FORMAT "\n", BEAT_LENGTH - 1, now_ms);
    /* a full /run costs the sign of life, not the daemon: what cannot be read counts as not known */
    if (pwrite(presence->fd, beat, BEAT_LENGTH, 0) != BEAT_LENGTH)
        g_warning("cannot write %s: %s", presence->path, g_strerror(errno));
    return is_the_file(presence->path, presence->fd);
}

void presence_free(Presence *presence)
{
    if (presence == NULL)
        return;
    if (presence->fd >= 0)
        close(presence->fd); /* the file stays: removed, it would let two hold "the" lock */
    g_free(presence->path);
    g_free(presence);
}

/* ---- the others ---------------------------------------------------------------------------------- */

static gint64 read_silence(int fd, gint64 now_ms)
{
    char beat[BEAT_LENGTH + 1] = "";
    gint64 last_ms = 0;

    if (pread(fd, beat, BEAT_LENGTH, 0) != BEAT_LENGTH ||
        !ocf_parse_integer(g_strstrip(beat), 0, G_MAXINT64, &last_ms))
        return 0;
    return MAX(now_ms - last_ms, 0);
}

gboolean presence_look(const char *directory, gint64 now_ms, PresenceState *state, GError **error)
{
    g_autofree char *path = path_in(directory);
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    PresenceState seen = {0};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

    if (fd < 0 && errno != ENOENT)
        return fail(error, "open", path);
    if (fd >= 0) {
        int asked = fcntl(fd, F_GETLK, &lock);
        int why = errno;
        seen.silent_ms = read_silence(fd, now_ms);
        close(fd);
        errno = why;
        if (asked < 0)
            return fail(error, "ask for the lock", path);
        if (lock.l_type != F_UNLCK)
            seen.pid = lock.l_pid;
        if (lock.l_type != F_UNLCK && lock.l_pid <= 0) {
            g_set_error(error, OCF_ERROR, OCF_ERR_GENERIC, "%s is held by a process of another container",
                        path);
            return FALSE;
        }
    }
    *state = seen;
    return TRUE;
}

/* Sends SIGNAL to the holder, and to nobody who got its number meanwhile: the descriptor is opened first, and
 * then it must still be the holder's. */
static void send_to_holder(const char *directory, pid_t pid, int signal_number)
{
    int holder = (int)syscall(SYS_pidfd_open, pid, 0);
    gboolean too_old = holder < 0 && errno == ENOSYS; /* a kernel without it: the number has to do */
    PresenceState state = {0};

    if (presence_look(directory, 0, &state, NULL) && state.pid == pid) {
        if (holder >= 0)
            syscall(SYS_pidfd_send_signal, holder, signal_number, NULL, 0);
        else if (too_old)
            kill(pid, signal_number);
    }
    if (holder >= 0)
        close(holder);
}

/* FALSE at DEADLINE, without an error, or where nobody can tell. */
static gboolean wait_until_free(const char *directory, OcfDeadline deadline, GError **error)
{
    PresenceState state = {0};

    for (;;) {
        if (!presence_look(directory, 0, &state, error))
            return FALSE;
        if (state.pid == 0)
            return TRUE;
        if (!ocf_deadline_sleep(deadline, POLL_MS))
            return FALSE;
    }
}

gboolean presence_end(const char *directory, OcfDeadline kill_at, OcfDeadline deadline, gboolean *cleanly,
                      GError **error)
{
    g_autoptr(GError) why = NULL;
    PresenceState state = {0};

    *cleanly = FALSE;
    if (!presence_look(directory, 0, &state, error))
        return FALSE;
    if (state.pid == 0)
        return TRUE;
    send_to_holder(directory, state.pid, SIGTERM);
    *cleanly = wait_until_free(directory, kill_at, &why);
    if (*cleanly)
        return TRUE;
    if (why == NULL) {
        send_to_holder(directory, state.pid, SIGKILL);
        if (wait_until_free(directory, deadline, &why))
            return TRUE;
    }
    if (why == NULL)
        g_set_error(&why, OCF_ERROR, OCF_ERR_GENERIC, "wherryd (process %ld) does not end", (long)state.pid);
    g_propagate_error(error, g_steal_pointer(&why));
    return FALSE;
}
