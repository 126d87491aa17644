/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/health.h"

#include <libvirt/libvirt.h>

enum { ANY_REASON = -1 };

/* The first row that matches counts. States and reasons: libvirt-domain.h, virDomainState and the
 * virDomain...Reason enumerations. */
static const struct {
    int state;
    int reason;
    Health health;
    const char *why;
} verdicts[] = {
#if LIBVIR_VERSION_NUMBER >= 8005000
    {VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_POSTCOPY_FAILED, HEALTH_FAILED,
     "its post-copy migration broke: part of its memory is on the other node"},
    {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_POSTCOPY_FAILED, HEALTH_FAILED,
     "paused: its post-copy migration broke"},
#endif
    {VIR_DOMAIN_RUNNING, ANY_REASON, HEALTH_RUNNING, "running"},
    {VIR_DOMAIN_BLOCKED, ANY_REASON, HEALTH_RUNNING, "running (waiting for a resource)"},
    {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_IOERROR, HEALTH_FAILED, "paused by an I/O error"},
    {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_WATCHDOG, HEALTH_FAILED, "paused by its watchdog"},
    {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_CRASHED, HEALTH_FAILED, "paused: the guest crashed"},
    {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_UNKNOWN, HEALTH_FAILED, "paused, and libvirt does not know why"},
#if LIBVIR_VERSION_NUMBER >= 9002000
    {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_API_ERROR, HEALTH_FAILED, "paused by a failed libvirt operation"},
#endif
    {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_STARTING_UP, HEALTH_STARTING, "being started"},
    {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_USER, HEALTH_RUNNING, "paused by an administrator"},
    {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_MIGRATION, HEALTH_RUNNING, "paused while it migrates"},
    {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_POSTCOPY, HEALTH_RUNNING, "paused here, running at the other end"},
    {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_SAVE, HEALTH_RUNNING, "paused while it is saved"},
    {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_DUMP, HEALTH_RUNNING, "paused while it is dumped"},
    {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_FROM_SNAPSHOT, HEALTH_RUNNING, "paused after a snapshot"},
    {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_SNAPSHOT, HEALTH_RUNNING, "paused while a snapshot is taken"},
    {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_SHUTTING_DOWN, HEALTH_RUNNING, "shutting down"},
    {VIR_DOMAIN_SHUTDOWN, ANY_REASON, HEALTH_RUNNING, "shutting down"},
    {VIR_DOMAIN_PMSUSPENDED, ANY_REASON, HEALTH_RUNNING, "suspended by its own power management"},
    {VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_SHUTDOWN, HEALTH_STOPPED, "shut down by its own system"},
    {VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_DESTROYED, HEALTH_STOPPED, "forced off"},
    {VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_CRASHED, HEALTH_STOPPED, "crashed"},
    {VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_MIGRATED, HEALTH_STOPPED, "migrated to another host"},
    {VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_SAVED, HEALTH_STOPPED, "saved to a file"},
    {VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_FAILED, HEALTH_STOPPED, "failed to start"},
    {VIR_DOMAIN_SHUTOFF, ANY_REASON, HEALTH_STOPPED, "shut off"},
    {VIR_DOMAIN_CRASHED, ANY_REASON, HEALTH_FAILED, "crashed, and kept for inspection"},
};

Health health_judge(int state, int reason, gboolean incoming, const char **why)
{
    if (incoming && state == VIR_DOMAIN_PAUSED) {
        if (why != NULL)
            *why = "arriving from another node";
        return HEALTH_ARRIVING;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(verdicts); i++) {
        if (verdicts[i].state != state || (verdicts[i].reason != ANY_REASON && verdicts[i].reason != reason))
            continue;
        if (why != NULL)
            *why = verdicts[i].why;
        return verdicts[i].health;
    }
    if (why != NULL)
        *why = "in a state that this agent does not know";
    return HEALTH_FAILED; /* in doubt a failure, never "not running" (I7) */
}
