/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/view.h"

#include "cli/cli.h"

#include <string.h>
#include <unistd.h>

enum { NODES_NAMED_MOST = 6, MBITS_PER_GBIT = 1000 };

gboolean view_unreachable(const GError *why, GError **error)
{
    if (why->code == OCF_ERR_INSTALLED)
        g_set_error(error, CLI_FAILURE, CLI_NOT_INSTALLED, "%s", why->message);
    else if (geteuid() != 0)
        g_set_error(error, CLI_FAILURE, CLI_NO_PERMISSION,
                    "the cluster does not answer: run wherry as root (%s)", why->message);
    else
        g_set_error(error, CLI_FAILURE, CLI_DISCONNECTED, "%s: does the cluster run on this node?",
                    why->message);
    return FALSE;
}

gboolean view_check_node(const char *node, gboolean may_be_standby, GError **error)
{
    g_autoptr(GError) failure = NULL;
    g_autofree char *why = NULL;

    if (!cluster_node_is_fit(node, ocf_deadline_in(VIEW_PATIENCE_MS), &why, &failure))
        return view_unreachable(failure, error);
    if (why == NULL || (may_be_standby && g_str_has_suffix(why, "is in standby")))
        return TRUE;
    g_set_error(error, CLI_FAILURE, g_str_has_prefix(why, "there is no") ? CLI_NO_SUCH : CLI_ERROR, "%s",
                why);
    return FALSE;
}

ClusterNetworks *view_read(OcfDeadline deadline, GError **error)
{
    g_autoptr(GError) why = NULL;
    ClusterNetworks *now = cluster_networks_read(NULL, deadline, &why);

    if (now != NULL)
        return now;
    if (geteuid() != 0)
        g_set_error(error, CLI_FAILURE, CLI_NO_PERMISSION,
                    "the cluster does not answer: run wherry as root (%s)", why->message);
    else if (ocf_deadline_left_ms(deadline) == 0)
        g_set_error(error, CLI_FAILURE, CLI_LATE, "the cluster does not answer in time (%s)", why->message);
    else
        g_set_error(error, CLI_FAILURE, CLI_DISCONNECTED,
                    "the cluster does not run on this node: pcs cluster start (%s)", why->message);
    return NULL;
}

gboolean view_check_resource(const ClusterNetworks *now, GError **error)
{
    if (!now->preference_known) {
        const char *why = now->notes->len > 0 ? now->notes->pdata[0] : "the CIB cannot be read";
        g_set_error(error, CLI_FAILURE, CLI_DISCONNECTED, "the cluster's settings are not known: %s", why);
        return FALSE;
    }
    if (now->preference->resource != NULL)
        return TRUE;
    g_set_error_literal(
        error, CLI_FAILURE, CLI_NO_SUCH,
        "there is no resource ocf:wherry:MigrationNetworks to keep the settings; create it: " VIEW_CREATE_PCS
        " (or " VIEW_CREATE_CRM ")");
    return FALSE;
}

/* ---- situations ---------------------------------------------------------------------------------- */

static void add_findings(Situation *situation, const GPtrArray *findings)
{
    for (guint i = 0; i < findings->len; i++)
        g_ptr_array_add(situation->findings, findings->pdata[i]);
}

static gint compare_levels(gconstpointer a, gconstpointer b)
{
    const NetprefFinding *const *first = a, *const *second = b;

    return (gint)(*second)->level - (gint)(*first)->level;
}

Situation *situation_new(const ClusterNetworks *now, GHashTable *parameters)
{
    Situation *situation = g_new0(Situation, 1);
    g_autoptr(GPtrArray) nodes = g_ptr_array_new(); /* NOW owns them */
    const NetprefSettings settings = cluster_preference_settings(parameters);

    for (guint i = 0; i < netpref_networks_node_count(now->networks); i++)
        g_ptr_array_add(nodes, (gpointer)netpref_networks_node(now->networks, i));
    situation->policy = netpref_policy_new(&settings);
    situation->networks = netpref_networks_new(nodes, situation->policy);
    situation->ranking = netpref_rank(situation->networks, situation->policy, NULL);
    situation->checked = netpref_policy_check(situation->policy, situation->networks);
    situation->findings = g_ptr_array_new();
    add_findings(situation, netpref_policy_findings(situation->policy));
    add_findings(situation, situation->checked);
    add_findings(situation, netpref_networks_findings(situation->networks));
    g_ptr_array_sort(situation->findings, compare_levels);
    return situation;
}

