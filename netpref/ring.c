/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which networks the Corosync ring runs on. */
#include "netpref/address.h"
#include "netpref/finding.h"
#include "netpref/network.h"

/* The network of NODE on which ADDRESS is: where the node has it, or else its narrowest subnet around it. */
static NetprefNetwork *find_ring(const NetprefNetworks *networks, guint node, const NetprefAddress *address)
{
    NetprefNetwork *best = NULL;
    gint best_length = -1;

    for (guint i = 0; i < networks->networks->len; i++) {
        NetprefNetwork *network = networks->networks->pdata[i];
        const NetprefMember *member = network->members->pdata[node];
        for (guint j = 0; member != NULL && j < member->addresses->len; j++) {
            const NetprefCidr *cidr = &g_array_index(member->addresses, NetprefMemberAddress, j).cidr;
            if (address_equal(&cidr->address, address))
                return network;
            if (netpref_cidr_contains(cidr, address) && cidr->prefix_length > best_length) {
                best = network;
                best_length = cidr->prefix_length;
            }
        }
    }
    return best;
}

/* A node whose links are not known is at least where Corosync reaches it. */
static NetprefNetwork *infer_member(NetprefNetworks *networks, guint node, const NetprefAddress *address)
{
    NetprefNetwork *best = NULL;
    NetprefMemberAddress inferred = {.cidr.address = *address};

    for (guint i = 0; i < networks->networks->len; i++) {
        NetprefNetwork *network = networks->networks->pdata[i];
        for (guint j = 0; j < network->subnets->len; j++) {
            const NetprefCidr *subnet = &g_array_index(network->subnets, NetprefCidr, j);
            if (!netpref_cidr_contains(subnet, address) ||
                (best != NULL && subnet->prefix_length <= inferred.cidr.prefix_length))
                continue;
            best = network;
            inferred.cidr.prefix_length = subnet->prefix_length;
        }
    }
    if (best == NULL)
        return NULL;
    NetprefLink *link = netpref_link_new("", NETPREF_LINK_UNKNOWN, 0, 0);
    g_ptr_array_add(networks->inferred, link);
    inferred.link = link;
    g_array_append_val(networks_member_at(networks, best, node)->addresses, inferred);
    return best;
}

static void place_ring(NetprefNetworks *networks, guint index)
{
    const NetprefNode *node = networks->nodes->pdata[index];

    if (node->links == NULL)
        findings_add(networks->findings, NETPREF_WARNING, "links_unknown",
                     "%s has not published its links: only its ring addresses are known", node->name);
    for (guint i = 0; i < node->ring->len; i++) {
        const NetprefAddress *address = &g_array_index(node->ring, NetprefAddress, i);
        NetprefNetwork *network = node->links != NULL ? find_ring(networks, index, address)
                                                      : infer_member(networks, index, address);
        if (network == NULL) {
            g_autofree char *text = netpref_address_text(address);
            findings_add(networks->findings, NETPREF_WARNING, "ring_nowhere",
                         "ring address %s of %s is on no known network", text, node->name);
            continue;
        }
        network->ring = TRUE;
        ((NetprefMember *)network->members->pdata[index])->ring = TRUE;
    }
}

void networks_place_ring(NetprefNetworks *networks)
{
    for (guint i = 0; i < networks->nodes->len; i++)
        place_ring(networks, i);
}
