/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wherry network order NETWORK... */
#include "cli/change.h"

/* An order in which an excluded network stands says two things at once. */
static gboolean check_excluded(const Change *change, const GPtrArray *words, GError **error)
{
    for (guint i = 0; i < words->len; i++) {
        const EditWord *word = words->pdata[i];
        for (char **name = word->names; *name != NULL; name++) {
            const NetprefCandidate *candidate = change_candidate(change, *name);
            if (candidate == NULL || candidate->verdict != NETPREF_EXCLUDED_BY_CLUSTER)
                continue;
            g_set_error(error, CLI_FAILURE, CLI_CONFIG, "%s is %s: wherry network include %s, then order it",
                        word->text, candidate->reason, word->text);
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean decide(Change *change, GError **error)
{
    g_autoptr(GPtrArray) words = change_arguments(change, TRUE, error);

    if (words == NULL || !check_excluded(change, words, error))
        return FALSE;
    change_set_words(change, "order", words);
    return TRUE;
}

gboolean cli_network_order(CliCall *call, GError **error)
{
    return change_run(call, decide, error);
}