void situation_free(Situation *situation)
{
    if (situation == NULL)
        return;
    g_ptr_array_unref(situation->findings);
    g_ptr_array_unref(situation->checked);
    netpref_choice_free(situation->ranking);
    netpref_networks_free(situation->networks);
    netpref_policy_free(situation->policy);
    g_free(situation);
}

/* ---- words --------------------------------------------------------------------------------------- */

char *view_state(const NetprefNetwork *network)
{
    GString *down = g_string_new(NULL);
    guint down_count = 0, up_count = 0;

    for (guint i = 0; i < network->members->len; i++) {
        const NetprefMember *member = network->members->pdata[i];
        if (member == NULL)
            continue;
        up_count += member->state == NETPREF_LINK_UP;
        if (member->state == NETPREF_LINK_DOWN)
            g_string_append_printf(down, "%s%s", down_count++ > 0 ? ", " : "down on ", member->node);
    }
    if (down_count > 0 && down_count < network->member_count)
        return g_string_free(down, FALSE);
    g_string_free(down, TRUE);
    return g_strdup(down_count > 0 ? "down" : up_count > 0 ? "up" : "unknown");
}

char *view_speed(guint speed_mbits)
{
    if (speed_mbits == 0)
        return NULL;
    if (speed_mbits % MBITS_PER_GBIT == 0)
        return g_strdup_printf("%u Gbit/s", speed_mbits / MBITS_PER_GBIT);
    return g_strdup_printf("%u Mbit/s", speed_mbits);
}

char *view_subnets(const NetprefNetwork *network)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < network->subnets->len; i++) {
        g_autofree char *subnet = netpref_cidr_text(&g_array_index(network->subnets, NetprefCidr, i));
        g_string_append_printf(text, "%s%s", i > 0 ? "," : "", subnet);
    }
    return g_string_free(text, FALSE);
}

char *view_interfaces(const NetprefNetwork *network)
{
    GString *text = g_string_new(NULL);
    const char *common = NULL;
    gboolean differ = FALSE;

    for (guint i = 0; i < network->members->len; i++) {
        const NetprefMember *member = network->members->pdata[i];
        if (member == NULL || member->interface == NULL)
            continue;
        differ = differ || (common != NULL && strcmp(common, member->interface) != 0);
        common = member->interface;
        g_string_append_printf(text, "%s%s (%s)", text->len > 0 ? ", " : "", common, member->node);
    }
    if (!differ)
        g_string_assign(text, common != NULL ? common : "");
    return g_string_free(text, FALSE);
}

char *view_nodes(const NetprefNetworks *networks, const NetprefNetwork *network)
{
    GString *text = g_string_new(NULL);

    if (network->member_count > NODES_NAMED_MOST) {
        g_string_printf(text, "%u of %u", network->member_count, netpref_networks_node_count(networks));
        return g_string_free(text, FALSE);
    }
    for (guint i = 0; i < network->members->len; i++) {
        const NetprefMember *member = network->members->pdata[i];
        if (member != NULL)
            g_string_append_printf(text, "%s%s", text->len > 0 ? " " : "", member->node);
    }
    return g_string_free(text, FALSE);
}

void view_print_finding(FILE *out, const NetprefFinding *finding)
{
    static const char *const levels[] = {
        [NETPREF_NOTE] = "note", [NETPREF_WARNING] = "warning", [NETPREF_ERROR] = "error"};

    fprintf(out, "%s: %s\n", levels[finding->level], finding->text);
}
