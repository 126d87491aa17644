/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/transfer.h"

#include "agent/converge.h"
#include "agent/progress.h"

#include <string.h>

enum {
    TICK_MS = 50,
    SAMPLE_MS = 250,
    ASK_MS = 3000,        /* for one question to a libvirtd */
    ABORT_WAIT_MS = 8000, /* for an aborted transfer to be gone */
    LOST_LOOKS = 5,       /* in a row, after which a guest at neither end is lost */
    LOOK_LEAST_MS = 500,  /* that a look at both ends takes */
    SETTLE_SHARE = 5,     /* of the remaining time, kept for aborting and settling... */
    SETTLE_MOST_MS = 20000
};

#define MIB (1024.0 * 1024.0)

/* ---- the attempt: libvirt's blocking call in a thread of its own --------------------------------- */

typedef struct {
    char *name, *source_uri, *remote_uri;
    MigrateOptions *options;
    GMutex mutex;
    GCond changed;
    gboolean aborted; /* the job was; this and the rest are read once it is done */
    gboolean done;    /* under the mutex */
    GError *error;
} Attempt;

static void attempt_clear(gpointer data)
{
    Attempt *attempt = data;

    g_free(attempt->name);
    g_free(attempt->source_uri);
    g_free(attempt->remote_uri);
    migrate_options_free(attempt->options);
    g_mutex_clear(&attempt->mutex);
    g_cond_clear(&attempt->changed);
    g_clear_error(&attempt->error);
}

static void attempt_release(Attempt *attempt)
{
    g_atomic_rc_box_release_full(attempt, attempt_clear);
}

/* At once, before another call of libvirt's takes its error away. */
static void note_failure(Attempt *attempt, GError **error)
{
    attempt->aborted = virGetLastErrorCode() == VIR_ERR_OPERATION_ABORTED;
    hypervisor_set_error(error, "libvirt");
}

static gboolean migrate(Attempt *attempt, GError **error)
{
    g_autoptr(virConnect) source = hypervisor_open(attempt->source_uri, error);
    const MigrateOptions *options = attempt->options;
    guint count = (guint)options->param_count;

    if (source == NULL)
        return FALSE;
    g_autoptr(virDomain) domain = virDomainLookupByName(source, attempt->name);
    if (domain == NULL) {
        hypervisor_set_error(error, "cannot find guest %s", attempt->name);
        return FALSE;
    }
    /* the source's libvirtd, or the hypervisor, drives; otherwise this process does */
    if (options->direct || (options->flags & VIR_MIGRATE_PEER2PEER) != 0) {
        if (virDomainMigrateToURI3(domain, attempt->remote_uri, options->params, count, options->flags) == 0)
            return TRUE;
        note_failure(attempt, error);
        return FALSE;
    }
    g_autoptr(virConnect) target = hypervisor_open(attempt->remote_uri, error);
    if (target == NULL)
        return FALSE;
    g_autoptr(virDomain) arrived = virDomainMigrate3(domain, target, options->params, count, options->flags);
    if (arrived == NULL)
        note_failure(attempt, error);
    return arrived != NULL;
}

static gpointer attempt_main(gpointer data)
{
    Attempt *attempt = data;
    GError *error = NULL;

    migrate(attempt, &error);
    g_mutex_lock(&attempt->mutex);
    attempt->error = error;
    attempt->done = TRUE;
    g_cond_broadcast(&attempt->changed);
    g_mutex_unlock(&attempt->mutex);
    attempt_release(attempt);
    return NULL;
}

static Attempt *attempt_start(const Transfer *transfer)
{
    Attempt *attempt = g_atomic_rc_box_new0(Attempt);

    attempt->name = g_strdup(transfer->name);
    attempt->source_uri = g_strdup(transfer->source_uri);
    attempt->remote_uri = g_strdup(transfer->remote_uri);
    attempt->options = migrate_options_copy(transfer->options);
    g_mutex_init(&attempt->mutex);
    g_cond_init(&attempt->changed);
    /* never joined: a call that does not come back must not hold the agent */
    g_thread_unref(g_thread_new("migration", attempt_main, g_atomic_rc_box_acquire(attempt)));
    return attempt;
}

