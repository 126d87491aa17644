/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which subnets are one wire; the rule is at NetprefNetwork in netpref.h. */
#include "netpref/address.h"
#include "netpref/finding.h"
#include "netpref/policy.h"
#include "netpref/survey.h"

#include <string.h>
#include <sys/socket.h>

static void wire_free(gpointer data)
{
    Wire *wire = data;

    g_ptr_array_unref(wire->subnets);
    g_free(wire);
}

/* ---- do two subnets contradict each other ------------------------------------------------------- */

/* The end of the run of sightings of one node that begins at START. */
static guint run_end(const GArray *sightings, guint start)
{
    guint end = start;

    while (end < sightings->len &&
           g_array_index(sightings, Sighting, end).node == g_array_index(sightings, Sighting, start).node)
        end++;
    return end;
}

static gboolean runs_share_link(const GArray *a, guint a_start, guint a_end, const GArray *b, guint b_start,
                                guint b_end)
{
    for (guint i = a_start; i < a_end; i++)
        for (guint j = b_start; j < b_end; j++)
            if (g_array_index(a, Sighting, i).link == g_array_index(b, Sighting, j).link)
                return TRUE;
    return FALSE;
}

/* A node that has both subnets, and has them on different interfaces: its index, or -1. */
static gint conflicting_node(const Subnet *first, const Subnet *second)
{
    const GArray *a = first->sightings, *b = second->sightings;
    guint i = 0, j = 0;

    while (i < a->len && j < b->len) {
        guint a_node = g_array_index(a, Sighting, i).node;
        guint b_node = g_array_index(b, Sighting, j).node;
        guint i_end = run_end(a, i), j_end = run_end(b, j);
        if (a_node == b_node && !runs_share_link(a, i, i_end, b, j, j_end))
            return (gint)a_node;
        if (a_node <= b_node)
            i = i_end;
        if (b_node <= a_node)
            j = j_end;
    }
    return -1;
}

static void report_conflict(const Subnet *a, const Subnet *b, const GPtrArray *nodes, gint node,
                            const char *label, GPtrArray *findings)
{
    g_autofree char *first = netpref_cidr_text(&a->subnet);
    g_autofree char *second = netpref_cidr_text(&b->subnet);
    const NetprefNode *where = nodes->pdata[node];

    if (label != NULL)
        findings_add(findings, NETPREF_ERROR, "label_spans_wires",
                     "names: %s and %s are both %s, but %s has them on different interfaces: two networks",
                     first, second, label, where->name);
    else
        findings_add(findings, NETPREF_WARNING, "wire_differs",
                     "%s and %s share an interface on some nodes, but not on %s: two networks", first, second,
                     where->name);
}

/* TRUE if no subnet on WIRE contradicts SUBNET; else a finding says which. */
static gboolean fits(const Wire *wire, const Subnet *subnet, const GPtrArray *nodes, const char *label,
                     GPtrArray *findings)
{
    for (guint i = 0; i < wire->subnets->len; i++) {
        const Subnet *other = wire->subnets->pdata[i];
        gint node = conflicting_node(other, subnet);
        if (node >= 0) {
            report_conflict(other, subnet, nodes, node, label, findings);
            return FALSE;
        }
    }
    return TRUE;
}

static void join(Wire *wire, Subnet *subnet)
{
    g_ptr_array_remove(subnet->wire->subnets, subnet);
    g_ptr_array_add(wire->subnets, subnet);
    subnet->wire = wire;
    if (wire->label == NULL)
        wire->label = subnet->label;
}

/* ---- by label ----------------------------------------------------------------------------------- */

/* The subnets that LABEL is the first to name, sorted. */
static GPtrArray *claim(const Survey *survey, const Label *label)
{
    GPtrArray *claimed = g_ptr_array_new();
    g_autoptr(GArray) sorted = g_array_copy(label->subnets);

    g_array_sort(sorted, cidr_sort);
    for (guint i = 0; i < sorted->len; i++) {
        Subnet *subnet = g_hash_table_lookup(survey->by_subnet, &g_array_index(sorted, NetprefCidr, i));
        if (subnet == NULL || subnet->label != NULL)
            continue;
        subnet->label = label->name;
        subnet->wire->label = label->name;
        g_ptr_array_add(claimed, subnet);
    }
    return claimed;
}

static void join_labelled(const Survey *survey, const GPtrArray *nodes, const GPtrArray *labels,
                          GPtrArray *findings)
{
    for (guint i = 0; labels != NULL && i < labels->len; i++) {
        const Label *label = labels->pdata[i];
        g_autoptr(GPtrArray) claimed = claim(survey, label);
        for (guint j = 1; j < claimed->len; j++) {
            Subnet *base = claimed->pdata[0];
            if (fits(base->wire, claimed->pdata[j], nodes, label->name, findings))
                join(base->wire, claimed->pdata[j]);
        }
    }
}

