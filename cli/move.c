/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wherry move VM [NODE] */
#include "cli/cancel.h"
#include "cli/cli.h"
#include "cli/follow.h"
#include "cli/json.h"
#include "cli/report_view.h"
#include "cli/view.h"
#include "cli/vm.h"

#include <stdio.h>
#include <string.h>

enum { FORCE = 0, ASK_MS = 20000, WISH_MARGIN_S = 120, WISH_UNWATCHED_S = 3600 };

/* What is to be moved, and where to. */
typedef struct {
    const CliCall *call;
    Vm *vm;
    char *from;
    const char *to; /* NULL: anywhere else */
    ClusterMoveForecast forecast;
    GHashTable *known; /* ids of earlier reports */
} Plan;

static void plan_clear(Plan *plan)
{
    cluster_resource_free(plan->vm);
    g_free(plan->from);
    cluster_move_forecast_clear(&plan->forecast);
    g_clear_pointer(&plan->known, g_hash_table_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Plan, plan_clear)

/* ---- what keeps it from moving ----------------------------------------------------------------------- */

static gboolean refuse_dropped(const Plan *plan, GError **error)
{
    g_autoptr(GPtrArray) drops = cluster_ha_drops(plan->vm->id, ocf_deadline_in(ASK_MS), NULL);

    if (drops != NULL && drops->len > 0)
        return cli_refuse(error, CLI_TRY_AGAIN, "%s is being settled, its HA status is dropped: %s",
                          plan->vm->id, ((const ClusterDrop *)drops->pdata[0])->reason);
    return cli_refuse(error, CLI_UNSAFE, "the cluster does not manage %s (maintenance, or is-managed=false)",
                      plan->vm->id);
}

static gboolean check_standing(Plan *plan, const ClusterStanding *standing, const GPtrArray *reports,
                               GError **error)
{
    const Report *running = report_view_running(reports, plan->vm->id);

    if (running != NULL)
        return report_view_refuse(running, error);
    if (standing == NULL || (standing->nodes->len == 0 && standing->managed))
        return cli_refuse(error, CLI_ERROR, "%s does not run, so there is nothing to move", plan->vm->id);
    if (!standing->managed)
        return refuse_dropped(plan, error);
    if (standing->pending != NULL || standing->nodes->len > 1)
        return cli_refuse(error, CLI_TRY_AGAIN, "the cluster is at work on %s (%s)", plan->vm->id,
                          standing->pending != NULL ? standing->pending : standing->role);
    if (!standing->well)
        return cli_refuse(error, CLI_ERROR, "%s is not well (%s on %s): see crm_mon", plan->vm->id,
                          standing->role, (const char *)standing->nodes->pdata[0]);
    plan->from = g_strdup(standing->nodes->pdata[0]);
    return TRUE;
}

/* Its agent would refuse, and the target would be avoided for a while. */
static gboolean check_target(const Plan *plan, GError **error)
{
    const char *target = plan->forecast.target;
    g_autoptr(ClusterLimits) limits = cluster_limits_read(ocf_deadline_in(ASK_MS), NULL);

    return limits == NULL || !vm_is_live_domain(plan->vm) || !cluster_node_refuses(limits, target) ||
           cli_refuse(error, CLI_ERROR, VIEW_REFUSES, target, target);
}

static gboolean is_live(const ClusterMoveForecast *forecast)
{
    return g_strcmp0(forecast->action, "migrate") == 0;
}

/* The cluster's own opinion, before anything is changed. */
static gboolean check_forecast(const Plan *plan, GError **error)
{
    const ClusterMoveForecast *forecast = &plan->forecast;
    const char *vm = plan->vm->id;
    g_autofree char *because =
        forecast->reason != NULL ? g_strdup_printf(" (%s)", forecast->reason) : g_strdup("");

    if (forecast->target == NULL || (plan->to != NULL && strcmp(forecast->target, plan->to) != 0))
        return cli_refuse(error, CLI_ERROR,
                          forecast->action == NULL
                              ? "the cluster would leave %s on %s%s: see pcs constraint"
                              : "there is no node to which the cluster would move %s from %s%s",
                          vm, plan->from, because);
    if (!is_live(forecast) && !plan->call->given[FORCE])
        return cli_refuse(error, CLI_UNSAFE,
                          "%s would be stopped and started on %s instead of migrated%s: --force%s", vm,
                          forecast->target, because,
                          vm_may_migrate(plan->vm) ? "" : ", or pcs resource meta VM allow-migrate=true");
    if (forecast->back != NULL)
        return cli_refuse(
            error, CLI_UNSAFE,
            "%s would go on to %s as soon as it is on %s, which its constraints prefer: change those, or "
            "give it resource-stickiness",
            vm, forecast->back, forecast->target);
    return !is_live(forecast) || check_target(plan, error);
}

/* *DONE: it is there already. */
static gboolean plan_make(Plan *plan, gboolean *done, GError **error)
{
    g_autoptr(GError) why = NULL;
    g_autoptr(GPtrArray) reports = NULL;

    plan->vm = vm_read(plan->call->arguments[0], error);
    reports = plan->vm != NULL ? report_view_read(error) : NULL;
    if (reports == NULL)
        return FALSE;
    plan->known = follow_known(reports);
    g_autoptr(GPtrArray) standings = cluster_standings_read(ocf_deadline_in(ASK_MS), &why);
    if (standings == NULL)
        return cli_refuse(error, CLI_DISCONNECTED, "%s", why->message);
    if (!check_standing(plan, cluster_standing_of(standings, plan->vm->id), reports, error) ||
        (plan->to != NULL && !view_check_node(plan->to, FALSE, error)))
        return FALSE;
    *done = g_strcmp0(plan->to, plan->from) == 0;
    if (*done)
        return TRUE;
    if (!cluster_forecast_wish(plan->vm->id, plan->to != NULL ? plan->to : plan->from, plan->to == NULL,
                               ocf_deadline_in(ASK_MS), &plan->forecast, &why))
        return cli_refuse(error, CLI_ERROR, "what the cluster would do is not known: %s", why->message);
    return check_forecast(plan, error);
}

/* ---- the move ------------------------------------------------------------------------------------------ */

static json_t *answer_of(const Plan *plan, const char *outcome, const Report *report)
{
    json_t *answer = json_object();

    json_object_set_new(answer, "vm", json_text(plan->vm->id));
    json_object_set_new(answer, "from", json_text(plan->from));
    json_object_set_new(answer, "to", json_text(plan->forecast.target));
    json_object_set_new(answer, "live", json_boolean(is_live(&plan->forecast)));
    json_object_set_new(answer, "outcome", json_text(outcome));
    json_object_set_new(answer, "migration", report != NULL ? report_view_json(report) : json_null());
    return answer;
}

/* WORDS, or with --json all of it. */
static void tell(const Plan *plan, const char *outcome, const Report *report, const char *words)
{
    if (plan->call->json)
        json_answer(answer_of(plan, outcome, report));
    else
        puts(words);
}

static gboolean wish(const Plan *plan, GError **error)
{
    const char *vm = plan->vm->id;
    gint64 duration_s = plan->call->no_wait ? WISH_UNWATCHED_S : plan->call->wait_s + WISH_MARGIN_S;

    /* what was avoided because it failed is wished for anew */
    return cluster_avoid_end(vm, plan->forecast.target, FALSE, ocf_deadline_in(ASK_MS), error) &&
           cluster_wish(vm, plan->to != NULL ? plan->to : plan->from, plan->to == NULL, duration_s,
                        ocf_deadline_in(ASK_MS), error);
}

static void end_wish(const Plan *plan)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *id = cluster_wish_id(plan->vm->id);

    if (!cluster_wish_end(plan->vm->id, FALSE, ocf_deadline_in(ASK_MS), &error))
        fprintf(stderr, "wherry: the constraint %s stays until it expires: %s\n", id, error->message);
}

