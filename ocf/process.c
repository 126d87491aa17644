/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ocf/ocf.h"

#include <string.h>

char *ocf_boot_id(void)
{
    char *text = NULL;

    if (!g_file_get_contents("/proc/sys/kernel/random/boot_id", &text, NULL, NULL))
        return g_strdup("");
    return g_strstrip(text);
}

gboolean ocf_process_start_time(pid_t pid, guint64 *start_time)
{
    /* behind the command, which may hold anything, field 3 comes first */
    enum { STATE = 0, START_TIME = 22 - 3 };
    g_autofree char *path = g_strdup_printf("/proc/%ld/stat", (long)pid);
    g_autofree char *text = NULL;
    gint64 number = 0;

    if (pid <= 0 || !g_file_get_contents(path, &text, NULL, NULL))
        return FALSE;
    const char *command_end = strrchr(text, ')');
    if (command_end == NULL || command_end[1] != ' ')
        return FALSE;
    g_auto(GStrv) fields = g_strsplit(command_end + 2, " ", START_TIME + 2);
    if (g_strv_length(fields) <= START_TIME || strchr("ZX", *fields[STATE]) != NULL ||
        !ocf_parse_integer(fields[START_TIME], 0, G_MAXINT64, &number))
        return FALSE;
    *start_time = (guint64)number;
    return TRUE;
}