/* Waits up to DURATION_MS; TRUE once the call has returned. */
static gboolean attempt_wait(Attempt *attempt, gint64 duration_ms)
{
    OcfDeadline until = ocf_deadline_in(duration_ms);

    g_mutex_lock(&attempt->mutex);
    while (!attempt->done && g_cond_wait_until(&attempt->changed, &attempt->mutex, until))
        ;
    gboolean done = attempt->done;
    g_mutex_unlock(&attempt->mutex);
    return done;
}

/* ---- the watch ------------------------------------------------------------------------------------- */

typedef struct {
    const Transfer *transfer;
    Hypervisor *here, *there;
    Progress progress;
    gint64 began_us, next_sample_us;
    OcfDeadline give_up;
    gboolean timeout_used, postcopy_refused;
    char *postcopy;     /* why it goes on in post-copy; NULL: it does not */
    gboolean cancelled; /* the job was aborted, and not by us */
} Watch;

static void warn_of(const char *what, const GError *error)
{
    g_warning("%s: %s", what, error->message);
}

/* Why the transfer should go on in post-copy now, to be freed; NULL: it should not. */
static char *reason_for_postcopy(const Watch *watch, const DomainJob *job, gboolean late, gint64 now_us)
{
    const MigrateOptions *options = watch->transfer->options;
    const ConvergeLook look = {.pass = job->iteration,
                               .remaining = job->remaining,
                               .rate_bytes_s = job->rate_bytes_s,
                               .dirty_bytes_s = job->dirty_bytes_s,
                               .elapsed_ms = (now_us - watch->began_us) / 1000,
                               .left_ms = (watch->give_up - now_us) / 1000};

    if (options->postcopy_after_precopy && job->iteration > 1)
        return g_strdup("");
    if (late && options->timeout_action == MIGRATE_TIMEOUT_POSTCOPY)
        return g_strdup_printf("it took longer than %" G_GINT64_FORMAT " s", options->timeout_s);
    if (!options->postcopy_when_needed || !converge_needs_postcopy(&look))
        return NULL;
    return g_strdup_printf("it would not end in time: the guest writes %.1f MiB/s, and %.1f MiB/s are sent",
                           (double)job->dirty_bytes_s / MIB, (double)job->rate_bytes_s / MIB);
}

static void begin_postcopy(Watch *watch, char *why)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *reason = why;

    if (!domain_start_postcopy(watch->here, watch->transfer->name, ocf_deadline_in(ASK_MS), &error)) {
        watch->postcopy_refused = TRUE;
        warn_of("migration goes on in pre-copy", error);
        return;
    }
    g_message("%s goes on in post-copy%s%s", watch->transfer->name, *reason != '\0' ? ": " : "", reason);
    watch->postcopy = g_steal_pointer(&reason);
}

/* What is done to a transfer that does not end by itself. */
static void help_along(Watch *watch, const DomainJob *job, gint64 now_us)
{
    const MigrateOptions *options = watch->transfer->options;
    const char *name = watch->transfer->name;
    gboolean late = options->timeout_s > 0 && now_us - watch->began_us > options->timeout_s * G_USEC_PER_SEC;
    g_autoptr(GError) error = NULL;

    if (watch->postcopy != NULL)
        return;
    char *why = watch->postcopy_refused ? NULL : reason_for_postcopy(watch, job, late, now_us);
    if (why != NULL) {
        begin_postcopy(watch, why);
    } else if (late && !watch->timeout_used) {
        watch->timeout_used = TRUE;
        g_message("migration takes longer than %" G_GINT64_FORMAT " s: suspending %s so that it ends",
                  options->timeout_s, name);
        if (!domain_suspend(watch->here, name, ocf_deadline_in(ASK_MS), &error))
            warn_of("migration goes on with the guest running", error);
    }
}

static void sample(Watch *watch, gint64 now_us)
{
    const char *name = watch->transfer->name;
    DomainJob job = {0};
    DomainLook there = {0};

    if (domain_job(watch->here, name, ocf_deadline_in(ASK_MS), &job, NULL) && job.active) {
        progress_sample(&watch->progress, job.processed, g_get_monotonic_time());
        help_along(watch, &job, now_us);
        if (watch->transfer->sampled != NULL)
            watch->transfer->sampled(&job, watch->postcopy, watch->transfer->data);
    }
    if (!watch->progress.started && domain_look(watch->there, name, ocf_deadline_in(ASK_MS), &there, NULL) &&
        there.present && there.incoming)
        progress_start(&watch->progress, g_get_monotonic_time());
}

