/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wherry network include NETWORK... */
#include "cli/change.h"

/* What `exclude` no longer names may still be out, for another reason. */
static gboolean check_included(Change *change, const GPtrArray *words, GError **error)
{
    g_autoptr(Situation) after = situation_new(change->now, change->parameters);

    for (guint i = 0; i < netpref_choice_count(after->ranking); i++) {
        const NetprefCandidate *candidate = netpref_choice_get(after->ranking, i);
        const char *name = candidate->network->name;
        if (!edit_words_have(words, name) || candidate->verdict == NETPREF_USABLE)
            continue;
        if (candidate->verdict == NETPREF_EXCLUDED_BY_CLUSTER) {
            g_set_error(error, CLI_FAILURE, CLI_CONFIG,
                        "%s stays %s: that covers more than %s; include it as it is written there, and "
                        "exclude the rest",
                        name, candidate->reason, name);
            return FALSE;
        }
        change_remark(change, "%s is not used all the same: %s", name, candidate->reason);
    }
    return TRUE;
}

static gboolean decide(Change *change, GError **error)
{
    g_autoptr(GPtrArray) exclude = change_words(change, "exclude");
    g_autoptr(GPtrArray) words = change_arguments(change, TRUE, error);

    if (words == NULL)
        return FALSE;
    g_autoptr(GPtrArray) left = edit_without(exclude, words);
    change_set_words(change, "exclude", left);
    return check_included(change, words, error);
}

gboolean cli_network_include(CliCall *call, GError **error)
{
    return change_run(call, decide, error);
}
