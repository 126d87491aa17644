/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is odd about the networks, said so that it can be put right. */
#include "netpref/address.h"
#include "netpref/finding.h"
#include "netpref/network.h"

#include <string.h>

static const NetprefMember *next_member(const NetprefNetwork *network, guint *index)
{
    while (*index < network->members->len) {
        const NetprefMember *member = network->members->pdata[(*index)++];
        if (member != NULL)
            return member;
    }
    return NULL;
}

/* ---- who is on it -------------------------------------------------------------------------------- */

static void inspect_membership(NetprefNetworks *networks, const NetprefNetwork *network)
{
    WordList absent = {.text = NULL};

    if (network->member_count == 1) {
        guint index = 0;
        findings_add(networks->findings, NETPREF_NOTE, "single_node", "%s: only %s is on it", network->name,
                     next_member(network, &index)->node);
        return;
    }
    for (guint i = 0; i < network->members->len; i++) {
        const NetprefNode *node = networks->nodes->pdata[i];
        /* of a node whose links nobody knows, this is not known either */
        if (network->members->pdata[i] == NULL && node->links != NULL)
            word_list_add(&absent, node->name);
    }
    g_autofree char *list = word_list_take(&absent);
    if (*list != '\0')
        findings_add(networks->findings, NETPREF_NOTE, "nodes_missing", "%s: not on %s", network->name, list);
}

static void inspect_interfaces(NetprefNetworks *networks, const NetprefNetwork *network)
{
    const NetprefMember *member;

    for (guint index = 0; (member = next_member(network, &index)) != NULL;) {
        for (guint i = 1; i < member->addresses->len; i++) {
            const NetprefMemberAddress *a = &g_array_index(member->addresses, NetprefMemberAddress, i - 1);
            const NetprefMemberAddress *b = &g_array_index(member->addresses, NetprefMemberAddress, i);
            NetprefCidr a_subnet = cidr_subnet(&a->cidr), b_subnet = cidr_subnet(&b->cidr);
            if (a->link == b->link || !cidr_equal(&a_subnet, &b_subnet))
                continue;
            g_autofree char *text = netpref_cidr_text(&a_subnet);
            findings_add(networks->findings, NETPREF_WARNING, "subnet_twice",
                         "%s has %s on %s and on %s: the kernel chooses between them", member->node, text,
                         a->link->interface, b->link->interface);
            break;
        }
    }
}

static void inspect_mtu(NetprefNetworks *networks, const NetprefNetwork *network)
{
    const NetprefMember *member, *least = NULL, *most = NULL;

    for (guint index = 0; (member = next_member(network, &index)) != NULL;) {
        if (member->mtu == 0)
            continue;
        if (least == NULL || member->mtu < least->mtu)
            least = member;
        if (most == NULL || member->mtu > most->mtu)
            most = member;
    }
    if (least != NULL && least->mtu != most->mtu)
        findings_add(networks->findings, NETPREF_WARNING, "mtu_differs", "%s: MTU is %u on %s and %u on %s",
                     network->name, least->mtu, least->node, most->mtu, most->node);
}

/* ---- addresses ----------------------------------------------------------------------------------- */

typedef struct {
    NetprefMemberAddress *place;
    const NetprefMember *member;
} Holder;

static guint address_hash(gconstpointer key)
{
    const NetprefAddress *address = key;
    guint hash = address->family;

    for (guint i = 0; i < sizeof address->bytes; i++)
        hash = hash * 33 + address->bytes[i];
    return hash;
}

static gboolean address_key_equal(gconstpointer a, gconstpointer b)
{
    return address_equal(a, b);
}

/* An address on two nodes is somebody's mistake: what is sent there arrives at either. */
static void inspect_address(NetprefNetworks *networks, GHashTable *holders, NetprefMemberAddress *place,
                            const NetprefMember *member)
{
    Holder *earlier = g_hash_table_lookup(holders, &place->cidr.address);

    if (earlier == NULL) {
        Holder *holder = g_new(Holder, 1);
        *holder = (Holder){.place = place, .member = member};
        g_hash_table_insert(holders, &place->cidr.address, holder);
        return;
    }
    if (strcmp(earlier->member->node, member->node) == 0)
        return;
    g_autofree char *text = netpref_address_text(&place->cidr.address);
    findings_add(networks->findings, NETPREF_WARNING, "address_twice",
                 "%s is on %s and on %s: it is not used", text, earlier->member->node, member->node);
    earlier->place->duplicate = TRUE;
    place->duplicate = TRUE;
}

