/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wherry limit migrations [N|off] [--node NODE]: for all nodes it is Pacemaker's migration-limit, which
 * counts a migration at its source and at its target (te_update_job_count in
 * daemons/controld/controld_te_actions.c of 2.1); for one node, what the agents keep to. wherry limit
 * incoming [on|off] --node NODE. */
#include "cli/cli.h"
#include "cli/json.h"
#include "cli/view.h"

#include <stdio.h>
#include <string.h>

enum { NODE, ASK_MS = 20000, LIMIT_MOST = 1000 };

static ClusterLimits *read_limits(GError **error)
{
    g_autoptr(GError) why = NULL;
    ClusterLimits *limits = cluster_limits_read(ocf_deadline_in(ASK_MS), &why);

    if (limits == NULL)
        view_unreachable(why, error);
    return limits;
}

/* NULL with ERROR where there is no such node. */
static const ClusterNodeLimits *find_node(const ClusterLimits *limits, const char *name, GError **error)
{
    const ClusterNodeLimits *node = cluster_limits_find(limits, name);

    if (node == NULL)
        cli_refuse(error, CLI_NO_SUCH, "there is no node %s", name);
    return node;
}

static gboolean changed(gboolean done, const GError *why, GError **error)
{
    return done ||
           cli_refuse(error, why->code == OCF_ERR_PERM ? CLI_NO_PERMISSION : CLI_ERROR, "%s", why->message);
}

/* ---- migrations ---------------------------------------------------------------------------------------- */

/* "2", or "none". To be freed. */
static char *words_of(gint64 number)
{
    return number > 0 ? g_strdup_printf("%" G_GINT64_FORMAT, number) : g_strdup("none");
}

static json_t *json_of(gint64 number)
{
    return number > 0 ? json_integer(number) : json_null();
}

static void tell_limits_json(const ClusterLimits *limits)
{
    json_t *answer = json_object(), *nodes = json_object();

    for (guint i = 0; i < limits->nodes->len; i++) {
        const ClusterNodeLimits *node = limits->nodes->pdata[i];
        if (node->migrations > 0)
            json_object_set_new(nodes, node->name, json_integer(node->migrations));
    }
    json_object_set_new(answer, "migrations", json_of(limits->migrations));
    json_object_set_new(answer, "nodes", nodes);
    json_object_set_new(answer, "changed", json_false());
    json_answer(answer);
}

static void tell_limits(const CliCall *call, const ClusterLimits *limits)
{
    g_autofree char *words = words_of(limits->migrations);

    if (call->json) {
        tell_limits_json(limits);
        return;
    }
    printf("migrations of a node at once, incoming and outgoing: %s\n", words);
    for (guint i = 0; i < limits->nodes->len; i++) {
        const ClusterNodeLimits *node = limits->nodes->pdata[i];
        if (node->migrations > 0)
            printf("of %s: %" G_GINT64_FORMAT "\n", node->name, node->migrations);
    }
}

static void tell_change(const CliCall *call, const char *node, gint64 before, gint64 now)
{
    g_autofree char *was = words_of(before), *is = words_of(now);

    if (call->json) {
        json_t *answer = json_object();
        if (node != NULL)
            json_object_set_new(answer, "node", json_text(node));
        json_object_set_new(answer, "migrations", json_of(now));
        json_object_set_new(answer, "changed", json_boolean(!call->dry_run && before != now));
        json_answer(answer);
        return;
    }
    printf("migrations of %s at once, incoming and outgoing: %s (was: %s)%s\n",
           node != NULL ? node : "a node", is, was, call->dry_run ? ", if it were changed" : "");
}

/* Pacemaker would not let a node go beyond its own limit. */
static gboolean check_number(const ClusterLimits *limits, const char *node, gint64 number, GError **error)
{
    return node == NULL || limits->migrations == 0 || number <= limits->migrations ||
           cli_refuse(error, CLI_CONFIG,
                      "%s cannot take part in %" G_GINT64_FORMAT
                      " migrations at once while the limit of all nodes is "
                      "%" G_GINT64_FORMAT ": wherry limit migrations %" G_GINT64_FORMAT,
                      node, number, limits->migrations, number);
}

