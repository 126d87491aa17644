/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the agent remembers of a running guest on this node, until it is stopped or the node boots: so that
 * stop and monitor need neither the config file nor libvirt (I6). A small key file, replaced whole.
 */
#ifndef WHERRY_AGENT_RECORD_H
#define WHERRY_AGENT_RECORD_H

#include "agent/process.h"

typedef struct {
    char *config; /* the parameter when it was started here */
    char *name;
    char *uuid;
    char *type; /* of hypervisor, as in the domain's XML */
    GuestProcess process;
    /* the utilization last agreed with the CIB, and when (seconds of the monotonic clock); -1: never */
    gint64 cpus, memory_mib, utilization_checked_s;
} GuestRecord;

/* The file in DIRECTORY that belongs to RESOURCE and ends with SUFFIX; any resource name makes a safe one. */
char *guest_record_path(const char *directory, const char *resource, const char *suffix);

GuestRecord *guest_record_new(void);

/* NULL where there is none; a damaged one is named in the log and counts as none. */
GuestRecord *guest_record_load(const char *directory, const char *resource);

/* Replaces the record. Failing is no reason to disturb a guest: callers warn and go on (I8). */
gboolean guest_record_save(const GuestRecord *record, const char *directory, const char *resource,
                           GError **error);
void guest_record_remove(const char *directory, const char *resource);

void guest_record_free(GuestRecord *record);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GuestRecord, guest_record_free)

#endif
