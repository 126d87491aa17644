/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wherry network exclude NETWORK... */
#include "cli/change.h"

/* An excluded network leaves the order: in both it would look like somebody's mistake. */
static gboolean decide(Change *change, GError **error)
{
    g_autoptr(GPtrArray) words = change_arguments(change, TRUE, error);

    if (words == NULL)
        return FALSE;
    g_autoptr(GPtrArray) order = change_words(change, "order");
    g_autoptr(GPtrArray) exclude = change_words(change, "exclude");
    g_autoptr(GPtrArray) new_order = edit_without(order, words);
    g_autoptr(GPtrArray) new_exclude = edit_with(exclude, words);
    change_set_words(change, "order", new_order);
    change_set_words(change, "exclude", new_exclude);
    return TRUE;
}

gboolean cli_network_exclude(CliCall *call, GError **error)
{
    return change_run(call, decide, error);
}
