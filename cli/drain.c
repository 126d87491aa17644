/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wherry drain NODE and undrain NODE */
#include "cli/cli.h"
#include "cli/drain_plan.h"
#include "cli/follow.h"
#include "cli/interrupt.h"
#include "cli/json.h"
#include "cli/report_view.h"
#include "cli/view.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { FORCE = 0, ASK_MS = 20000, LOOK_EVERY_MS = 500, LAST_WORD_MS = 4000, BAR_WIDTH = 20 };

typedef struct {
    DrainPlan *plan;
    GHashTable *known; /* ids of earlier reports */
    gboolean quiet, terminal;
    gint64 began_us;
    guint lines; /* painted on the terminal */
    ClusterIdleLooks idle;
} Drain;

/* ---- what is seen -------------------------------------------------------------------------------------- */

/* It is gone: at once, or when the last word of its report has come, or does not come. */
static PassengerState judge_gone(Passenger *passenger)
{
    gint64 now_us = g_get_monotonic_time();

    if (passenger->arrived_us == 0)
        passenger->arrived_us = now_us;
    gboolean told = passenger->report != NULL && report_has_ended(passenger->report);
    return !passenger_is_live(passenger) || told || now_us - passenger->arrived_us > LAST_WORD_MS * 1000
               ? PASSENGER_GONE
               : PASSENGER_WAITS;
}

static PassengerState judge(Passenger *passenger, const ClusterStanding *standing, const char *node,
                            gboolean idle)
{
    const Report *report = passenger->report;
    gboolean here = passenger->node != NULL && strcmp(passenger->node, node) == 0;
    gboolean failed = report != NULL && report_has_ended(report) && report->phase != REPORT_MOVED;

    if (standing == NULL)
        return PASSENGER_GONE; /* deleted meanwhile */
    /* while its HA status is dropped the cluster may not know where it runs */
    if (!standing->managed)
        return failed || idle ? PASSENGER_STAYS : PASSENGER_WAITS;
    if (here && (failed || idle))
        return PASSENGER_STAYS;
    if (here || standing->pending != NULL || (passenger->node != NULL && !standing->well))
        return PASSENGER_WAITS;
    /* one that runs nowhere is on its way to its next start, unless there is no node for it */
    if (passenger->node == NULL && passenger->target != NULL && !idle)
        return PASSENGER_WAITS;
    return judge_gone(passenger);
}

static void tell_news(const Drain *drain, const Passenger *passenger)
{
    const char *vm = passenger->vm->id;

    if (drain->quiet || drain->terminal || passenger->state == PASSENGER_WAITS)
        return;
    g_autofree char *words =
        passenger->report != NULL && report_has_ended(passenger->report) ? report_view_end(passenger->report)
        : passenger->state == PASSENGER_STAYS ? g_strdup_printf("%s stays on %s", vm, drain->plan->node)
        : passenger->node != NULL             ? g_strdup_printf("%s runs on %s now", vm, passenger->node)
                                              : g_strdup_printf("%s is stopped", vm);
    puts(words);
    fflush(stdout);
}

/* What cannot be seen now is seen at the next look. */
static void look(Drain *drain)
{
    g_autoptr(GPtrArray) reports = report_view_read(NULL);
    g_autoptr(GPtrArray) standings =
        reports != NULL ? cluster_standings_read(ocf_deadline_in(ASK_MS), NULL) : NULL;
    gboolean idle = standings != NULL && cluster_is_idle_for_good(&drain->idle, ocf_deadline_in(ASK_MS));

    for (guint i = 0; standings != NULL && i < drain->plan->passengers->len; i++) {
        Passenger *passenger = drain->plan->passengers->pdata[i];
        const ClusterStanding *standing = cluster_standing_of(standings, passenger->vm->id);
        PassengerState before = passenger->state;
        follow_take_report(&passenger->report, reports, drain->known, passenger->vm->id, drain->plan->node);
        g_free(passenger->node);
        passenger->node =
            standing != NULL && standing->nodes->len > 0 ? g_strdup(standing->nodes->pdata[0]) : NULL;
        passenger->state = judge(passenger, standing, drain->plan->node, idle);
        if (passenger->state != before)
            tell_news(drain, passenger);
    }
}

