/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wherry adopt RESOURCE...
 *
 * The cluster looks away while a resource changes its agent, and is shown where the guest runs before it
 * looks again: HA status is dropped, the agent changed, the history erased, every node probed with the new
 * agent, HA status regained. Killed in the middle, the drop's owner is gone, and the settler does the rest.
 */
#include "cli/cli.h"
#include "cli/interrupt.h"
#include "cli/json.h"
#include "cli/view.h"
#include "cli/vm.h"

#include <stdio.h>
#include <string.h>

enum {
    ASK_MS = 10000,
    ERASE_MS = 30000,
    PROBE_MS = 60000,
    AT_ONCE = 8 /* HA status is dropped for no more of them, and no longer, than that takes */
};

typedef enum {
    STATE_PLANNED,
    STATE_ALREADY,    /* it is a LiveDomain */
    STATE_DROPPED,    /* its HA status is dropped... */
    STATE_CHANGED,    /* ...its agent is the new one... */
    STATE_ADOPTED,    /* ...and HA status is regained */
    STATE_GIVEN_BACK, /* it is as it was, and WHY says why */
    STATE_LEFT,       /* HA status stays dropped, and WHY says why */
    STATE_UNTOUCHED   /* nothing was changed, and WHY says why */
} State;

static const char *const state_words[] = {
    [STATE_PLANNED] = "planned",   [STATE_ALREADY] = "already",    [STATE_DROPPED] = "dropped",
    [STATE_CHANGED] = "changed",   [STATE_ADOPTED] = "adopted",    [STATE_GIVEN_BACK] = "given back",
    [STATE_LEFT] = "left dropped", [STATE_UNTOUCHED] = "untouched"};

typedef struct {
    Vm *vm;
    char *node; /* where it runs; NULL: nowhere */
    State state;
    char *why;
    ClusterDrop *drop;
    gint64 dropped_us, regained_us; /* of the monotonic clock */
} Candidate;

static void candidate_free(gpointer data)
{
    Candidate *candidate = data;

    cluster_resource_free(candidate->vm);
    g_free(candidate->node);
    g_free(candidate->why);
    cluster_drop_free(candidate->drop);
    g_free(candidate);
}

/* Takes WHY. */
static void set_state(Candidate *candidate, State state, char *why)
{
    candidate->state = state;
    g_free(candidate->why);
    candidate->why = why;
}

/* ---- who is to be adopted ------------------------------------------------------------------------------ */

/* One that is not where the cluster wants it, or on its way, is to be left alone. */
static gboolean check_standing(Candidate *candidate, const ClusterStanding *standing, GError **error)
{
    const char *vm = candidate->vm->id;
    gboolean stopped = standing != NULL && standing->nodes->len == 0;

    if (standing == NULL)
        return cli_refuse(error, CLI_TRY_AGAIN, "the cluster does not know yet where %s runs", vm);
    if (standing->pending != NULL)
        return cli_refuse(error, CLI_TRY_AGAIN, "%s is %s: wait until that is over", vm, standing->pending);
    if (standing->nodes->len > 1 || (!stopped && strcmp(standing->role, "Started") != 0))
        return cli_refuse(error, CLI_ERROR, "%s is %s on %u nodes", vm, standing->role, standing->nodes->len);
    if (!stopped && standing->managed && !standing->well)
        return cli_refuse(error, CLI_ERROR, "something is wrong with %s: see crm_mon", vm);
    candidate->node = stopped ? NULL : g_strdup(standing->nodes->pdata[0]);
    return TRUE;
}

static Candidate *candidate_new(const char *name, GPtrArray *resources, const GPtrArray *standings,
                                GError **error)
{
    g_autoptr(Vm) vm = vm_take(resources, name, error);
    Candidate *candidate = NULL;

    if (vm == NULL)
        return NULL;
    candidate = g_new0(Candidate, 1);
    candidate->vm = g_steal_pointer(&vm);
    if (vm_is_live_domain(candidate->vm))
        candidate->state = STATE_ALREADY;
    else if (!check_standing(candidate, cluster_standing_of(standings, name), error))
        g_clear_pointer(&candidate, candidate_free);
    return candidate;
}

