/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wherry network test [--from NODE] [--to NODE] */
#include "cli/cli.h"
#include "cli/network_json.h"
#include "cli/probe.h"
#include "cli/table.h"
#include "cli/view.h"

#include <string.h>

enum {
    FROM,
    TO,
    TEST_PATIENCE_MS = 600000,
    /* the other node's own patience, and what it takes to get there */
    REMOTE_PATIENCE_MS = VIEW_PATIENCE_MS + TEST_PATIENCE_MS + 20000
};

/* ---- from this node ------------------------------------------------------------------------------ */

static TestResult *result_new(const char *node, const NetprefCandidate *candidate, const ProbeAnswer *answer,
                              OcfDeadline deadline)
{
    TestResult *result = g_new0(TestResult, 1);
    Measure *measure = &result->measure;

    *measure = (Measure){.round_trip_ms = -1, .rate_mbits = -1};
    result->to = g_strdup(node);
    result->name = g_strdup(candidate->network->name);
    result->verdict = g_strdup(netpref_verdict_text(candidate->verdict));
    result->asked = answer->asked;
    result->reached = answer->asked && netpref_probe_is_reached(&answer->probe);
    if (result->reached)
        measure_path(measure, &answer->probe.path, candidate->network->mtu, deadline);
    if (candidate->verdict != NETPREF_USABLE)
        result->note = g_strdup(candidate->reason);
    else if (!result->asked)
        result->note = g_strdup("this node's interface is not known");
    else
        result->note = result->reached ? g_strdup(measure->problem) : probe_text(answer, node);
    return result;
}

static gboolean test_node(GPtrArray *results, const ClusterNetworks *now, const char *node,
                          OcfDeadline deadline, GError **error)
{
    g_autoptr(NetprefChoice) choice =
        netpref_choose(now->networks, now->policy, NULL, now->local_node, node, error);
    g_autoptr(GArray) answers = choice != NULL ? probe_choice(choice, error) : NULL;

    if (answers == NULL)
        return FALSE;
    for (guint i = 0; i < netpref_choice_count(choice); i++)
        g_ptr_array_add(results, result_new(node, netpref_choice_get(choice, i),
                                            &g_array_index(answers, ProbeAnswer, i), deadline));
    return TRUE;
}

static GPtrArray *test_here(const ClusterNetworks *now, const char *to, GError **error)
{
    g_autoptr(GPtrArray) results = g_ptr_array_new_with_free_func((GDestroyNotify)test_result_free);
    OcfDeadline deadline = ocf_deadline_in(TEST_PATIENCE_MS);

    if (!now->preference_known) {
        g_set_error(error, CLI_FAILURE, CLI_DISCONNECTED,
                    "nobody knows which networks are excluded, so nothing is sent: the CIB cannot be read");
        return NULL;
    }
    for (guint i = 0; i < netpref_networks_node_count(now->networks); i++) {
        const char *node = netpref_networks_node(now->networks, i)->name;
        gboolean wanted = to != NULL ? strcmp(node, to) == 0 : strcmp(node, now->local_node) != 0;
        if (wanted && !test_node(results, now, node, deadline, error))
            return NULL;
    }
    return g_steal_pointer(&results);
}

/* ---- from another node --------------------------------------------------------------------------- */

/* What OUTPUT says last, fit to be shown: before a reason, ssh and shells may say more. */
static char *last_words(const char *output)
{
    const char *line = strrchr(output, '\n');

    line = line != NULL ? line + 1 : output;
    return table_visible(g_str_has_prefix(line, "wherry: ") ? strchr(line, ' ') + 1 : line);
}

/* What the other wherry's exit status means for this one: its command line was not this one's. */
static CliExit remote_exit(gint status)
{
    switch (status) {
    case CLI_NO_PERMISSION:
    case CLI_NOT_INSTALLED:
    case CLI_DISCONNECTED:
    case CLI_NO_SUCH:
    case CLI_LATE:
        return (CliExit)status;
    default:
        return CLI_ERROR;
    }
}

/* ssh(1): 255 is ssh's own failure, all else is the command's status. */
static gboolean check_child(const OcfChild *child, const char *from, GError **error)
{
    enum { NOT_FOUND = 127, SSH_FAILED = 255 };
    g_autofree char *words = last_words(child->output);

    if (child->absent)
        g_set_error(error, CLI_FAILURE, CLI_NOT_INSTALLED,
                    "ssh, which would ask %s, is not installed here: run wherry network test there", from);
    else if (child->late)
        g_set_error(error, CLI_FAILURE, CLI_LATE,
                    "%s has not answered over ssh in %d s: run wherry network test there", from,
                    REMOTE_PATIENCE_MS / 1000);
    else if (child->status == SSH_FAILED)
        g_set_error(error, CLI_FAILURE, CLI_ERROR,
                    "%s cannot be asked over ssh without a password (%s): run wherry network test there",
                    from, *words != '\0' ? words : "ssh gives no reason");
    else if (child->status == NOT_FOUND)
        g_set_error(error, CLI_FAILURE, CLI_NOT_INSTALLED,
                    "ssh finds no wherry on %s: install it there, or run wherry network test there", from);
    else if (child->status != 0)
        g_set_error(error, CLI_FAILURE, remote_exit(child->status), "%s says: %s (status %d)", from,
                    *words != '\0' ? words : "nothing", child->status);
    else
        return TRUE;
    return FALSE;
}