/* ---- by interface ------------------------------------------------------------------------------- */

static gboolean labels_agree(const Wire *a, const Wire *b)
{
    return a->label == NULL || b->label == NULL || strcmp(a->label, b->label) == 0;
}

/* The wires that WIRE, of IPv6 only, may join, as far as labels let it. */
static GPtrArray *wires_beside(const Wire *wire)
{
    GPtrArray *wires = g_ptr_array_new();

    for (guint i = 0; i < wire->subnets->len; i++) {
        const Subnet *subnet = wire->subnets->pdata[i];
        for (guint j = 0; j < subnet->sharing->len; j++) {
            const Subnet *other = subnet->sharing->pdata[j];
            if (labels_agree(other->wire, wire) && !g_ptr_array_find(wires, other->wire, NULL))
                g_ptr_array_add(wires, other->wire);
        }
    }
    return wires;
}

static void report_ambiguous(const Subnet *subnet, const GPtrArray *wires, GPtrArray *findings)
{
    g_autofree char *text = netpref_cidr_text(&subnet->subnet);
    WordList others = {.text = NULL};

    for (guint i = 0; i < wires->len; i++) {
        const Wire *wire = wires->pdata[i];
        const Subnet *first = wire->subnets->pdata[0];
        g_autofree char *other = netpref_cidr_text(&first->subnet);
        word_list_add(&others, other);
    }
    g_autofree char *list = word_list_take(&others);
    findings_add(
        findings, NETPREF_WARNING, "wire_ambiguous",
        "%s shares its interface with %s: a network of its own, unless names says to which it belongs", text,
        list);
}

/* Moves all subnets of FROM to TO, if none contradicts. */
static void join_wire(Wire *to, const Wire *from, const GPtrArray *nodes, GPtrArray *findings)
{
    g_autoptr(GPtrArray) subnets = g_ptr_array_copy(from->subnets, NULL, NULL);

    for (guint i = 0; i < subnets->len; i++)
        if (!fits(to, subnets->pdata[i], nodes, NULL, findings))
            return;
    for (guint i = 0; i < subnets->len; i++)
        join(to, subnets->pdata[i]);
}

static void join_neighbours(const Survey *survey, const GPtrArray *nodes, GPtrArray *findings)
{
    for (guint i = 0; i < survey->subnets->len; i++) {
        Subnet *subnet = survey->subnets->pdata[i];
        Wire *wire = subnet->wire;
        /* each wire once, by its first subnet, which is of IPv4 if any is */
        if (subnet->subnet.address.family != AF_INET6 || wire->subnets->pdata[0] != subnet)
            continue;
        g_autoptr(GPtrArray) beside = wires_beside(wire);
        if (beside->len > 1)
            report_ambiguous(subnet, beside, findings);
        else if (beside->len == 1)
            join_wire(beside->pdata[0], wire, nodes, findings);
    }
}

/* ---- all of it ---------------------------------------------------------------------------------- */

static gint compare_subnets(gconstpointer a, gconstpointer b)
{
    const Subnet *const *first = a;
    const Subnet *const *second = b;

    return netpref_cidr_compare(&(*first)->subnet, &(*second)->subnet);
}

static gint compare_wires(gconstpointer a, gconstpointer b)
{
    const Wire *const *first = a;
    const Wire *const *second = b;

    return compare_subnets(&(*first)->subnets->pdata[0], &(*second)->subnets->pdata[0]);
}

GPtrArray *wires_new(const Survey *survey, const GPtrArray *nodes, const GPtrArray *labels,
                     GPtrArray *findings)
{
    GPtrArray *wires = g_ptr_array_new_with_free_func(wire_free);
    g_autoptr(GPtrArray) all = g_ptr_array_new();

    for (guint i = 0; i < survey->subnets->len; i++) {
        Subnet *subnet = survey->subnets->pdata[i];
        subnet->wire = g_new0(Wire, 1);
        subnet->wire->subnets = g_ptr_array_new();
        g_ptr_array_add(subnet->wire->subnets, subnet);
        g_ptr_array_add(all, subnet->wire);
    }
    join_labelled(survey, nodes, labels, findings);
    join_neighbours(survey, nodes, findings);
    for (guint i = 0; i < all->len; i++) {
        Wire *wire = all->pdata[i];
        if (wire->subnets->len == 0) {
            wire_free(wire);
            continue;
        }
        g_ptr_array_sort(wire->subnets, compare_subnets);
        g_ptr_array_add(wires, wire);
    }
    g_ptr_array_sort(wires, compare_wires);
    return wires;
}
