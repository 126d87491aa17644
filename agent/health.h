/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a domain's state and its reason mean to a cluster. Pure: numbers in, verdict out.
 */
#ifndef WHERRY_AGENT_HEALTH_H
#define WHERRY_AGENT_HEALTH_H

#include <glib.h>

typedef enum {
    HEALTH_RUNNING,  /* the guest is here, and it is well (or an administrator paused it) */
    HEALTH_STOPPED,  /* no guest here: nothing of it executes or will without being asked */
    HEALTH_ARRIVING, /* an incoming migration: the guest still runs elsewhere */
    HEALTH_STARTING, /* libvirt is about to start it */
    HEALTH_FAILED    /* it is here, but it does not work */
} Health;

/* STATE and REASON as of virDomainGetState; INCOMING where the domain's current job is an incoming migration.
 * *WHY, if wanted, is a phrase for people such as "paused by an I/O error"; it is never freed. */
Health health_judge(int state, int reason, gboolean incoming, const char **why);

#endif
