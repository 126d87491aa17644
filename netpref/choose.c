/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netpref/choose.h"
#include "ocf/ocf.h"

#include <string.h>

struct NetprefChoice {
    GPtrArray *entries; /* of Entry */
    guint usable;
    char *from, *to; /* NULL without a pair */
};

const char *netpref_verdict_text(NetprefVerdict verdict)
{
    static const char *const texts[] = {
        [NETPREF_USABLE] = "usable",
        [NETPREF_EXCLUDED_BY_VM] = "excluded_by_vm",
        [NETPREF_EXCLUDED_BY_CLUSTER] = "excluded_by_cluster",
        [NETPREF_EXCLUDED_WIRE] = "excluded_wire",
        [NETPREF_RING_EXCLUDED] = "ring_excluded",
        [NETPREF_UNLISTED] = "unlisted",
        [NETPREF_NOT_ON_SOURCE] = "not_on_source",
        [NETPREF_NOT_ON_TARGET] = "not_on_target",
        [NETPREF_NO_SHARED_SUBNET] = "no_shared_subnet",
        [NETPREF_DOWN_ON_SOURCE] = "down_on_source",
        [NETPREF_DOWN_ON_TARGET] = "down_on_target",
        [NETPREF_ADDRESS_UNUSABLE] = "address_unusable",
    };

    return texts[verdict];
}

static void entry_free(gpointer data)
{
    Entry *entry = data;

    g_array_unref(entry->candidate.paths);
    g_free(entry->candidate.reason);
    g_free(entry);
}

static Entry *entry_of(const Chooser *chooser, const NetprefNetwork *network)
{
    return chooser->entries->pdata[network->index];
}

static gboolean has_order(const NetprefPolicy *policy)
{
    return policy != NULL && policy->order->len > 0;
}

/* ---- what the lists say -------------------------------------------------------------------------- */

static void read_order(Chooser *chooser, const NetprefPolicy *policy)
{
    for (guint i = 0; policy != NULL && i < policy->order->len; i++) {
        g_autoptr(GPtrArray) found = networks_match(chooser->networks, policy->order->pdata[i], NULL);
        for (guint j = 0; j < found->len; j++) {
            Entry *entry = entry_of(chooser, found->pdata[j]);
            guint *place = policy->of_vm ? &entry->vm_place : &entry->cluster_place;
            /* a list of unknown names only changes nothing: it is none */
            chooser->vm_lists = chooser->vm_lists || policy->of_vm;
            if (*place == 0)
                *place = i + 1;
        }
    }
}

static void forbid(Chooser *chooser, const Reference *reference)
{
    const Label *label = networks_label(chooser->networks, reference);

    if (reference->is_subnet)
        g_array_append_val(chooser->forbidden, reference->subnet);
    if (label != NULL)
        g_array_append_vals(chooser->forbidden, label->subnets->data, label->subnets->len);
}

static void read_exclusions(Chooser *chooser, const NetprefPolicy *policy)
{
    for (guint i = 0; policy != NULL && i < policy->exclude->len; i++) {
        const Reference *reference = policy->exclude->pdata[i];
        g_autoptr(GPtrArray) found = networks_match_widely(chooser->networks, reference);
        forbid(chooser, reference);
        for (guint j = 0; j < found->len; j++) {
            const NetprefNetwork *network = found->pdata[j];
            Entry *entry = entry_of(chooser, network);
            if (entry->excluded_by != NULL)
                continue;
            entry->excluded_by = policy;
            entry->excluded_as = reference->text;
            g_array_append_vals(chooser->forbidden, network->subnets->data, network->subnets->len);
        }
    }
}

/* An excluded network that shares the wire of one which nobody named, or NULL. */
static const NetprefNetwork *excluded_neighbour(const Chooser *chooser, const Entry *entry)
{
    const NetprefNetwork *network = entry->candidate.network;

    if (entry->vm_place != 0 || entry->cluster_place != 0 || network->labelled)
        return NULL;
    for (guint i = 0; i < network->same_wire->len; i++)
        if (entry_of(chooser, network->same_wire->pdata[i])->excluded_by != NULL)
            return network->same_wire->pdata[i];
    return NULL;
}

