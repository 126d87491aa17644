/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netpref/network.h"

#include "netpref/address.h"
#include "netpref/finding.h"
#include "netpref/survey.h"

#include <string.h>

static void member_free(gpointer data)
{
    NetprefMember *member = data;

    if (member == NULL)
        return;
    g_array_unref(member->addresses);
    g_free(member);
}

static void network_free(gpointer data)
{
    NetprefNetwork *network = data;

    g_array_unref(network->subnets);
    g_ptr_array_unref(network->members);
    g_ptr_array_unref(network->same_wire);
    g_free(network->name);
    g_free(network);
}

static void interface_use_free(gpointer data)
{
    InterfaceUse *use = data;

    g_ptr_array_unref(use->networks);
    g_free(use);
}

/* ---- nodes -------------------------------------------------------------------------------------- */

static gint compare_nodes(gconstpointer a, gconstpointer b)
{
    const NetprefNode *const *first = a;
    const NetprefNode *const *second = b;

    return strcmp((*first)->name, (*second)->name);
}

static void take_nodes(NetprefNetworks *networks, GPtrArray *nodes)
{
    g_autoptr(GPtrArray) sorted = g_ptr_array_copy(nodes, NULL, NULL);

    g_ptr_array_set_free_func(sorted, NULL);
    g_ptr_array_sort(sorted, compare_nodes);
    for (guint i = 0; i < sorted->len; i++) {
        NetprefNode *node = sorted->pdata[i];
        if (g_hash_table_contains(networks->node_index, node->name)) {
            findings_add(networks->findings, NETPREF_ERROR, "node_twice", "%s is listed twice", node->name);
            continue;
        }
        g_ptr_array_add(networks->nodes, node);
        g_hash_table_insert(networks->node_index, node->name, GUINT_TO_POINTER(networks->nodes->len));
    }
}

const Label *networks_label(const NetprefNetworks *networks, const Reference *reference)
{
    return reference->is_subnet ? NULL : g_hash_table_lookup(networks->label_index, reference->text);
}

gboolean networks_node_index(const NetprefNetworks *networks, const char *node, guint *index)
{
    guint found = GPOINTER_TO_UINT(g_hash_table_lookup(networks->node_index, node));

    if (found == 0)
        return FALSE;
    *index = found - 1;
    return TRUE;
}

/* ---- networks and their members ------------------------------------------------------------------ */

NetprefMember *networks_member_at(NetprefNetworks *networks, NetprefNetwork *network, guint node)
{
    NetprefMember *member = network->members->pdata[node];

    if (member == NULL) {
        member = g_new0(NetprefMember, 1);
        member->node = ((const NetprefNode *)networks->nodes->pdata[node])->name;
        member->addresses = g_array_new(FALSE, FALSE, sizeof(NetprefMemberAddress));
        network->members->pdata[node] = member;
        network->member_count++;
    }
    return member;
}

/* The first label that a wire has is its name; a second network of a label that spans wires goes by subnet.
 */
static char *name_of(const Wire *wire, GHashTable *taken)
{
    const Subnet *first = wire->subnets->pdata[0];

    if (wire->label != NULL && g_hash_table_add(taken, (gpointer)wire->label))
        return g_strdup(wire->label);
    return netpref_cidr_text(&first->subnet);
}

static NetprefNetwork *add_network(NetprefNetworks *networks, const Wire *wire, GHashTable *taken)
{
    NetprefNetwork *network = g_new0(NetprefNetwork, 1);

    network->index = networks->networks->len;
    network->name = name_of(wire, taken);
    network->labelled = wire->label != NULL && strcmp(wire->label, network->name) == 0;
    network->subnets = g_array_new(FALSE, FALSE, sizeof(NetprefCidr));
    network->members = g_ptr_array_new_with_free_func(member_free);
    g_ptr_array_set_size(network->members, (gint)networks->nodes->len);
    network->same_wire = g_ptr_array_new();
    for (guint i = 0; i < wire->subnets->len; i++) {
        const Subnet *subnet = wire->subnets->pdata[i];
        g_array_append_val(network->subnets, subnet->subnet);
        for (guint j = 0; j < subnet->sightings->len; j++) {
            const Sighting *sighting = &g_array_index(subnet->sightings, Sighting, j);
            NetprefMemberAddress address = {.cidr = sighting->cidr, .link = sighting->link};
            g_array_append_val(networks_member_at(networks, network, sighting->node)->addresses, address);
        }
    }
    g_ptr_array_add(networks->networks, network);
    return network;
}

