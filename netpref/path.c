/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How one network connects two nodes, or why it does not. */
#include "netpref/address.h"
#include "netpref/choose.h"

#include <string.h>

/* Why no path was found, from the least to the most telling. */
typedef enum { NOTHING_SHARED, UNUSABLE, TARGET_DOWN, SOURCE_DOWN } Obstacle;

typedef struct {
    Obstacle obstacle;
    const NetprefMemberAddress *culprit;
} Search;

/* The kernel takes the narrowest subnet around an address: where that is an excluded one, it goes there. */
static gboolean is_forbidden(const Chooser *chooser, const NetprefCidr *cidr)
{
    for (guint i = 0; i < chooser->forbidden->len; i++) {
        const NetprefCidr *range = &g_array_index(chooser->forbidden, NetprefCidr, i);
        if (range->prefix_length > cidr->prefix_length && netpref_cidr_contains(range, &cidr->address))
            return TRUE;
    }
    return FALSE;
}

static void note_obstacle(Search *search, Obstacle obstacle, const NetprefMemberAddress *culprit)
{
    if (obstacle <= search->obstacle)
        return;
    search->obstacle = obstacle;
    search->culprit = culprit;
}

static void consider(const Chooser *chooser, Entry *entry, const NetprefMemberAddress *source,
                     const NetprefMemberAddress *target, Search *search)
{
    if (source->link->state == NETPREF_LINK_DOWN) {
        note_obstacle(search, SOURCE_DOWN, source);
        return;
    }
    if (target->link->state == NETPREF_LINK_DOWN) {
        note_obstacle(search, TARGET_DOWN, target);
        return;
    }
    if (source->duplicate || is_forbidden(chooser, &source->cidr)) {
        note_obstacle(search, UNUSABLE, source);
        return;
    }
    if (target->duplicate || is_forbidden(chooser, &target->cidr)) {
        note_obstacle(search, UNUSABLE, target);
        return;
    }
    NetprefPath path = {.source = source->cidr.address, .target = target->cidr.address};
    path.interface = *source->link->interface != '\0' ? source->link->interface : NULL;
    g_array_append_val(entry->candidate.paths, path);
}

/* One path for each address of the target and each interface of the source that is on its subnet. */
static void find_paths(const Chooser *chooser, Entry *entry, const NetprefMember *from,
                       const NetprefMember *to, Search *search)
{
    for (guint i = 0; i < to->addresses->len; i++) {
        const NetprefMemberAddress *target = &g_array_index(to->addresses, NetprefMemberAddress, i);
        NetprefCidr subnet = cidr_subnet(&target->cidr);
        const NetprefLink *last = NULL;
        for (guint j = 0; j < from->addresses->len; j++) {
            const NetprefMemberAddress *source = &g_array_index(from->addresses, NetprefMemberAddress, j);
            guint before = entry->candidate.paths->len;
            if (source->cidr.prefix_length != subnet.prefix_length || source->link == last ||
                !netpref_cidr_contains(&subnet, &source->cidr.address))
                continue;
            consider(chooser, entry, source, target, search);
            if (entry->candidate.paths->len > before)
                last = source->link;
        }
    }
}

static void explain_obstacle(Entry *entry, const NetprefMember *from, const NetprefMember *to,
                             const Search *search)
{
    g_assert(search->obstacle == NOTHING_SHARED || search->culprit != NULL);
    g_autofree char *address =
        search->culprit != NULL ? netpref_address_text(&search->culprit->cidr.address) : NULL;

    switch (search->obstacle) {
    case SOURCE_DOWN:
        entry_rule_out(entry, NETPREF_DOWN_ON_SOURCE, "%s is down on %s", search->culprit->link->interface,
                       from->node);
        break;
    case TARGET_DOWN:
        entry_rule_out(entry, NETPREF_DOWN_ON_TARGET, "%s is down on %s", search->culprit->link->interface,
                       to->node);
        break;
    case UNUSABLE:
        entry_rule_out(entry, NETPREF_ADDRESS_UNUSABLE, "%s %s", address,
                       search->culprit->duplicate ? "is on two nodes" : "lies in an excluded network");
        break;
    case NOTHING_SHARED:
        entry_rule_out(entry, NETPREF_NO_SHARED_SUBNET, "%s and %s have no subnet of it in common",
                       from->node, to->node);
        break;
    }
}

/* A link that is off loses its IPv6 addresses; then its name on other nodes tells what to look at. Of several
 * the first by name, as links come in any order. */
static const NetprefLink *link_that_is_off(const NetprefNetworks *networks, NetprefNetwork *network,
                                           const NetprefNode *node)
{
    const NetprefLink *found = NULL;

    for (guint i = 0; node->links != NULL && i < node->links->len; i++) {
        const NetprefLink *link = node->links->pdata[i];
        if (link->state != NETPREF_LINK_DOWN)
            continue;
        const InterfaceUse *use = g_hash_table_lookup(networks->by_interface, link->interface);
        if (use != NULL && g_ptr_array_find(use->networks, network, NULL) &&
            (found == NULL || strcmp(link->interface, found->interface) < 0))
            found = link;
    }
    return found;
}

static void explain_absence(const Chooser *chooser, Entry *entry, guint node_index, gboolean at_source)
{
    const NetprefNode *node = chooser->networks->nodes->pdata[node_index];
    NetprefNetwork *network = chooser->networks->networks->pdata[entry->candidate.network->index];
    const NetprefLink *link = link_that_is_off(chooser->networks, network, node);

    if (link != NULL)
        entry_rule_out(entry, at_source ? NETPREF_DOWN_ON_SOURCE : NETPREF_DOWN_ON_TARGET, "%s is down on %s",
                       link->interface, node->name);
    else
        entry_rule_out(entry, at_source ? NETPREF_NOT_ON_SOURCE : NETPREF_NOT_ON_TARGET, "%s has no %s",
                       node->name, node->links != NULL ? "address on it" : "known address on it");
}

gboolean entry_connect(const Chooser *chooser, Entry *entry)
{
    const NetprefMember *from = entry->candidate.network->members->pdata[chooser->from];
    const NetprefMember *to = entry->candidate.network->members->pdata[chooser->to];
    Search search = {.obstacle = NOTHING_SHARED};

    if (from == NULL || to == NULL) {
        explain_absence(chooser, entry, from == NULL ? chooser->from : chooser->to, from == NULL);
        return FALSE;
    }
    /* one that is not known says nothing about the other: the pair is as fast as anybody can promise */
    entry->candidate.speed_mbits =
        from->speed_mbits == 0 || to->speed_mbits == 0 ? 0 : MIN(from->speed_mbits, to->speed_mbits);
    find_paths(chooser, entry, from, to, &search);
    if (entry->candidate.paths->len == 0)
        explain_obstacle(entry, from, to, &search);
    return entry->candidate.verdict == NETPREF_USABLE;
}
