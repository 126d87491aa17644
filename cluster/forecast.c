/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the cluster would do with a resource, asked of crm_simulate. */
#include "cluster/cluster.h"
#include "cluster/tool.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

static void remove_drop(xmlNode *set, gpointer data)
{
    g_autofree char *id = cluster_xml_attribute(set, "id");
    g_autofree char *drop_id = g_strconcat(data, "-wherry-drop", NULL);

    if (g_strcmp0(id, drop_id) == 0)
        for (xmlNode *pair = set->children; pair != NULL; pair = pair->next)
            if (pair->type == XML_ELEMENT_NODE)
                xmlSetProp(pair, (const xmlChar *)"name", (const xmlChar *)"wherry-gone");
}

typedef struct {
    const char *resource;
    char *target;   /* of the move that is taken for done; NULL: none is */
    gint64 began_s; /* when that began: a new DC may have asked for it once more */
    char *what;
} Forecast;

/* Makes the record of a migrate_to that is under way one of its success. crm_simulate could be handed the
 * result
 * (--op-inject), but 2.1.5 crashes upon that where it is to print XML. */
static void complete_move(xmlNode *operation, gpointer data)
{
    Forecast *forecast = data;
    g_autofree char *key = cluster_xml_attribute(operation, "transition-key");
    g_autofree char *magic = g_strconcat("0:0;", key, NULL);

    if (!cluster_xml_says(operation, "operation", "migrate_to") ||
        !cluster_xml_says(operation, "op-status", "-1") || forecast->target != NULL)
        return;
    forecast->target = cluster_xml_attribute(operation, "migrate_target");
    xmlSetProp(operation, (const xmlChar *)"op-status", (const xmlChar *)"0");
    xmlSetProp(operation, (const xmlChar *)"rc-code", (const xmlChar *)"0");
    xmlSetProp(operation, (const xmlChar *)"transition-magic", (const xmlChar *)magic);
    /* the results of a node are sorted by this, and one that is under way has none yet */
    xmlSetProp(operation, (const xmlChar *)"call-id", (const xmlChar *)"2000000000");
    /* and those of several nodes by this: a probe of the target while the guest travels says "not running" */
    g_autofree char *now = g_strdup_printf("%" G_GINT64_FORMAT, g_get_real_time() / G_USEC_PER_SEC);
    xmlSetProp(operation, (const xmlChar *)"last-rc-change", (const xmlChar *)now);
}

static void complete_moves(xmlNode *resource, gpointer data)
{
    Forecast *forecast = data;

    if (cluster_xml_says(resource, "id", forecast->resource))
        cluster_xml_each(resource, "lrm_rsc_op", complete_move, forecast);
}

/* ---- a target that has forgotten ----------------------------------------------------------------------- */

/* What the nodes know of a resource. */
typedef struct {
    const Forecast *forecast;
    guint records;          /* of the node that is looked at: how many operations it has on record... */
    gboolean asked_anew;    /* ...and whether it was probed after the move had begun */
    gboolean forgotten;     /* by the target */
    gboolean target_blank;  /* it has no record at all... */
    gboolean third_has_one; /* ...and another node but the source has one */
} Memory;

static void look_at_record(xmlNode *operation, gpointer data)
{
    Memory *memory = data;
    g_autofree char *changed = cluster_xml_attribute(operation, "last-rc-change");
    gint64 at_s = 0;

    memory->records++;
    if (changed != NULL && ocf_parse_integer(changed, 0, G_MAXINT64, &at_s) &&
        cluster_xml_says(operation, "operation", "monitor") && cluster_xml_says(operation, "interval", "0") &&
        at_s > memory->forecast->began_s)
        memory->asked_anew = TRUE;
}

static void look_at_resource(xmlNode *resource, gpointer data)
{
    Memory *memory = data;

    if (cluster_xml_says(resource, "id", memory->forecast->resource))
        cluster_xml_each(resource, "lrm_rsc_op", look_at_record, memory);
}

static void find_move(xmlNode *operation, gpointer data)
{
    if (cluster_xml_says(operation, "operation", "migrate_to"))
        *(gboolean *)data = TRUE;
}

