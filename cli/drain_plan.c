/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/drain_plan.h"

#include "cli/carriage.h"
#include "cli/cli.h"
#include "cli/json.h"
#include "cli/report_view.h"
#include "cli/table.h"
#include "cli/view.h"

#include <string.h>

enum { ASK_MS = 30000 };

static void passenger_free(gpointer data)
{
    Passenger *passenger = data;

    cluster_resource_free(passenger->vm);
    g_free(passenger->action);
    g_free(passenger->target);
    g_free(passenger->reason);
    g_free(passenger->network);
    g_free(passenger->node);
    report_free(passenger->report);
    g_free(passenger);
}

void drain_plan_free(DrainPlan *plan)
{
    if (plan == NULL)
        return;
    g_free(plan->node);
    g_ptr_array_unref(plan->passengers);
    g_free(plan);
}

gboolean passenger_is_live(const Passenger *passenger)
{
    return g_strcmp0(passenger->action, "migrate") == 0;
}

/* ---- making it ----------------------------------------------------------------------------------------- */

static void take_forecast(Passenger *passenger, const GPtrArray *forecasts)
{
    for (guint i = 0; i < forecasts->len; i++) {
        const ClusterMoveForecast *forecast = forecasts->pdata[i];
        if (strcmp(forecast->resource, passenger->vm->id) != 0)
            continue;
        passenger->action = g_strdup(forecast->action);
        passenger->target = g_strdup(forecast->target);
        passenger->reason = g_strdup(forecast->reason);
    }
}

/* Why it would not migrate live, in words that an administrator can act on; else the cluster's own. */
static void explain(Passenger *passenger, const ClusterStanding *standing)
{
    const char *why = NULL;

    if (passenger_is_live(passenger))
        return;
    if (!standing->managed)
        why = "the cluster does not manage it";
    else if (passenger->action == NULL)
        why = "the cluster would leave it there";
    else if (passenger->target == NULL)
        why = "there is no node for it";
    else if (!vm_may_migrate(passenger->vm))
        why = "allow-migrate is not true";
    else if (passenger->reason == NULL)
        why = "an ordering, a group or another constraint forbids it";
    if (why == NULL)
        return;
    g_free(passenger->reason);
    passenger->reason = g_strdup(why);
}

/* What the scheduler does not know of: the VM stays, until another target is chosen. */
static void heed_refusal(Passenger *passenger, const ClusterLimits *limits)
{
    if (limits == NULL || !passenger_is_live(passenger) || !vm_is_live_domain(passenger->vm) ||
        !cluster_node_refuses(limits, passenger->target))
        return;
    g_free(passenger->reason);
    passenger->reason = g_strdup_printf(VIEW_REFUSES, passenger->target, passenger->target);
}

static void choose_network(Passenger *passenger, const ClusterNetworks *networks, const char *from)
{
    g_auto(Carriage) carriage = {.estimate_s = -1};

    if (!passenger_is_live(passenger))
        return;
    carriage_choose(&carriage, passenger->vm, networks, from, passenger->target);
    passenger->network = g_steal_pointer(&carriage.network);
    passenger->estimate_s = carriage.estimate_s;
}

static gboolean runs_on(const ClusterStanding *standing, const char *node)
{
    for (guint i = 0; standing != NULL && i < standing->nodes->len; i++)
        if (strcmp(standing->nodes->pdata[i], node) == 0)
            return TRUE;
    return FALSE;
}

static gboolean fail(GError **error, GError *why)
{
    g_set_error(error, CLI_FAILURE, CLI_DISCONNECTED, "%s", why->message);
    return FALSE;
}

