/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A network namespace of the test's own: nothing of the host is seen or changed. */
#ifndef WHERRY_TEST_NETPREF_NS_H
#define WHERRY_TEST_NETPREF_NS_H

#include "test_netpref.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>

/* FALSE, said in the TAP output, where the test may not make one. */
static inline gboolean enter_namespace(void)
{
    if (unshare(CLONE_NEWNET) == 0)
        return TRUE;
    printf("1..0 # SKIP no network namespace: %s (run as root)\n", g_strerror(errno));
    return FALSE;
}

/* Runs a command line; the test fails if it does. */
static inline void run(const char *format, ...) G_GNUC_PRINTF(1, 2);

static inline void run(const char *format, ...)
{
    va_list arguments;
    gint status = 0;
    g_autoptr(GError) error = NULL;
    g_autofree char *errors = NULL;

    va_start(arguments, format);
    g_autofree char *line = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    if (!g_spawn_command_line_sync(line, NULL, &errors, &status, &error) || status != 0)
        fail_msg("%s: %s", line, error != NULL ? error->message : errors);
}

#endif