void entry_rule_out(Entry *entry, NetprefVerdict verdict, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    entry->candidate.reason = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    entry->candidate.verdict = verdict;
}

/* FALSE if the policy rules the network out. */
static gboolean apply_policy(const Chooser *chooser, Entry *entry)
{
    const NetprefPolicy *policy = chooser->policy;
    const NetprefNetwork *neighbour = excluded_neighbour(chooser, entry);
    gboolean listed = chooser->vm_lists ? entry->vm_place != 0 : entry->cluster_place != 0;

    if (entry->excluded_by != NULL)
        entry_rule_out(
            entry, entry->excluded_by->of_vm ? NETPREF_EXCLUDED_BY_VM : NETPREF_EXCLUDED_BY_CLUSTER,
            "excluded %s (%s has %s)", entry->excluded_by->of_vm ? "for this VM" : "by the cluster",
            policy_exclude_parameter(entry->excluded_by), entry->excluded_as);
    else if (neighbour != NULL)
        entry_rule_out(entry, NETPREF_EXCLUDED_WIRE,
                       "shares a wire with %s, which is excluded; order or name it to use it",
                       neighbour->name);
    else if (policy != NULL && policy->ring == NETPREF_RING_EXCLUDE && entry->candidate.network->ring)
        entry_rule_out(entry, NETPREF_RING_EXCLUDED, "carries the Corosync ring, and ring=exclude");
    else if (policy != NULL && policy->exclude_unlisted && !listed)
        entry_rule_out(entry, NETPREF_UNLISTED, "not listed, and unlisted=exclude");
    return entry->candidate.verdict == NETPREF_USABLE;
}

/* ---- ranking --------------------------------------------------------------------------------------- */

/* A place in a list: those that are in it first, by place. */
static gint compare_places(guint a, guint b)
{
    /* 0, not listed, becomes the greatest */
    return a - 1 < b - 1 ? -1 : a - 1 > b - 1;
}

static gint compare_entries(gconstpointer a, gconstpointer b, gpointer data)
{
    const Entry *first = *(const Entry *const *)a, *second = *(const Entry *const *)b;
    const NetprefCandidate *one = &first->candidate, *other = &second->candidate;
    const Chooser *chooser = data;
    gboolean ring_last = chooser->policy == NULL || chooser->policy->ring == NETPREF_RING_LAST;
    gint order;

    if ((one->verdict == NETPREF_USABLE) != (other->verdict == NETPREF_USABLE))
        return one->verdict == NETPREF_USABLE ? -1 : 1;
    if ((order = compare_places(first->vm_place, second->vm_place)) != 0)
        return order;
    if ((order = compare_places(first->cluster_place, second->cluster_place)) != 0)
        return order;
    if (ring_last && one->network->ring != other->network->ring)
        return one->network->ring ? 1 : -1;
    if (one->speed_mbits != other->speed_mbits)
        return one->speed_mbits > other->speed_mbits ? -1 : 1;
    return one->network->index < other->network->index ? -1 : 1;
}

static char *explain_rank(const Chooser *chooser, const Entry *entry)
{
    const NetprefCandidate *candidate = &entry->candidate;
    gboolean ring_last = chooser->policy == NULL || chooser->policy->ring == NETPREF_RING_LAST;

    if (entry->vm_place != 0)
        return g_strdup_printf("place %u in this VM's list", entry->vm_place);
    if (entry->cluster_place != 0)
        return g_strdup_printf("place %u in the cluster's order%s", entry->cluster_place,
                               chooser->vm_lists ? ", after this VM's list" : "");
    const char *ring =
        candidate->network->ring ? (ring_last ? ", carries the ring: last" : ", carries the ring") : "";
    const char *listed = chooser->vm_lists || has_order(chooser->policy) ? "not listed" : "no order set";
    if (candidate->speed_mbits == 0)
        return g_strdup_printf("%s, speed unknown%s", listed, ring);
    return g_strdup_printf("%s, %u Mbit/s%s", listed, candidate->speed_mbits, ring);
}

