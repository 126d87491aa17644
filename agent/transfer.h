/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One live migration over one path: started, watched, given up where it makes no progress, and settled by
 * what both ends say (design section 4, I1, I2).
 *
 * The connection to the target has no keepalive on purpose. libvirt's client resumes the guest at the source
 * when the call that starts it at the target brings no answer (virDomainMigrateVersion3Full: "the ddomain is
 * NULL due to an RPC failure"), so a keepalive that breaks the connection at that moment could make two
 * running copies. Without one the source stays paused until both ends have been asked.
 */
#ifndef WHERRY_AGENT_TRANSFER_H
#define WHERRY_AGENT_TRANSFER_H

#include "agent/domain.h"
#include "agent/migrate_options.h"

typedef struct {
    const char *name;        /* of the guest */
    const char *uuid;        /* its own: another guest may have the same name at the target */
    const char *node;        /* the target, for people */
    const char *source_uri;  /* "" for libvirt's default */
    const char *remote_uri;  /* control */
    MigrateOptions *options; /* complete, the migrate URI included */
    gint64 stall_timeout_ms;
    OcfDeadline deadline; /* by which all is settled */
    /* told of each look at the job, several times a second; may be NULL. POSTCOPY: why it goes on in
     * post-copy, "" because that is wanted; NULL: it does not */
    void (*sampled)(const DomainJob *job, const char *postcopy, gpointer data);
    gpointer data;
    gboolean target_is_down; /* surely off: nothing of the guest is there, and it is not asked */
} Transfer;

/* What the two ends amount to. */
typedef enum {
    SETTLE_MOVED,         /* gone here, running there */
    SETTLE_STAYED,        /* running here, nothing there */
    SETTLE_DISCARD_THERE, /* a copy there must go, then look again */
    SETTLE_DISCARD_HERE,  /* it runs there; the paused remains here must go */
    SETTLE_RESUME_HERE,   /* paused here by the migration, and surely nothing there */
    SETTLE_LOST,          /* runs at neither end */
    SETTLE_UNKNOWN        /* an end does not answer, or has only half a guest: touch nothing */
} Settlement;

/* Pure. HERE or THERE is NULL where that end does not answer; a guest there with another UUID is not ours. */
Settlement transfer_settlement(const DomainLook *here, const DomainLook *there, const char *uuid);

typedef enum {
    TRANSFER_MOVED,     /* the guest runs there, and not here */
    TRANSFER_STAYED,    /* the guest runs here, nothing of it is there: another way may be tried */
    TRANSFER_CANCELLED, /* the same, because somebody aborted the job: no other way is wanted */
    TRANSFER_LOST,      /* the guest runs at neither end */
    TRANSFER_BROKEN     /* anything else; where the guest may be, *WHY says */
} TransferOutcome;

/* *WHY, to be freed, is for people: why the guest did not go this way. NULL where all went well. */
TransferOutcome transfer_run(const Transfer *transfer, Hypervisor *here, Hypervisor *there, char **why);

/* Only the last part of it: brings what an abandoned migration left at the two ends to one answer, aborting a
 * job that could still change it. Needs neither options nor URIs. THERE may be NULL where the target is down.
 */
TransferOutcome transfer_settle(const Transfer *transfer, Hypervisor *here, Hypervisor *there, char **why);

/* Aborts the guest's job here, if it has one, until there is none; FALSE where that cannot be known in time.
 */
gboolean transfer_abort(Hypervisor *here, const char *name, OcfDeadline deadline);

#endif