/* Why the transfer should be given up now, or NULL. In post-copy there is no way back: it is waited for. */
static char *reason_to_give_up(const Watch *watch)
{
    gint64 now_us = g_get_monotonic_time();
    gint64 silence_ms = progress_silence_ms(&watch->progress, now_us);

    if (watch->postcopy == NULL && silence_ms > watch->transfer->stall_timeout_ms)
        return g_strdup_printf("stalled: no byte moved for %.0f s", (double)silence_ms / 1000.0);
    if (now_us >= watch->give_up)
        return g_strdup_printf("not done after %.0f s, and the action's timeout is near",
                               (double)(now_us - watch->began_us) / (double)G_USEC_PER_SEC);
    return NULL;
}

/* Aborts the job and waits until libvirt's call has come back. */
static void give_up_attempt(Watch *watch, Attempt *attempt)
{
    OcfDeadline until = ocf_deadline_within(watch->transfer->deadline, ABORT_WAIT_MS);
    gint64 started_us = g_get_monotonic_time();

    /* asked again and again: a job that is still being set up refuses the first abort */
    do {
        g_autoptr(GError) error = NULL;

        if (!domain_abort_job(watch->here, watch->transfer->name, ocf_deadline_within(until, ASK_MS), &error))
            g_debug("%s", error->message);
    } while (!attempt_wait(attempt, TICK_MS * 4) && g_get_monotonic_time() < until);
    g_message("aborted the migration of %s in %.1f s", watch->transfer->name,
              (double)(g_get_monotonic_time() - started_us) / (double)G_USEC_PER_SEC);
}

/* Runs until the call returns or is given up. Returns why it was given up, or what libvirt said, or NULL. */
static char *watch_attempt(Watch *watch, Attempt *attempt)
{
    gint64 left_ms = ocf_deadline_left_ms(watch->transfer->deadline);

    watch->give_up = watch->transfer->deadline - MIN(left_ms / SETTLE_SHARE, SETTLE_MOST_MS) * 1000;
    while (!attempt_wait(attempt, TICK_MS)) {
        gint64 now_us = g_get_monotonic_time();

        if (now_us >= watch->next_sample_us) {
            sample(watch, now_us);
            watch->next_sample_us = now_us + SAMPLE_MS * 1000;
        }
        g_autofree char *reason = reason_to_give_up(watch);
        if (reason != NULL) {
            if (watch->postcopy == NULL)
                give_up_attempt(watch, attempt);
            return g_steal_pointer(&reason);
        }
    }
    watch->cancelled = attempt->aborted;
    return attempt->error != NULL ? g_strdup(attempt->error->message) : NULL;
}

/* ---- settling -------------------------------------------------------------------------------------- */

static gboolean is_running(const DomainLook *look)
{
    return look->present && look->active &&
           health_judge(look->state, look->reason, look->incoming, NULL) == HEALTH_RUNNING;
}

static gboolean is_paused_by_migration(const DomainLook *look)
{
    return look->present && look->state == VIR_DOMAIN_PAUSED &&
           (look->reason == VIR_DOMAIN_PAUSED_MIGRATION || look->reason == VIR_DOMAIN_PAUSED_POSTCOPY);
}

static gboolean is_broken_postcopy(const DomainLook *look)
{
#if LIBVIR_VERSION_NUMBER >= 8005000
    return look->present &&
           ((look->state == VIR_DOMAIN_RUNNING && look->reason == VIR_DOMAIN_RUNNING_POSTCOPY_FAILED) ||
            (look->state == VIR_DOMAIN_PAUSED && look->reason == VIR_DOMAIN_PAUSED_POSTCOPY_FAILED));
#else
    return FALSE;
#endif
}

static gboolean is_in_postcopy(const DomainLook *look)
{
    return (look->state == VIR_DOMAIN_RUNNING && look->reason == VIR_DOMAIN_RUNNING_POSTCOPY) ||
           (look->state == VIR_DOMAIN_PAUSED && look->reason == VIR_DOMAIN_PAUSED_POSTCOPY);
}

