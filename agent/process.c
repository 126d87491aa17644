/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/process.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { TERM_WAIT_MS = 5000 };

/* QEMU's option parser doubles a comma in a value: "a,b" is given as "guest=a,,b". */
static gboolean name_option_is(const char *option, const char *name)
{
    if (!g_str_has_prefix(option, "guest="))
        return FALSE;
    option += strlen("guest=");
    for (; *name != '\0'; name++, option++) {
        if (*option != *name)
            return FALSE;
        if (*name == ',' && *++option != ',')
            return FALSE;
    }
    return *option == '\0' || (option[0] == ',' && option[1] != ',');
}

gboolean guest_process_matches(const char *command_line, gsize length, const char *name, const char *uuid)
{
    const char *end = command_line + length;
    const char *option = "";
    gboolean same_name = FALSE;
    const char *its_uuid = NULL;

    for (const char *argument = command_line; argument < end;) {
        gsize size = strnlen(argument, (gsize)(end - argument));

        if (argument + size == end)
            return FALSE; /* cut off: no proof */
        if (strcmp(option, "-name") == 0)
            same_name = name_option_is(argument, name);
        else if (strcmp(option, "-uuid") == 0)
            its_uuid = argument;
        option = argument;
        argument += size + 1;
    }
    if (*uuid != '\0')
        return its_uuid != NULL && g_ascii_strcasecmp(its_uuid, uuid) == 0;
    return same_name;
}

/* Whether one of the arguments is OPTION. */
static gboolean has_option(const char *command_line, gsize length, const char *option)
{
    const char *end = command_line + length;

    for (const char *argument = command_line; argument < end; argument += strlen(argument) + 1)
        if (strcmp(argument, option) == 0)
            return TRUE;
    return FALSE;
}

static char *proc_path(pid_t pid, const char *file)
{
    return g_strdup_printf("/proc/%ld/%s", (long)pid, file);
}

/* 0: it is gone. */
static guint64 start_time_of(pid_t pid)
{
    guint64 start_time = 0;

    ocf_process_start_time(pid, &start_time);
    return start_time;
}

static gboolean is_guest(pid_t pid, const char *name, const char *uuid, gboolean *incoming)
{
    g_autofree char *path = proc_path(pid, "cmdline");
    g_autofree char *command_line = NULL;
    gsize length = 0;

    if (!g_file_get_contents(path, &command_line, &length, NULL) ||
        !guest_process_matches(command_line, length, name, uuid))
        return FALSE;
    if (incoming != NULL)
        *incoming = has_option(command_line, length, "-incoming");
    return TRUE;
}

gboolean guest_process_is_alive(const GuestProcess *process, const char *name, const char *uuid)
{
    return process->pid > 0 && start_time_of(process->pid) == process->start_time &&
           process->start_time != 0 && is_guest(process->pid, name, uuid, NULL);
}

gboolean guest_process_find(const char *name, const char *uuid, GuestProcess *found, GError **error)
{
    g_autoptr(GError) why = NULL;
    g_autoptr(GDir) proc = g_dir_open("/proc", 0, &why);
    const char *entry;

    if (proc == NULL) {
        g_set_error(error, OCF_ERROR, OCF_ERR_GENERIC, "cannot look at the processes: %s", why->message);
        return FALSE;
    }
    *found = (GuestProcess){0};
    while ((entry = g_dir_read_name(proc)) != NULL) {
        gint64 pid = 0;

        if (!ocf_parse_integer(entry, 1, G_MAXINT32, &pid) ||
            !is_guest((pid_t)pid, name, uuid, &found->incoming))
            continue;
        found->start_time = start_time_of((pid_t)pid);
        if (found->start_time == 0)
            continue;
        found->pid = (pid_t)pid;
        break;
    }
    return TRUE;
}

/* TRUE once the process behind the descriptor has ended. */
static gboolean wait_for_end(int pid_fd, OcfDeadline deadline)
{
    struct pollfd fd = {.fd = pid_fd, .events = POLLIN};
    int ready;

    do
        ready = poll(&fd, 1, (int)MIN(ocf_deadline_left_ms(deadline), G_MAXINT));
    while (ready < 0 && errno == EINTR);
    return ready > 0;
}

gboolean guest_process_end(const GuestProcess *process, const char *name, const char *uuid,
                           OcfDeadline deadline, GError **error)
{
    /* the descriptor first, the proof second: then the signal cannot reach another process */
    int pid_fd = (int)syscall(SYS_pidfd_open, process->pid, 0);
    gboolean ended = FALSE;

    if (pid_fd < 0 && errno == ESRCH)
        return TRUE;
    if (pid_fd < 0) {
        g_set_error(error, OCF_ERROR, OCF_ERR_GENERIC, "cannot hold on to QEMU process %ld: %s",
                    (long)process->pid, g_strerror(errno));
        return FALSE;
    }
    if (!guest_process_is_alive(process, name, uuid)) {
        ended =
            wait_for_end(pid_fd, ocf_deadline_in(0)) || start_time_of(process->pid) != process->start_time;
    } else {
        g_message("ending QEMU process %ld of %s", (long)process->pid, name);
        syscall(SYS_pidfd_send_signal, pid_fd, SIGTERM, NULL, 0);
        ended = wait_for_end(
            pid_fd, MIN(deadline, ocf_deadline_in(MIN(TERM_WAIT_MS, ocf_deadline_left_ms(deadline) / 2))));
        if (!ended) {
            syscall(SYS_pidfd_send_signal, pid_fd, SIGKILL, NULL, 0);
            ended = wait_for_end(pid_fd, deadline);
        }
    }
    close(pid_fd);
    if (!ended)
        g_set_error(error, OCF_ERROR, OCF_ERR_GENERIC, "QEMU process %ld of %s cannot be ended",
                    (long)process->pid, name);
    return ended;
}
