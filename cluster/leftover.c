/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The record of a migration that is over, which Pacemaker keeps at the source. */
#include "cluster/cluster.h"
#include "cluster/tool.h"

#include <string.h>

typedef struct {
    const char *resource, *node; /* node: the source */
    char *target, *key;          /* of the migrate_to that succeeded; NULL: none */
    gboolean stopped;            /* the source has stopped it since */
    gboolean arrived;            /* the target has it on record as running */
} Leftover;

static void read_source(xmlNode *operation, gpointer data)
{
    Leftover *leftover = data;
    gboolean done =
        cluster_xml_says(operation, "rc-code", "0") && cluster_xml_says(operation, "op-status", "0");
    g_autofree char *id = cluster_xml_attribute(operation, "id");

    if (done && cluster_xml_says(operation, "operation", "migrate_to") && leftover->key == NULL) {
        leftover->key = cluster_xml_attribute(operation, "transition-key");
        leftover->target = cluster_xml_attribute(operation, "migrate_target");
    }
    /* of operations that are no migration only the last one is kept, under this name */
    if (done && cluster_xml_says(operation, "operation", "stop") && id != NULL &&
        g_str_has_suffix(id, "_last_0"))
        leftover->stopped = TRUE;
}

static void read_target(xmlNode *operation, gpointer data)
{
    static const char *const proofs[] = {"migrate_from", "start", "monitor"};
    Leftover *leftover = data;

    for (guint i = 0; i < G_N_ELEMENTS(proofs); i++)
        if (cluster_xml_says(operation, "operation", proofs[i]) &&
            cluster_xml_says(operation, "rc-code", "0") && cluster_xml_says(operation, "op-status", "0"))
            leftover->arrived = TRUE;
}

typedef struct {
    Leftover *leftover;
    ClusterXmlVisit visit;
} Reader;

static void read_resource(xmlNode *resource, gpointer data)
{
    const Reader *reader = data;

    if (cluster_xml_says(resource, "id", reader->leftover->resource))
        cluster_xml_each(resource, "lrm_rsc_op", reader->visit, reader->leftover);
}

static void read_node(xmlNode *node, gpointer data)
{
    Reader *reader = data;
    const char *wanted = reader->visit == read_source ? reader->leftover->node : reader->leftover->target;

    if (cluster_xml_says(node, "uname", wanted))
        cluster_xml_each(node, "lrm_resource", read_resource, reader);
}

static gboolean forget(const Leftover *leftover, OcfDeadline deadline, GError **error)
{
    g_autofree char *node = cluster_xpath_string(leftover->node);
    g_autofree char *resource = cluster_xpath_string(leftover->resource);
    g_autofree char *key = cluster_xpath_string(leftover->key);
    g_autofree char *xpath = g_strdup_printf("/cib/status/node_state[@uname=%s]//lrm_resource[@id=%s]/"
                                             "lrm_rsc_op[@operation='migrate_to'][@transition-key=%s]",
                                             node, resource, key);
    gboolean found = FALSE;

    return cluster_cib_change("--delete", xpath, NULL, "the record of a migration", deadline, &found, error);
}

gboolean cluster_history_forget_move(const char *resource, const char *source, OcfDeadline deadline,
                                     gboolean *left, GError **error)
{
    g_autoptr(GError) why = NULL;
    g_autoptr(xmlDoc) status = cluster_cib_find("/cib/status", deadline, &why);
    Leftover leftover = {.resource = resource, .node = source};
    gboolean done = TRUE;

    *left = FALSE;
    if (status == NULL) {
        if (why != NULL)
            g_propagate_error(error, g_steal_pointer(&why));
        return why == NULL;
    }
    cluster_xml_each((xmlNode *)status, "node_state", read_node, &(Reader){&leftover, read_source});
    if (leftover.target != NULL)
        cluster_xml_each((xmlNode *)status, "node_state", read_node, &(Reader){&leftover, read_target});
    *left = leftover.key != NULL;
    if (leftover.key != NULL && leftover.stopped && leftover.arrived)
        done = forget(&leftover, deadline, error);
    g_free(leftover.key);
    g_free(leftover.target);
    return done;
}

static void find_moved(xmlNode *resource, gpointer data)
{
    g_autofree char *id = cluster_xml_attribute(resource, "id");
    Leftover leftover = {.resource = id};

    if (id == NULL || !cluster_xml_says(resource, "type", "LiveDomain"))
        return;
    cluster_xml_each(resource, "lrm_rsc_op", read_source, &leftover);
    if (leftover.key != NULL && leftover.stopped)
        g_hash_table_add(data, g_steal_pointer(&id));
    g_free(leftover.key);
    g_free(leftover.target);
}

gboolean cluster_history_forget_moves(const char *source, OcfDeadline deadline, GError **error)
{
    g_autofree char *node = cluster_xpath_string(source);
    /* most often there is none, and then nothing but this is sent */
    g_autofree char *xpath =
        g_strdup_printf("/cib/status/node_state[@uname=%s]//lrm_resource[@type='LiveDomain']"
                        "[lrm_rsc_op[@operation='migrate_to' and @rc-code='0']]",
                        node);
    g_autoptr(GError) why = NULL;
    g_autoptr(xmlDoc) found = cluster_cib_find(xpath, deadline, &why);
    g_autoptr(GHashTable) resources = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    gboolean done = why == NULL, left = FALSE;
    GHashTableIter iter;
    gpointer resource;

    if (why != NULL)
        g_propagate_error(error, g_steal_pointer(&why));
    else if (found != NULL)
        cluster_xml_each((xmlNode *)found, "lrm_resource", find_moved, resources);
    g_hash_table_iter_init(&iter, resources);
    while (done && g_hash_table_iter_next(&iter, &resource, NULL))
        done = cluster_history_forget_move(resource, source, deadline, &left, error);
    return done;
}
