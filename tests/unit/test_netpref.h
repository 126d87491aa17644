/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Clusters in a few words, for the tests of netpref/. */
#ifndef WHERRY_TEST_NETPREF_H
#define WHERRY_TEST_NETPREF_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "netpref/netpref.h"
#include "ocf/ocf.h"

/* A node from links as published, without frame: "eth1 up ip=10.1.0.1/24; eth2 down"; NULL: not known. RING
 * are its ring addresses, separated by spaces, or NULL. */
static inline NetprefNode *make_node(const char *name, const char *links, const char *ring)
{
    g_autoptr(GString) text = g_string_new("wherry-links/1.0");
    g_auto(GStrv) parts = g_strsplit(links != NULL ? links : "", "; ", -1);
    g_auto(GStrv) addresses = g_strsplit(ring != NULL ? ring : "", " ", -1);
    g_autoptr(GError) error = NULL;

    for (char **part = parts; *part != NULL; part++)
        g_string_append_printf(text, "; link %s", *part);
    g_string_append_printf(text, "; end %u", g_strv_length(parts));
    GPtrArray *parsed = links != NULL ? netpref_links_from_text(text->str, &error) : NULL;
    assert_null(error);
    NetprefNode *node = netpref_node_new(name, parsed);
    for (char **address = addresses; *address != NULL && **address != '\0'; address++)
        assert_true(netpref_node_add_ring(node, *address, NULL));
    return node;
}

/* Nodes from NAME, LINKS, RING triples, ended by NULL. */
static inline GPtrArray *make_nodes(const char *name, ...)
{
    GPtrArray *nodes = netpref_nodes_new();
    va_list arguments;

    va_start(arguments, name);
    while (name != NULL) {
        const char *links = va_arg(arguments, const char *);
        const char *ring = va_arg(arguments, const char *);
        g_ptr_array_add(nodes, make_node(name, links, ring));
        name = va_arg(arguments, const char *);
    }
    va_end(arguments);
    return nodes;
}

static inline NetprefPolicy *make_policy(const char *order, const char *exclude, const char *names,
                                         const char *ring, const char *unlisted)
{
    NetprefSettings settings = {order, exclude, names, ring, unlisted};

    return netpref_policy_new(&settings);
}

/* All findings, one a line. */
static inline char *findings_text(const GPtrArray *findings)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < findings->len; i++) {
        const NetprefFinding *finding = findings->pdata[i];
        g_string_append_printf(text, "%s\n", finding->text);
    }
    return g_string_free(text, FALSE);
}

/* One of FINDINGS is of KIND and holds PART. */
static inline void assert_found(const GPtrArray *findings, const char *kind, const char *part)
{
    for (guint i = 0; i < findings->len; i++) {
        const NetprefFinding *finding = findings->pdata[i];
        assert_null(strchr(finding->text, '\n'));
        if (strcmp(finding->kind, kind) == 0 && strstr(finding->text, part) != NULL)
            return;
    }
    g_autofree char *text = findings_text(findings);
    fail_msg("no finding %s with \"%s\" in:\n%s", kind, part, text);
}

/* "name[subnet,subnet]" of each network. */
static inline char *networks_text(const NetprefNetworks *networks)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < netpref_networks_count(networks); i++) {
        const NetprefNetwork *network = netpref_networks_get(networks, i);
        g_string_append_printf(text, "%s%s[", i > 0 ? " " : "", network->name);
        for (guint j = 0; j < network->subnets->len; j++) {
            g_autofree char *cidr = netpref_cidr_text(&g_array_index(network->subnets, NetprefCidr, j));
            g_string_append_printf(text, "%s%s", j > 0 ? "," : "", cidr);
        }
        g_string_append_c(text, ']');
    }
    return g_string_free(text, FALSE);
}

/* Everything about a choice, for comparing. */
static inline char *choice_text(const NetprefChoice *choice)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < netpref_choice_count(choice); i++) {
        const NetprefCandidate *candidate = netpref_choice_get(choice, i);
        g_string_append_printf(text, "%u %s %s (%s)", candidate->rank, candidate->network->name,
                               netpref_verdict_text(candidate->verdict), candidate->reason);
        for (guint j = 0; j < candidate->paths->len; j++) {
            const NetprefPath *path = &g_array_index(candidate->paths, NetprefPath, j);
            g_autofree char *source = netpref_address_text(&path->source);
            g_autofree char *target = netpref_address_text(&path->target);
            g_string_append_printf(text, " %s>%s@%s", source, target, path->interface);
        }
        g_string_append_c(text, '\n');
    }
    return g_string_free(text, FALSE);
}

/* The names of the usable networks in order, separated by spaces. */
static inline char *ranking_text(const NetprefChoice *choice)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < netpref_choice_usable_count(choice); i++)
        g_string_append_printf(text, "%s%s", i > 0 ? " " : "", netpref_choice_get(choice, i)->network->name);
    return g_string_free(text, FALSE);
}

static inline const NetprefCandidate *candidate_of(const NetprefChoice *choice, const char *name)
{
    for (guint i = 0; i < netpref_choice_count(choice); i++)
        if (strcmp(netpref_choice_get(choice, i)->network->name, name) == 0)
            return netpref_choice_get(choice, i);
    fail_msg("no network %s", name);
    return NULL;
}

static inline void assert_out(const NetprefChoice *choice, const char *name, NetprefVerdict verdict,
                              const char *reason)
{
    const NetprefCandidate *candidate = candidate_of(choice, name);

    assert_string_equal(netpref_verdict_text(candidate->verdict), netpref_verdict_text(verdict));
    assert_string_equal(candidate->reason, reason);
    assert_int_equal(candidate->rank, 0);
    assert_int_equal(candidate->paths->len, 0);
}

#endif
