/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wherry network explain VM [NODE] */
#include "cli/cli.h"
#include "cli/network_json.h"
#include "cli/probe.h"
#include "cli/table.h"
#include "cli/view.h"
#include "cli/vm.h"

#include <string.h>

/* All that is explained. */
typedef struct {
    ClusterNetworks *now;
    Vm *vm;
    char *node; /* where it runs; NULL: nowhere */
    char *own_way;
    NetprefPolicy *policy;
    json_t *targets; /* with --json; else NULL */
} Explanation;

/* One target. */
typedef struct {
    const char *node;
    NetprefChoice *choice;
    GArray *answers;        /* of ProbeAnswer; NULL: not probed */
    const char *not_probed; /* why */
    gint used;              /* index of the candidate that would be used; -1: none */
} Target;

static void target_clear(Target *target)
{
    netpref_choice_free(target->choice);
    g_clear_pointer(&target->answers, g_array_unref);
}

static void explanation_clear(Explanation *it)
{
    netpref_policy_free(it->policy);
    cluster_networks_free(it->now);
    cluster_resource_free(it->vm);
    g_free(it->node);
    g_free(it->own_way);
    json_decref(it->targets);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Target, target_clear)
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Explanation, explanation_clear)

static gboolean target_read(Target *target, const Explanation *it, GError **error)
{
    g_autoptr(GError) why = NULL;

    target->choice =
        netpref_choose(it->now->networks, it->now->policy, it->policy, it->node, target->node, error);
    if (target->choice == NULL)
        return FALSE;
    target->used = netpref_choice_usable_count(target->choice) > 0 ? 0 : -1;
    if (strcmp(it->node, it->now->local_node) != 0) {
        target->not_probed = "not probed: run this on the node of the VM";
        return TRUE;
    }
    target->answers = probe_choice(target->choice, &why);
    if (target->answers != NULL)
        target->used = probe_first_reached(target->choice, target->answers);
    else
        target->not_probed = "not probed: the kernel gave no socket";
    return TRUE;
}

static char *conclude(const Target *target, const Explanation *it)
{
    const char *first =
        target->used >= 0 ? netpref_choice_get(target->choice, (guint)target->used)->network->name : NULL;

    if (it->own_way != NULL)
        return g_strdup_printf("%s alone decides; the networks are not asked", it->own_way);
    if (netpref_choice_usable_count(target->choice) == 0)
        return netpref_choice_summary(target->choice);
    if (first == NULL)
        return g_strdup_printf(
            "no network reaches %s now: a migration would fail, and leave the VM where it is", target->node);
    return g_strdup_printf(target->answers != NULL ? "%s would be used now" : "%s comes first (%s)", first,
                           target->not_probed);
}

static char *answer_of(const Target *target, guint index)
{
    if (target->answers == NULL)
        return NULL;
    return probe_text(&g_array_index(target->answers, ProbeAnswer, index), target->node);
}

static void print_target(const Target *target, const Explanation *it)
{
    static const char *const headings[] = {"RANK", "NAME", "ANSWER", "WHY", NULL};
    g_autoptr(Table) table = table_new(headings);
    g_autofree char *conclusion = conclude(target, it);

    for (guint i = 0; i < netpref_choice_count(target->choice); i++) {
        const NetprefCandidate *candidate = netpref_choice_get(target->choice, i);
        g_autofree char *rank = candidate->rank != 0 ? g_strdup_printf("%u", candidate->rank) : NULL;
        g_autofree char *answer = answer_of(target, i);
        const char *const cells[] = {rank, candidate->network->name, answer, candidate->reason};
        table_add(table, cells);
    }
    g_autofree char *text = table_text(table);
    printf("\nto %s: %s\n%s", target->node, conclusion, text);
}

static void add_json(Explanation *it, const Target *target)
{
    g_autofree char *conclusion = conclude(target, it);
    json_t *one = json_object(), *networks = json_array();

    for (guint i = 0; i < netpref_choice_count(target->choice); i++) {
        json_t *network = json_candidate(netpref_choice_get(target->choice, i));
        g_autofree char *answer = answer_of(target, i);
        const ProbeAnswer *heard =
            target->answers != NULL ? &g_array_index(target->answers, ProbeAnswer, i) : NULL;
        gboolean asked = heard != NULL && heard->asked;
        json_object_set_new(network, "probed", json_boolean(asked));
        json_object_set_new(network, "reached",
                            asked ? json_boolean(netpref_probe_is_reached(&heard->probe)) : json_null());
        json_object_set_new(network, "answer", json_text(answer));
        json_array_append_new(networks, network);
    }
    const char *used = target->used >= 0 && it->own_way == NULL
                           ? netpref_choice_get(target->choice, (guint)target->used)->network->name
                           : NULL;
    json_object_set_new(one, "node", json_text(target->node));
    json_object_set_new(one, "probed", json_boolean(target->answers != NULL));
    json_object_set_new(one, "network", json_text(used));
    json_object_set_new(one, "conclusion", json_text(conclusion));
    json_object_set_new(one, "networks", networks);
    json_array_append_new(it->targets, one);
}

static gboolean explain_target(Explanation *it, const char *node, GError **error)
{
    g_auto(Target) target = {.node = node};

    if (!target_read(&target, it, error))
        return FALSE;
    if (it->targets != NULL)
        add_json(it, &target);
    else
        print_target(&target, it);
    return TRUE;
}

/* ---- the VM ---------------------------------------------------------------------------------------- */

