/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "heartbeat/actions.h"

#include "cluster/cluster.h"
#include "heartbeat/presence.h"
#include "heartbeat/settings.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <unistd.h>

#define DAEMON WHERRY_LIBEXECDIR "/wherry/wherryd"

enum {
    US_PER_MS = 1000,
    MS_PER_S = 1000,
    LEVEL_THIS_HOST = 10,     /* OCF RA API 1.1, "Check Levels" */
    TERMINATE_MOST_MS = 8000, /* longer than the daemon's longest round and its farewell */
    TAKE_BACK_MOST_MS = 2500,
    KILL_TAKES_MS = 1000 /* and what is kept for it, and for what comes after, of the action's time */
};

static NetprefSettings settings_of(const OcfCall *call)
{
    const MigrationNetworksParameters *parameters = call->parameters;

    return (NetprefSettings){.order = parameters->order,
                             .exclude = parameters->exclude,
                             .names = parameters->names,
                             .ring = parameters->ring,
                             .unlisted = parameters->unlisted};
}

static gboolean look(PresenceState *state, GError **error)
{
    return presence_look(WHERRY_RUNDIR, g_get_monotonic_time() / US_PER_MS, state, error);
}

/* ---- monitor ------------------------------------------------------------------------------------- */

gboolean migration_networks_monitor(const OcfCall *call, GError **error)
{
    PresenceState state = {0};

    (void)call;
    if (!look(&state, error))
        return FALSE;
    if (state.pid == 0) {
        g_set_error_literal(error, OCF_ERROR, OCF_NOT_RUNNING, "wherryd does not run here");
        return FALSE;
    }
    if (state.silent_ms > PRESENCE_SILENCE_MOST_MS) {
        g_set_error(error, OCF_ERROR, OCF_ERR_GENERIC,
                    "wherryd (process %ld) has given no sign of life for %" G_GINT64_FORMAT " s",
                    (long)state.pid, state.silent_ms / MS_PER_S);
        return FALSE;
    }
    return TRUE;
}

/* ---- start --------------------------------------------------------------------------------------- */

/* Returns when the daemon works; it says on standard error, which is the agent's, why not. */
static gboolean launch(OcfDeadline deadline, GError **error)
{
    static const char *const argv[] = {DAEMON, NULL};
    g_auto(OcfChild) child = {0};
    PresenceState state = {0};

    if (!ocf_child_run(argv, OCF_CHILD_ALL_OUTPUT, deadline, &child, error))
        return FALSE;
    if (*child.output != '\0')
        g_message("%s", child.output);
    /* judged by the lock: another start may have been faster */
    if (!look(&state, error))
        return FALSE;
    if (state.pid != 0 && !child.late)
        return TRUE;
    g_set_error(error, OCF_ERROR, child.absent ? OCF_ERR_INSTALLED : OCF_ERR_GENERIC, "%s %s%s%s", DAEMON,
                child.absent ? "is not installed"
                : child.late ? "does not come up in time"
                             : "does not start",
                *child.output != '\0' ? ": " : "", child.output);
    return FALSE;
}

gboolean migration_networks_start(const OcfCall *call, GError **error)
{
    const NetprefSettings settings = settings_of(call);
    g_autoptr(GError) why = NULL;
    PresenceState state = {0};

    if (!settings_exclude_what_they_say(&settings, &why)) {
        /* not OCF_ERR_CONFIGURED: Pacemaker would stop the clone on every node, for the start of one */
        g_set_error_literal(error, OCF_ERROR, OCF_ERR_ARGS, why->message);
        return FALSE;
    }
    settings_log(&settings);
    if (!look(&state, error))
        return FALSE;
    return state.pid != 0 || launch(call->deadline, error);
}

/* ---- stop ---------------------------------------------------------------------------------------- */

/* A daemon that ended by itself has done so; otherwise the cluster still believes what it said last. */
static void take_back(OcfDeadline deadline)
{
    g_autoptr(GError) error = NULL;

    if (!cluster_links_withdraw(ocf_deadline_within(deadline, TAKE_BACK_MOST_MS), &error))
        g_warning("cannot take back what the cluster knows of this node's links: %s", error->message);
}

gboolean migration_networks_stop(const OcfCall *call, GError **error)
{
    gint64 left_ms = ocf_deadline_left_ms(call->deadline);
    gint64 patience_ms = MIN(left_ms - KILL_TAKES_MS - TAKE_BACK_MOST_MS, TERMINATE_MOST_MS);
    gboolean cleanly = FALSE;

    if (!presence_end(WHERRY_RUNDIR, ocf_deadline_in(patience_ms), call->deadline, &cleanly, error))
        return FALSE;
    if (!cleanly)
        take_back(call->deadline);
    return TRUE;
}

/* ---- reload-agent, validate-all ------------------------------------------------------------------ */

/* Whoever needs the settings reads them from the CIB when it needs them, so nothing is to be done. A value
 * that makes no sense is said and no more: an error here would have Pacemaker stop and start for a typo. */
gboolean migration_networks_reload_agent(const OcfCall *call, GError **error)
{
    const NetprefSettings settings = settings_of(call);

    settings_log(&settings);
    return migration_networks_monitor(call, error);
}

gboolean migration_networks_validate_all(const OcfCall *call, GError **error)
{
    const NetprefSettings settings = settings_of(call);

    if (!settings_are_right(&settings, error))
        return FALSE;
    settings_log(&settings);
    if (call->check_level < LEVEL_THIS_HOST || g_access(DAEMON, X_OK) == 0)
        return TRUE;
    g_set_error(error, OCF_ERROR, OCF_ERR_INSTALLED, DAEMON " cannot be run: %s", g_strerror(errno));
    return FALSE;
}