static void index_subnets(NetprefNetworks *networks)
{
    for (guint i = 0; i < networks->networks->len; i++) {
        NetprefNetwork *network = networks->networks->pdata[i];
        for (guint j = 0; j < network->subnets->len; j++)
            g_hash_table_insert(networks->by_subnet, &g_array_index(network->subnets, NetprefCidr, j),
                                network);
    }
}

/* Remembers which networks share an interface somewhere and are not one, unless labels keep them apart. */
static void note_same_wire(NetprefNetworks *networks, const GPtrArray *wires)
{
    for (guint i = 0; i < wires->len; i++) {
        const Wire *wire = wires->pdata[i];
        NetprefNetwork *network = networks->networks->pdata[i];
        for (guint j = 0; j < wire->subnets->len; j++) {
            const Subnet *subnet = wire->subnets->pdata[j];
            for (guint k = 0; k < subnet->sharing->len; k++) {
                const Subnet *other = subnet->sharing->pdata[k];
                NetprefNetwork *neighbour = g_hash_table_lookup(networks->by_subnet, &other->subnet);
                if (neighbour != network && (wire->label == NULL || other->wire->label == NULL) &&
                    !g_ptr_array_find(network->same_wire, neighbour, NULL))
                    g_ptr_array_add(network->same_wire, neighbour);
            }
        }
    }
}

/* ---- finishing ----------------------------------------------------------------------------------- */

static guint smaller_known(guint a, guint b)
{
    return a == 0 || (b != 0 && b < a) ? b : a;
}

static gint compare_addresses(gconstpointer a, gconstpointer b)
{
    const NetprefMemberAddress *first = a;
    const NetprefMemberAddress *second = b;
    gint order = netpref_cidr_compare(&first->cidr, &second->cidr);

    return order != 0 ? order : strcmp(first->link->interface, second->link->interface);
}

/* Lets the first link that is not down, by name, speak for the member. */
static void finish_member(NetprefMember *member)
{
    const NetprefLink *speaker = NULL;

    g_array_sort(member->addresses, compare_addresses);
    for (guint i = 0; i < member->addresses->len; i++) {
        const NetprefLink *link = g_array_index(member->addresses, NetprefMemberAddress, i).link;
        gboolean better = speaker == NULL;
        if (!better && (link->state == NETPREF_LINK_DOWN) != (speaker->state == NETPREF_LINK_DOWN))
            better = speaker->state == NETPREF_LINK_DOWN;
        else if (!better)
            better = strcmp(link->interface, speaker->interface) < 0;
        if (better)
            speaker = link;
    }
    g_assert(speaker != NULL);
    member->interface = *speaker->interface != '\0' ? speaker->interface : NULL;
    member->state = speaker->state;
    member->speed_mbits = speaker->speed_mbits;
    member->mtu = speaker->mtu;
}

static void note_interfaces(NetprefNetworks *networks, NetprefNetwork *network, const NetprefMember *member)
{
    for (guint i = 0; i < member->addresses->len; i++) {
        char *name = g_array_index(member->addresses, NetprefMemberAddress, i).link->interface;
        InterfaceUse *use = g_hash_table_lookup(networks->by_interface, name);
        if (*name == '\0')
            continue;
        if (use == NULL) {
            use = g_new0(InterfaceUse, 1);
            use->networks = g_ptr_array_new();
            g_hash_table_insert(networks->by_interface, name, use);
        }
        /* networks come one after the other: the last one is this one, or it is not there */
        if (use->networks->len == 0 || use->networks->pdata[use->networks->len - 1] != network)
            g_ptr_array_add(use->networks, network);
    }
}

gboolean member_has_interface(const NetprefMember *member, const char *interface)
{
    for (guint i = 0; i < member->addresses->len; i++)
        if (strcmp(g_array_index(member->addresses, NetprefMemberAddress, i).link->interface, interface) == 0)
            return TRUE;
    return FALSE;
}

/* An interface stands for a network if all nodes on the network are there by it; and for several only where
 * some node has them all on it, or else eth1 would be one wire here and another there. */
static gboolean interface_is_shared(const InterfaceUse *use, const char *interface)
{
    const NetprefNetwork *first = use->networks->pdata[0];
    guint most = 0;

    for (guint node = 0; node < first->members->len; node++) {
        guint here = 0;
        for (guint i = 0; i < use->networks->len; i++) {
            const NetprefMember *member = ((NetprefNetwork *)use->networks->pdata[i])->members->pdata[node];
            if (member == NULL || member->interface == NULL)
                continue;
            if (!member_has_interface(member, interface))
                return FALSE;
            here++;
        }
        most = MAX(most, here);
    }
    return most == use->networks->len;
}