static void inspect_addresses(NetprefNetworks *networks)
{
    g_autoptr(GHashTable) holders = g_hash_table_new_full(address_hash, address_key_equal, NULL, g_free);

    for (guint i = 0; i < networks->networks->len; i++) {
        const NetprefNetwork *network = networks->networks->pdata[i];
        const NetprefMember *member;
        for (guint index = 0; (member = next_member(network, &index)) != NULL;)
            for (guint j = 0; j < member->addresses->len; j++)
                inspect_address(networks, holders, &g_array_index(member->addresses, NetprefMemberAddress, j),
                                member);
    }
}

/* ---- subnets against each other ------------------------------------------------------------------- */

typedef struct {
    const NetprefCidr *subnet;
    const NetprefNetwork *network;
} Placed;

static gint compare_placed(gconstpointer a, gconstpointer b)
{
    return netpref_cidr_compare(((const Placed *)a)->subnet, ((const Placed *)b)->subnet);
}

/* CIDRs are nested or apart, and sorted a wider one comes before all that it holds. */
static void inspect_overlaps(NetprefNetworks *networks)
{
    g_autoptr(GArray) placed = g_array_new(FALSE, FALSE, sizeof(Placed));

    for (guint i = 0; i < networks->networks->len; i++) {
        const NetprefNetwork *network = networks->networks->pdata[i];
        for (guint j = 0; j < network->subnets->len; j++) {
            Placed place = {&g_array_index(network->subnets, NetprefCidr, j), network};
            g_array_append_val(placed, place);
        }
    }
    g_array_sort(placed, compare_placed);
    for (guint i = 0; i < placed->len; i++) {
        const Placed *outer = &g_array_index(placed, Placed, i);
        for (guint j = i + 1; j < placed->len; j++) {
            const Placed *inner = &g_array_index(placed, Placed, j);
            if (!cidr_encloses(outer->subnet, inner->subnet))
                break;
            g_autofree char *wide = netpref_cidr_text(outer->subnet);
            g_autofree char *narrow = netpref_cidr_text(inner->subnet);
            findings_add(networks->findings, NETPREF_WARNING, "subnets_overlap",
                         "%s lies in %s: does some node have a wrong prefix length?", narrow, wide);
        }
    }
}

static gint compare_keys(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Names that mean two things, and interfaces that carry several networks. In the order of the names, so that
 * every node says it in the same words. */
static void inspect_interface_names(NetprefNetworks *networks)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    GHashTableIter iter;
    gpointer key;

    g_hash_table_iter_init(&iter, networks->by_interface);
    while (g_hash_table_iter_next(&iter, &key, NULL))
        g_ptr_array_add(names, key);
    g_ptr_array_sort(names, compare_keys);
    for (guint i = 0; i < names->len; i++) {
        const char *name = names->pdata[i];
        const InterfaceUse *use = g_hash_table_lookup(networks->by_interface, name);
        const NetprefNetwork *first = use->networks->pdata[0];
        if (g_hash_table_contains(networks->label_index, name) &&
            (use->networks->len > 1 || strcmp(first->name, name) != 0))
            findings_add(networks->findings, NETPREF_WARNING, "label_is_interface",
                         "%s is a label and also an interface of %s: it is taken for the label", name,
                         first->name);
        if (use->shared && use->networks->len > 1)
            findings_add(networks->findings, NETPREF_NOTE, "interface_shared",
                         "interface %s carries %u networks, %s among them: they share its wire", name,
                         use->networks->len, first->name);
    }
}

void networks_inspect(NetprefNetworks *networks)
{
    inspect_addresses(networks);
    inspect_overlaps(networks);
    inspect_interface_names(networks);
    for (guint i = 0; i < networks->networks->len; i++) {
        const NetprefNetwork *network = networks->networks->pdata[i];
        inspect_membership(networks, network);
        inspect_interfaces(networks, network);
        inspect_mtu(networks, network);
    }
}
