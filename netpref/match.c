/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a written network (label, CIDR, interface) stands for among the networks that exist. */
#include "netpref/address.h"
#include "netpref/finding.h"
#include "netpref/network.h"
#include "ocf/ocf.h"

#include <string.h>

static void add_unique(GPtrArray *networks, NetprefNetwork *network)
{
    if (network != NULL && !g_ptr_array_find(networks, network, NULL))
        g_ptr_array_add(networks, network);
}

static gint compare_networks(gconstpointer a, gconstpointer b)
{
    const NetprefNetwork *const *first = a;
    const NetprefNetwork *const *second = b;

    return (*first)->index < (*second)->index ? -1 : (*first)->index > (*second)->index;
}

/* "no node has 10.99.2.0/24", and, where it would help, what there is in its place. */
static char *explain_absence(const NetprefNetworks *networks, const NetprefCidr *subnet)
{
    g_autofree char *wanted = netpref_cidr_text(subnet);

    for (guint i = 0; i < networks->networks->len; i++) {
        const NetprefNetwork *network = networks->networks->pdata[i];
        for (guint j = 0; j < network->subnets->len; j++) {
            const NetprefCidr *near = &g_array_index(network->subnets, NetprefCidr, j);
            if (!cidr_encloses(near, subnet) && !cidr_encloses(subnet, near))
                continue;
            g_autofree char *there = netpref_cidr_text(near);
            return g_strdup_printf("no node has %s; there is %s", wanted, there);
        }
    }
    return g_strdup_printf("no node has %s", wanted);
}

static void set_problem(char **problem, char *text)
{
    if (problem != NULL)
        *problem = text;
    else
        g_free(text);
}

static void match_subnet(const NetprefNetworks *networks, const NetprefCidr *subnet, GPtrArray *found,
                         char **problem)
{
    NetprefNetwork *network = g_hash_table_lookup(networks->by_subnet, subnet);

    add_unique(found, network);
    if (network == NULL && problem != NULL)
        *problem = explain_absence(networks, subnet);
}

static void match_label(const NetprefNetworks *networks, const Label *label, GPtrArray *found, char **problem)
{
    for (guint i = 0; i < label->subnets->len; i++)
        add_unique(found,
                   g_hash_table_lookup(networks->by_subnet, &g_array_index(label->subnets, NetprefCidr, i)));
    if (found->len == 0)
        set_problem(problem, g_strdup_printf("no node has a network of %s", label->name));
}

static void match_interface(const NetprefNetworks *networks, const char *name, GPtrArray *found,
                            char **problem)
{
    const InterfaceUse *use = g_hash_table_lookup(networks->by_interface, name);
    g_autofree char *quoted = text_quote(name);

    if (use == NULL) {
        set_problem(problem, g_strdup_printf("%s is no label, CIDR or interface of a network", quoted));
        return;
    }
    if (use->shared) {
        for (guint i = 0; i < use->networks->len; i++)
            add_unique(found, use->networks->pdata[i]);
        return;
    }
    set_problem(problem,
                g_strdup_printf("interface %s is not the same network on all nodes: write its CIDR", name));
}

GPtrArray *networks_match(const NetprefNetworks *networks, const Reference *reference, char **problem)
{
    GPtrArray *found = g_ptr_array_new();
    const Label *label = networks_label(networks, reference);

    if (reference->is_subnet)
        match_subnet(networks, &reference->subnet, found, problem);
    else if (label != NULL)
        match_label(networks, label, found, problem);
    else
        match_interface(networks, reference->text, found, problem);
    g_ptr_array_sort(found, compare_networks);
    return found;
}

/* A CIDR that is a network means this one; any other is a range of addresses. */
static void match_range(const NetprefNetworks *networks, const NetprefCidr *range, GPtrArray *found)
{
    NetprefNetwork *exact = g_hash_table_lookup(networks->by_subnet, range);
    gboolean single = range->prefix_length == address_bits(&range->address);

    add_unique(found, exact);
    for (guint i = 0; exact == NULL && i < networks->networks->len; i++) {
        NetprefNetwork *network = networks->networks->pdata[i];
        for (guint j = 0; j < network->subnets->len; j++) {
            const NetprefCidr *subnet = &g_array_index(network->subnets, NetprefCidr, j);
            if (cidr_encloses(range, subnet) || (single && cidr_encloses(subnet, range)))
                add_unique(found, network);
        }
    }
}

GPtrArray *networks_match_widely(const NetprefNetworks *networks, const Reference *reference)
{
    GPtrArray *found = g_ptr_array_new();
    const Label *label = networks_label(networks, reference);

    if (reference->is_subnet)
        match_range(networks, &reference->subnet, found);
    for (guint i = 0; label != NULL && i < label->subnets->len; i++)
        match_range(networks, &g_array_index(label->subnets, NetprefCidr, i), found);
    if (!reference->is_subnet && label == NULL) {
        const InterfaceUse *use = g_hash_table_lookup(networks->by_interface, reference->text);
        for (guint i = 0; use != NULL && i < use->networks->len; i++)
            add_unique(found, use->networks->pdata[i]);
    }
    g_ptr_array_sort(found, compare_networks);
    return found;
}

