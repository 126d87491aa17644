/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ocf/ocf.h"

#include <stdio.h>
#include <syslog.h>

typedef struct {
    char *who;
    gboolean debug;
    gboolean syslog;
} LogTarget;

static int priority_of(GLogLevelFlags level)
{
    if ((level & (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL)) != 0)
        return LOG_ERR;
    if ((level & G_LOG_LEVEL_WARNING) != 0)
        return LOG_WARNING;
    if ((level & G_LOG_LEVEL_MESSAGE) != 0)
        return LOG_NOTICE;
    return (level & G_LOG_LEVEL_INFO) != 0 ? LOG_INFO : LOG_DEBUG;
}

static const char *priority_name(int priority)
{
    switch (priority) {
    case LOG_ERR:
        return "ERROR: ";
    case LOG_WARNING:
        return "WARNING: ";
    case LOG_DEBUG:
        return "DEBUG: ";
    default:
        return "";
    }
}

static GLogWriterOutput write_log(GLogLevelFlags level, const GLogField *fields, gsize count, gpointer data)
{
    const LogTarget *target = data;
    int priority = priority_of(level);

    if (priority == LOG_DEBUG && !target->debug)
        return G_LOG_WRITER_HANDLED;
    for (gsize i = 0; i < count; i++) {
        if (g_strcmp0(fields[i].key, "MESSAGE") != 0)
            continue;
        /* Pacemaker reads the agent's standard error into its own log */
        fprintf(stderr, "%s: %s%s\n", target->who, priority_name(priority), (const char *)fields[i].value);
        if (target->syslog)
            syslog(priority, "%s%s", priority_name(priority), (const char *)fields[i].value);
    }
    return G_LOG_WRITER_HANDLED;
}

void ocf_log_init(const char *who, char **environment)
{
    LogTarget *target = g_new0(LogTarget, 1); /* lives as long as the process */
    gboolean debug = FALSE;

    target->who = g_strdup(who);
    target->debug = ocf_parse_boolean(g_environ_getenv(environment, "HA_debug") ?: "", &debug) && debug;
    /* set by Pacemaker for its agents, not by the tools that run an agent by hand */
    target->syslog = g_environ_getenv(environment, "HA_LOGFACILITY") != NULL ||
                     g_environ_getenv(environment, "PCMK_service") != NULL;
    if (target->syslog)
        openlog(target->who, LOG_PID, LOG_DAEMON);
    g_log_set_writer_func(write_log, target, NULL);
}
