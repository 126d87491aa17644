/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wherry network list */
#include "cli/cli.h"
#include "cli/json.h"
#include "cli/network_json.h"
#include "cli/table.h"
#include "cli/view.h"

#include <string.h>

static void add_row(Table *table, const Situation *situation, const NetprefCandidate *candidate)
{
    const NetprefNetwork *network = candidate->network;
    g_autofree char *rank = candidate->rank != 0 ? g_strdup_printf("%u", candidate->rank) : NULL;
    g_autofree char *subnets = view_subnets(network);
    g_autofree char *interfaces = view_interfaces(network);
    g_autofree char *nodes = view_nodes(situation->networks, network);
    g_autofree char *speed = view_speed(network->speed_mbits);
    g_autofree char *mtu = network->mtu != 0 ? g_strdup_printf("%u", network->mtu) : NULL;
    g_autofree char *state = view_state(network);
    const char *const cells[] = {
        rank,  network->name,    subnets, interfaces, nodes, speed, mtu, network->ring ? "yes" : "no",
        state, candidate->reason};

    table_add(table, cells);
}

static void print_table(const Situation *situation)
{
    static const char *const headings[] = {"ORDER", "NAME", "SUBNETS", "INTERFACE", "NODES", "SPEED",
                                           "MTU",   "RING", "STATE",   "WHY",       NULL};
    g_autoptr(Table) table = table_new(headings);

    for (guint i = 0; i < netpref_choice_count(situation->ranking); i++)
        add_row(table, situation, netpref_choice_get(situation->ranking, i));
    g_autofree char *text = table_text(table);
    fputs(text, stdout);
}

static void print_text(const ClusterNetworks *now, const Situation *situation)
{
    if (netpref_networks_count(situation->networks) > 0)
        print_table(situation);
    else
        puts("no networks are known");
    gboolean more = situation->findings->len > 0 || now->notes->len > 0;
    if (more || now->preference->resource == NULL)
        putchar('\n');
    for (guint i = 0; i < situation->findings->len; i++)
        view_print_finding(stdout, situation->findings->pdata[i]);
    for (guint i = 0; i < now->notes->len; i++) {
        g_autofree char *visible = table_visible(now->notes->pdata[i]);
        printf("note: %s\n", visible);
    }
    if (now->preference_known && now->preference->resource == NULL)
        puts("note: no resource ocf:wherry:MigrationNetworks, so the defaults hold; to have "
             "settings: " VIEW_CREATE_PCS);
}

static void print_json(const ClusterNetworks *now, const Situation *situation)
{
    static const char *const settings[] = {"order", "exclude", "names", "ring", "unlisted"};
    json_t *answer = json_object(), *networks = json_array(), *set = json_object();

    for (guint i = 0; i < netpref_choice_count(situation->ranking); i++)
        json_array_append_new(networks, json_candidate(netpref_choice_get(situation->ranking, i)));
    for (guint i = 0; i < G_N_ELEMENTS(settings); i++)
        json_object_set_new(set, settings[i],
                            json_text(cluster_preference_get(now->preference, settings[i])));
    json_object_set_new(answer, "node", json_text(now->local_node));
    json_object_set_new(answer, "resource", json_text(now->preference->resource));
    json_object_set_new(answer, "settings_known", json_boolean(now->preference_known));
    json_object_set_new(answer, "settings", set);
    json_object_set_new(answer, "networks", networks);
    json_object_set_new(answer, "findings", json_findings(situation->findings));
    json_object_set_new(answer, "notes", json_texts(now->notes));
    json_answer(answer);
}

gboolean cli_network_list(CliCall *call, GError **error)
{
    g_autoptr(ClusterNetworks) now = view_read(ocf_deadline_in(VIEW_PATIENCE_MS), error);

    if (now == NULL)
        return FALSE;
    g_autoptr(Situation) situation = situation_new(now, now->preference->parameters);
    if (call->json)
        print_json(now, situation);
    else
        print_text(now, situation);
    return TRUE;
}
