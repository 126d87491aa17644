/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ocf/ocf.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* More of a program's output than the first helps nobody who reads a log; more than the second is no value.
 */
enum { SHOWN_MOST = 16 * 1024, VALUE_MOST = 4 * 1024 * 1024 };
enum { NO_SUCH_PROGRAM = 127, CANNOT_RUN = 126, SIGNAL_BASE = 128 };

typedef struct {
    pid_t pid;
    int output_fd;
    int pid_fd;
} Running;

/* In the child, after fork: only async-signal-safe calls. */
static void become(const char *const *argv, char **environment, OcfChildOutput what, int output_fd,
                   pid_t parent)
{
    sigset_t none;
    int null_fd = open("/dev/null", O_RDWR);

    /* a group of its own, so that all it starts can be ended with it; and never an orphan of the agent,
     * whom Pacemaker may end with SIGKILL */
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(CANNOT_RUN);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (null_fd < 0 || dup2(null_fd, STDIN_FILENO) < 0 || dup2(output_fd, STDOUT_FILENO) < 0 ||
        dup2(what == OCF_CHILD_ALL_OUTPUT ? output_fd : null_fd, STDERR_FILENO) < 0)
        _exit(CANNOT_RUN);
    execvpe(argv[0], (char *const *)argv, environment);
    _exit(errno == ENOENT ? NO_SUCH_PROGRAM : CANNOT_RUN);
}

/* A program that is asked for a value must not take the agent's call for its own: attrd_updater answers for
 * the one node in OCF_RESKEY_CRM_meta_on_node, even where it is asked for all (Pacemaker 2.1). */
static char **child_environment(OcfChildOutput what)
{
    char **environment = g_get_environ();

    for (char **variable = environment; what == OCF_CHILD_PLAIN_OUTPUT && *variable != NULL;) {
        if (!g_str_has_prefix(*variable, "OCF_RESKEY_CRM_meta_")) {
            variable++;
            continue;
        }
        g_autofree char *name = g_strndup(*variable, strcspn(*variable, "="));
        environment = g_environ_unsetenv(environment, name);
        variable = environment;
    }
    return environment;
}

static gboolean spawn(const char *const *argv, OcfChildOutput what, Running *running, GError **error)
{
    int fds[2];
    pid_t parent = getpid();
    g_auto(GStrv) environment = child_environment(what);

    if (pipe2(fds, O_CLOEXEC) < 0) {
        g_set_error(error, OCF_ERROR, OCF_ERR_GENERIC, "cannot start %s: %s", argv[0], g_strerror(errno));
        return FALSE;
    }
    running->pid = fork();
    if (running->pid == 0)
        become(argv, environment, what, fds[1], parent);
    close(fds[1]);
    if (running->pid < 0) {
        g_set_error(error, OCF_ERROR, OCF_ERR_GENERIC, "cannot start %s: %s", argv[0], g_strerror(errno));
        close(fds[0]);
        return FALSE;
    }
    setpgid(running->pid, running->pid); /* whoever comes first; the other call fails harmlessly */
    running->output_fd = fds[0];
    running->pid_fd = (int)syscall(SYS_pidfd_open, running->pid, 0);
    return TRUE;
}

/* FALSE at the end of the output. */
static gboolean read_some(int fd, gsize most, GString *output)
{
    char buffer[4096];
    ssize_t got = read(fd, buffer, sizeof buffer);

    if (got <= 0)
        return got < 0 && errno == EINTR;
    gsize room = most - MIN(output->len, most);
    g_string_append_len(output, buffer, (gssize)MIN((gsize)got, room));
    return TRUE;
}

/* Reads until the process ended (what it left behind may hold the pipe open for ever) or DEADLINE. */
static gboolean wait_for_end(const Running *running, OcfDeadline deadline, gsize most, GString *output)
{
    struct pollfd fds[] = {{.fd = running->output_fd, .events = POLLIN},
                           {.fd = running->pid_fd, .events = POLLIN}};

    for (;;) {
        gint64 left_ms = ocf_deadline_left_ms(deadline);
        int ready = poll(fds, G_N_ELEMENTS(fds), (int)MIN(left_ms, G_MAXINT));

        if (ready == 0)
            return FALSE;
        if (ready < 0)
            continue;
        if (fds[0].revents != 0) {
            if (!read_some(running->output_fd, most, output))
                fds[0].fd = -1;
        } else if (fds[1].revents != 0) {
            return TRUE;
        }
        if (fds[0].fd < 0 && running->pid_fd < 0)
            return TRUE; /* a kernel without pidfd_open: the end of the output has to do */
    }
}

gboolean ocf_child_run(const char *const *argv, OcfChildOutput what, OcfDeadline deadline, OcfChild *child,
                       GError **error)
{
    Running running;
    int status = 0;

    g_autofree char *program = g_find_program_in_path(argv[0]);
    if (program == NULL && !g_file_test(argv[0], G_FILE_TEST_EXISTS)) {
        /* found out before, because a program may end with the shell's "not found" of its own */
        *child = (OcfChild){.status = NO_SUCH_PROGRAM, .absent = TRUE, .output = g_strdup("")};
        return TRUE;
    }
    if (!spawn(argv, what, &running, error))
        return FALSE;

    g_autoptr(GString) output = g_string_new(NULL);
    gsize most = what == OCF_CHILD_PLAIN_OUTPUT ? VALUE_MOST : SHOWN_MOST;
    gboolean late = !wait_for_end(&running, deadline, most, output);
    kill(-running.pid, SIGKILL); /* the group: also what a finished program left behind */
    while (waitpid(running.pid, &status, 0) < 0 && errno == EINTR)
        ;
    close(running.output_fd);
    if (running.pid_fd >= 0)
        close(running.pid_fd);

    child->late = late;
    child->status = WIFEXITED(status) ? WEXITSTATUS(status) : SIGNAL_BASE + WTERMSIG(status);
    child->absent = FALSE;
    child->output = g_strchomp(g_utf8_make_valid(output->str, (gssize)output->len));
    return TRUE;
}

void ocf_child_clear(OcfChild *child)
{
    g_clear_pointer(&child->output, g_free);
}
