/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ocf/ocf.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LINE_FD = 3, CANNOT_RUN = 126 };

/* In the grandchild, after fork: only async-signal-safe calls. The line closes when the program runs, and
 * says why where it does not. */
G_GNUC_NORETURN static void become(const char *const *argv, char **environment, int line)
{
    sigset_t none;
    int null_fd = open("/dev/null", O_RDWR);

    if (null_fd < 0 || dup2(null_fd, STDIN_FILENO) < 0 || dup2(null_fd, STDOUT_FILENO) < 0 ||
        dup2(null_fd, STDERR_FILENO) < 0 || dup2(line, LINE_FD) < 0 ||
        fcntl(LINE_FD, F_SETFD, FD_CLOEXEC) < 0 || chdir("/") < 0)
        _exit(CANNOT_RUN);
    /* Pacemaker waits for the end of what an agent's children hold open, and a lock must end with the agent
     */
    syscall(SYS_close_range, (unsigned)LINE_FD + 1, ~0U, 0U);
    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execve(argv[0], (char *const *)argv, environment);
    int why = errno;
    _exit(write(LINE_FD, &why, sizeof why) == sizeof why ? CANNOT_RUN : CANNOT_RUN + 1);
}

/* In the child: a session of its own, which Pacemaker does not kill with the agent, and a process in it. */
G_GNUC_NORETURN static void fork_again(const char *const *argv, char **environment, int line)
{
    setsid();
    pid_t pid = fork();
    if (pid == 0) {
        int number = getpid();
        if (write(line, &number, sizeof number) == sizeof number)
            become(argv, environment, line);
    }
    _exit(pid > 0 ? 0 : 1);
}

/* FALSE at the end of the line. */
static gboolean read_number(int line, int *number)
{
    ssize_t got;

    do {
        got = read(line, number, sizeof *number);
    } while (got < 0 && errno == EINTR);
    return got == sizeof *number;
}

pid_t ocf_detach(const char *const *argv, GError **error)
{
    int line[2], pid = 0, why = 0, status = 0;
    /* what the agent was called with is not the other's business */
    g_auto(GStrv) environment = g_environ_unsetenv(g_get_environ(), "OCF_RESKEY_CRM_meta_on_node");

    if (access(argv[0], X_OK) < 0) {
        g_set_error(error, OCF_ERROR, OCF_ERR_INSTALLED, "cannot start %s: %s", argv[0], g_strerror(errno));
        return 0;
    }
    if (pipe2(line, O_CLOEXEC) < 0) {
        g_set_error(error, OCF_ERROR, OCF_ERR_GENERIC, "cannot start %s: %s", argv[0], g_strerror(errno));
        return 0;
    }
    pid_t child = fork();
    if (child == 0)
        fork_again(argv, environment, line[1]);
    close(line[1]);
    gboolean begun = child > 0 && read_number(line[0], &pid);
    gboolean failed = begun && read_number(line[0], &why);
    close(line[0]);
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    if (begun && !failed)
        return pid;
    g_set_error(error, OCF_ERROR, OCF_ERR_GENERIC, "cannot start %s: %s", argv[0],
                failed ? g_strerror(why) : "no process can be had");
    return 0;
}