/* Fills PLAN. */
static gboolean make(DrainPlan *plan, GPtrArray *vms, GError **error)
{
    g_autoptr(GError) why = NULL;
    g_autoptr(GPtrArray) standings = cluster_standings_read(ocf_deadline_in(ASK_MS), &why);
    g_autoptr(GPtrArray) forecasts =
        standings != NULL ? cluster_forecast_standby(plan->node, ocf_deadline_in(ASK_MS), &why) : NULL;
    g_autoptr(ClusterNetworks) networks = cluster_networks_read(NULL, ocf_deadline_in(ASK_MS), NULL);
    g_autoptr(ClusterLimits) limits = cluster_limits_read(ocf_deadline_in(ASK_MS), NULL);

    if (forecasts == NULL)
        return fail(error, why);
    while (vms->len > 0) {
        Vm *vm = g_ptr_array_steal_index(vms, 0);
        const ClusterStanding *standing = cluster_standing_of(standings, vm->id);
        if (!runs_on(standing, plan->node)) {
            cluster_resource_free(vm);
            continue;
        }
        Passenger *passenger = g_new0(Passenger, 1);
        passenger->vm = vm;
        passenger->estimate_s = -1;
        passenger->node = g_strdup(plan->node);
        take_forecast(passenger, forecasts);
        explain(passenger, standing);
        choose_network(passenger, networks, plan->node);
        heed_refusal(passenger, limits);
        g_ptr_array_add(plan->passengers, passenger);
    }
    return TRUE;
}

DrainPlan *drain_plan_make(const char *node, GError **error)
{
    g_autoptr(DrainPlan) plan = g_new0(DrainPlan, 1);
    g_autoptr(GPtrArray) vms = NULL;

    plan->node = g_strdup(node);
    plan->passengers = g_ptr_array_new_with_free_func(passenger_free);
    vms = vm_read_all(error);
    return vms != NULL && make(plan, vms, error) ? g_steal_pointer(&plan) : NULL;
}

GPtrArray *drain_plan_not_live(const DrainPlan *plan)
{
    GPtrArray *found = g_ptr_array_new();

    for (guint i = 0; i < plan->passengers->len; i++)
        if (!passenger_is_live(plan->passengers->pdata[i]))
            g_ptr_array_add(found, plan->passengers->pdata[i]);
    return found;
}

/* ---- showing it ---------------------------------------------------------------------------------------- */

static const char *how(const Passenger *passenger)
{
    if (passenger_is_live(passenger))
        return "live";
    if (passenger->action == NULL)
        return "stays";
    return passenger->target != NULL ? "restart" : "stop";
}

char *drain_plan_text(const DrainPlan *plan)
{
    static const char *const headings[] = {"VM", "TO", "HOW", "NETWORK", "ABOUT", "WHY", NULL};
    g_autoptr(Table) table = table_new(headings);

    if (plan->passengers->len == 0)
        return g_strdup_printf("no VM runs on %s\n", plan->node);
    for (guint i = 0; i < plan->passengers->len; i++) {
        const Passenger *passenger = plan->passengers->pdata[i];
        g_autofree char *estimate = passenger->estimate_s >= 0
                                        ? g_strdup_printf("%" G_GINT64_FORMAT " s", passenger->estimate_s)
                                        : NULL;
        const char *const cells[] = {passenger->vm->id,  passenger->target, how(passenger),
                                     passenger->network, estimate,          passenger->reason};
        table_add(table, cells);
    }
    return table_text(table);
}

json_t *drain_plan_json(const DrainPlan *plan)
{
    static const char *const states[] = {
        [PASSENGER_WAITS] = "waits", [PASSENGER_GONE] = "gone", [PASSENGER_STAYS] = "stays"};
    json_t *list = json_array();

    for (guint i = 0; i < plan->passengers->len; i++) {
        const Passenger *passenger = plan->passengers->pdata[i];
        json_t *one = json_object();
        json_object_set_new(one, "vm", json_text(passenger->vm->id));
        json_object_set_new(one, "to", json_text(passenger->target));
        json_object_set_new(one, "how", json_text(how(passenger)));
        json_object_set_new(one, "network", json_text(passenger->network));
        json_object_set_new(one, "estimate_s",
                            passenger->estimate_s >= 0 ? json_integer(passenger->estimate_s) : json_null());
        json_object_set_new(one, "reason", json_text(passenger->reason));
        json_object_set_new(one, "state", json_text(states[passenger->state]));
        json_object_set_new(one, "node", json_text(passenger->node));
        json_object_set_new(one, "migration",
                            passenger->report != NULL ? report_view_json(passenger->report) : json_null());
        json_array_append_new(list, one);
    }
    return list;
}
