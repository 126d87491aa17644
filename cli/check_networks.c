/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Settings and networks. */
#include "cli/check.h"

#include <string.h>

/* Why a finding matters, by its kind; whatever is not here says it itself. */
static const struct {
    const char *kind, *why;
} reasons[] = {
    {"unknown_network", "as long as there is no such network this word has no effect"},
    {"malformed_network", "this word has no effect"},
    {"ordered_and_excluded", "exclusion wins, so that the network is never used"},
    {"nothing_listed", "no network is usable, so that no VM can migrate"},
    {"single_node", "a network with one node carries no migration"},
    {"nodes_missing", "VMs migrate to and from these nodes over other networks"},
    {"mtu_differs", "large packets may vanish: a migration over it would stall"},
    {"address_twice", "a migration would arrive at either node, so the address is not used"},
    {"subnets_overlap", "the nodes do not agree on what the network is, and treat it as two"},
    {"subnet_twice", "the migration may leave over the wrong interface"},
};

static const char *why_it_matters(const char *kind)
{
    for (guint i = 0; i < G_N_ELEMENTS(reasons); i++)
        if (strcmp(reasons[i].kind, kind) == 0)
            return reasons[i].why;
    return NULL;
}

/* LIST without the words that stand for no network. */
static char *known_words(const NetprefNetworks *networks, const char *list)
{
    g_auto(GStrv) words = g_strsplit_set(list, " \t\r\n\v\f", -1);
    GString *known = g_string_new(NULL);

    for (char **word = words; *word != NULL; word++) {
        g_autoptr(GPtrArray) found = netpref_networks_lookup(networks, *word, NULL);
        if (found != NULL)
            g_string_append_printf(known, "%s%s", known->len > 0 ? " " : "", *word);
    }
    return g_string_free(known, FALSE);
}

/* The command that mends FINDING about a parameter of RESOURCE, or NULL where it is about none. */
static char *mend(const NetprefFinding *finding, const NetprefNetworks *networks, const char *resource,
                  GHashTable *parameters)
{
    static const char *const lists[] = {"order", "exclude", "migration_networks",
                                        "migration_exclude_networks", NULL};
    static const char *const others[] = {"names", "ring", "unlisted", NULL};
    g_autofree char *name = g_strndup(finding->text, strcspn(finding->text, ":"));
    const char *value = resource != NULL ? g_hash_table_lookup(parameters, name) : NULL;

    if (value == NULL)
        return NULL;
    if (g_strv_contains(lists, name) && strcmp(finding->kind, "unknown_network") == 0) {
        g_autofree char *known = known_words(networks, value);
        g_autofree char *quoted = *known != '\0' ? g_shell_quote(known) : g_strdup("");
        return g_strdup_printf("pcs resource update %s %s=%s", resource, name, quoted);
    }
    if (g_strv_contains(lists, name) || g_strv_contains(others, name))
        return g_strdup_printf("pcs resource update %s %s=VALUE (now: %s)", resource, name, value);
    return NULL;
}

void check_findings(GPtrArray *defects, const GPtrArray *findings, const NetprefNetworks *networks,
                    const char *where, const char *resource, GHashTable *parameters)
{
    for (guint i = 0; i < findings->len; i++) {
        const NetprefFinding *finding = findings->pdata[i];
        char *command = mend(finding, networks, resource, parameters);
        const char *there = where != NULL ? where : command != NULL ? resource : "networks";
        defect_add(defects, finding->level, there, finding->text, why_it_matters(finding->kind), command);
    }
}

/* Links that are down where migrations would use them. */
static void check_links(GPtrArray *defects, const NetprefChoice *ranking)
{
    for (guint i = 0; i < netpref_choice_usable_count(ranking); i++) {
        const NetprefNetwork *network = netpref_choice_get(ranking, i)->network;
        g_autofree char *state = view_state(network);
        g_autofree char *what = g_strdup_printf("%s is %s", network->name, state);
        if (g_str_has_prefix(state, "down"))
            defect_add(defects, NETPREF_WARNING, "networks", what,
                       "migrations there take the next network, or none if there is none", NULL);
    }
}

void check_networks(GPtrArray *defects, const ClusterNetworks *now)
{
    g_autoptr(Situation) situation = situation_new(now, now->preference->parameters);
    const char *resource = now->preference->resource;

    check_findings(defects, situation->findings, situation->networks, NULL, resource,
                   now->preference->parameters);
    check_links(defects, situation->ranking);
    if (netpref_choice_usable_count(situation->ranking) == 0)
        defect_add(defects, NETPREF_ERROR, resource != NULL ? resource : "networks", "no network is usable",
                   "no VM can migrate, and no node can be drained", g_strdup("wherry network list"));
    for (guint i = 0; i < now->notes->len; i++)
        defect_add(defects, NETPREF_NOTE, "networks", now->notes->pdata[i],
                   "what is known of the networks is not complete", NULL);
    if (now->preference_known && resource == NULL)
        defect_add(defects, NETPREF_WARNING, "cluster", "there is no resource ocf:wherry:MigrationNetworks",
                   "no network can be ordered or excluded, and links that fail are noticed late",
                   g_strdup(VIEW_CREATE_PCS));
}