/* All, or none: what is wrong with one of them is better known before anything is changed. */
static GPtrArray *read_candidates(const CliCall *call, GError **error)
{
    g_autoptr(GPtrArray) candidates = g_ptr_array_new_with_free_func(candidate_free);
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GError) why = NULL;
    g_autoptr(GPtrArray) standings = cluster_standings_read(ocf_deadline_in(ASK_MS), &why);
    g_autoptr(GPtrArray) drops =
        standings != NULL ? cluster_ha_drops(NULL, ocf_deadline_in(ASK_MS), &why) : NULL;

    if (drops == NULL) {
        view_unreachable(why, error);
        return NULL;
    }
    g_autoptr(GPtrArray) resources = vm_read_resources(error);
    if (resources == NULL)
        return NULL;
    for (guint i = 0; i < call->count; i++) {
        const char *name = call->arguments[i];
        if (!g_hash_table_add(seen, (gpointer)name)) {
            cli_refuse(error, CLI_USAGE, "%s is named twice", name);
            return NULL;
        }
        for (guint j = 0; j < drops->len; j++)
            if (strcmp(((const ClusterDrop *)drops->pdata[j])->resource, name) == 0) {
                cli_refuse(error, CLI_TRY_AGAIN, "HA status of %s is dropped: wherry check %s", name, name);
                return NULL;
            }
        Candidate *candidate = candidate_new(name, resources, standings, error);
        if (candidate == NULL)
            return NULL;
        g_ptr_array_add(candidates, candidate);
    }
    return g_steal_pointer(&candidates);
}

/* ---- step by step ---------------------------------------------------------------------------------------
 */

static void drop_ha(Candidate *candidate, const char *local_node)
{
    g_autoptr(ClusterDrop) drop = cluster_drop_new(candidate->vm->id, local_node, 0);
    g_autoptr(GError) error = NULL;
    gboolean done = FALSE;

    if (candidate->node != NULL) {
        g_free(drop->source);
        drop->source = g_strdup(candidate->node);
        /* where it runs nowhere nothing can be missed, and nothing is to be given back by others */
        g_free(drop->former_agent);
        drop->former_agent = g_strdup(candidate->vm->agent);
    }
    g_free(drop->reason);
    drop->reason = g_strdup("it is being adopted");
    candidate->dropped_us = g_get_monotonic_time();
    if (!cluster_ha_drop(drop, ocf_deadline_in(ASK_MS), &done, &error)) {
        set_state(candidate, STATE_UNTOUCHED, g_strdup(error->message));
    } else if (!done) {
        set_state(candidate, STATE_UNTOUCHED, g_strdup("its HA status is dropped already: wherry status"));
    } else {
        candidate->drop = g_steal_pointer(&drop);
        candidate->state = STATE_DROPPED;
    }
}

/* The agent, in the CIB and for the executors. */
static gboolean change_agent(const Candidate *candidate, const char *from, const char *to, GError **error)
{
    const char *vm = candidate->vm->id;
    gboolean done = FALSE;

    if (!cluster_agent_change(vm, from, to, ocf_deadline_in(ASK_MS), &done, error))
        return FALSE;
    if (!done) {
        g_set_error(error, OCF_ERROR, OCF_ERR_CONFIGURED,
                    "it is not of %s any more, or takes its agent from a template", from);
        return FALSE;
    }
    return cluster_history_erase(vm, ocf_deadline_in(ERASE_MS), error);
}

/* What is wrong with what the nodes say; NULL: they have found it where it was, or nowhere if it was stopped.
 */
static char *objection(const Candidate *candidate, const ClusterProbes *probes)
{
    const char *vm = candidate->vm->id;

    if (!probes->sure)
        return g_strdup_printf("%s cannot say whether %s runs there", probes->unsure_node, vm);
    if (candidate->node == NULL && probes->running > 0)
        return g_strdup_printf("it was stopped, and runs on %s", probes->node);
    if (candidate->node == NULL)
        return NULL;
    if (probes->running == 0)
        return g_strdup_printf("it ran on %s, and no node finds it there with " CLUSTER_LIVE_DOMAIN,
                               candidate->node);
    if (probes->running > 1 || strcmp(probes->node, candidate->node) != 0)
        return g_strdup_printf("it ran on %s, and now %u nodes have it, %s first", candidate->node,
                               probes->running, probes->node);
    return NULL;
}

