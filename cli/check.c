/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wherry check [VM] */
#include "agent/settler.h"
#include "cli/cli.h"
#include "cli/json.h"
#include "cli/view.h"
#include "cli/vm.h"

#include <string.h>

/* Something that is wrong, why that matters, and what mends it. */
typedef struct {
    NetprefLevel level;
    char *what;
    char *where;
    char *why;
    char *command; /* NULL: nothing simple */
} Defect;

static const char *const levels[] = {
    [NETPREF_NOTE] = "note", [NETPREF_WARNING] = "warning", [NETPREF_ERROR] = "error"};

static void defect_free(gpointer data)
{
    Defect *defect = data;

    g_free(defect->what);
    g_free(defect->where);
    g_free(defect->why);
    g_free(defect->command);
    g_free(defect);
}

/* Takes COMMAND. */
static void add_defect(GPtrArray *defects, NetprefLevel level, const char *where, const char *what,
                       const char *why, char *command)
{
    Defect *defect = g_new0(Defect, 1);

    *defect = (Defect){.level = level,
                       .what = g_strdup(what),
                       .where = g_strdup(where),
                       .why = g_strdup(why),
                       .command = command};
    g_ptr_array_add(defects, defect);
}

/* ---- settings and networks ------------------------------------------------------------------------- */

/* Why a finding matters, by its kind; whatever is not here says it itself. */
static const struct {
    const char *kind, *why;
} reasons[] = {
    {"unknown_network", "as long as there is no such network this word has no effect"},
    {"malformed_network", "this word has no effect"},
    {"ordered_and_excluded", "exclusion wins, so that the network is never used"},
    {"nothing_listed", "no network is usable, so that no VM can migrate"},
    {"single_node", "a network with one node carries no migration"},
    {"nodes_missing", "VMs migrate to and from these nodes over other networks"},
    {"mtu_differs", "large packets may vanish: a migration over it would stall"},
    {"address_twice", "a migration would arrive at either node, so the address is not used"},
    {"subnets_overlap", "the nodes do not agree on what the network is, and treat it as two"},
    {"subnet_twice", "the migration may leave over the wrong interface"},
};

static const char *why_it_matters(const char *kind)
{
    for (guint i = 0; i < G_N_ELEMENTS(reasons); i++)
        if (strcmp(reasons[i].kind, kind) == 0)
            return reasons[i].why;
    return NULL;
}

/* LIST without the words that stand for no network. */
static char *known_words(const NetprefNetworks *networks, const char *list)
{
    g_auto(GStrv) words = g_strsplit_set(list, " \t\r\n\v\f", -1);
    GString *known = g_string_new(NULL);

    for (char **word = words; *word != NULL; word++) {
        g_autoptr(GPtrArray) found = netpref_networks_lookup(networks, *word, NULL);
        if (found != NULL)
            g_string_append_printf(known, "%s%s", known->len > 0 ? " " : "", *word);
    }
    return g_string_free(known, FALSE);
}

/* The command that mends FINDING about a parameter of RESOURCE, or NULL where it is about none. */
static char *mend(const NetprefFinding *finding, const NetprefNetworks *networks, const char *resource,
                  GHashTable *parameters)
{
    static const char *const lists[] = {"order", "exclude", "migration_networks",
                                        "migration_exclude_networks", NULL};
    static const char *const others[] = {"names", "ring", "unlisted", NULL};
    g_autofree char *name = g_strndup(finding->text, strcspn(finding->text, ":"));
    const char *value = resource != NULL ? g_hash_table_lookup(parameters, name) : NULL;

    if (value == NULL)
        return NULL;
    if (g_strv_contains(lists, name) && strcmp(finding->kind, "unknown_network") == 0) {
        g_autofree char *known = known_words(networks, value);
        g_autofree char *quoted = *known != '\0' ? g_shell_quote(known) : g_strdup("");
        return g_strdup_printf("pcs resource update %s %s=%s", resource, name, quoted);
    }
    if (g_strv_contains(lists, name) || g_strv_contains(others, name))
        return g_strdup_printf("pcs resource update %s %s=VALUE (now: %s)", resource, name, value);
    return NULL;
}

/* Links that are down where migrations would use them. */
static void check_links(GPtrArray *defects, const NetprefChoice *ranking)
{
    for (guint i = 0; i < netpref_choice_usable_count(ranking); i++) {
        const NetprefNetwork *network = netpref_choice_get(ranking, i)->network;
        g_autofree char *state = view_state(network);
        g_autofree char *what = g_strdup_printf("%s is %s", network->name, state);
        if (g_str_has_prefix(state, "down"))
            add_defect(defects, NETPREF_WARNING, "networks", what,
                       "migrations there take the next network, or none if there is none", NULL);
    }
}

