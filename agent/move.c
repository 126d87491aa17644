/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/move.h"

#include "agent/announcement.h"
#include "agent/cancel.h"
#include "agent/stay.h"

enum { AWAITED_MS = 3000, TOLD_MS = 1000, REPORT_EVERY_MS = 1000, PUBLISH_MS = 1000 };

void move_clear(Move *move)
{
    guest_state_clear(&move->state);
    other_end_clear(&move->there);
    journal_free(move->journal);
    report_free(move->report);
    guest_close(move->guest);
}

gboolean move_fail(GError **error, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_autofree char *message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error(error, OCF_ERROR, OCF_ERR_GENERIC, "%s", message);
    return FALSE;
}

gboolean move_fail_cancelled(const Move *move, GError **error)
{
    return move_fail(error, "%s stays where it is: its migration to %s was cancelled",
                     guest_name(move->guest), move->guest->call->peer);
}

static gboolean is_awaited(const Move *move)
{
    const OcfCall *call = move->guest->call;

    return cluster_awaits(call->resource, call->local_node, "migrate_to", ocf_deadline_in(AWAITED_MS));
}

void move_note_awaited(Move *move)
{
    if (move->stay && !move->awaited)
        move->awaited = is_awaited(move);
}

gboolean move_is_cancelled(const Move *move)
{
    const OcfCall *call = move->guest->call;

    return call->local_node != NULL &&
           cancel_is_wished(call->resource, move->report->id, ocf_deadline_in(AWAITED_MS));
}

/* ---- the report -------------------------------------------------------------------------------------- */

/* What cannot be shown is no reason to disturb a migration (I8). */
static void show_report(Move *move)
{
    g_autoptr(GError) error = NULL;
    gint64 now_us = g_get_monotonic_time();

    move->report_due_us = now_us + REPORT_EVERY_MS * 1000;
    move->report->elapsed_ms = (now_us - move->began_us) / 1000;
    if (!report_save(move->report, WHERRY_RUNDIR, &error))
        g_debug("%s", error->message);
    if (move->guest->call->local_node == NULL)
        return;
    move->publishes = move->publishes || report_is_untold(move->report->elapsed_ms);
    if (move->publishes)
        report_publish_all(ocf_deadline_in(PUBLISH_MS));
}

void move_tell(Move *move)
{
    if (!move->publishes)
        report_publish_all(ocf_deadline_in(PUBLISH_MS));
}

void move_note_waiting(Move *move, const char *why)
{
    move->report->phase = REPORT_WAITING;
    journal_set(&move->report->reason, why);
    show_report(move);
}

static void begin_report(Move *move, const char *source)
{
    move->began_us = g_get_monotonic_time();
    move->report =
        report_new(move->guest->call->resource, guest_name(move->guest), source, move->guest->call->peer);
    show_report(move);
}

static void read_job(Report *report, const DomainJob *job)
{
    report->total_bytes = (gint64)job->total;
    report->processed_bytes = (gint64)job->processed;
    report->remaining_bytes = (gint64)job->remaining;
    report->pass = (gint64)job->iteration;
}

/* From now on the guest runs there. POSTCOPY: why. */
static void note_postcopy(Report *report, const char *postcopy)
{
    if (report->phase == REPORT_POSTCOPY)
        return;
    g_autofree char *how =
        g_strdup_printf("%s%spost-copy%s%s%s", report->how, *report->how != '\0' ? ", " : "",
                        *postcopy != '\0' ? " (" : "", postcopy, *postcopy != '\0' ? ")" : "");
    journal_set(&report->how, how);
    report->phase = REPORT_POSTCOPY;
}

void move_sampled(const DomainJob *job, const char *postcopy, gpointer data)
{
    Move *move = data;

    read_job(move->report, job);
    move->report->rate_bytes_s = (gint64)job->rate_bytes_s;
    move->report->dirty_bytes_s = (gint64)job->dirty_bytes_s;
    if (postcopy != NULL)
        note_postcopy(move->report, postcopy);
    if (g_get_monotonic_time() >= move->report_due_us)
        show_report(move);
}