/* FROM and TO are nodes of this cluster. */
static GPtrArray *test_there(const char *from, const char *to, GError **error)
{
    g_autofree char *quoted = to != NULL ? g_shell_quote(to) : NULL;
    /* why it failed, in place of an answer */
    g_autofree char *command = g_strdup_printf("wherry network test --json %s%s 2>&1",
                                               to != NULL ? "--to=" : "", to != NULL ? quoted : "");
    /* What ssh itself says comes to standard output too; what else comes on standard error is not heard. */
    const char *const argv[] = {"ssh",   "-T",
                                "-E",    "/dev/stdout",
                                "-o",    "LogLevel=ERROR",
                                "-o",    "BatchMode=yes",
                                "-o",    "ConnectTimeout=5",
                                "-o",    "ServerAliveInterval=5",
                                "-o",    "ClearAllForwardings=yes",
                                "--",    from,
                                command, NULL};
    g_auto(OcfChild) child = {0};

    if (!ocf_child_run(argv, OCF_CHILD_PLAIN_OUTPUT, ocf_deadline_in(REMOTE_PATIENCE_MS), &child, error) ||
        !check_child(&child, from, error))
        return NULL;
    GPtrArray *results = json_test_parse(child.output, from, to, error);
    if (results == NULL) {
        g_prefix_error(error, "what %s answers over ssh is not a test's result (", from);
        char *longer = g_strdup_printf("%s): run wherry network test there", (*error)->message);
        g_free((*error)->message);
        (*error)->message = longer;
    }
    return results;
}

/* ---- what is shown ------------------------------------------------------------------------------- */

static const char *state_of(const TestResult *result)
{
    if (strcmp(result->verdict, netpref_verdict_text(NETPREF_USABLE)) != 0)
        return "left alone";
    if (!result->asked)
        return "not asked";
    return result->reached ? "answers" : "no answer";
}

static void print_results(const char *from, const GPtrArray *results)
{
    static const char *const headings[] = {"TO",         "NAME",     "STATE", "ROUND TRIP",
                                           "THROUGHPUT", "PATH MTU", "NOTE",  NULL};
    g_autoptr(Table) table = table_new(headings);

    for (guint i = 0; i < results->len; i++) {
        const TestResult *result = results->pdata[i];
        const Measure *measure = &result->measure;
        g_autofree char *round_trip =
            measure->round_trip_ms >= 0 ? g_strdup_printf("%.2f ms", measure->round_trip_ms) : NULL;
        g_autofree char *rate =
            measure->rate_mbits >= 0 ? g_strdup_printf("%.0f Mbit/s", measure->rate_mbits) : NULL;
        g_autofree char *mtu = measure->path_mtu != 0 ? g_strdup_printf("%u", measure->path_mtu) : NULL;
        const char *const cells[] = {result->to, result->name, state_of(result), round_trip,
                                     rate,       mtu,          result->note};
        table_add(table, cells);
    }
    g_autofree char *text = table_text(table);
    printf("from %s\n%s", from, text);
}

/* ---- the verb ------------------------------------------------------------------------------------ */

static gboolean check_nodes(const ClusterNetworks *now, const char *from, const char *to, GError **error)
{
    gboolean known[] = {FALSE, to == NULL};

    for (guint i = 0; i < netpref_networks_node_count(now->networks); i++) {
        const char *name = netpref_networks_node(now->networks, i)->name;
        known[FROM] = known[FROM] || strcmp(name, from) == 0;
        known[TO] = known[TO] || strcmp(name, to) == 0;
    }
    if (!known[FROM] || !known[TO])
        g_set_error(error, CLI_FAILURE, CLI_NO_SUCH, "there is no node %s in this cluster",
                    known[FROM] ? to : from);
    else if (to != NULL && strcmp(to, from) == 0)
        g_set_error(error, CLI_FAILURE, CLI_USAGE, "%s is where the test starts: name another node with --to",
                    to);
    else
        return TRUE;
    return FALSE;
}

gboolean cli_network_test(CliCall *call, GError **error)
{
    g_autoptr(ClusterNetworks) now = view_read(ocf_deadline_in(VIEW_PATIENCE_MS), error);
    const char *to = call->options[TO];

    if (now == NULL)
        return FALSE;
    const char *from = call->options[FROM] != NULL ? call->options[FROM] : now->local_node;
    if (!check_nodes(now, from, to, error))
        return FALSE;
    g_autoptr(GPtrArray) results =
        strcmp(from, now->local_node) == 0 ? test_here(now, to, error) : test_there(from, to, error);
    if (results == NULL)
        return FALSE;
    if (call->json)
        json_answer(json_test(from, results));
    else
        print_results(from, results);
    return TRUE;
}