static void look_at_node(xmlNode *node, gpointer data)
{
    Memory *memory = data;
    gboolean is_source = FALSE;

    memory->records = 0;
    memory->asked_anew = FALSE;
    cluster_xml_each(node, "lrm_resource", look_at_resource, memory);
    if (cluster_xml_says(node, "uname", memory->forecast->target)) {
        /* while it joins again the CIB still has its old records; what gives it away is who wrote last: the
         * DC, upon the news of a peer (controld_callbacks.c of Pacemaker 2.1) */
        memory->forgotten = memory->asked_anew || !cluster_xml_says(node, "join", "member") ||
                            cluster_xml_says(node, "crm-debug-origin", "peer_update_callback");
        memory->target_blank = memory->records == 0;
        return;
    }
    cluster_xml_each(node, "lrm_rsc_op", find_move, &is_source);
    memory->third_has_one |= memory->records > 0 && !is_source;
}

/* TRUE if the target's executor or controller died after the move had begun. Then the cluster has to make
 * sure of the node before it goes on, and whoever changes the wish in that second has the guest restarted,
 * with nobody there to prevent it. */
static gboolean target_forgot(xmlDoc *cib, const Forecast *forecast)
{
    Memory memory = {.forecast = forecast};

    if (forecast->target == NULL)
        return FALSE;
    cluster_xml_each((xmlNode *)cib, "node_state", look_at_node, &memory);
    /* with enable-startup-probes=false no node has one */
    return memory.forgotten || (memory.target_blank && memory.third_has_one);
}

/* A file that is to be removed; NULL where it cannot be written. */
static char *write_copy(xmlDoc *cib, GError **error)
{
    g_autofree char *path = NULL;
    int fd = g_file_open_tmp("wherry-XXXXXX", &path, NULL);

    if (fd >= 0)
        close(fd);
    if (fd >= 0 && xmlSaveFile(path, cib) >= 0)
        return g_steal_pointer(&path);
    if (path != NULL)
        g_unlink(path);
    g_set_error(error, OCF_ERROR, OCF_ERR_GENERIC, "cannot write a copy of the CIB into %s", g_get_tmp_dir());
    return NULL;
}

static void unlink_copy(char *path)
{
    g_unlink(path);
    g_free(path);
}

typedef char Copy; /* the path of one */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Copy, unlink_copy)

/* What the cluster would do to the copy of a CIB. */
static xmlDoc *simulate_copy(const char *path, OcfDeadline deadline, GError **error)
{
    const char *const argv[] = {"crm_simulate", "--xml-file", path, "--run", "--output-as=xml", NULL};

    return cluster_tool_xml(argv, deadline, NULL, error);
}

static void judge_action(xmlNode *node, gpointer data)
{
    Forecast *forecast = data;
    g_autofree char *action = cluster_xml_attribute(node, "action");
    g_autofree char *resource = cluster_xml_attribute(node, "resource");
    g_autofree char *reason = cluster_xml_attribute(node, "reason");

    if (g_strcmp0(resource, forecast->resource) != 0 || action == NULL || forecast->what != NULL)
        return;
    g_autofree char *word = g_ascii_strdown(action, -1);
    static const char *const harmless[] = {"leave", "migrate", "start", "reload", "noop", NULL};
    /* from anywhere but where it has arrived: the cluster believes it elsewhere, and will be surprised */
    gboolean misled = forecast->target != NULL && !cluster_xml_says(node, "source", forecast->target) &&
                      !cluster_xml_says(node, "dest", forecast->target) && strcmp(word, "migrate") == 0;
    if (misled || !g_strv_contains(harmless, word))
        forecast->what = g_strconcat(word, reason != NULL ? ": " : "", reason, NULL);
}

/* Whoever disabled a resource wants it stopped. */
static gboolean is_disabled(const char *resource, OcfDeadline deadline)
{
    g_autoptr(GPtrArray) resources = cluster_resources_read(deadline, NULL);

    for (guint i = 0; resources != NULL && i < resources->len; i++) {
        const ClusterResource *one = resources->pdata[i];
        const char *role = g_hash_table_lookup(one->meta, "target-role");
        if (g_strcmp0(one->id, resource) == 0)
            return role != NULL && g_ascii_strcasecmp(role, "Stopped") == 0;
    }
    return FALSE;
}