static guint count(const DrainPlan *plan, PassengerState state)
{
    guint found = 0;

    for (guint i = 0; i < plan->passengers->len; i++)
        found += ((const Passenger *)plan->passengers->pdata[i])->state == state;
    return found;
}

/* ---- what is shown ---------------------------------------------------------------------------------------
 */

static gint percent_of(const Passenger *passenger)
{
    gint percent = passenger->report != NULL ? report_percent(passenger->report) : 0;

    return passenger->state == PASSENGER_GONE ? 100 : MAX(percent, 0);
}

static char *line_of(const Passenger *passenger)
{
    if (passenger->state == PASSENGER_GONE)
        return passenger->node != NULL ? g_strdup_printf("%s runs on %s", passenger->vm->id, passenger->node)
                                       : g_strdup_printf("%s is stopped", passenger->vm->id);
    if (passenger->report == NULL)
        return g_strdup_printf("%s waits", passenger->vm->id);
    return report_has_ended(passenger->report) ? report_view_end(passenger->report)
                                               : report_view_line(passenger->report);
}

/* Over what was painted before. */
static void paint(Drain *drain)
{
    const DrainPlan *plan = drain->plan;
    gint percent = 0;

    if (drain->quiet || !drain->terminal || plan->passengers->len == 0)
        return;
    for (guint i = 0; i < plan->passengers->len; i++)
        percent += percent_of(plan->passengers->pdata[i]);
    percent /= (gint)plan->passengers->len;
    g_autofree char *done = g_strnfill((gsize)(percent * BAR_WIDTH / 100), '#');
    if (drain->lines > 0)
        printf("\033[%uA", drain->lines);
    printf("\r\033[K%s [%-*s] %d %%, %u of %u VMs are gone\n", plan->node, BAR_WIDTH, done, percent,
           count(plan, PASSENGER_GONE), plan->passengers->len);
    for (guint i = 0; i < plan->passengers->len; i++) {
        g_autofree char *line = line_of(plan->passengers->pdata[i]);
        g_autofree char *cut = follow_cut(line);
        printf("\033[K%s\n", cut);
    }
    drain->lines = plan->passengers->len + 1;
    fflush(stdout);
}

static void tell_end(const Drain *drain, const char *outcome)
{
    const DrainPlan *plan = drain->plan;
    double elapsed_s = (double)(g_get_monotonic_time() - drain->began_us) / (double)G_USEC_PER_SEC;

    if (drain->quiet) {
        json_t *answer = json_object();
        json_object_set_new(answer, "node", json_text(plan->node));
        json_object_set_new(answer, "outcome", json_text(outcome));
        json_object_set_new(answer, "elapsed_ms", json_integer((json_int_t)(elapsed_s * 1000.0)));
        json_object_set_new(answer, "vms", drain_plan_json(plan));
        json_answer(answer);
        return;
    }
    for (guint i = 0; drain->terminal && i < plan->passengers->len; i++) {
        const Passenger *passenger = plan->passengers->pdata[i];
        g_autofree char *words = passenger->state == PASSENGER_STAYS ? line_of(passenger) : NULL;
        if (words != NULL)
            puts(words);
    }
    if (count(plan, PASSENGER_STAYS) > 0)
        printf("%s is not drained: %u of %u VMs are still there\n", plan->node, count(plan, PASSENGER_STAYS),
               plan->passengers->len);
    else
        printf("%s is drained: %u VMs in %.1f s\n", plan->node, plan->passengers->len, elapsed_s);
}

/* ---- draining ------------------------------------------------------------------------------------------ */

/* Nobody is to be surprised by a VM that is stopped. */
static gboolean check_plan(const DrainPlan *plan, gboolean force, GError **error)
{
    g_autoptr(GPtrArray) not_live = drain_plan_not_live(plan);
    GString *names = g_string_new(NULL);

    for (guint i = 0; i < not_live->len; i++) {
        const Passenger *passenger = not_live->pdata[i];
        g_string_append_printf(names, "%s%s (%s)", i > 0 ? ", " : "", passenger->vm->id, passenger->reason);
    }
    g_autofree char *list = g_string_free(names, FALSE);
    if (not_live->len == 0 || force)
        return TRUE;
    g_set_error(error, CLI_FAILURE, CLI_UNSAFE,
                "not all VMs on %s would migrate live: %s; --force drains it all the same", plan->node, list);
    return FALSE;
}