/* What libvirt says afterwards, which of the source's guest it cannot say any more. */
static void read_completed(Move *move)
{
    DomainJob job = {0};
    Report *report = move->report;

    if (move->there.hypervisor == NULL ||
        !domain_completed_job(move->there.hypervisor, guest_name(move->guest), ocf_deadline_in(TOLD_MS), &job,
                              NULL) ||
        job.total == 0)
        return;
    read_job(report, &job);
    report->downtime_ms = (gint64)job.downtime_ms;
    report->rate_bytes_s =
        job.elapsed_ms > 0 ? (gint64)(job.processed * 1000 / job.elapsed_ms) : report->rate_bytes_s;
}

static void end_report(Move *move, ReportPhase phase, const char *reason)
{
    g_autoptr(GError) error = NULL;
    Report *report = move->report;

    if (report == NULL) /* there was nothing to migrate, or nobody can tell */
        return;
    report->phase = phase;
    report->ended_s = MAX(g_get_real_time() / G_USEC_PER_SEC, 1);
    journal_set(&report->reason, reason);
    if (phase == REPORT_MOVED)
        read_completed(move);
    show_report(move);
    if (!report_remember(report, WHERRY_STATEDIR, &error))
        g_message("%s", error->message);
}

/* ---- the journal ------------------------------------------------------------------------------------- */

static gboolean write_journal(Move *move, JournalStep step, GError **error)
{
    move->journal->step = step;
    return journal_save(move->journal, WHERRY_STATEDIR, error);
}

gboolean move_begin(Move *move, GError **error)
{
    const Guest *guest = move->guest;
    const OcfCall *call = guest->call;
    Journal *journal = journal_new();

    move->journal = journal;
    journal_set(&journal->resource, call->resource);
    journal_set(&journal->name, guest_name(guest));
    journal_set(&journal->uuid, move->state.look.uuid);
    journal_set(&journal->source, call->local_node != NULL ? call->local_node : g_get_host_name());
    journal_set(&journal->target, call->peer);
    journal_set(&journal->hypervisor, guest->parameters->hypervisor);
    journal->stay = move->stay;
    journal->retry_delay_s = guest->parameters->migration_retry_delay;
    begin_report(move, journal->source);
    if (write_journal(move, JOURNAL_PREPARING, error))
        return TRUE;
    g_prefix_error(error, "live migration of %s not begun: ", guest_name(guest));
    g_clear_pointer(&move->journal, journal_free);
    return FALSE;
}

gboolean move_begin_sending(Move *move, const Route *route, const char *how, GError **error)
{
    const OcfCall *call = move->guest->call;

    journal_set(&move->journal->network, route->network);
    journal_set(&move->journal->remote_uri, move->there.uri);
    if (!write_journal(move, JOURNAL_SENDING, error))
        return FALSE;
    if (call->local_node != NULL && !move->announced &&
        !announcement_make(move->journal, call->deadline, error)) {
        write_journal(move, JOURNAL_STAYED, NULL);
        return FALSE;
    }
    move->announced = TRUE;
    move_note_awaited(move);
    journal_set(&move->report->network, route->network);
    journal_set(&move->report->how, how);
    journal_set(&move->report->reason, NULL);
    move->report->phase = REPORT_SENDING;
    show_report(move);
    return TRUE;
}

gboolean move_note_left(Move *move, const Routes *routes, GError **error)
{
    journal_set(&move->report->left, routes->left->str);
    return write_journal(move, JOURNAL_STAYED, error);
}

/* Nothing is to be remembered. */
static void end_journal(Move *move)
{
    g_autoptr(GError) error = NULL;
    Journal *journal = move->journal;

    if (!journal_remove(WHERRY_STATEDIR, journal->resource, &error))
        g_warning("%s", error->message);
    if (move->announced)
        announcement_withdraw(journal->resource, journal->source, journal->target,
                              ocf_deadline_in(guest_patience_ms(move->guest)));
}

/* ---- after ------------------------------------------------------------------------------------------- */