static gboolean explanation_read(Explanation *it, const CliCall *call, GError **error)
{
    it->now = view_read(ocf_deadline_in(VIEW_PATIENCE_MS), error);
    it->vm = it->now != NULL ? vm_read(call->arguments[0], error) : NULL;
    if (it->vm == NULL)
        return FALSE;
    g_autoptr(GError) why = NULL;
    it->node = vm_locate(it->vm, &why);
    if (why != NULL) {
        g_propagate_error(error, g_steal_pointer(&why));
        return FALSE;
    }
    it->own_way = vm_own_way(it->vm);
    it->policy = netpref_policy_new_for_vm(vm_parameter(it->vm, "migration_networks"),
                                           vm_parameter(it->vm, "migration_exclude_networks"));
    it->targets = call->json ? json_array() : NULL;
    return TRUE;
}

static gboolean check_node(const Explanation *it, const char *node, GError **error)
{
    for (guint i = 0; i < netpref_networks_node_count(it->now->networks); i++)
        if (strcmp(netpref_networks_node(it->now->networks, i)->name, node) == 0) {
            if (g_strcmp0(node, it->node) != 0)
                return TRUE;
            g_set_error(error, CLI_FAILURE, CLI_USAGE, "%s runs on %s: name another node", it->vm->id, node);
            return FALSE;
        }
    g_set_error(error, CLI_FAILURE, CLI_NO_SUCH, "there is no node %s in this cluster", node);
    return FALSE;
}

static GPtrArray *own_findings(const Explanation *it)
{
    g_autoptr(GPtrArray) checked = netpref_policy_check(it->policy, it->now->networks);
    GPtrArray *texts = g_ptr_array_new_with_free_func(g_free);
    const GPtrArray *lists[] = {netpref_policy_findings(it->policy), checked};

    for (guint i = 0; i < G_N_ELEMENTS(lists); i++)
        for (guint j = 0; j < lists[i]->len; j++)
            g_ptr_array_add(texts, g_strdup(((const NetprefFinding *)lists[i]->pdata[j])->text));
    if (!vm_is_live_domain(it->vm))
        g_ptr_array_add(
            texts, g_strdup_printf("its agent is %s, which does not know these settings: wherry check %s",
                                   it->vm->agent, it->vm->id));
    if (!vm_may_migrate(it->vm))
        g_ptr_array_add(texts,
                        g_strdup_printf("allow-migrate is not set: a move stops and starts it (pcs resource "
                                        "meta %s allow-migrate=true)",
                                        it->vm->id));
    return texts;
}

static void print_head(const Explanation *it)
{
    g_autoptr(GPtrArray) findings = own_findings(it);
    const char *order = vm_parameter(it->vm, "migration_networks");
    const char *exclude = vm_parameter(it->vm, "migration_exclude_networks");

    printf("%s %s%s\n", it->vm->id, it->node != NULL ? "runs on " : "does not run",
           it->node != NULL ? it->node : "");
    if (order != NULL)
        printf("its own list: migration_networks=%s\n", order);
    if (exclude != NULL)
        printf("its own exclusions: migration_exclude_networks=%s\n", exclude);
    for (guint i = 0; i < findings->len; i++)
        printf("note: %s\n", (const char *)findings->pdata[i]);
    for (guint i = 0; i < it->now->notes->len; i++)
        printf("note: %s\n", (const char *)it->now->notes->pdata[i]);
}

/* Of a VM that runs nowhere: what can be said without a pair of nodes. */
static void print_settings(const Explanation *it)
{
    static const char *const headings[] = {"RANK", "NAME", "WHY", NULL};
    g_autoptr(Table) table = table_new(headings);
    g_autoptr(NetprefChoice) ranking = netpref_rank(it->now->networks, it->now->policy, it->policy);

    for (guint i = 0; i < netpref_choice_count(ranking); i++) {
        const NetprefCandidate *candidate = netpref_choice_get(ranking, i);
        g_autofree char *rank = candidate->rank != 0 ? g_strdup_printf("%u", candidate->rank) : NULL;
        const char *const cells[] = {rank, candidate->network->name, candidate->reason};
        table_add(table, cells);
    }
    g_autofree char *text = table_text(table);
    if (it->own_way != NULL)
        printf("\n%s alone decides; the networks are not asked\n", it->own_way);
    else
        printf("\nby the settings alone, whatever the nodes\n%s", text);
}

static void print_json(Explanation *it)
{
    g_autoptr(GPtrArray) findings = own_findings(it);
    json_t *answer = json_object();

    json_object_set_new(answer, "vm", json_text(it->vm->id));
    json_object_set_new(answer, "node", json_text(it->node));
    json_object_set_new(answer, "migration_networks", json_text(vm_parameter(it->vm, "migration_networks")));
    json_object_set_new(answer, "migration_exclude_networks",
                        json_text(vm_parameter(it->vm, "migration_exclude_networks")));
    json_object_set_new(answer, "decided_alone_by", json_text(it->own_way));
    json_object_set(answer, "targets", it->targets);
    json_object_set_new(answer, "findings", json_texts(findings));
    json_object_set_new(answer, "notes", json_texts(it->now->notes));
    json_answer(answer);
}

gboolean cli_network_explain(CliCall *call, GError **error)
{
    g_auto(Explanation) it = {NULL};
    const char *wanted = call->count > 1 ? call->arguments[1] : NULL;

    if (!explanation_read(&it, call, error) || (wanted != NULL && !check_node(&it, wanted, error)))
        return FALSE;
    if (!call->json)
        print_head(&it);
    if (!call->json && it.node == NULL)
        print_settings(&it);
    for (guint i = 0; it.node != NULL && i < netpref_networks_node_count(it.now->networks); i++) {
        const char *node = netpref_networks_node(it.now->networks, i)->name;
        gboolean asked = wanted != NULL ? strcmp(node, wanted) == 0 : strcmp(node, it.node) != 0;
        if (asked && !explain_target(&it, node, error))
            return FALSE;
    }
    if (call->json)
        print_json(&it);
    return TRUE;
}