gboolean cli_limit_migrations(CliCall *call, GError **error)
{
    const char *wanted = call->count > 0 ? call->arguments[0] : NULL, *name = call->options[NODE];
    g_autoptr(GError) why = NULL;
    gint64 number = 0;

    if (wanted != NULL && strcmp(wanted, "off") != 0 && !ocf_parse_integer(wanted, 1, LIMIT_MOST, &number))
        return cli_refuse(error, CLI_USAGE, "\"%s\" is neither a number from 1 to %d nor off", wanted,
                          LIMIT_MOST);
    g_autoptr(ClusterLimits) limits = read_limits(error);
    const ClusterNodeLimits *node = limits != NULL && name != NULL ? find_node(limits, name, error) : NULL;
    if (limits == NULL || (name != NULL && node == NULL))
        return FALSE;
    gint64 before = node != NULL ? node->migrations : limits->migrations;
    if (wanted == NULL && node != NULL) {
        gint64 holds = cluster_limit_of(limits, name);
        tell_change(call, name, holds, holds);
        return TRUE;
    }
    if (wanted == NULL) {
        tell_limits(call, limits);
        return TRUE;
    }
    if (!check_number(limits, name, number, error))
        return FALSE;
    if (!call->dry_run && before != number &&
        !changed(cluster_limit_set(name, number, ocf_deadline_in(ASK_MS), &why), why, error))
        return FALSE;
    tell_change(call, name, before, number);
    return TRUE;
}

/* ---- incoming ------------------------------------------------------------------------------------------ */

static void tell_incoming(const CliCall *call, const ClusterLimits *limits, const char *only,
                          gboolean refuses, gboolean done)
{
    json_t *answer = json_object(), *nodes = json_object();

    for (guint i = 0; i < limits->nodes->len; i++) {
        const ClusterNodeLimits *node = limits->nodes->pdata[i];
        gboolean off = only != NULL ? refuses : node->refuses;
        if (only != NULL && strcmp(only, node->name) != 0)
            continue;
        json_object_set_new(nodes, node->name, json_boolean(!off));
        if (!call->json)
            printf("%s takes in %smigrations%s\n", node->name, off ? "no " : "",
                   call->dry_run && only != NULL ? ", if it were changed" : "");
    }
    json_object_set_new(answer, "incoming", nodes);
    json_object_set_new(answer, "changed", json_boolean(done));
    if (call->json)
        json_answer(answer);
    else
        json_decref(answer);
}

gboolean cli_limit_incoming(CliCall *call, GError **error)
{
    const char *wanted = call->count > 0 ? call->arguments[0] : NULL, *name = call->options[NODE];
    gboolean off = g_strcmp0(wanted, "off") == 0;
    g_autoptr(GError) why = NULL;

    if (wanted != NULL && !off && strcmp(wanted, "on") != 0)
        return cli_refuse(error, CLI_USAGE, "\"%s\" is neither on nor off", wanted);
    if (wanted != NULL && name == NULL)
        return cli_refuse(error, CLI_USAGE, "for which node? --node NODE");
    g_autoptr(ClusterLimits) limits = read_limits(error);
    const ClusterNodeLimits *node = limits != NULL && name != NULL ? find_node(limits, name, error) : NULL;
    if (limits == NULL || (name != NULL && node == NULL))
        return FALSE;
    gboolean changes = wanted != NULL && node->refuses != off && !call->dry_run;
    if (changes && !changed(cluster_node_refuse(name, off, ocf_deadline_in(ASK_MS), &why), why, error))
        return FALSE;
    tell_incoming(call, limits, name, wanted != NULL ? off : node != NULL && node->refuses, changes);
    return TRUE;
}
