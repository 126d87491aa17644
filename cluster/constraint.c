/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Location constraints of our own, which expire: a node that is avoided, and a wish to move. */
#include "cluster/cluster.h"
#include "cluster/tool.h"

#include <string.h>

#define AVOID CLUSTER_AVOID_PREFIX
#define WISH "wherry-move-"

/* ---- avoiding a node ------------------------------------------------------------------------------- */

/* An XML id has fewer characters than a node's name may have. */
static char *id_of(const char *prefix, const char *resource, const char *node)
{
    g_autofree char *id =
        node != NULL ? g_strconcat(prefix, resource, "-", node, NULL) : g_strconcat(prefix, resource, NULL);

    for (char *at = id; *at != '\0'; at++)
        if (!g_ascii_isalnum(*at) && strchr("-_.", *at) == NULL)
            *at = '_';
    return g_steal_pointer(&id);
}

static char *print(const char *id, const char *resource, const char *node, const char *score, gint64 end_s)
{
    g_autoptr(GDateTime) end = g_date_time_new_from_unix_utc(end_s);
    g_autofree char *until = g_date_time_format(end, "%Y-%m-%d %H:%M:%SZ");

    return g_markup_printf_escaped(
        "<rsc_location id=\"%s\" rsc=\"%s\"><rule id=\"%s-rule\" score=\"%s\" boolean-op=\"and\">"
        "<expression id=\"%s-node\" attribute=\"#uname\" operation=\"eq\" value=\"%s\"/>"
        "<date_expression id=\"%s-until\" operation=\"lt\" end=\"%s\"/></rule></rsc_location>",
        id, resource, id, score, id, node, id, until);
}

static gboolean add(const char *id, const char *resource, const char *node, const char *score,
                    gint64 duration_s, OcfDeadline deadline, GError **error)
{
    gint64 end_s = g_get_real_time() / G_USEC_PER_SEC + duration_s;
    g_autofree char *one = print(id, resource, node, score, end_s);
    g_autofree char *xml = g_strdup_printf("<constraints>%s</constraints>", one);
    gboolean found = FALSE;

    return cluster_cib_change("--modify", "/cib/configuration/constraints", xml, resource, deadline, &found,
                              error);
}

gboolean cluster_avoid(const char *resource, const char *node, gint64 duration_s, OcfDeadline deadline,
                       GError **error)
{
    g_autofree char *id = id_of(AVOID, resource, node);

    return add(id, resource, node, "-INFINITY", duration_s, deadline, error);
}

/* What is looked for, and what was found. */
typedef struct {
    const char *prefix;
    const char *resource, *node; /* NULL: any */
    gboolean expired;            /* only those that are */
    GPtrArray *ids;
    GHashTable *resources; /* those that have one; a set, or NULL where nobody asks */
    gint64 first_end_s;    /* 0: none */
} Found;

static void read_end(xmlNode *node, gpointer data)
{
    g_autofree char *text = cluster_xml_attribute(node, "end");

    *(gint64 *)data = cluster_seconds_of(text);
}

static void read_one(xmlNode *node, gpointer data)
{
    Found *found = data;
    g_autofree char *id = cluster_xml_attribute(node, "id");
    g_autofree char *resource = cluster_xml_attribute(node, "rsc");
    gint64 end_s = 0;

    if (id == NULL || !g_str_has_prefix(id, found->prefix) || resource == NULL)
        return;
    cluster_xml_each(node, "date_expression", read_end, &end_s);
    g_autofree char *wanted = found->node != NULL ? id_of(found->prefix, resource, found->node) : NULL;
    gboolean is_over = end_s <= g_get_real_time() / G_USEC_PER_SEC;
    if ((found->resource != NULL && strcmp(resource, found->resource) != 0) ||
        (wanted != NULL && strcmp(id, wanted) != 0) || (found->expired && !is_over))
        return;
    g_ptr_array_add(found->ids, g_steal_pointer(&id));
    if (found->resources != NULL)
        g_hash_table_add(found->resources, g_strdup(resource));
    if (!is_over && (found->first_end_s == 0 || end_s < found->first_end_s))
        found->first_end_s = end_s;
}

static gboolean find(Found *found, OcfDeadline deadline, GError **error)
{
    g_autoptr(GError) why = NULL;
    g_autoptr(xmlDoc) document = cluster_cib_find("/cib/configuration/constraints", deadline, &why);

    found->ids = g_ptr_array_new_with_free_func(g_free);
    if (why != NULL) {
        g_propagate_error(error, g_steal_pointer(&why));
        return FALSE;
    }
    if (document != NULL)
        cluster_xml_each((xmlNode *)document, "rsc_location", read_one, found);
    return TRUE;
}

static gboolean end(Found *found, OcfDeadline deadline, GError **error)
{
    gboolean done = find(found, deadline, error), there = FALSE;
    g_autoptr(GPtrArray) ids = found->ids;

    for (guint i = 0; done && i < ids->len; i++) {
        g_autofree char *quoted = cluster_xpath_string(ids->pdata[i]);
        g_autofree char *xpath = g_strdup_printf("//rsc_location[@id=%s]", quoted);
        done = cluster_cib_change("--delete", xpath, NULL, "the constraint", deadline, &there, error);
    }
    return done;
}

