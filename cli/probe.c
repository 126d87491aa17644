/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/probe.h"

enum { PROBE_MS = 2000 };

GArray *probe_choice(const NetprefChoice *choice, GError **error)
{
    g_autoptr(GArray) probes = g_array_new(FALSE, TRUE, sizeof(NetprefProbe));
    GArray *answers = g_array_new(FALSE, TRUE, sizeof(ProbeAnswer));
    guint next = 0;

    g_array_set_size(answers, netpref_choice_count(choice));
    for (guint i = 0; i < answers->len; i++) {
        const GArray *paths = netpref_choice_get(choice, i)->paths;
        for (guint j = 0; j < paths->len; j++) {
            NetprefProbe probe = {.path = g_array_index(paths, NetprefPath, j)};
            if (probe.path.interface != NULL)
                g_array_append_val(probes, probe);
        }
    }
    if (probes->len > 0 && !netpref_reach((NetprefProbe *)(void *)probes->data, probes->len,
                                          NETPREF_PROBE_PORT, PROBE_MS, error)) {
        g_array_unref(answers);
        return NULL;
    }
    for (guint i = 0; i < answers->len; i++) {
        const GArray *paths = netpref_choice_get(choice, i)->paths;
        ProbeAnswer *answer = &g_array_index(answers, ProbeAnswer, i);
        for (guint j = 0; j < paths->len; j++) {
            if (g_array_index(paths, NetprefPath, j).interface == NULL)
                continue;
            const NetprefProbe *probe = &g_array_index(probes, NetprefProbe, next++);
            if (!answer->asked ||
                (netpref_probe_is_reached(probe) && !netpref_probe_is_reached(&answer->probe)))
                *answer = (ProbeAnswer){.asked = TRUE, .probe = *probe};
        }
    }
    return answers;
}

char *probe_text(const ProbeAnswer *answer, const char *node)
{
    if (!answer->asked)
        return NULL;
    if (netpref_probe_is_reached(&answer->probe))
        return answer->probe.elapsed_ms == 0 ? g_strdup("answers in less than 1 ms")
                                             : g_strdup_printf("answers in %u ms", answer->probe.elapsed_ms);
    return netpref_probe_text(&answer->probe, node);
}

gint probe_first_reached(const NetprefChoice *choice, const GArray *answers)
{
    for (guint i = 0; i < netpref_choice_usable_count(choice); i++) {
        const ProbeAnswer *answer = &g_array_index(answers, ProbeAnswer, i);
        if (answer->asked && netpref_probe_is_reached(&answer->probe))
            return (gint)i;
    }
    return -1;
}