static void finish(NetprefNetworks *networks)
{
    GHashTableIter iter;
    gpointer name, use;

    for (guint i = 0; i < networks->networks->len; i++) {
        NetprefNetwork *network = networks->networks->pdata[i];
        for (guint j = 0; j < network->members->len; j++) {
            NetprefMember *member = network->members->pdata[j];
            if (member == NULL)
                continue;
            finish_member(member);
            network->speed_mbits = smaller_known(network->speed_mbits, member->speed_mbits);
            network->mtu = smaller_known(network->mtu, member->mtu);
            note_interfaces(networks, network, member);
        }
    }
    g_hash_table_iter_init(&iter, networks->by_interface);
    while (g_hash_table_iter_next(&iter, &name, &use))
        ((InterfaceUse *)use)->shared = interface_is_shared(use, name);
}

/* Everything empty. */
static NetprefNetworks *networks_alloc(GPtrArray *nodes, const NetprefPolicy *policy)
{
    NetprefNetworks *networks = g_new0(NetprefNetworks, 1);

    networks->source = g_ptr_array_ref(nodes);
    networks->nodes = g_ptr_array_new();
    networks->node_index = g_hash_table_new(g_str_hash, g_str_equal);
    networks->networks = g_ptr_array_new_with_free_func(network_free);
    networks->by_subnet = g_hash_table_new(cidr_hash, cidr_key_equal);
    networks->by_interface = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, interface_use_free);
    networks->label_index = g_hash_table_new(g_str_hash, g_str_equal);
    networks->labels = policy != NULL ? g_ptr_array_ref(policy->labels) : NULL;
    for (guint i = 0; policy != NULL && i < policy->labels->len; i++) {
        Label *label = policy->labels->pdata[i];
        g_hash_table_insert(networks->label_index, label->name, label);
    }
    networks->inferred = netpref_links_new();
    networks->findings = findings_new();
    return networks;
}

NetprefNetworks *netpref_networks_new(GPtrArray *nodes, const NetprefPolicy *policy)
{
    NetprefNetworks *networks = networks_alloc(nodes, policy);

    take_nodes(networks, nodes);
    g_autoptr(Survey) survey = survey_new(networks->nodes, networks->findings);
    g_autoptr(GPtrArray) wires = wires_new(survey, networks->nodes, networks->labels, networks->findings);
    g_autoptr(GHashTable) taken = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < wires->len; i++)
        add_network(networks, wires->pdata[i], taken);
    index_subnets(networks);
    note_same_wire(networks, wires);
    networks_place_ring(networks);
    finish(networks);
    networks_inspect(networks);
    findings_sort(networks->findings);
    return networks;
}

void netpref_networks_free(NetprefNetworks *networks)
{
    if (networks == NULL)
        return;
    g_hash_table_unref(networks->by_interface);
    g_hash_table_unref(networks->by_subnet);
    g_hash_table_unref(networks->label_index);
    g_hash_table_unref(networks->node_index);
    g_ptr_array_unref(networks->networks);
    g_ptr_array_unref(networks->nodes);
    g_ptr_array_unref(networks->inferred);
    g_ptr_array_unref(networks->findings);
    g_clear_pointer(&networks->labels, g_ptr_array_unref);
    g_ptr_array_unref(networks->source);
    g_free(networks);
}

guint netpref_networks_count(const NetprefNetworks *networks)
{
    return networks->networks->len;
}

const NetprefNetwork *netpref_networks_get(const NetprefNetworks *networks, guint index)
{
    return networks->networks->pdata[index];
}

guint netpref_networks_node_count(const NetprefNetworks *networks)
{
    return networks->nodes->len;
}

const NetprefNode *netpref_networks_node(const NetprefNetworks *networks, guint index)
{
    return networks->nodes->pdata[index];
}

const NetprefMember *netpref_networks_member(const NetprefNetworks *networks, const NetprefNetwork *network,
                                             const char *node)
{
    guint index;

    return networks_node_index(networks, node, &index) ? network->members->pdata[index] : NULL;
}

const GPtrArray *netpref_networks_findings(const NetprefNetworks *networks)
{
    return networks->findings;
}
