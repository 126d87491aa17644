/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/network_json.h"

#include "cli/view.h"

static json_t *json_cidrs(const GArray *cidrs)
{
    json_t *list = json_array();

    for (guint i = 0; i < cidrs->len; i++) {
        g_autofree char *text = netpref_cidr_text(&g_array_index(cidrs, NetprefCidr, i));
        json_array_append_new(list, json_text(text));
    }
    return list;
}

static json_t *json_member(const NetprefMember *member)
{
    json_t *one = json_object(), *addresses = json_array();

    for (guint i = 0; i < member->addresses->len; i++) {
        const NetprefMemberAddress *address = &g_array_index(member->addresses, NetprefMemberAddress, i);
        g_autofree char *text = netpref_address_text(&address->cidr.address);
        json_array_append_new(addresses, json_text(text));
    }
    json_object_set_new(one, "name", json_text(member->node));
    json_object_set_new(one, "interface", json_text(member->interface));
    json_object_set_new(one, "state", json_string(netpref_link_state_text(member->state)));
    json_object_set_new(one, "speed_mbits", json_known(member->speed_mbits));
    json_object_set_new(one, "mtu_bytes", json_known(member->mtu));
    json_object_set_new(one, "ring", json_boolean(member->ring));
    json_object_set_new(one, "addresses", addresses);
    return one;
}

json_t *json_candidate(const NetprefCandidate *candidate)
{
    const NetprefNetwork *network = candidate->network;
    g_autofree char *state = view_state(network);
    json_t *one = json_object(), *nodes = json_array();

    for (guint i = 0; i < network->members->len; i++)
        if (network->members->pdata[i] != NULL)
            json_array_append_new(nodes, json_member(network->members->pdata[i]));
    json_object_set_new(one, "name", json_text(network->name));
    json_object_set_new(one, "rank", json_known(candidate->rank));
    json_object_set_new(one, "verdict", json_string(netpref_verdict_text(candidate->verdict)));
    json_object_set_new(one, "reason", json_text(candidate->reason));
    json_object_set_new(one, "labelled", json_boolean(network->labelled));
    json_object_set_new(one, "subnets", json_cidrs(network->subnets));
    json_object_set_new(one, "speed_mbits", json_known(candidate->speed_mbits));
    json_object_set_new(one, "mtu_bytes", json_known(network->mtu));
    json_object_set_new(one, "ring", json_boolean(network->ring));
    json_object_set_new(one, "state", json_text(state));
    json_object_set_new(one, "nodes", nodes);
    return one;
}
