/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "heartbeat/background.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { USUAL_UMASK = 022, FIRST_OTHER_FD = 3, FD_MOST = 65536 };

static gboolean fail(GError **error, const char *what)
{
    g_set_error(error, OCF_ERROR, OCF_ERR_GENERIC, "cannot %s: %s", what, g_strerror(errno));
    return FALSE;
}

/* A byte is success, the end of the line failure; what went wrong stands on standard error already. */
G_GNUC_NORETURN static void wait_and_exit(int line)
{
    char byte;
    ssize_t got;

    do {
        got = recv(line, &byte, 1, 0);
    } while (got < 0 && errno == EINTR);
    _exit(got == 1 ? EXIT_SUCCESS : EXIT_FAILURE);
}

/* Whatever else the starter had open (a shell's, a test runner's), somebody may wait for its end. */
static void close_all_but(int kept)
{
    long most = sysconf(_SC_OPEN_MAX);

    for (int fd = FIRST_OTHER_FD; fd < CLAMP(most, 0, FD_MOST); fd++)
        if (fd != kept)
            close(fd);
}

gboolean background_begin(int *ready, GError **error)
{
    int line[2];
    sigset_t none;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, line) < 0)
        return fail(error, "make a socket");
    pid_t pid = fork();
    if (pid < 0) {
        fail(error, "start a process");
        close(line[0]);
        close(line[1]);
        return FALSE;
    }
    if (pid > 0) {
        close(line[1]);
        wait_and_exit(line[0]);
    }
    /* out of the agent's process group, which Pacemaker may kill as a whole */
    setsid();
    close_all_but(line[1]);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    umask(USUAL_UMASK);
    if (chdir("/") < 0)
        return fail(error, "go to /");
    *ready = line[1];
    return TRUE;
}

gboolean background_ready(int ready, GError **error)
{
    int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);

    if (null_fd < 0 || dup2(null_fd, STDIN_FILENO) < 0 || dup2(null_fd, STDOUT_FILENO) < 0 ||
        dup2(null_fd, STDERR_FILENO) < 0)
        return fail(error, "open /dev/null");
    if (null_fd > STDERR_FILENO)
        close(null_fd);
    /* a starter that was killed meanwhile is no reason not to work */
    send(ready, "1", 1, MSG_NOSIGNAL);
    close(ready);
    return TRUE;
}

void background_clean_environment(void)
{
    g_auto(GStrv) names = g_listenv();

    for (char **name = names; *name != NULL; name++)
        if (g_str_has_prefix(*name, "OCF_") || g_str_has_prefix(*name, "__OCF_"))
            g_unsetenv(*name);
}