static gboolean executes(const DomainLook *look)
{
    return look->state == VIR_DOMAIN_RUNNING || look->state == VIR_DOMAIN_BLOCKED;
}

/* Whether it is the guest itself; another may have its name at either end. */
static gboolean is_active_guest(const DomainLook *look, const char *uuid)
{
    return look->present && look->active && strcmp(look->uuid, uuid) == 0;
}

Settlement transfer_settlement(const DomainLook *here, const DomainLook *there, const char *uuid)
{
    if (here == NULL || there == NULL)
        return SETTLE_UNKNOWN;
    if (is_broken_postcopy(here) || is_broken_postcopy(there))
        return SETTLE_UNKNOWN; /* each end has memory that the other lacks */
    gboolean active_here = is_active_guest(here, uuid);
    gboolean active_there = is_active_guest(there, uuid);
    gboolean runs_there = active_there && is_running(there) && !is_paused_by_migration(there);

    if (!active_here)
        return runs_there ? SETTLE_MOVED : active_there ? SETTLE_UNKNOWN : SETTLE_LOST;
    /* so it is in a post-copy that goes on; and one that lost its other end cannot go back */
    gboolean has_switched = runs_there && executes(there) && !executes(here);
    if ((active_there && is_in_postcopy(there)) || (is_in_postcopy(here) && !has_switched))
        return SETTLE_UNKNOWN;
    if (is_paused_by_migration(here)) {
        if (runs_there)
            return SETTLE_DISCARD_HERE;
        return active_there ? SETTLE_DISCARD_THERE : SETTLE_RESUME_HERE;
    }
    if (active_there && executes(there) && !executes(here))
        return SETTLE_UNKNOWN; /* stopped here for another reason: there may be the only copy that works */
    /* it runs here: the cluster's copy, so any other must go */
    return active_there ? SETTLE_DISCARD_THERE : SETTLE_STAYED;
}

static gboolean look_at(Hypervisor *hypervisor, const Transfer *transfer, DomainLook *look)
{
    g_autoptr(GError) error = NULL;

    if (hypervisor == NULL) /* of a target that is down, and so has nothing */
        return TRUE;
    if (domain_look(hypervisor, transfer->name, ocf_deadline_within(transfer->deadline, ASK_MS), look,
                    &error))
        return TRUE;
    g_debug("cannot see where the guest is: %s", error->message); /* asked again and again */
    return FALSE;
}

/* Does what a settlement asks for; whether it helped, the next look tells. */
static void act_on(Settlement settlement, const Watch *watch)
{
    const Transfer *transfer = watch->transfer;
    OcfDeadline until = transfer->deadline;
    g_autoptr(GError) error = NULL;
    gboolean ok = TRUE;

    if (settlement == SETTLE_DISCARD_THERE) {
        g_message("discarding the unfinished copy of %s on %s", transfer->name, transfer->node);
        ok = domain_destroy(watch->there, transfer->name, until, &error);
    } else if (settlement == SETTLE_DISCARD_HERE) {
        g_message("%s runs on %s; discarding what is left here", transfer->name, transfer->node);
        ok = domain_destroy(watch->here, transfer->name, until, &error);
    } else if (settlement == SETTLE_RESUME_HERE) {
        g_message("resuming %s here: it is not on %s", transfer->name, transfer->node);
        ok = domain_resume(watch->here, transfer->name, until, &error);
    }
    if (!ok)
        warn_of("cannot settle the migration", error);
}

/* A job that could still finish makes every look a guess (facts L2): what is not running there now may run
 * there, as the only copy, before we act on it. */
static gboolean has_job(Hypervisor *here, const char *name, OcfDeadline deadline)
{
    DomainJob job = {0};
    OcfDeadline until = ocf_deadline_within(deadline, ASK_MS);

    if (domain_job(here, name, until, &job, NULL) && !job.active)
        return FALSE;
    domain_abort_job(here, name, until, NULL);
    return TRUE;
}