static NetprefChoice *choose(Chooser *chooser)
{
    NetprefChoice *choice = g_new0(NetprefChoice, 1);
    guint count = chooser->networks->networks->len;

    choice->entries = chooser->entries = g_ptr_array_new_full(count, entry_free);
    chooser->forbidden = g_array_new(FALSE, FALSE, sizeof(NetprefCidr));
    for (guint i = 0; i < count; i++) {
        Entry *entry = g_new0(Entry, 1);
        entry->candidate.network = chooser->networks->networks->pdata[i];
        entry->candidate.speed_mbits = entry->candidate.network->speed_mbits;
        entry->candidate.paths = g_array_new(FALSE, FALSE, sizeof(NetprefPath));
        g_ptr_array_add(choice->entries, entry);
    }
    read_order(chooser, chooser->vm_policy);
    read_order(chooser, chooser->policy);
    read_exclusions(chooser, chooser->vm_policy);
    read_exclusions(chooser, chooser->policy);
    for (guint i = 0; i < count; i++)
        if (apply_policy(chooser, choice->entries->pdata[i]) && chooser->pair)
            entry_connect(chooser, choice->entries->pdata[i]);
    g_ptr_array_sort_with_data(choice->entries, compare_entries, chooser);
    for (guint i = 0; i < count; i++) {
        Entry *entry = choice->entries->pdata[i];
        if (entry->candidate.verdict != NETPREF_USABLE)
            break;
        entry->candidate.rank = ++choice->usable;
        entry->candidate.reason = explain_rank(chooser, entry);
    }
    g_array_unref(chooser->forbidden);
    return choice;
}

static gboolean find_node(const NetprefNetworks *networks, const char *name, guint *index, GError **error)
{
    if (networks_node_index(networks, name, index))
        return TRUE;
    g_set_error(error, OCF_ERROR, OCF_ERR_GENERIC, "%s is not a known node: nothing is known of its networks",
                name);
    return FALSE;
}

NetprefChoice *netpref_choose(const NetprefNetworks *networks, const NetprefPolicy *policy,
                              const NetprefPolicy *vm_policy, const char *from, const char *to,
                              GError **error)
{
    Chooser chooser = {.networks = networks, .policy = policy, .vm_policy = vm_policy, .pair = TRUE};

    if (!find_node(networks, from, &chooser.from, error) || !find_node(networks, to, &chooser.to, error))
        return NULL;
    if (chooser.from == chooser.to) {
        g_set_error(error, OCF_ERROR, OCF_ERR_GENERIC, "%s cannot migrate to itself", from);
        return NULL;
    }
    NetprefChoice *choice = choose(&chooser);
    choice->from = g_strdup(from);
    choice->to = g_strdup(to);
    return choice;
}

NetprefChoice *netpref_rank(const NetprefNetworks *networks, const NetprefPolicy *policy,
                            const NetprefPolicy *vm_policy)
{
    Chooser chooser = {.networks = networks, .policy = policy, .vm_policy = vm_policy};

    return choose(&chooser);
}

void netpref_choice_free(NetprefChoice *choice)
{
    if (choice == NULL)
        return;
    g_ptr_array_unref(choice->entries);
    g_free(choice->from);
    g_free(choice->to);
    g_free(choice);
}

guint netpref_choice_count(const NetprefChoice *choice)
{
    return choice->entries->len;
}

guint netpref_choice_usable_count(const NetprefChoice *choice)
{
    return choice->usable;
}

const NetprefCandidate *netpref_choice_get(const NetprefChoice *choice, guint index)
{
    return &((const Entry *)choice->entries->pdata[index])->candidate;
}

char *netpref_choice_summary(const NetprefChoice *choice)
{
    GString *text = g_string_new(NULL);

    if (choice->usable == 0) {
        g_string_append(text, "no usable network");
        if (choice->from != NULL)
            g_string_append_printf(text, " from %s to %s", choice->from, choice->to);
    }
    for (guint i = 0; i < choice->entries->len; i++) {
        const NetprefCandidate *candidate = netpref_choice_get(choice, i);
        if (choice->usable == 0)
            g_string_append_printf(text, "%s %s: %s", i == 0 ? ":" : ";", candidate->network->name,
                                   candidate->reason);
        else if (candidate->verdict == NETPREF_USABLE)
            g_string_append_printf(text, "%s%s", i == 0 ? "" : ", then ", candidate->network->name);
    }
    return g_string_free(text, FALSE);
}