/* Why the cluster must not look again yet; NULL: it would leave the guest alone. */
static char *find_objection(const Candidate *candidate)
{
    const char *vm = candidate->vm->id;
    g_auto(ClusterProbes) probes = {0};
    g_autoptr(GError) error = NULL;
    g_autofree char *forecast = NULL;

    if (!cluster_probes_await(vm, ocf_deadline_in(PROBE_MS), &probes, &error))
        return g_strdup(error->message);
    char *why = objection(candidate, &probes);
    if (why != NULL)
        return why;
    if (!cluster_history_forget_surprise(vm, ocf_deadline_in(ASK_MS), &error))
        return g_strdup(error->message);
    if (probes.running > 0 && !cluster_forecast_regain(vm, ocf_deadline_in(PROBE_MS), &forecast, &error) &&
        error->code != OCF_ERR_INSTALLED)
        return g_strdup(error->message);
    return forecast != NULL ? g_strdup_printf("the cluster would not leave it alone: %s", forecast) : NULL;
}

/* WHY: why it is not as it should be; NULL: it is. */
static void regain_ha(Candidate *candidate, State state, char *why)
{
    g_autoptr(GError) error = NULL;

    if (cluster_ha_regain(candidate->drop, ocf_deadline_in(ASK_MS), &error)) {
        candidate->regained_us = g_get_monotonic_time();
        set_state(candidate, state, why);
        return;
    }
    set_state(candidate, STATE_LEFT, g_strdup(error->message));
    g_free(why);
}

/* Back to its former agent, because of WHY, which it takes. */
static void give_back(Candidate *candidate, char *why)
{
    g_autofree char *reason = why;
    g_autoptr(GError) error = NULL;

    if (!change_agent(candidate, CLUSTER_LIVE_DOMAIN, candidate->vm->agent, &error)) {
        set_state(candidate, STATE_LEFT, g_strdup_printf("%s; and %s", reason, error->message));
        return;
    }
    g_autofree char *still = find_objection(candidate);
    if (still != NULL)
        set_state(candidate, STATE_LEFT,
                  g_strdup_printf("%s; and as %s: %s", reason, candidate->vm->agent, still));
    else
        regain_ha(candidate, STATE_GIVEN_BACK,
                  g_strdup_printf("%s; it is %s as before", reason, candidate->vm->agent));
}

static void change(Candidate *candidate)
{
    g_autoptr(GError) error = NULL;

    if (change_agent(candidate, candidate->vm->agent, CLUSTER_LIVE_DOMAIN, &error))
        candidate->state = STATE_CHANGED;
    else if (error->code == OCF_ERR_CONFIGURED)
        regain_ha(candidate, STATE_UNTOUCHED, g_strdup(error->message));
    else
        give_back(candidate, g_strdup(error->message)); /* it may have been changed all the same */
}

static void conclude(Candidate *candidate)
{
    char *why = find_objection(candidate);

    if (why == NULL)
        regain_ha(candidate, STATE_ADOPTED, NULL);
    else
        give_back(candidate, why);
}

/* ---- what is told ------------------------------------------------------------------------------------- */

static double dropped_s(const Candidate *candidate)
{
    return (double)(candidate->regained_us - candidate->dropped_us) / (double)G_USEC_PER_SEC;
}

static void print_plan(const GPtrArray *candidates)
{
    for (guint i = 0; i < candidates->len; i++) {
        const Candidate *candidate = candidates->pdata[i];
        if (candidate->state == STATE_ALREADY)
            printf("%s is a LiveDomain already\n", candidate->vm->id);
        else
            printf("%s %s%s: %s -> " CLUSTER_LIVE_DOMAIN "\n", candidate->vm->id,
                   candidate->node != NULL ? "runs on " : "is stopped",
                   candidate->node != NULL ? candidate->node : "", candidate->vm->agent);
    }
    fflush(stdout);
}

