/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netpref/survey.h"

#include "netpref/address.h"
#include "netpref/finding.h"

#include <string.h>

static void subnet_free(gpointer data)
{
    Subnet *subnet = data;

    g_array_unref(subnet->sightings);
    g_ptr_array_unref(subnet->sharing);
    g_free(subnet);
}

static Subnet *find_or_add(Survey *survey, const NetprefCidr *cidr)
{
    NetprefCidr key = cidr_subnet(cidr);
    Subnet *subnet = g_hash_table_lookup(survey->by_subnet, &key);

    if (subnet != NULL)
        return subnet;
    subnet = g_new0(Subnet, 1);
    subnet->subnet = key;
    subnet->sightings = g_array_new(FALSE, FALSE, sizeof(Sighting));
    subnet->sharing = g_ptr_array_new();
    g_ptr_array_add(survey->subnets, subnet);
    g_hash_table_insert(survey->by_subnet, &subnet->subnet, subnet);
    return subnet;
}

static void add_unique(GPtrArray *array, gpointer item)
{
    if (!g_ptr_array_find(array, item, NULL))
        g_ptr_array_add(array, item);
}

/* A /32 or /128 beside the subnet that holds it is a floating address; alone it is worth a word. */
static gboolean has_wider(const NetprefLink *link, const NetprefCidr *single)
{
    for (guint i = 0; i < link->cidrs->len; i++) {
        const NetprefCidr *cidr = &g_array_index(link->cidrs, NetprefCidr, i);
        if (cidr->prefix_length > 0 && cidr->prefix_length < single->prefix_length &&
            netpref_cidr_contains(cidr, &single->address))
            return TRUE;
    }
    return FALSE;
}

static gboolean cidr_is_fit(const char *node, const NetprefLink *link, const NetprefCidr *cidr,
                            GPtrArray *findings)
{
    if (address_unfit(&cidr->address) != NULL)
        return FALSE;
    if (cidr->prefix_length != 0 && cidr->prefix_length < address_bits(&cidr->address))
        return TRUE;
    if (!has_wider(link, cidr)) {
        g_autofree char *text = netpref_cidr_text(cidr);
        findings_add(findings, NETPREF_NOTE, "not_a_network", "%s (%s on %s) is %s, not a network: left out",
                     text, link->interface, node, cidr->prefix_length == 0 ? "every address" : "one address");
    }
    return FALSE;
}

static void survey_link(Survey *survey, guint index, const NetprefNode *node, const NetprefLink *link,
                        GPtrArray *findings)
{
    g_autoptr(GPtrArray) here = g_ptr_array_new();

    if (netpref_interface_is_left_out(link->interface))
        return;
    for (guint i = 0; i < link->cidrs->len; i++) {
        Sighting sighting = {.node = index, .link = link};
        sighting.cidr = g_array_index(link->cidrs, NetprefCidr, i);
        if (!cidr_is_fit(node->name, link, &sighting.cidr, findings))
            continue;
        Subnet *subnet = find_or_add(survey, &sighting.cidr);
        g_array_append_val(subnet->sightings, sighting);
        add_unique(here, subnet);
    }
    for (guint i = 0; i < here->len; i++) {
        Subnet *a = here->pdata[i];
        for (guint j = 0; j < i; j++) {
            Subnet *b = here->pdata[j];
            if (a->subnet.address.family == b->subnet.address.family)
                continue;
            add_unique(a->sharing, b);
            add_unique(b->sharing, a);
        }
    }
}

static gint compare_sightings(gconstpointer a, gconstpointer b)
{
    const Sighting *first = a;
    const Sighting *second = b;

    if (first->node != second->node)
        return first->node < second->node ? -1 : 1;
    gint order = strcmp(first->link->interface, second->link->interface);
    return order != 0 ? order : netpref_cidr_compare(&first->cidr, &second->cidr);
}

static gint compare_subnets(gconstpointer a, gconstpointer b)
{
    const Subnet *const *first = a;
    const Subnet *const *second = b;

    return netpref_cidr_compare(&(*first)->subnet, &(*second)->subnet);
}

/* Links and addresses come in any order; what is made of them does not depend on it. */
static void sort(Survey *survey)
{
    g_ptr_array_sort(survey->subnets, compare_subnets);
    for (guint i = 0; i < survey->subnets->len; i++) {
        Subnet *subnet = survey->subnets->pdata[i];
        g_array_sort(subnet->sightings, compare_sightings);
        g_ptr_array_sort(subnet->sharing, compare_subnets);
    }
}

Survey *survey_new(const GPtrArray *nodes, GPtrArray *findings)
{
    Survey *survey = g_new0(Survey, 1);

    survey->subnets = g_ptr_array_new_with_free_func(subnet_free);
    survey->by_subnet = g_hash_table_new(cidr_hash, cidr_key_equal);
    for (guint i = 0; i < nodes->len; i++) {
        const NetprefNode *node = nodes->pdata[i];
        for (guint j = 0; node->links != NULL && j < node->links->len; j++)
            survey_link(survey, i, node, node->links->pdata[j], findings);
    }
    sort(survey);
    return survey;
}

void survey_free(Survey *survey)
{
    if (survey == NULL)
        return;
    g_hash_table_unref(survey->by_subnet);
    g_ptr_array_unref(survey->subnets);
    g_free(survey);
}