gboolean transfer_abort(Hypervisor *here, const char *name, OcfDeadline deadline)
{
    do {
        DomainLook look = {0};
        OcfDeadline until = ocf_deadline_within(deadline, ASK_MS);

        if (domain_look(here, name, until, &look, NULL) && !look.present)
            return TRUE;
        if (!has_job(here, name, deadline))
            return TRUE;
    } while (ocf_deadline_sleep(deadline, SAMPLE_MS));
    return FALSE;
}

/* There first: a guest that switches over between the two looks is then seen at neither end, and looked for
 * again; the other way round it would be seen at both. */
static Settlement look_at_both(const Watch *watch)
{
    DomainLook here = {0}, there = {0};
    gboolean sees_there = look_at(watch->there, watch->transfer, &there);
    gboolean sees_here = look_at(watch->here, watch->transfer, &here);
    Settlement settlement =
        transfer_settlement(sees_here ? &here : NULL, sees_there ? &there : NULL, watch->transfer->uuid);

    if (settlement == SETTLE_MOVED || settlement == SETTLE_LOST || settlement == SETTLE_UNKNOWN)
        return settlement;
    return has_job(watch->here, watch->transfer->name, watch->transfer->deadline) ? SETTLE_UNKNOWN
                                                                                  : settlement;
}

/* A guest that switches over between two looks is seen at neither end for a moment; one that is seen at
 * neither end again and again is lost. Without time for a look the last one counts. */
static Settlement settle(const Watch *watch)
{
    OcfDeadline deadline = watch->transfer->deadline;
    Settlement settlement = SETTLE_UNKNOWN;
    guint lost = 0;

    do {
        settlement = look_at_both(watch);
        if (settlement == SETTLE_MOVED || settlement == SETTLE_STAYED)
            break;
        lost = settlement == SETTLE_LOST ? lost + 1 : 0;
        if (lost == LOST_LOOKS)
            break;
        if (settlement != SETTLE_UNKNOWN && settlement != SETTLE_LOST)
            act_on(settlement, watch);
        ocf_deadline_sleep(deadline, SAMPLE_MS);
    } while (ocf_deadline_left_ms(deadline) > LOOK_LEAST_MS);
    return settlement;
}

/* For people only: what can still be said when the two ends could not be brought to one answer. */
static const char *where_unsettled(const Watch *watch)
{
    DomainLook here = {0};
    g_autoptr(GError) error = NULL;

    if (domain_look(watch->here, watch->transfer->name, ocf_deadline_in(ASK_MS / 6), &here, &error) &&
        is_running(&here) && !is_paused_by_migration(&here))
        return "runs here, but the target cannot be asked";
    return "may be at either end and was not touched";
}

/* REASON is taken. */
static TransferOutcome conclude(const Watch *watch, char *reason, char **why)
{
    Settlement settlement = settle(watch);
    g_autofree char *told =
        reason != NULL || settlement == SETTLE_MOVED ? reason : g_strdup("it did not arrive");

    if (settlement == SETTLE_MOVED || settlement == SETTLE_STAYED) {
        *why = g_steal_pointer(&told);
        if (settlement == SETTLE_MOVED)
            return TRANSFER_MOVED;
        return watch->cancelled ? TRANSFER_CANCELLED : TRANSFER_STAYED;
    }
    *why = g_strdup_printf("%s; %s %s", told, watch->transfer->name,
                           settlement == SETTLE_LOST ? "runs at neither end" : where_unsettled(watch));
    return settlement == SETTLE_LOST ? TRANSFER_LOST : TRANSFER_BROKEN;
}

TransferOutcome transfer_run(const Transfer *transfer, Hypervisor *here, Hypervisor *there, char **why)
{
    Watch watch = {.transfer = transfer, .here = here, .there = there, .began_us = g_get_monotonic_time()};
    Attempt *attempt = attempt_start(transfer);

    progress_begin(&watch.progress, watch.began_us);
    char *reason = watch_attempt(&watch, attempt);
    attempt_release(attempt);
    g_free(watch.postcopy);
    return conclude(&watch, reason, why);
}

TransferOutcome transfer_settle(const Transfer *transfer, Hypervisor *here, Hypervisor *there, char **why)
{
    const Watch watch = {
        .transfer = transfer, .here = here, .there = transfer->target_is_down ? NULL : there};

    return conclude(&watch, NULL, why);
}