/* SINCE_S: as of cluster_forecast_moved; 0: no move is taken for done. */
static gboolean simulate(const char *resource, gint64 since_s, OcfDeadline deadline, char **what,
                         GError **error)
{
    Forecast forecast = {.resource = resource, .began_s = since_s};
    g_autoptr(xmlDoc) cib = cluster_cib_read(deadline, error);

    if (cib == NULL)
        return FALSE;
    cluster_xml_each((xmlNode *)cib, "meta_attributes", remove_drop, (gpointer)resource);
    if (since_s > 0)
        cluster_xml_each((xmlNode *)cib, "lrm_resource", complete_moves, &forecast);
    g_autoptr(Copy) path = write_copy(cib, error);
    g_autoptr(xmlDoc) document = path != NULL ? simulate_copy(path, deadline, error) : NULL;
    if (document != NULL)
        cluster_xml_each((xmlNode *)document, "rsc_action", judge_action, &forecast);
    if (document != NULL && forecast.what == NULL && target_forgot(cib, &forecast))
        forecast.what = g_strdup("its target has forgotten meanwhile what it knew of it");
    g_free(forecast.target);
    if (document == NULL)
        return FALSE;
    if (forecast.what != NULL && is_disabled(resource, deadline))
        g_clear_pointer(&forecast.what, g_free);
    *what = forecast.what;
    return TRUE;
}

gboolean cluster_forecast_regain(const char *resource, OcfDeadline deadline, char **what, GError **error)
{
    return simulate(resource, 0, deadline, what, error);
}

gboolean cluster_forecast_moved(const char *resource, gint64 since_s, OcfDeadline deadline, char **what,
                                GError **error)
{
    return simulate(resource, since_s, deadline, what, error);
}

/* ---- a wish to move -------------------------------------------------------------------------------- */

typedef struct {
    const char *resource, *node;
    gboolean away;
    gint64 end_s;
} Wish;

/* What is to go, for nothing may go while the tree is walked. */
typedef struct {
    const char *id;       /* the one that is called so... */
    const char *resource; /* ...or those that keep this resource off a node */
    GPtrArray *nodes;
} Removal;

static void find_removed(xmlNode *constraint, gpointer data)
{
    Removal *removal = data;
    g_autofree char *id = cluster_xml_attribute(constraint, "id");
    gboolean avoids = id != NULL && g_str_has_prefix(id, CLUSTER_AVOID_PREFIX) && removal->resource != NULL &&
                      cluster_xml_says(constraint, "rsc", removal->resource);

    if (avoids || (removal->id != NULL && g_strcmp0(id, removal->id) == 0))
        g_ptr_array_add(removal->nodes, constraint);
}

static void remove_constraints(xmlDoc *cib, const char *id, const char *resource)
{
    g_autoptr(GPtrArray) nodes = g_ptr_array_new();
    Removal removal = {.id = id, .resource = resource, .nodes = nodes};

    cluster_xml_each((xmlNode *)cib, "rsc_location", find_removed, &removal);
    for (guint i = 0; i < nodes->len; i++) {
        xmlUnlinkNode(nodes->pdata[i]);
        xmlFreeNode(nodes->pdata[i]);
    }
}

static void add_wish(xmlNode *constraints, gpointer data)
{
    const Wish *wish = data;
    g_autofree char *xml = cluster_wish_print(wish->resource, wish->node, wish->away, wish->end_s);
    xmlNode *made = NULL;

    if (xmlParseInNodeContext(constraints, xml, (int)strlen(xml), 0, &made) == XML_ERR_OK)
        xmlAddChildList(constraints, made);
}

static void read_action(xmlNode *node, gpointer data)
{
    ClusterMoveForecast *forecast = data;
    g_autofree char *action = cluster_xml_attribute(node, "action");

    if (action == NULL || !cluster_xml_says(node, "resource", forecast->resource) || forecast->action != NULL)
        return;
    forecast->action = g_ascii_strdown(action, -1);
    forecast->target = cluster_xml_attribute(node, "dest");
    forecast->reason = cluster_xml_attribute(node, "reason");
}

void cluster_move_forecast_clear(ClusterMoveForecast *forecast)
{
    g_free(forecast->resource);
    g_free(forecast->action);
    g_free(forecast->target);
    g_free(forecast->reason);
    g_free(forecast->back);
}

/* Plays it in the copy at PATH, which then is what has become of the CIB. */
static gboolean play(const char *path, ClusterMoveForecast *forecast, OcfDeadline deadline, GError **error)
{
    const char *const argv[] = {"crm_simulate", "--xml-file",      path, "--simulate", "--save-output",
                                path,           "--output-as=xml", NULL};
    g_autoptr(xmlDoc) document = cluster_tool_xml(argv, deadline, NULL, error);

    if (document == NULL)
        return FALSE;
    cluster_xml_each((xmlNode *)document, "rsc_action", read_action, forecast);
    return TRUE;
}

