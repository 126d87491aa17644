/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cluster/ring.h"

#include "cluster/tool.h"

#include <string.h>

typedef struct {
    char *name;
    GPtrArray *addresses;
} RingNode;

static void ring_node_free(gpointer data)
{
    RingNode *node = data;

    g_free(node->name);
    g_clear_pointer(&node->addresses, g_ptr_array_unref);
    g_free(node);
}

static RingNode *node_at(GHashTable *by_position, const char *position)
{
    RingNode *node = g_hash_table_lookup(by_position, position);

    if (node == NULL) {
        node = g_new0(RingNode, 1);
        node->addresses = g_ptr_array_new_with_free_func(g_free);
        g_hash_table_insert(by_position, g_strdup(position), node);
    }
    return node;
}

/* "nodelist.node.0.ring0_addr (str) = 10.99.1.1" (cmap_keys(7)) */
static void read_line(GHashTable *by_position, const GRegex *pattern, const char *line)
{
    g_autoptr(GMatchInfo) match = NULL;

    if (!g_regex_match(pattern, line, 0, &match))
        return;
    g_autofree char *position = g_match_info_fetch(match, 1);
    g_autofree char *key = g_match_info_fetch(match, 2);
    g_autofree char *value = g_match_info_fetch(match, 3);
    RingNode *node = node_at(by_position, position);
    if (strcmp(key, "name") == 0) {
        g_free(node->name);
        node->name = g_steal_pointer(&value);
    } else {
        g_ptr_array_add(node->addresses, g_steal_pointer(&value));
    }
}

GHashTable *cluster_ring_parse(const char *cmap)
{
    g_autoptr(GRegex) pattern =
        g_regex_new("^nodelist\\.node\\.(\\d+)\\.(name|ring\\d+_addr) \\(str\\) = (\\S+)$", 0, 0, NULL);
    g_autoptr(GHashTable) by_position =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, ring_node_free);
    GHashTable *ring =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_ptr_array_unref);
    g_auto(GStrv) lines = g_strsplit(cmap, "\n", 0);
    GHashTableIter iter;
    gpointer value;

    for (char **line = lines; *line != NULL; line++)
        read_line(by_position, pattern, *line);
    g_hash_table_iter_init(&iter, by_position);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        RingNode *node = value;
        const char *name = node->name;

        if (name == NULL && node->addresses->len > 0)
            name = node->addresses->pdata[0];
        if (name != NULL)
            g_hash_table_replace(ring, g_strdup(name), g_steal_pointer(&node->addresses));
    }
    return ring;
}

GHashTable *cluster_ring_read(OcfDeadline deadline, GError **error)
{
    const char *const argv[] = {"corosync-cmapctl", "nodelist.", NULL};
    g_autofree char *text = NULL;

    if (!cluster_tool_run(argv, deadline, &text, NULL, error))
        return NULL;
    return cluster_ring_parse(text);
}
