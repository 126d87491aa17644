/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netpref/address.h"
#include "netpref/finding.h"
#include "netpref/netpref.h"
#include "ocf/ocf.h"

#include <string.h>

/* Interfaces that lead to guests or containers of this very host, or nowhere. */
static const char *const left_out_prefixes[] = {
    "virbr",                                        /* libvirt's networks */
    "vnet",   "macvtap", "tap",  "fwpr",   "fwln",  /* guests' own */
    "docker", "podman",  "cni",  "veth",   "lxcbr", /* containers */
    "lxdbr",  "flannel", "cali", "cilium", "kube-ipvs",
};

enum { DOCKER_ID_LENGTH = 12 };

/* Docker names the bridge of a user's network br- and twelve hexadecimal digits; br-ex and the like are the
 * administrator's. */
static gboolean is_docker_bridge(const char *interface)
{
    const char *id = interface + strlen("br-");

    return g_str_has_prefix(interface, "br-") && strlen(id) == DOCKER_ID_LENGTH &&
           strspn(id, "0123456789abcdef") == DOCKER_ID_LENGTH;
}

gboolean netpref_interface_is_left_out(const char *interface)
{
    if (strcmp(interface, "lo") == 0 || is_docker_bridge(interface))
        return TRUE;
    for (guint i = 0; i < G_N_ELEMENTS(left_out_prefixes); i++)
        if (g_str_has_prefix(interface, left_out_prefixes[i]))
            return TRUE;
    return FALSE;
}

const char *netpref_link_state_text(NetprefLinkState state)
{
    switch (state) {
    case NETPREF_LINK_UP:
        return "up";
    case NETPREF_LINK_DOWN:
        return "down";
    case NETPREF_LINK_UNKNOWN:
        break;
    }
    return "unknown";
}

NetprefLink *netpref_link_new(const char *interface, NetprefLinkState state, guint speed_mbits, guint mtu)
{
    NetprefLink *link = g_new0(NetprefLink, 1);

    link->interface = g_strdup(interface);
    link->state = state;
    link->speed_mbits = speed_mbits;
    link->mtu = mtu;
    link->cidrs = g_array_new(FALSE, FALSE, sizeof(NetprefCidr));
    return link;
}

void netpref_link_add(NetprefLink *link, const NetprefCidr *cidr)
{
    g_array_append_val(link->cidrs, *cidr);
}

void netpref_link_free(NetprefLink *link)
{
    if (link == NULL)
        return;
    g_array_unref(link->cidrs);
    g_free(link->interface);
    g_free(link);
}

GPtrArray *netpref_links_new(void)
{
    return g_ptr_array_new_with_free_func((GDestroyNotify)netpref_link_free);
}

NetprefNode *netpref_node_new(const char *name, GPtrArray *links)
{
    NetprefNode *node = g_new0(NetprefNode, 1);

    node->name = g_strdup(name);
    node->links = links;
    node->ring = g_array_new(FALSE, FALSE, sizeof(NetprefAddress));
    return node;
}

gboolean netpref_node_add_ring(NetprefNode *node, const char *address, GError **error)
{
    NetprefAddress parsed;

    if (!netpref_address_parse(address, &parsed)) {
        g_autofree char *quoted = text_quote(address);
        g_set_error(error, OCF_ERROR, OCF_ERR_CONFIGURED, "ring address %s of %s is not numeric", quoted,
                    node->name);
        return FALSE;
    }
    g_array_append_val(node->ring, parsed);
    return TRUE;
}

void netpref_node_free(NetprefNode *node)
{
    if (node == NULL)
        return;
    g_clear_pointer(&node->links, g_ptr_array_unref);
    g_array_unref(node->ring);
    g_free(node->name);
    g_free(node);
}

GPtrArray *netpref_nodes_new(void)
{
    return g_ptr_array_new_with_free_func((GDestroyNotify)netpref_node_free);
}
