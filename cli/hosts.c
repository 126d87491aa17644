/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wherry hosts VM */
#include "agent/fitness.h"
#include "agent/slots.h"
#include "cli/carriage.h"
#include "cli/cli.h"
#include "cli/json.h"
#include "cli/report_view.h"
#include "cli/table.h"
#include "cli/view.h"
#include "cli/vm.h"

#include <stdio.h>
#include <string.h>

enum { ASK_MS = 20000 };

/* What would become of the VM there. */
typedef struct {
    const char *node;
    const char *transfer; /* "here", "live", "restart" or "none" */
    Carriage carriage;
    gint64 slots;      /* migrations that the node may take part in at once... */
    gint64 slots_free; /* ...and how many more it may now */
    char *why;         /* not live, or what is to be known besides; NULL: nothing */
} Host;

/* What all of them are judged by. */
typedef struct {
    Vm *vm;
    char *from;
    ClusterNetworks *networks; /* NULL: not known */
    ClusterLimits *limits;
    GPtrArray *reports;
    Fitness *fitness;   /* NULL: its hypervisors cannot be asked one by one */
    gint64 dirty_mib_s; /* that it writes into its memory; -1: not known */
} Circumstances;

static void circumstances_clear(Circumstances *now)
{
    cluster_resource_free(now->vm);
    g_free(now->from);
    cluster_networks_free(now->networks);
    cluster_limits_free(now->limits);
    g_clear_pointer(&now->reports, g_ptr_array_unref);
    fitness_free(now->fitness);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Circumstances, circumstances_clear)

static void host_free(gpointer data)
{
    Host *host = data;

    carriage_clear(&host->carriage);
    g_free(host->why);
    g_free(host);
}

/* ---- looking ------------------------------------------------------------------------------------------- */

static char *why_not_there(const Vm *vm, const char *from, const ClusterMoveForecast *forecast)
{
    if (forecast->reason != NULL)
        return g_strdup(forecast->reason);
    if (forecast->action != NULL && forecast->target == NULL)
        return g_strdup("the cluster would stop it");
    return g_strdup_printf("the cluster would leave it on %s: wherry check %s, pcs constraint", from, vm->id);
}

/* What its agent would find out, and the cluster does not know. */
static void find_obstacle(Host *host, const Circumstances *now)
{
    char **obstacle = &host->carriage.obstacle;
    g_auto(HostFacts) facts = {0};
    g_autoptr(GError) why = NULL;

    if (*obstacle == NULL && cluster_node_refuses(now->limits, host->node))
        *obstacle = g_strdup_printf(VIEW_REFUSES, host->node, host->node);
    if (*obstacle != NULL)
        return;
    if (now->fitness != NULL && !fitness_ask(now->fitness, host->node, &facts, &why))
        *obstacle = g_strdup(why->message);
    host->why = g_steal_pointer(&facts.lacks);
}

static void heed_writes(Host *host, const Circumstances *now)
{
    gint64 dirty_mib_s = now->dirty_mib_s;

    if (dirty_mib_s > 0 && !carriage_heed_writes(&host->carriage, now->vm, (guint64)dirty_mib_s) &&
        host->why == NULL)
        host->why = g_strdup_printf("it writes %" G_GINT64_FORMAT
                                    " MiB/s into its memory, more than %s carries: see migration_mode",
                                    dirty_mib_s, host->carriage.network);
}

/* By a forecast of the wish to have it there. */
static void judge(Host *host, const Circumstances *now, const ClusterMoveForecast *forecast)
{
    const Vm *vm = now->vm;

    if (g_strcmp0(forecast->target, host->node) != 0) {
        host->transfer = "none";
        host->why = why_not_there(vm, now->from, forecast);
        return;
    }
    host->transfer = strcmp(forecast->action, "migrate") == 0 ? "live" : "restart";
    if (strcmp(host->transfer, "restart") == 0) {
        host->why =
            g_strdup(!vm_may_migrate(vm)        ? "allow-migrate is not true"
                     : forecast->reason != NULL ? forecast->reason
                                                : "an ordering, a group or another constraint forbids more");
        return;
    }
    carriage_choose(&host->carriage, vm, now->networks, now->from, host->node);
    if (vm_is_live_domain(vm))
        find_obstacle(host, now);
    if (host->carriage.obstacle != NULL) {
        host->transfer = "none";
        host->why = g_strdup(host->carriage.obstacle);
    } else if (host->why == NULL && forecast->back != NULL) {
        host->why = g_strdup_printf("it would go on to %s, which its constraints prefer", forecast->back);
    }
    heed_writes(host, now);
}

static void count_slots(Host *host, const Circumstances *now)
{
    host->slots = cluster_limit_of(now->limits, host->node);
    host->slots_free = MAX(host->slots - (gint64)slots_taken(now->reports, NULL, host->node), 0);
}

static gboolean look_at(Host *host, const Circumstances *now, GError **error)
{
    g_auto(ClusterMoveForecast) forecast = {0};
    g_autoptr(GError) why = NULL;

    host->transfer = "none";
    count_slots(host, now);
    if (!cluster_node_is_fit(host->node, ocf_deadline_in(ASK_MS), &host->why, &why))
        return view_unreachable(why, error);
    if (strcmp(host->node, now->from) == 0) {
        host->transfer = "here";
        return TRUE;
    }
    if (host->why != NULL)
        return TRUE;
    if (!cluster_forecast_wish(now->vm->id, host->node, FALSE, ocf_deadline_in(ASK_MS), &forecast, &why))
        return cli_refuse(error, CLI_ERROR, "what the cluster would do is not known: %s", why->message);
    judge(host, now, &forecast);
    return TRUE;
}

