/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cluster/cluster.h"
#include "cluster/tool.h"

#include <string.h>

enum { READ_MS = 5000, POLL_MS = 250 };

static void operation_free(gpointer data)
{
    ClusterOperation *operation = data;

    g_free(operation->node);
    g_free(operation->task);
    g_free(operation);
}

static gint64 number_of(const xmlNode *node, const char *attribute, gint64 otherwise)
{
    g_autofree char *text = cluster_xml_attribute(node, attribute);
    gint64 number = otherwise;

    if (text != NULL)
        ocf_parse_integer(text, 0, G_MAXINT64, &number);
    return number;
}

typedef struct {
    GPtrArray *history;
    const char *resource;
    char *node;
} Reading;

static void add_operation(xmlNode *node, gpointer data)
{
    Reading *reading = data;
    ClusterOperation *operation = g_new0(ClusterOperation, 1);
    g_autofree char *status = cluster_xml_attribute(node, "op-status");

    operation->node = g_strdup(reading->node);
    operation->task = cluster_xml_attribute(node, "operation");
    operation->interval_ms = number_of(node, "interval", 0);
    operation->pending = g_strcmp0(status, "-1") == 0;
    operation->exit_status = operation->pending ? -1 : number_of(node, "rc-code", -1);
    if (operation->task == NULL)
        operation->task = g_strdup("");
    g_ptr_array_add(reading->history, operation);
}

static void read_resource(xmlNode *node, gpointer data)
{
    Reading *reading = data;
    g_autofree char *id = cluster_xml_attribute(node, "id");

    if (g_strcmp0(id, reading->resource) == 0)
        cluster_xml_each(node, "lrm_rsc_op", add_operation, reading);
}

static void read_node(xmlNode *node, gpointer data)
{
    Reading *reading = data;
    g_autofree char *member = cluster_xml_attribute(node, "in_ccm");

    /* what a node that is gone has left behind says nothing any more; 2.1 writes true, 3.0 a time */
    if (member == NULL || strcmp(member, "false") == 0 || strcmp(member, "0") == 0)
        return;
    reading->node = cluster_xml_attribute(node, "uname");
    if (reading->node != NULL)
        cluster_xml_each(node, "lrm_resource", read_resource, reading);
    g_clear_pointer(&reading->node, g_free);
}

GPtrArray *cluster_history_read(const char *resource, OcfDeadline deadline, GError **error)
{
    g_autoptr(GError) why = NULL;
    g_autoptr(xmlDoc) document = cluster_cib_find("/cib/status", deadline, &why);

    if (why != NULL) {
        g_propagate_error(error, g_steal_pointer(&why));
        return NULL;
    }
    Reading reading = {.history = g_ptr_array_new_with_free_func(operation_free), .resource = resource};
    if (document != NULL)
        cluster_xml_each((xmlNode *)document, "node_state", read_node, &reading);
    return reading.history;
}

gboolean cluster_awaits(const char *resource, const char *node, const char *task, OcfDeadline deadline)
{
    g_autoptr(GPtrArray) history = cluster_history_read(resource, deadline, NULL);

    for (guint i = 0; history != NULL && i < history->len; i++) {
        const ClusterOperation *operation = history->pdata[i];
        if (operation->pending && strcmp(operation->node, node) == 0 && strcmp(operation->task, task) == 0)
            return TRUE;
    }
    return FALSE;
}

/* ---- probes -------------------------------------------------------------------------------------- */

static gboolean is_probe(const ClusterOperation *operation)
{
    return strcmp(operation->task, "monitor") == 0 && operation->interval_ms == 0;
}

static gboolean is_move(const ClusterOperation *operation)
{
    return strcmp(operation->task, "migrate_to") == 0 || strcmp(operation->task, "migrate_from") == 0;
}

#define NO_ANSWER G_MININT64

/* What NODE's probe says: its exit status, or NO_ANSWER yet. A probe that found the resource running is there
 * twice; two that contradict each other are an error. */
static gint64 answer_of(const GPtrArray *history, const char *node)
{
    gint64 answer = NO_ANSWER;

    for (guint i = 0; i < history->len; i++) {
        const ClusterOperation *operation = history->pdata[i];
        if (!is_probe(operation) || strcmp(operation->node, node) != 0)
            continue;
        if (operation->pending)
            return NO_ANSWER;
        answer = answer == NO_ANSWER || answer == operation->exit_status ? operation->exit_status
                                                                         : OCF_ERR_GENERIC;
    }
    return answer;
}