gboolean cluster_avoid_end(const char *resource, const char *node, gboolean expired, OcfDeadline deadline,
                           GError **error)
{
    Found found = {.prefix = AVOID, .resource = resource, .node = node, .expired = expired};

    return end(&found, deadline, error);
}

gboolean cluster_avoid_end_stopped(OcfDeadline deadline, GError **error)
{
    g_autoptr(GHashTable) resources = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    Found found = {.prefix = AVOID, .resources = resources};
    gboolean done = find(&found, deadline, error);

    g_ptr_array_unref(found.ids);
    if (!done || g_hash_table_size(resources) == 0)
        return done;
    g_autoptr(GPtrArray) standings = cluster_standings_read(deadline, error);
    for (guint i = 0; standings != NULL && done && i < standings->len; i++) {
        const ClusterStanding *standing = standings->pdata[i];
        /* one that is not managed is being settled, and shown as stopped while its history is erased */
        if (standing->nodes->len == 0 && standing->managed && g_hash_table_contains(resources, standing->id))
            done = cluster_avoid_end(standing->id, NULL, FALSE, deadline, error);
    }
    return standings != NULL && done;
}

gint64 cluster_avoid_until(const char *resource, OcfDeadline deadline)
{
    Found found = {.prefix = AVOID, .resource = resource};

    find(&found, deadline, NULL);
    g_ptr_array_unref(found.ids);
    return found.first_end_s;
}

/* ---- a wish ---------------------------------------------------------------------------------------- */

char *cluster_wish_id(const char *resource)
{
    return id_of(WISH, resource, NULL);
}

char *cluster_wish_print(const char *resource, const char *node, gboolean away, gint64 end_s)
{
    g_autofree char *id = cluster_wish_id(resource);

    return print(id, resource, node, away ? "-INFINITY" : "INFINITY", end_s);
}

gboolean cluster_wish(const char *resource, const char *node, gboolean away, gint64 duration_s,
                      OcfDeadline deadline, GError **error)
{
    g_autofree char *id = cluster_wish_id(resource);

    return add(id, resource, node, away ? "-INFINITY" : "INFINITY", duration_s, deadline, error);
}

gboolean cluster_wish_end(const char *resource, gboolean expired, OcfDeadline deadline, GError **error)
{
    Found found = {.prefix = WISH, .resource = resource, .expired = expired};

    return end(&found, deadline, error);
}

typedef struct {
    const GPtrArray *standings;
    GPtrArray *done; /* resources (char *) */
} Granted;

typedef struct {
    char *node;
    gboolean away;
} WishText;

static void read_score(xmlNode *rule, gpointer data)
{
    ((WishText *)data)->away = cluster_xml_says(rule, "score", "-INFINITY");
}

static void read_node(xmlNode *expression, gpointer data)
{
    WishText *text = data;

    if (text->node == NULL)
        text->node = cluster_xml_attribute(expression, "value");
}

static void judge_wish(xmlNode *constraint, gpointer data)
{
    Granted *granted = data;
    WishText text = {NULL};
    g_autofree char *id = cluster_xml_attribute(constraint, "id");
    g_autofree char *resource = cluster_xml_attribute(constraint, "rsc");

    if (id == NULL || resource == NULL || !g_str_has_prefix(id, WISH))
        return;
    cluster_xml_each(constraint, "rule", read_score, &text);
    cluster_xml_each(constraint, "expression", read_node, &text);
    const ClusterStanding *standing = cluster_standing_of(granted->standings, resource);
    gboolean settled = standing != NULL && standing->well && standing->pending == NULL;
    if (settled && (g_strcmp0(standing->nodes->pdata[0], text.node) == 0) != text.away)
        g_ptr_array_add(granted->done, g_steal_pointer(&resource));
    g_free(text.node);
}

gboolean cluster_wish_end_granted(OcfDeadline deadline, GError **error)
{
    Found found = {.prefix = WISH};
    gboolean done = find(&found, deadline, error);
    gboolean any = found.ids->len > 0;

    g_ptr_array_unref(found.ids);
    if (!done || !any)
        return done;
    g_autoptr(GPtrArray) granted_ids = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) standings = cluster_standings_read(deadline, error);
    g_autoptr(xmlDoc) document =
        standings != NULL ? cluster_cib_find("/cib/configuration/constraints", deadline, error) : NULL;
    Granted granted = {.standings = standings, .done = granted_ids};

    if (document != NULL)
        cluster_xml_each((xmlNode *)document, "rsc_location", judge_wish, &granted);
    for (guint i = 0; done && i < granted_ids->len; i++)
        done = cluster_wish_end(granted_ids->pdata[i], FALSE, deadline, error);
    return done && standings != NULL;
}
