/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wherry network test [--from NODE] [--to NODE] */
#include "cli/cli.h"
#include "cli/json.h"
#include "cli/measure.h"
#include "cli/probe.h"
#include "cli/table.h"
#include "cli/view.h"

#include <string.h>

enum { FROM, TO, TEST_PATIENCE_MS = 600000 };

static const char *const headings[] = {"TO",         "NAME",     "STATE", "ROUND TRIP",
                                       "THROUGHPUT", "PATH MTU", "NOTE",  NULL};

/* Where results go: one of the two. */
typedef struct {
    Table *table;
    json_t *list;
} Results;

static const char *state_of(const NetprefCandidate *candidate, const ProbeAnswer *answer)
{
    if (candidate->verdict != NETPREF_USABLE)
        return "left alone";
    if (!answer->asked)
        return "not asked";
    return netpref_probe_is_reached(&answer->probe) ? "answers" : "no answer";
}

static void add_result(Results *results, const char *node, const NetprefCandidate *candidate,
                       const ProbeAnswer *answer, const Measure *measure)
{
    g_autofree char *heard = probe_text(answer, node);
    const char *note = candidate->verdict != NETPREF_USABLE        ? candidate->reason
                       : !answer->asked                            ? "this node's interface is not known"
                       : !netpref_probe_is_reached(&answer->probe) ? heard
                                                                   : measure->problem;
    const char *state = state_of(candidate, answer);

    if (results->list != NULL) {
        json_t *one = json_object();
        json_object_set_new(one, "to", json_text(node));
        json_object_set_new(one, "name", json_text(candidate->network->name));
        json_object_set_new(one, "verdict", json_string(netpref_verdict_text(candidate->verdict)));
        json_object_set_new(one, "reached",
                            answer->asked ? json_boolean(netpref_probe_is_reached(&answer->probe))
                                          : json_null());
        json_object_set_new(one, "round_trip_ms",
                            measure->round_trip_ms >= 0 ? json_real(measure->round_trip_ms) : json_null());
        json_object_set_new(one, "path_mtu_bytes", json_known(measure->path_mtu));
        json_object_set_new(one, "throughput_mbits",
                            measure->rate_mbits >= 0 ? json_real(measure->rate_mbits) : json_null());
        json_object_set_new(one, "note", json_text(note));
        json_array_append_new(results->list, one);
        return;
    }
    g_autofree char *round_trip =
        measure->round_trip_ms >= 0 ? g_strdup_printf("%.2f ms", measure->round_trip_ms) : NULL;
    g_autofree char *rate =
        measure->rate_mbits >= 0 ? g_strdup_printf("%.0f Mbit/s", measure->rate_mbits) : NULL;
    g_autofree char *mtu = measure->path_mtu != 0 ? g_strdup_printf("%u", measure->path_mtu) : NULL;
    const char *const cells[] = {node, candidate->network->name, state, round_trip, rate, mtu, note};
    table_add(results->table, cells);
}

static gboolean test_node(Results *results, const ClusterNetworks *now, const char *node,
                          OcfDeadline deadline, GError **error)
{
    g_autoptr(NetprefChoice) choice =
        netpref_choose(now->networks, now->policy, NULL, now->local_node, node, error);
    g_autoptr(GArray) answers = choice != NULL ? probe_choice(choice, error) : NULL;

    if (answers == NULL)
        return FALSE;
    for (guint i = 0; i < netpref_choice_count(choice); i++) {
        const NetprefCandidate *candidate = netpref_choice_get(choice, i);
        const ProbeAnswer *answer = &g_array_index(answers, ProbeAnswer, i);
        g_auto(Measure) measure = {.round_trip_ms = -1, .rate_mbits = -1};
        if (answer->asked && netpref_probe_is_reached(&answer->probe))
            measure_path(&measure, &answer->probe.path, candidate->network->mtu, deadline);
        add_result(results, node, candidate, answer, &measure);
    }
    return TRUE;
}

static gboolean check_nodes(const CliCall *call, const ClusterNetworks *now, GError **error)
{
    const char *from = call->options[FROM], *to = call->options[TO];
    gboolean known[] = {from == NULL, to == NULL};

    for (guint i = 0; i < netpref_networks_node_count(now->networks); i++) {
        const char *name = netpref_networks_node(now->networks, i)->name;
        known[FROM] = known[FROM] || strcmp(name, from) == 0;
        known[TO] = known[TO] || strcmp(name, to) == 0;
    }
    if (!known[FROM] || !known[TO])
        g_set_error(error, CLI_FAILURE, CLI_NO_SUCH, "there is no node %s in this cluster",
                    known[FROM] ? to : from);
    else if (from != NULL && strcmp(from, now->local_node) != 0)
        g_set_error(error, CLI_FAILURE, CLI_USAGE,
                    "this is %s: to test from %s run it there (ssh %s wherry network test)", now->local_node,
                    from, from);
    else if (to != NULL && strcmp(to, now->local_node) == 0)
        g_set_error(error, CLI_FAILURE, CLI_USAGE, "this is %s: name another node to test", to);
    else
        return TRUE;
    return FALSE;
}

gboolean cli_network_test(CliCall *call, GError **error)
{
    g_autoptr(ClusterNetworks) now = view_read(ocf_deadline_in(VIEW_PATIENCE_MS), error);
    g_autoptr(Table) table = table_new(headings);
    Results results = {.table = table};
    OcfDeadline deadline = ocf_deadline_in(TEST_PATIENCE_MS);

    if (now == NULL || !check_nodes(call, now, error))
        return FALSE;
    if (!now->preference_known) {
        g_set_error(error, CLI_FAILURE, CLI_DISCONNECTED,
                    "nobody knows which networks are excluded, so nothing is sent: the CIB cannot be read");
        return FALSE;
    }
    results.list = call->json ? json_array() : NULL;
    for (guint i = 0; i < netpref_networks_node_count(now->networks); i++) {
        const char *node = netpref_networks_node(now->networks, i)->name;
        gboolean wanted = call->options[TO] != NULL ? strcmp(node, call->options[TO]) == 0
                                                    : strcmp(node, now->local_node) != 0;
        if (wanted && !test_node(&results, now, node, deadline, error)) {
            json_decref(results.list);
            return FALSE;
        }
    }
    if (call->json) {
        json_t *answer = json_object();
        json_object_set_new(answer, "from", json_text(now->local_node));
        json_object_set_new(answer, "results", results.list);
        json_answer(answer);
        return TRUE;
    }
    g_autofree char *text = table_text(table);
    printf("from %s\n%s", now->local_node, text);
    return TRUE;
}
