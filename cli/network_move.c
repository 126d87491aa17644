/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wherry network up NETWORK, wherry network down NETWORK */
#include "cli/change.h"

#include <string.h>

/* The names of the networks in use, first to last. */
static char **visible_names(const Change *change)
{
    guint count = netpref_choice_usable_count(change->before->ranking);
    char **names = g_new0(char *, count + 1);

    for (guint i = 0; i < count; i++)
        names[i] = g_strdup(netpref_choice_get(change->before->ranking, i)->network->name);
    return names;
}

static const NetprefCandidate *named_candidate(Change *change, GError **error)
{
    g_autoptr(GPtrArray) words = change_arguments(change, FALSE, error);

    if (words == NULL)
        return NULL;
    const EditWord *word = words->len > 0 ? words->pdata[0] : NULL;
    if (words->len != 1 || word->names[1] != NULL) {
        g_set_error(error, CLI_FAILURE, CLI_USAGE, "%s is not one network: name one at a time",
                    change->call->arguments[0]);
        return NULL;
    }
    const NetprefCandidate *candidate = change_candidate(change, word->names[0]);
    if (candidate->verdict == NETPREF_USABLE)
        return candidate;
    const char *remedy = candidate->verdict == NETPREF_EXCLUDED_BY_CLUSTER ? "wherry network include it first"
                                                                           : "it has no place to move from";
    g_set_error(error, CLI_FAILURE, CLI_CONFIG, "%s is not in use: %s; %s", word->text, candidate->reason,
                remedy);
    return NULL;
}

static gboolean move(Change *change, int step, GError **error)
{
    const NetprefCandidate *candidate = named_candidate(change, error);

    if (candidate == NULL)
        return FALSE;
    const char *name = candidate->network->name;
    g_auto(GStrv) visible = visible_names(change);
    g_autoptr(GPtrArray) order = change_words(change, "order");
    g_autoptr(GPtrArray) moved = edit_move(order, (const char *const *)visible, name, step);
    if (moved == NULL)
        change_remark(change, "%s is %s already", name, step < 0 ? "first" : "last");
    else
        change_set_words(change, "order", moved);
    return TRUE;
}

static gboolean decide_up(Change *change, GError **error)
{
    return move(change, -1, error);
}

static gboolean decide_down(Change *change, GError **error)
{
    return move(change, 1, error);
}

gboolean cli_network_up(CliCall *call, GError **error)
{
    return change_run(call, decide_up, error);
}

gboolean cli_network_down(CliCall *call, GError **error)
{
    return change_run(call, decide_down, error);
}