static void tell_moved(const Plan *plan, const Follow *follow)
{
    gboolean live = follow->report != NULL && follow->report->phase == REPORT_MOVED;
    g_autofree char *words = live ? report_view_end(follow->report)
                                  : g_strdup_printf("%s runs on %s now", plan->vm->id, follow->node);

    tell(plan, "moved", follow->report, words);
}

static void tell_stayed(const Plan *plan, const Follow *follow)
{
    g_autofree char *words =
        follow->report != NULL ? report_view_end(follow->report)
                               : g_strdup_printf("%s stays on %s: the cluster has not moved it; see its log",
                                                 plan->vm->id, plan->from);

    tell(plan, "stayed", follow->report, words);
}

/* Whoever watched wants it cancelled. */
static gboolean cancel(const Plan *plan, Follow *follow, GError **error)
{
    if (follow->report == NULL || report_has_ended(follow->report))
        return cli_refuse(error, CLI_TRY_AGAIN, "%s: there is no migration to cancel at this moment",
                          plan->vm->id);
    Report *end = cancel_run(plan->vm, follow->report, error);
    if (end == NULL)
        return FALSE;
    report_free(follow->report);
    follow->report = end;
    return TRUE;
}

static gboolean watch(const Plan *plan, CliCall *call, GError **error)
{
    g_auto(Follow) follow = {.vm = plan->vm->id,
                             .from = plan->from,
                             .known = g_hash_table_ref(plan->known),
                             .until_us = g_get_monotonic_time() + call->wait_s * (gint64)G_USEC_PER_SEC,
                             .quiet = call->json};
    FollowEnd end = FOLLOW_LATE;

    if (!follow_run(&follow, &end, error))
        return FALSE;
    switch (end) {
    case FOLLOW_MOVED:
        end_wish(plan);
        tell_moved(plan, &follow);
        return TRUE;
    case FOLLOW_CANCEL:
        if (!cancel(plan, &follow, error))
            return FALSE;
        end_wish(plan);
        if (follow.report->phase == REPORT_MOVED) /* it was done before */
            tell_moved(plan, &follow);
        else
            tell_stayed(plan, &follow);
        call->status = follow.report->phase == REPORT_STAYED ? CLI_OK : CLI_ERROR;
        return TRUE;
    case FOLLOW_STAYED:
        end_wish(plan);
        tell_stayed(plan, &follow);
        call->status = CLI_ERROR;
        return TRUE;
    case FOLLOW_LATE:
    case FOLLOW_LEFT:
        break;
    }
    return cli_refuse(error, CLI_LATE, "the migration of %s goes on: wherry status", plan->vm->id);
}

gboolean cli_move(CliCall *call, GError **error)
{
    g_auto(Plan) plan = {.call = call, .to = call->count > 1 ? call->arguments[1] : NULL};
    gboolean done = FALSE;

    if (!plan_make(&plan, &done, error))
        return FALSE;
    g_autofree char *already = g_strdup_printf("%s runs on %s already", plan.vm->id, plan.from);
    g_autofree char *words =
        g_strdup_printf("%s %s %s from %s to %s", call->dry_run ? "would" : "asked the cluster to",
                        is_live(&plan.forecast) ? "migrate" : "stop, and start again,", plan.vm->id,
                        plan.from, plan.forecast.target != NULL ? plan.forecast.target : "?");
    if (done || call->dry_run) {
        tell(&plan, done ? "nothing to do" : "not done", NULL, done ? already : words);
        return TRUE;
    }
    if (!wish(&plan, error))
        return FALSE;
    if (!call->no_wait)
        return watch(&plan, call, error);
    tell(&plan, "begun", NULL, words);
    return TRUE;
}