/* Where the cluster would move it on once the wish is over; NULL: nowhere. */
static gboolean play_back(const char *path, ClusterMoveForecast *forecast, OcfDeadline deadline,
                          GError **error)
{
    g_auto(ClusterMoveForecast) after = {.resource = g_strdup(forecast->resource)};
    g_autofree char *id = cluster_wish_id(forecast->resource);
    g_autoptr(xmlDoc) cib = xmlReadFile(path, NULL, XML_PARSE_NONET | XML_PARSE_NOERROR);

    if (cib == NULL) {
        g_set_error(error, OCF_ERROR, OCF_ERR_GENERIC, "crm_simulate left no CIB in %s", path);
        return FALSE;
    }
    remove_constraints(cib, id, NULL);
    g_autoptr(Copy) next = write_copy(cib, error);
    if (next == NULL || !play(next, &after, deadline, error))
        return FALSE;
    if (after.target != NULL && g_strcmp0(after.target, forecast->target) != 0)
        forecast->back = g_steal_pointer(&after.target);
    return TRUE;
}

gboolean cluster_forecast_wish(const char *resource, const char *node, gboolean away, OcfDeadline deadline,
                               ClusterMoveForecast *forecast, GError **error)
{
    Wish wish = {.resource = resource, .node = node, .away = away, .end_s = G_MAXINT32};
    g_autoptr(xmlDoc) cib = cluster_cib_read(deadline, error);

    *forecast = (ClusterMoveForecast){.resource = g_strdup(resource)};
    if (cib == NULL)
        return FALSE;
    remove_constraints(cib, NULL, resource);
    cluster_xml_each((xmlNode *)cib, "constraints", add_wish, &wish);
    g_autoptr(Copy) path = write_copy(cib, error);
    if (path == NULL || !play(path, forecast, deadline, error))
        return FALSE;
    return forecast->target == NULL || play_back(path, forecast, deadline, error);
}

/* ---- a node in standby --------------------------------------------------------------------------------- */

static void put_into_standby(xmlNode *node, gpointer data)
{
    if (!cluster_xml_says(node, "uname", data))
        return;
    xmlNode *set = xmlNewChild(node, NULL, (const xmlChar *)"instance_attributes", NULL);
    xmlNewProp(set, (const xmlChar *)"id", (const xmlChar *)"wherry-standby");
    xmlNewProp(set, (const xmlChar *)"score", (const xmlChar *)"INFINITY"); /* before other sets */
    xmlNode *pair = xmlNewChild(set, NULL, (const xmlChar *)"nvpair", NULL);
    xmlNewProp(pair, (const xmlChar *)"id", (const xmlChar *)"wherry-standby-on");
    xmlNewProp(pair, (const xmlChar *)"name", (const xmlChar *)"standby");
    xmlNewProp(pair, (const xmlChar *)"value", (const xmlChar *)"on");
}

static void free_forecast(gpointer data)
{
    cluster_move_forecast_clear(data);
    g_free(data);
}

static void add_action(xmlNode *node, gpointer data)
{
    GPtrArray *forecasts = data;
    g_autofree char *resource = cluster_xml_attribute(node, "resource");
    g_autofree char *action = cluster_xml_attribute(node, "action");

    for (guint i = 0; i < forecasts->len; i++)
        if (g_strcmp0(((const ClusterMoveForecast *)forecasts->pdata[i])->resource, resource) == 0)
            return;
    if (resource == NULL || action == NULL)
        return;
    ClusterMoveForecast *forecast = g_new0(ClusterMoveForecast, 1);
    forecast->resource = g_steal_pointer(&resource);
    read_action(node, forecast);
    g_ptr_array_add(forecasts, forecast);
}

GPtrArray *cluster_forecast_standby(const char *node, OcfDeadline deadline, GError **error)
{
    g_autoptr(xmlDoc) cib = cluster_cib_read(deadline, error);

    if (cib == NULL)
        return NULL;
    cluster_xml_each((xmlNode *)cib, "node", put_into_standby, (gpointer)node);
    g_autoptr(Copy) path = write_copy(cib, error);
    g_autoptr(xmlDoc) document = path != NULL ? simulate_copy(path, deadline, error) : NULL;
    if (document == NULL)
        return NULL;
    GPtrArray *forecasts = g_ptr_array_new_with_free_func(free_forecast);
    cluster_xml_each((xmlNode *)document, "rsc_action", add_action, forecasts);
    return forecasts;
}