/* Where it runs; NULL with ERROR where it does not, or is not managed. */
static char *find_from(const Vm *vm, GError **error)
{
    g_autoptr(GError) why = NULL;
    g_autoptr(GPtrArray) standings = cluster_standings_read(ocf_deadline_in(ASK_MS), &why);

    if (standings == NULL) {
        view_unreachable(why, error);
        return NULL;
    }
    const ClusterStanding *standing = cluster_standing_of(standings, vm->id);
    if (standing == NULL || standing->nodes->len == 0)
        cli_refuse(error, CLI_ERROR, "%s does not run", vm->id);
    else if (!standing->managed)
        cli_refuse(error, CLI_UNSAFE, "the cluster does not manage %s: wherry check %s", vm->id, vm->id);
    else
        return g_strdup(standing->nodes->pdata[0]);
    return NULL;
}

/* ---- telling ------------------------------------------------------------------------------------------- */

static void print_text(const GPtrArray *hosts)
{
    static const char *const headings[] = {"NODE", "TRANSFER", "NETWORK", "ABOUT", "FREE", "WHY", NULL};
    g_autoptr(Table) table = table_new(headings);

    for (guint i = 0; i < hosts->len; i++) {
        const Host *host = hosts->pdata[i];
        g_autofree char *about = host->carriage.estimate_s >= 0
                                     ? g_strdup_printf("%" G_GINT64_FORMAT " s", host->carriage.estimate_s)
                                     : NULL;
        g_autofree char *slots =
            g_strdup_printf("%" G_GINT64_FORMAT " of %" G_GINT64_FORMAT, host->slots_free, host->slots);
        const char *const cells[] = {host->node, host->transfer, host->carriage.network,
                                     about,      slots,          host->why};
        table_add(table, cells);
    }
    g_autofree char *text = table_text(table);
    fputs(text, stdout);
}

static void print_json(const Circumstances *now, const GPtrArray *hosts)
{
    json_t *answer = json_object(), *list = json_array();

    for (guint i = 0; i < hosts->len; i++) {
        const Host *host = hosts->pdata[i];
        gint64 estimate_s = host->carriage.estimate_s;
        json_t *one = json_object();
        json_object_set_new(one, "node", json_text(host->node));
        json_object_set_new(one, "transfer", json_text(host->transfer));
        json_object_set_new(one, "network", json_text(host->carriage.network));
        json_object_set_new(one, "estimate_s", estimate_s >= 0 ? json_integer(estimate_s) : json_null());
        json_object_set_new(one, "slots", json_integer(host->slots));
        json_object_set_new(one, "slots_free", json_integer(host->slots_free));
        json_object_set_new(one, "reason", json_text(host->why));
        json_array_append_new(list, one);
    }
    json_object_set_new(answer, "vm", json_text(now->vm->id));
    json_object_set_new(answer, "dirty_mib_per_s",
                        now->dirty_mib_s >= 0 ? json_integer(now->dirty_mib_s) : json_null());
    json_object_set_new(answer, "hosts", list);
    json_answer(answer);
}

static gboolean read_circumstances(Circumstances *now, const char *vm, GError **error)
{
    g_autoptr(GError) why = NULL;

    now->vm = vm_read(vm, error);
    now->from = now->vm != NULL ? find_from(now->vm, error) : NULL;
    now->reports = now->from != NULL ? report_view_read(error) : NULL;
    if (now->reports == NULL)
        return FALSE;
    const Report *running = report_view_running(now->reports, vm);
    if (running != NULL)
        return report_view_refuse(running, error);
    now->limits = cluster_limits_read(ocf_deadline_in(ASK_MS), &why);
    if (now->limits == NULL)
        return view_unreachable(why, error);
    g_autofree char *local_node = cluster_local_node(ocf_deadline_in(ASK_MS), &why);
    if (local_node == NULL)
        return view_unreachable(why, error);
    now->networks = cluster_networks_read(local_node, ocf_deadline_in(ASK_MS), NULL);
    now->dirty_mib_s = -1;
    if (!vm_hosts_can_be_asked(now->vm))
        return TRUE;
    now->fitness = fitness_new(now->vm, now->from, local_node);
    now->dirty_mib_s = fitness_measure_writes(now->fitness);
    return TRUE;
}

gboolean cli_hosts(CliCall *call, GError **error)
{
    g_auto(Circumstances) now = {0};
    g_autoptr(GPtrArray) hosts = g_ptr_array_new_with_free_func(host_free);

    if (!read_circumstances(&now, call->arguments[0], error))
        return FALSE;
    for (guint i = 0; i < now.limits->nodes->len; i++) {
        Host *host = g_new0(Host, 1);
        g_ptr_array_add(hosts, host);
        host->node = ((const ClusterNodeLimits *)now.limits->nodes->pdata[i])->name;
        host->carriage.estimate_s = -1;
        if (!look_at(host, &now, error))
            return FALSE;
    }
    if (call->json)
        print_json(&now, hosts);
    else
        print_text(hosts);
    return TRUE;
}
