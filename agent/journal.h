/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The journal of one migration, kept by the node that drives it: written before each step that cannot be
 * taken back, so that whoever comes after a killed driver, or a reboot, knows what may be true of the guest.
 *
 * One key file per resource in WHERRY_STATEDIR, on a disk that outlives a reboot; replaced whole, and fsynced
 * with its directory. A file that cannot be understood is never taken for "no migration": it is an error, for
 * whose sake the other nodes are asked.
 */
#ifndef WHERRY_AGENT_JOURNAL_H
#define WHERRY_AGENT_JOURNAL_H

#include "agent/process.h"

enum { JOURNAL_VERSION = 1, JOURNAL_MOST_BYTES = 64 * 1024 };

/* How far it has come. */
typedef enum {
    JOURNAL_PREPARING, /* libvirt has not been asked to migrate: the guest is here alone */
    JOURNAL_SENDING,   /* it has been, or is about to be: the guest may end up at either end */
    JOURNAL_MOVED,     /* gone here, running there; the cluster has not heard of it yet */
    JOURNAL_STAYED,    /* it runs here, nothing of it is there, and no job can change that */
    JOURNAL_UNSETTLED, /* given up without knowing */
    JOURNAL_STOPPED    /* stopped here since; it may be there */
} JournalStep;

/* "preparing", "sending" ... */
const char *journal_step_name(JournalStep step);

/* Who drives it: a process of this node and this boot. */
typedef struct {
    char *boot_id; /* /proc/sys/kernel/random/boot_id of that boot */
    pid_t pid;
    guint64 start_time; /* as in GuestProcess */
} JournalDriver;

typedef struct {
    char *id; /* of this migration; a UUID */
    char *resource;
    char *name, *uuid;     /* of the guest */
    char *source, *target; /* nodes */
    char *hypervisor;      /* the source's URI as configured, "" for the default */
    char *remote_uri;      /* control connection to the target; "" while none was made */
    char *network;         /* the one tried last, for people; "" while none was */
    char *reason;          /* why it was given up, for people; "" while it was not */
    JournalStep step;
    gboolean stay; /* migration_failure=stay, and a cluster whose HA status can be dropped */
    JournalDriver driver;
    gint64 began_s; /* seconds since 1970: for people, and for what the cluster has dated; clocks step */
    gint64 retry_delay_s; /* how long the target is to be avoided if it fails */
} Journal;

/* A new one with an id and this process as its driver; other strings are "". */
Journal *journal_new(void);

/* Sets a string, copying VALUE (NULL counts as ""). */
void journal_set(char **field, const char *value);

/* Whether its driver is still at work: this boot, and the process has not ended. */
gboolean journal_is_driven(const Journal *journal);

/* The file of RESOURCE in DIRECTORY. */
char *journal_path(const char *directory, const char *resource);

/* Pure. NULL with ERROR (OCF_ERR_GENERIC, one line) for what is damaged, truncated, of another version (a
 * version above JOURNAL_VERSION is named as such), or contradicts itself. */
Journal *journal_parse(const char *text, gsize length, GError **error);
char *journal_print(const Journal *journal, gsize *length);

/* TRUE with *JOURNAL NULL: there is none. FALSE: there is one, and it cannot be read or understood, or it is
 * of another resource than its name says; ERROR names the file. */
gboolean journal_load(const char *directory, const char *resource, Journal **journal, GError **error);

/* On the disk when it returns. What journal_load would not understand is refused, and the old one stays. Of
 * NETWORK and REASON only as much is kept as a person reads. FALSE: the old one or the new one is there. */
gboolean journal_save(const Journal *journal, const char *directory, GError **error);

/* Nothing happens where there is none. On the disk when it returns. */
gboolean journal_remove(const char *directory, const char *resource, GError **error);

/* Puts a file that cannot be understood beside its place (".unreadable" is added, an older one replaced), so
 * that a person can look at it. */
gboolean journal_set_aside(const char *directory, const char *resource, GError **error);

/* Resources of which there are journals, readable or not; of char *. Empty where there is no directory. */
GPtrArray *journal_list(const char *directory, GError **error);

/* Of other resources' journals those that are readable and about the guest UUID (one guest under two names);
 * of Journal *. A directory that cannot be listed is named in the log. */
GPtrArray *journal_find_guest(const char *directory, const char *uuid, const char *except_resource);

void journal_free(Journal *journal);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Journal, journal_free)

#endif