/* Why the cluster would stop the guest where it has arrived, or NULL. A controller that died meanwhile has
 * forgotten that it asked, and then takes the success for half a migration; and so it does where the reason
 * to move was taken back. */
static char *why_unwelcome(const Move *move)
{
    const OcfCall *call = move->guest->call;
    g_autofree char *what = NULL;
    g_autoptr(GError) error = NULL;

    if (!is_awaited(move))
        return g_strdup("the cluster has forgotten that it was moved");
    if (!cluster_forecast_moved(call->resource, move->journal->began_s, ocf_deadline_in(AWAITED_MS), &what,
                                &error))
        g_message("%s: what the cluster does next is not known", error->message);
    /* a restart is another matter: that of a changed definition */
    if (what == NULL || g_str_has_prefix(what, "restart"))
        return NULL;
    return g_strdup_printf("the cluster has changed its mind while it moved (%s)", what);
}

/* HA status is dropped, so that the cluster sees by a probe where the guest is, and moves it back live if it
 * wants to. */
static void note_unwelcome(Move *move, const OcfCall *call)
{
    g_autoptr(GError) error = NULL;

    move_note_awaited(move);
    g_autofree char *why = move->stay && move->awaited ? why_unwelcome(move) : NULL;
    if (why == NULL)
        return;
    journal_set(&move->journal->reason, why);
    g_warning("%s: %s", guest_name(move->guest), why);
    if (!stay_drop(move->journal, move->settler, call->deadline, &error))
        g_clear_error(&error); /* nothing more can be done; the guest has arrived */
}

/* The cluster has still to hear of it, and then this node's stop ends the journal. */
void move_note_success(Move *move, const OcfCall *call)
{
    g_autoptr(GError) error = NULL;

    if (move->journal == NULL)
        return;
    if (call->local_node == NULL) {
        end_journal(move);
    } else {
        if (!write_journal(move, JOURNAL_MOVED, &error))
            g_warning("%s", error->message);
        note_unwelcome(move, call);
    }
    end_report(move, REPORT_MOVED, NULL);
}

/* A journal of its own, or one that only serves to say whose HA status is dropped and why. */
static Journal *journal_of_failure(Move *move, const char *reason)
{
    const OcfCall *call = move->guest->call;
    gboolean begun = move->journal != NULL;
    g_autoptr(GError) error = NULL;

    if (!begun) {
        move->journal = journal_new();
        journal_set(&move->journal->resource, call->resource);
        journal_set(&move->journal->name, guest_name(move->guest));
        journal_set(&move->journal->source, call->local_node);
        journal_set(&move->journal->target, call->peer);
        move->journal->retry_delay_s = move->guest->parameters->migration_retry_delay;
    }
    journal_set(&move->journal->reason, reason);
    if (move->failure == FAILED_GUEST)
        move->journal->retry_delay_s = 0; /* the target is not to blame */
    if (begun &&
        !write_journal(move, move->failure == FAILED_UNKNOWN ? JOURNAL_UNSETTLED : JOURNAL_STAYED, &error))
        g_warning("%s", error->message);
    return move->journal;
}

/* What is left to do before the failure is told. Also of a guest that died: on-fail=block, which saves one
 * whose agent was killed, would keep the cluster from bringing it up again. */
static void tell_failure(Move *move, const OcfCall *call, GError **why)
{
    OcfDeadline last = call->deadline + ocf_deadline_margin_ms(call->timeout_ms) * 1000 / 2;

    if (!move->stay) {
        if (move->journal != NULL && move->failure == FAILED_UNKNOWN)
            journal_of_failure(move, (*why)->message);
        else if (move->journal != NULL)
            end_journal(move);
        return;
    }
    const Journal *journal = journal_of_failure(move, (*why)->message);
    if (move->settler == 0)
        move->settler = stay_watch(call->resource);
    stay_drop(journal, move->settler, last, why);
}

void move_note_failure(Move *move, const OcfCall *call, GError **why)
{
    tell_failure(move, call, why);
    end_report(move, move->failure == FAILED_HERE ? REPORT_STAYED : REPORT_FAILED, (*why)->message);
}