static gboolean set_standby(const char *node, gboolean standby, GError **error)
{
    g_autoptr(GError) why = NULL;

    if (cluster_node_standby(node, standby, ocf_deadline_in(ASK_MS), &why))
        return TRUE;
    g_set_error(error, CLI_FAILURE, CLI_ERROR, "%s cannot be put into standby, or out of it: %s", node,
                why->message);
    return FALSE;
}

static gboolean watch(Drain *drain, CliCall *call, GError **error)
{
    gint64 until_us = drain->began_us + call->wait_s * (gint64)G_USEC_PER_SEC;
    Interrupt interrupt;
    int number = 0;

    interrupt_begin(&interrupt);
    do {
        look(drain);
        paint(drain);
    } while (count(drain->plan, PASSENGER_WAITS) > 0 && g_get_monotonic_time() < until_us &&
             (number = interrupt_wait(&interrupt, LOOK_EVERY_MS)) == 0);
    interrupt_end(&interrupt);
    if (count(drain->plan, PASSENGER_WAITS) > 0) {
        g_set_error(error, CLI_FAILURE, CLI_LATE,
                    "%s is being drained, and that goes on: wherry status; wherry undrain %s ends it",
                    drain->plan->node, drain->plan->node);
        return FALSE;
    }
    gboolean all = count(drain->plan, PASSENGER_STAYS) == 0;
    tell_end(drain, all ? "drained" : "not drained");
    call->status = all ? CLI_OK : CLI_ERROR;
    return TRUE;
}

gboolean cli_drain(CliCall *call, GError **error)
{
    const char *node = call->arguments[0];
    g_autoptr(DrainPlan) plan = view_check_node(node, TRUE, error) ? drain_plan_make(node, error) : NULL;
    g_autoptr(GPtrArray) reports = plan != NULL ? report_view_read(error) : NULL;

    if (reports == NULL)
        return FALSE;
    g_autoptr(GHashTable) known = follow_known(reports);
    Drain drain = {.plan = plan,
                   .known = known,
                   .quiet = call->json,
                   .terminal = isatty(STDOUT_FILENO) == 1,
                   .began_us = g_get_monotonic_time()};
    g_autofree char *text = drain_plan_text(plan);

    if (!call->json) {
        fputs(text, stdout);
        fflush(stdout);
    }
    if (!check_plan(plan, call->given[FORCE], error)) {
        if (call->dry_run && call->json)
            tell_end(&drain, "not done");
        return FALSE;
    }
    if (call->dry_run) {
        if (call->json)
            tell_end(&drain, "not done");
        return TRUE;
    }
    if (!set_standby(node, TRUE, error))
        return FALSE;
    if (!call->no_wait)
        return watch(&drain, call, error);
    if (call->json)
        tell_end(&drain, "begun");
    else
        printf("%s is being drained: wherry status\n", node);
    return TRUE;
}

gboolean cli_undrain(CliCall *call, GError **error)
{
    const char *node = call->arguments[0];
    g_autofree char *why = NULL;
    g_autoptr(GError) failure = NULL;

    if (!view_check_node(node, TRUE, error))
        return FALSE;
    cluster_node_is_fit(node, ocf_deadline_in(ASK_MS), &why, &failure);
    const char *outcome = why == NULL     ? "takes VMs already"
                          : call->dry_run ? "would take VMs again"
                                          : "takes VMs again";
    if (why != NULL && !call->dry_run && !set_standby(node, FALSE, error))
        return FALSE;
    if (call->json) {
        json_t *answer = json_object();
        json_object_set_new(answer, "node", json_text(node));
        json_object_set_new(answer, "outcome", json_text(outcome));
        json_answer(answer);
    } else {
        printf("%s %s\n", node, outcome);
    }
    return TRUE;
}
