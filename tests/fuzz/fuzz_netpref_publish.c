/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Published links, damaged in every way: each line of the input is what one node says. What is read must come
 * back the same, and networks and a choice made of it must hold together.
 */
#include "netpref/netpref.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_round_trip(const GPtrArray *links)
{
    g_autofree char *text = netpref_links_to_text(links);
    g_autoptr(GPtrArray) back = netpref_links_from_text(text, NULL);
    g_assert_nonnull(back);
    g_autofree char *again = netpref_links_to_text(back);

    g_assert_cmpstr(text, ==, again);
    g_assert_true(g_str_is_ascii(text));
    g_assert_null(strpbrk(text, "<>&\"'"));
}

static void check_choice(GPtrArray *nodes)
{
    g_autoptr(NetprefNetworks) networks = netpref_networks_new(nodes, NULL);
    g_autoptr(NetprefChoice) choice = netpref_choose(networks, NULL, NULL, "n0", "n1", NULL);

    for (guint i = 0; choice != NULL && i < netpref_choice_count(choice); i++) {
        const NetprefCandidate *candidate = netpref_choice_get(choice, i);
        g_assert_true((candidate->rank != 0) == (i < netpref_choice_usable_count(choice)));
        g_assert_true((candidate->rank != 0) == (candidate->paths->len > 0));
        g_assert_nonnull(candidate->reason);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *input = g_strndup((const char *)data, size);
    g_auto(GStrv) lines = g_strsplit(input, "\n", 8);
    g_autoptr(GPtrArray) nodes = netpref_nodes_new();

    for (guint i = 0; lines[i] != NULL; i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *name = g_strdup_printf("n%u", i);
        GPtrArray *links = netpref_links_from_text(lines[i], &error);
        g_assert_true((links == NULL) == (error != NULL));
        if (links != NULL)
            check_round_trip(links);
        NetprefNode *node = netpref_node_new(name, links);
        netpref_node_add_ring(node, i == 0 ? "10.99.2.1" : "10.99.2.2", NULL);
        g_ptr_array_add(nodes, node);
    }
    check_choice(nodes);
    return 0;
}
