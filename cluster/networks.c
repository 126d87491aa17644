/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cluster/cluster.h"
#include "cluster/ring.h"
#include "cluster/tool.h"

#include <netdb.h>
#include <string.h>

/* For each of the questions to the cluster; together they stay far below the shortest action timeout. */
enum { ASK_MS = 3000 };

static void note(ClusterNetworks *networks, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void note(ClusterNetworks *networks, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_ptr_array_add(networks->notes, g_strdup_vprintf(format, arguments));
    va_end(arguments);
}

static void read_preference(ClusterNetworks *networks, OcfDeadline deadline)
{
    g_autoptr(GError) error = NULL;
    ClusterPreference *preference = cluster_preference_read(ocf_deadline_within(deadline, ASK_MS), &error);

    if (preference == NULL) {
        note(networks, "the preference cannot be read, defaults hold: %s", error->message);
        preference = g_new0(ClusterPreference, 1);
        preference->parameters = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    }
    networks->preference_known = error == NULL;
    networks->preference = preference;
    const NetprefSettings settings = cluster_preference_settings(preference->parameters);

    networks->policy = netpref_policy_new(&settings);
}

/* corosync.conf may have host names; Corosync itself resolves them on each node as we do here. */
static void add_ring_address(ClusterNetworks *networks, NetprefNode *node, const char *address)
{
    struct addrinfo *found = NULL;
    const struct addrinfo hints = {.ai_socktype = SOCK_DGRAM};
    char numeric[NI_MAXHOST];

    if (netpref_node_add_ring(node, address, NULL))
        return;
    if (getaddrinfo(address, NULL, &hints, &found) != 0) {
        note(networks, "ring address %s of %s does not resolve", address, node->name);
        return;
    }
    if (getnameinfo(found->ai_addr, found->ai_addrlen, numeric, sizeof numeric, NULL, 0, NI_NUMERICHOST) == 0)
        netpref_node_add_ring(node, numeric, NULL);
    freeaddrinfo(found);
}

/* What NODE has published; NULL where that is nothing, or nothing that can be read. */
static GPtrArray *published_links(ClusterNetworks *networks, GHashTable *published, const char *node)
{
    const char *text = g_hash_table_lookup(published, node);
    g_autoptr(GError) error = NULL;

    if (text == NULL) {
        note(networks, "%s publishes no links; taking its ring addresses", node);
        return NULL;
    }
    GPtrArray *links = netpref_links_from_text(text, &error);
    if (links == NULL)
        note(networks, "what %s publishes cannot be read (%s); taking its ring addresses", node,
             error->message);
    return links;
}

static GPtrArray *own_links(ClusterNetworks *networks)
{
    g_autoptr(GError) error = NULL;
    GPtrArray *links = netpref_links_read(&error);

    if (links == NULL)
        note(networks, "this node's links cannot be read: %s", error->message);
    return links;
}

static void add_node(ClusterNetworks *networks, GPtrArray *nodes, const char *name, GHashTable *published,
                     const GPtrArray *ring)
{
    gboolean local = strcmp(name, networks->local_node) == 0;
    NetprefNode *node =
        netpref_node_new(name, local ? own_links(networks) : published_links(networks, published, name));

    for (guint i = 0; ring != NULL && i < ring->len; i++)
        add_ring_address(networks, node, ring->pdata[i]);
    g_ptr_array_add(nodes, node);
}

/* The nodes of the ring, and those beside it that publish links: Pacemaker's remote nodes. */
static void read_nodes(ClusterNetworks *networks, GHashTable *ring, OcfDeadline deadline)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GHashTable) published = cluster_links_read(ocf_deadline_within(deadline, ASK_MS), &error);
    g_autoptr(GPtrArray) nodes = netpref_nodes_new();
    GHashTableIter iter;
    gpointer name, addresses;

    if (published == NULL) {
        note(networks, "the nodes' links cannot be read: %s", error->message);
        published = g_hash_table_new(g_str_hash, g_str_equal);
    }
    g_hash_table_iter_init(&iter, ring);
    while (g_hash_table_iter_next(&iter, &name, &addresses))
        add_node(networks, nodes, name, published, addresses);
    g_hash_table_iter_init(&iter, published);
    while (g_hash_table_iter_next(&iter, &name, NULL))
        if (!g_hash_table_contains(ring, name))
            add_node(networks, nodes, name, published, NULL);
    networks->networks = netpref_networks_new(nodes, networks->policy);
}

ClusterNetworks *cluster_networks_read(const char *local_node, OcfDeadline deadline, GError **error)
{
    g_autoptr(ClusterNetworks) networks = g_new0(ClusterNetworks, 1);

    networks->notes = g_ptr_array_new_with_free_func(g_free);
    networks->local_node = local_node != NULL
                               ? g_strdup(local_node)
                               : cluster_local_node(ocf_deadline_within(deadline, ASK_MS), error);
    if (networks->local_node == NULL)
        return NULL;
    g_autoptr(GHashTable) ring = cluster_ring_read(ocf_deadline_within(deadline, ASK_MS), error);
    if (ring == NULL)
        return NULL;
    read_preference(networks, deadline);
    read_nodes(networks, ring, deadline);
    return g_steal_pointer(&networks);
}

void cluster_networks_free(ClusterNetworks *networks)
{
    if (networks == NULL)
        return;
    g_free(networks->local_node);
    netpref_networks_free(networks->networks);
    netpref_policy_free(networks->policy);
    cluster_preference_free(networks->preference);
    g_clear_pointer(&networks->notes, g_ptr_array_unref);
    g_free(networks);
}
