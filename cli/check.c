/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wherry check [VM] */
#include "cli/check.h"

#include "agent/settler.h"
#include "cli/cli.h"
#include "cli/json.h"

#include <string.h>

static const char *const levels[] = {
    [NETPREF_NOTE] = "note", [NETPREF_WARNING] = "warning", [NETPREF_ERROR] = "error"};

void defect_free(gpointer data)
{
    Defect *defect = data;

    g_free(defect->what);
    g_free(defect->where);
    g_free(defect->why);
    g_free(defect->command);
    g_free(defect);
}

void defect_add(GPtrArray *defects, NetprefLevel level, const char *where, const char *what, const char *why,
                char *command)
{
    Defect *defect = g_new0(Defect, 1);

    *defect = (Defect){.level = level,
                       .what = g_strdup(what),
                       .where = g_strdup(where),
                       .why = g_strdup(why),
                       .command = command};
    g_ptr_array_add(defects, defect);
}

/* Only the one that is asked about, or all of LiveDomain. */
static GPtrArray *read_vms(const char *only, GError **error)
{
    GPtrArray *vms = NULL;

    if (only == NULL) {
        vms = vm_read_all(error);
        for (guint i = vms != NULL ? vms->len : 0; i > 0; i--)
            if (!vm_is_live_domain(vms->pdata[i - 1]))
                g_ptr_array_remove_index(vms, i - 1);
        return vms;
    }
    Vm *vm = vm_read(only, error);
    if (vm == NULL)
        return NULL;
    vms = g_ptr_array_new_with_free_func((GDestroyNotify)cluster_resource_free);
    g_ptr_array_add(vms, vm);
    return vms;
}

static gboolean check_vms(GPtrArray *defects, const char *only, const ClusterNetworks *now, GError **error)
{
    g_autoptr(GPtrArray) vms = read_vms(only, error);

    for (guint i = 0; vms != NULL && i < vms->len; i++)
        check_vm(defects, vms->pdata[i], now);
    if (vms == NULL || !check_constraints(defects, vms, error))
        return FALSE;
    /* one VM's way to the hosts is mostly that of all */
    for (guint i = 0; i < vms->len; i++)
        if (vm_hosts_can_be_asked(vms->pdata[i]))
            return check_hosts(defects, vms->pdata[i], only != NULL, now->local_node, error);
    return TRUE;
}

/* ---- dropped HA status --------------------------------------------------------------------------------- */

/* Its owner works at it, or it has none any more: then a settler is started, which verifies where the guest
 * runs and regains it. What an administrator has set is no drop of ours and not looked at. */
static void check_drop(GPtrArray *defects, const ClusterDrop *drop, const char *local_node)
{
    gboolean orphan = cluster_drop_is_orphan(drop, local_node);
    g_autoptr(GDateTime) since = g_date_time_new_from_unix_local(drop->since_s);
    g_autofree char *when = since != NULL ? g_date_time_format(since, "%F %T") : g_strdup("?");
    g_autofree char *what = g_strdup_printf("its HA status is dropped since %s by %s: %s", when,
                                            *drop->node != '\0' ? drop->node : "somebody", drop->reason);
    g_autoptr(GError) error = NULL;

    if (!orphan || settler_is_at_work(drop->resource)) {
        defect_add(defects, NETPREF_WARNING, drop->resource, what,
                   "the cluster neither restarts nor moves it until this is settled, which goes on by itself",
                   NULL);
        return;
    }
    if (settler_start(drop->resource, &error) != 0)
        defect_add(defects, NETPREF_WARNING, drop->resource, what,
                   "the process that dropped it is gone; another has been started to regain it",
                   g_strdup_printf("wherry check %s", drop->resource));
    else
        defect_add(defects, NETPREF_ERROR, drop->resource, what, error->message, NULL);
}

static gboolean check_drops(GPtrArray *defects, const char *only, const char *local_node, GError **error)
{
    g_autoptr(GPtrArray) drops = cluster_ha_drops(only, ocf_deadline_in(VIEW_PATIENCE_MS), error);

    for (guint i = 0; drops != NULL && i < drops->len; i++)
        check_drop(defects, drops->pdata[i], local_node);
    return drops != NULL;
}

/* ---- telling it ---------------------------------------------------------------------------------------- */

static gint compare_defects(gconstpointer a, gconstpointer b)
{
    const Defect *const *first = a, *const *second = b;

    if ((*first)->level != (*second)->level)
        return (gint)(*second)->level - (gint)(*first)->level;
    return strcmp((*first)->where, (*second)->where);
}

static void print_text(const GPtrArray *defects)
{
    for (guint i = 0; i < defects->len; i++) {
        const Defect *defect = defects->pdata[i];
        printf("%s: %s: %s\n", levels[defect->level], defect->where, defect->what);
        if (defect->why != NULL)
            printf("    why it matters: %s\n", defect->why);
        if (defect->command != NULL)
            printf("    to mend it: %s\n", defect->command);
    }
    if (defects->len == 0)
        puts("nothing to mend");
}

static void print_json(const GPtrArray *defects)
{
    json_t *answer = json_object(), *list = json_array();

    for (guint i = 0; i < defects->len; i++) {
        const Defect *defect = defects->pdata[i];
        json_t *one = json_object();
        json_object_set_new(one, "level", json_string(levels[defect->level]));
        json_object_set_new(one, "where", json_text(defect->where));
        json_object_set_new(one, "what", json_text(defect->what));
        json_object_set_new(one, "why", json_text(defect->why));
        json_object_set_new(one, "command", json_text(defect->command));
        json_array_append_new(list, one);
    }
    json_object_set_new(answer, "findings", list);
    json_answer(answer);
}

gboolean cli_check(CliCall *call, GError **error)
{
    const char *only = call->count > 0 ? call->arguments[0] : NULL;
    g_autoptr(ClusterNetworks) now = view_read(ocf_deadline_in(VIEW_PATIENCE_MS), error);
    g_autoptr(GPtrArray) defects = g_ptr_array_new_with_free_func(defect_free);

    if (now == NULL || !check_vms(defects, only, now, error) ||
        !check_drops(defects, only, now->local_node, error))
        return FALSE;
    check_certificates(defects, now->local_node);
    if (only == NULL)
        check_networks(defects, now);
    if (only == NULL && !check_cluster(defects, error))
        return FALSE;
    g_ptr_array_sort(defects, compare_defects);
    if (call->json)
        print_json(defects);
    else
        print_text(defects);
    for (guint i = 0; i < defects->len; i++)
        if (((const Defect *)defects->pdata[i])->level == NETPREF_ERROR)
            call->status = CLI_CONFIG;
    return TRUE;
}