static void count_answer(ClusterProbes *probes, const char *node, gint64 exit_status)
{
    if (exit_status == OCF_SUCCESS) {
        if (probes->running++ == 0)
            probes->node = g_strdup(node);
        return;
    }
    /* "not installed" is a node where it cannot run (facts P9) */
    if (exit_status == OCF_NOT_RUNNING || exit_status == OCF_ERR_INSTALLED)
        return;
    probes->sure = FALSE;
    if (probes->unsure++ == 0)
        probes->unsure_node = g_strdup(node);
}

static gboolean is_one_of(const GPtrArray *nodes, const char *node)
{
    for (guint i = 0; i < nodes->len; i++)
        if (strcmp(nodes->pdata[i], node) == 0)
            return TRUE;
    return FALSE;
}

void cluster_probes_judge(const GPtrArray *history, const GPtrArray *online, ClusterProbes *probes)
{
    cluster_probes_clear(probes);
    probes->sure = TRUE;
    probes->complete = online->len > 0;
    for (guint i = 0; i < history->len; i++) {
        const ClusterOperation *operation = history->pdata[i];
        probes->moving |= is_move(operation) && operation->pending;
        /* what a node that left has behind is not erased either */
        if (is_one_of(online, operation->node))
            probes->complete &= is_probe(operation);
    }
    probes->complete &= !probes->moving;
    for (guint i = 0; i < online->len; i++) {
        gint64 answer = answer_of(history, online->pdata[i]);
        probes->complete &= answer != NO_ANSWER;
        if (answer != NO_ANSWER)
            count_answer(probes, online->pdata[i], answer);
    }
}

gboolean cluster_probes_read(const char *resource, OcfDeadline deadline, ClusterProbes *probes,
                             GError **error)
{
    g_autoptr(GPtrArray) online = cluster_nodes_online(deadline, error);
    g_autoptr(GPtrArray) history = online != NULL ? cluster_history_read(resource, deadline, error) : NULL;

    if (history == NULL)
        return FALSE;
    cluster_probes_judge(history, online, probes);
    return TRUE;
}

gboolean cluster_probes_await(const char *resource, OcfDeadline deadline, ClusterProbes *probes,
                              GError **error)
{
    do {
        if (!cluster_probes_read(resource, ocf_deadline_in(READ_MS), probes, error))
            return FALSE;
    } while (!probes->complete && ocf_deadline_sleep(deadline, POLL_MS));
    if (!probes->complete)
        g_set_error(error, OCF_ERROR, OCF_ERR_GENERIC, "not all nodes have said whether %s runs there",
                    resource);
    return probes->complete;
}

void cluster_probes_clear(ClusterProbes *probes)
{
    g_free(probes->node);
    g_free(probes->unsure_node);
    *probes = (ClusterProbes){.node = NULL};
}

/* ---- erasing ------------------------------------------------------------------------------------- */

gboolean cluster_history_erase(const char *resource, OcfDeadline deadline, GError **error)
{
    const char *const argv[] = {"crm_resource", "--refresh", "--resource", resource, NULL};

    return cluster_tool_run(argv, deadline, NULL, NULL, error);
}

/* Of RESOURCE, or where that is NULL of all guests. */
static gboolean forget(const char *resource, OcfDeadline deadline, GError **error)
{
    g_autofree char *id = resource != NULL ? g_strconcat(resource, "_last_failure_0", NULL) : NULL;
    g_autofree char *quoted = id != NULL ? cluster_xpath_string(id) : NULL;
    g_autofree char *which = quoted != NULL
                                 ? g_strdup_printf("//lrm_rsc_op[@id=%s", quoted)
                                 : g_strdup("//lrm_resource[@type='LiveDomain' and @provider='wherry']"
                                            "/lrm_rsc_op[contains(@id,'_last_failure_0')");
    g_autofree char *xpath =
        g_strconcat(which, " and @operation='monitor' and @interval='0' and @rc-code='0']", NULL);
    g_autoptr(GError) why = NULL;
    g_autoptr(xmlDoc) found = cluster_cib_find(xpath, deadline, &why);
    gboolean there = FALSE;

    if (why != NULL) {
        g_propagate_error(error, g_steal_pointer(&why));
        return FALSE;
    }
    return found == NULL ||
           cluster_cib_change("--delete", xpath, NULL, resource != NULL ? resource : "the history", deadline,
                              &there, error);
}

gboolean cluster_history_forget_surprise(const char *resource, OcfDeadline deadline, GError **error)
{
    return forget(resource, deadline, error);
}

gboolean cluster_history_forget_surprises(OcfDeadline deadline, GError **error)
{
    return forget(NULL, deadline, error);
}