GPtrArray *netpref_networks_lookup(const NetprefNetworks *networks, const char *name, GError **error)
{
    g_autoptr(GPtrArray) findings = findings_new();
    Reference *reference = reference_read(name, "network", FALSE, findings);
    g_autofree char *problem = NULL;

    if (reference == NULL) {
        netpref_findings_check(findings, error);
        return NULL;
    }
    g_autoptr(GPtrArray) found = networks_match(networks, reference, &problem);
    reference_free(reference);
    if (found->len > 0)
        return g_steal_pointer(&found);
    g_set_error_literal(error, OCF_ERROR, OCF_ERR_CONFIGURED, problem);
    return NULL;
}

/* ---- the policy against the networks ------------------------------------------------------------- */

static void check_order(const NetprefPolicy *policy, const NetprefNetworks *networks, GPtrArray *findings)
{
    for (guint i = 0; i < policy->order->len; i++) {
        const Reference *reference = policy->order->pdata[i];
        g_autofree char *problem = NULL;
        g_autoptr(GPtrArray) found = networks_match(networks, reference, &problem);
        if (found->len == 0)
            findings_add(findings, NETPREF_ERROR, "unknown_network", "%s: %s", policy_order_parameter(policy),
                         problem);
    }
}

static void check_exclude(const NetprefPolicy *policy, const NetprefNetworks *networks, GPtrArray *findings)
{
    for (guint i = 0; i < policy->exclude->len; i++) {
        const Reference *reference = policy->exclude->pdata[i];
        g_autofree char *problem = NULL;
        g_autoptr(GPtrArray) exact = networks_match(networks, reference, &problem);
        g_autoptr(GPtrArray) wide = networks_match_widely(networks, reference);
        if (exact->len > 0)
            continue;
        findings_add(findings, wide->len > 0 ? NETPREF_WARNING : NETPREF_ERROR,
                     wide->len > 0 ? "wide_exclusion" : "unknown_network", "%s: %s%s",
                     policy_exclude_parameter(policy), problem,
                     wide->len > 0 ? " (excluded all the same)" : "");
    }
}

static gboolean sets_meet(const GPtrArray *a, const GPtrArray *b)
{
    for (guint i = 0; i < a->len; i++)
        if (g_ptr_array_find((GPtrArray *)b, a->pdata[i], NULL))
            return TRUE;
    return FALSE;
}

static gboolean is_interface(const NetprefNetworks *networks, const Reference *reference)
{
    return !reference->is_subnet && networks_label(networks, reference) == NULL;
}

/* TRUE if policy.c, which does not know the networks, said so already. */
static gboolean is_said(const NetprefNetworks *networks, const NetprefPolicy *policy, const Reference *a,
                        const Reference *b)
{
    if (reference_equal(a, b))
        return TRUE;
    /* a VM's policy does not know the cluster's labels */
    return !policy->of_vm && !is_interface(networks, a) && !is_interface(networks, b);
}

/* What is ordered under one name and excluded under another. */
static void check_contradictions(const NetprefPolicy *policy, const NetprefNetworks *networks,
                                 GPtrArray *findings)
{
    for (guint i = 0; i < policy->order->len; i++) {
        const Reference *ordered = policy->order->pdata[i];
        g_autoptr(GPtrArray) wanted = networks_match(networks, ordered, NULL);
        for (guint j = 0; j < policy->exclude->len; j++) {
            const Reference *excluded = policy->exclude->pdata[j];
            if (is_said(networks, policy, ordered, excluded))
                continue;
            g_autoptr(GPtrArray) unwanted = networks_match_widely(networks, excluded);
            if (sets_meet(wanted, unwanted))
                findings_add(findings, NETPREF_WARNING, "ordered_and_excluded",
                             "%s is in %s, and %s excludes it as %s: it is excluded", ordered->text,
                             policy_order_parameter(policy), policy_exclude_parameter(policy),
                             excluded->text);
        }
    }
}

GPtrArray *netpref_policy_check(const NetprefPolicy *policy, const NetprefNetworks *networks)
{
    GPtrArray *findings = findings_new();

    for (guint i = 0; i < policy->labels->len; i++) {
        const Label *label = policy->labels->pdata[i];
        for (guint j = 0; j < label->subnets->len; j++) {
            const NetprefCidr *subnet = &g_array_index(label->subnets, NetprefCidr, j);
            g_autofree char *problem = NULL;
            if (g_hash_table_contains(networks->by_subnet, subnet))
                continue;
            problem = explain_absence(networks, subnet);
            findings_add(findings, NETPREF_WARNING, "unknown_network", "names: %s: %s", label->name, problem);
        }
    }
    check_order(policy, networks, findings);
    check_exclude(policy, networks, findings);
    check_contradictions(policy, networks, findings);
    return findings;
}