static void print_outcome(const Candidate *candidate)
{
    const char *vm = candidate->vm->id;

    if (candidate->state == STATE_ADOPTED)
        printf("%s is adopted: HA status was dropped for %.1f s\n", vm, dropped_s(candidate));
    else if (candidate->state == STATE_LEFT)
        printf("%s is not adopted, and its HA status stays dropped: %s\n", vm, candidate->why);
    else if (candidate->state != STATE_ALREADY)
        printf("%s is not adopted: %s\n", vm, candidate->why);
    fflush(stdout);
}

static void print_json(const GPtrArray *candidates)
{
    json_t *answer = json_object(), *vms = json_array();

    for (guint i = 0; i < candidates->len; i++) {
        const Candidate *candidate = candidates->pdata[i];
        json_t *one = json_object();
        json_object_set_new(one, "vm", json_text(candidate->vm->id));
        json_object_set_new(one, "node", json_text(candidate->node));
        json_object_set_new(one, "agent", json_text(candidate->vm->agent));
        json_object_set_new(one, "outcome", json_text(state_words[candidate->state]));
        json_object_set_new(one, "reason", json_text(candidate->why));
        json_object_set_new(one, "dropped_ms",
                            candidate->regained_us > 0
                                ? json_integer((json_int_t)(dropped_s(candidate) * 1000.0))
                                : json_null());
        json_array_append_new(vms, one);
    }
    json_object_set_new(answer, "vms", vms);
    json_answer(answer);
}

/* ---- all of it -------------------------------------------------------------------------------------------
 */

static void adopt_some(GPtrArray *candidates, guint first, guint end, const CliCall *call,
                       const char *local_node)
{
    for (guint i = first; i < end; i++) {
        Candidate *candidate = candidates->pdata[i];
        if (candidate->state == STATE_PLANNED)
            drop_ha(candidate, local_node);
    }
    for (guint i = first; i < end; i++) {
        Candidate *candidate = candidates->pdata[i];
        if (candidate->state == STATE_DROPPED)
            change(candidate);
    }
    for (guint i = first; i < end; i++) {
        Candidate *candidate = candidates->pdata[i];
        if (candidate->state == STATE_CHANGED)
            conclude(candidate);
        if (!call->json)
            print_outcome(candidate);
    }
}

/* Interrupted, it ends what it has begun; what it has not begun stays as it is. */
static void adopt_all(GPtrArray *candidates, const CliCall *call, const char *local_node)
{
    Interrupt interrupt;
    guint first = 0;

    interrupt_begin(&interrupt);
    while (first < candidates->len && interrupt_wait(&interrupt, 0) == 0) {
        guint end = MIN(first + AT_ONCE, candidates->len);
        adopt_some(candidates, first, end, call, local_node);
        first = end;
    }
    interrupt_end(&interrupt);
    for (; first < candidates->len; first++) {
        set_state(candidates->pdata[first], STATE_UNTOUCHED, g_strdup("interrupted before"));
        if (!call->json)
            print_outcome(candidates->pdata[first]);
    }
}

gboolean cli_adopt(CliCall *call, GError **error)
{
    g_autoptr(GPtrArray) candidates = read_candidates(call, error);
    g_autofree char *local_node =
        candidates != NULL ? cluster_local_node(ocf_deadline_in(ASK_MS), error) : NULL;

    if (local_node == NULL)
        return FALSE;
    if (!call->json)
        print_plan(candidates);
    if (!call->dry_run)
        adopt_all(candidates, call, local_node);
    if (call->json)
        print_json(candidates);
    for (guint i = 0; !call->dry_run && i < candidates->len; i++) {
        const Candidate *candidate = candidates->pdata[i];
        if (candidate->state != STATE_ADOPTED && candidate->state != STATE_ALREADY)
            call->status = CLI_ERROR;
    }
    return TRUE;
}