static void check_networks(GPtrArray *defects, const ClusterNetworks *now)
{
    g_autoptr(Situation) situation = situation_new(now, now->preference->parameters);
    const char *resource = now->preference->resource;

    for (guint i = 0; i < situation->findings->len; i++) {
        const NetprefFinding *finding = situation->findings->pdata[i];
        char *command = mend(finding, situation->networks, resource, now->preference->parameters);
        add_defect(defects, finding->level, command != NULL ? resource : "networks", finding->text,
                   why_it_matters(finding->kind), command);
    }
    check_links(defects, situation->ranking);
    if (netpref_choice_usable_count(situation->ranking) == 0)
        add_defect(defects, NETPREF_ERROR, resource != NULL ? resource : "networks", "no network is usable",
                   "no VM can migrate, and no node can be drained", g_strdup("wherry network list"));
    for (guint i = 0; i < now->notes->len; i++)
        add_defect(defects, NETPREF_NOTE, "networks", now->notes->pdata[i],
                   "what is known of the networks is not complete", NULL);
    if (now->preference_known && resource == NULL)
        add_defect(defects, NETPREF_WARNING, "cluster", "there is no resource ocf:wherry:MigrationNetworks",
                   "no network can be ordered or excluded, and links that fail are noticed late",
                   g_strdup(VIEW_CREATE_PCS));
}

/* ---- VMs --------------------------------------------------------------------------------------------- */

static void check_vm_networks(GPtrArray *defects, const Vm *vm, const ClusterNetworks *now)
{
    g_autoptr(NetprefPolicy) policy = netpref_policy_new_for_vm(
        vm_parameter(vm, "migration_networks"), vm_parameter(vm, "migration_exclude_networks"));
    g_autoptr(GPtrArray) checked = netpref_policy_check(policy, now->networks);
    g_autoptr(NetprefChoice) ranking = netpref_rank(now->networks, now->policy, policy);
    g_autoptr(NetprefChoice) without = netpref_rank(now->networks, now->policy, NULL);
    const GPtrArray *lists[] = {netpref_policy_findings(policy), checked};

    for (guint i = 0; i < G_N_ELEMENTS(lists); i++)
        for (guint j = 0; j < lists[i]->len; j++) {
            const NetprefFinding *finding = lists[i]->pdata[j];
            char *command = mend(finding, now->networks, vm->id, vm->parameters);
            add_defect(defects, finding->level, vm->id, finding->text, why_it_matters(finding->kind),
                       command);
        }
    if (netpref_choice_usable_count(ranking) == 0 && netpref_choice_usable_count(without) > 0)
        add_defect(defects, NETPREF_ERROR, vm->id, "its own settings leave no usable network",
                   "it cannot migrate, and its node cannot be drained",
                   g_strdup_printf("wherry network explain %s", vm->id));
}

static void check_vm(GPtrArray *defects, const Vm *vm, const ClusterNetworks *now)
{
    g_autofree char *own_way = vm_own_way(vm);

    if (!vm_may_migrate(vm))
        add_defect(defects, NETPREF_ERROR, vm->id, "allow-migrate is not true",
                   "a move, a standby or a drain stops it and starts it again, instead of migrating it",
                   g_strdup_printf("pcs resource meta %s allow-migrate=true", vm->id));
    if (!vm_is_live_domain(vm))
        return;
    check_vm_networks(defects, vm, now);
    if (own_way != NULL) {
        g_autofree char *what = g_strdup_printf("%s alone decides where its migrations go", own_way);
        g_autofree char *name = g_strndup(own_way, strcspn(own_way, "="));
        add_defect(defects, NETPREF_NOTE, vm->id, what,
                   "order and exclusions of networks do not count for it",
                   g_strdup_printf("pcs resource update %s %s=", vm->id, name));
    }
}

static gboolean check_vms(GPtrArray *defects, const char *only, const ClusterNetworks *now, GError **error)
{
    if (only != NULL) {
        g_autoptr(Vm) vm = vm_read(only, error);
        if (vm == NULL)
            return FALSE;
        check_vm(defects, vm, now);
        if (!vm_is_live_domain(vm))
            add_defect(defects, NETPREF_NOTE, vm->id, "its agent is ocf:heartbeat:VirtualDomain",
                       "the preference of networks does not count for it", NULL);
        return TRUE;
    }
    g_autoptr(GPtrArray) vms = vm_read_all(error);
    if (vms == NULL)
        return FALSE;
    for (guint i = 0; i < vms->len; i++)
        if (vm_is_live_domain(vms->pdata[i]))
            check_vm(defects, vms->pdata[i], now);
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
        add_defect(defects, NETPREF_WARNING, drop->resource, what,
                   "the cluster neither restarts nor moves it until this is settled, which goes on by itself",
                   NULL);
        return;
    }
    if (settler_start(drop->resource, &error) != 0)
        add_defect(defects, NETPREF_WARNING, drop->resource, what,
                   "the process that dropped it is gone; another has been started to regain it",
                   g_strdup_printf("wherry check %s", drop->resource));
    else
        add_defect(defects, NETPREF_ERROR, drop->resource, what, error->message, NULL);
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
    if (only == NULL)
        check_networks(defects, now);
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
