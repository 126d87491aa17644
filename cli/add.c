/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wherry add NAME CONFIG [PARAMETER=VALUE...] */
#include "agent/config.h"
#include "agent/parameters.h"
#include "cli/carriage.h"
#include "cli/cli.h"
#include "cli/json.h"
#include "cli/view.h"
#include "cli/vm.h"

#include <stdio.h>
#include <string.h>

enum {
    ASK_MS = 20000,
    START_S = 90, /* this and the rest: as the agent's meta-data advises */
    STOP_S = 90,
    MONITOR_EVERY_S = 10,
    MONITOR_S = 30,
    MIGRATE_FROM_S = 60
};

typedef struct {
    const CliCall *call;
    const char *id, *path;
    DomainConfig *config;
    GPtrArray *parameters; /* of char *, "NAME=VALUE" */
    char *network;         /* the first one in use; NULL: not known */
    guint speed_mbits;     /* of it, or what is assumed */
    gint64 estimate_s;     /* for its memory; 0: its size is not known */
    gint64 migrate_to_s;
} Plan;

static void plan_clear(Plan *plan)
{
    domain_config_free(plan->config);
    g_clear_pointer(&plan->parameters, g_ptr_array_unref);
    g_free(plan->network);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Plan, plan_clear)

/* ---- what is wanted ------------------------------------------------------------------------------------ */

static gboolean check_id(const char *id, GError **error)
{
    if (g_regex_match_simple("^[A-Za-z_][A-Za-z0-9_.-]*$", id, G_REGEX_DOLLAR_ENDONLY, 0))
        return TRUE;
    return cli_refuse(
        error, CLI_USAGE,
        "\"%s\" cannot be the name of a resource: letters, digits, _, . and - only, and no digit, . "
        "or - first",
        id);
}

static gboolean is_parameter(const char *name)
{
    for (const OcfParameter *parameter = live_domain_parameters; parameter->name != NULL; parameter++)
        if (strcmp(parameter->name, name) == 0)
            return TRUE;
    return FALSE;
}

/* The words of the command line, with config before them. */
static gboolean read_parameters(Plan *plan, GError **error)
{
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    plan->parameters = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(plan->parameters, g_strconcat("config=", plan->path, NULL));
    g_hash_table_add(seen, g_strdup("config"));
    for (guint i = 2; i < plan->call->count; i++) {
        const char *word = plan->call->arguments[i];
        g_autofree char *name = g_strndup(word, strcspn(word, "="));
        if (strchr(word, '=') == NULL)
            return cli_refuse(error, CLI_USAGE, "\"%s\" is no PARAMETER=VALUE", word);
        if (!is_parameter(name))
            return cli_refuse(error, CLI_USAGE, "there is no parameter %s: man ocf_wherry_LiveDomain", name);
        if (!g_hash_table_add(seen, g_steal_pointer(&name)))
            return cli_refuse(error, CLI_USAGE, "%s: a parameter is given twice", word);
        g_ptr_array_add(plan->parameters, g_strdup(word));
    }
    return TRUE;
}

/* As the agent's start would judge them. */
static gboolean check_parameters(const Plan *plan, GError **error)
{
    g_autoptr(GPtrArray) environment = g_ptr_array_new_with_free_func(g_free);
    LiveDomainParameters values = {0};
    g_autoptr(GError) why = NULL;

    for (guint i = 0; i < plan->parameters->len; i++)
        g_ptr_array_add(environment,
                        g_strconcat("OCF_RESKEY_", (const char *)plan->parameters->pdata[i], NULL));
    g_ptr_array_add(environment, NULL);
    gboolean good = ocf_parameters_parse(live_domain_parameters, (char **)environment->pdata,
                                         OCF_PARSE_STRICT, &values, &why) &&
                    live_domain_parameters_check(&values, &why);
    ocf_parameters_clear(live_domain_parameters, &values);
    return good || cli_refuse(error, CLI_USAGE, "%s", why->message);
}

/* Two resources for one guest are two copies of it. */
static gboolean check_others(const Plan *plan, const GPtrArray *vms, GError **error)
{
    for (guint i = 0; i < vms->len; i++) {
        const Vm *vm = vms->pdata[i];
        const char *path = vm_parameter(vm, "config");
        g_autoptr(DomainConfig) config = path != NULL ? domain_config_read(path, NULL) : NULL;
        gboolean same =
            config != NULL && (strcmp(config->name, plan->config->name) == 0 ||
                               (*config->uuid != '\0' && strcmp(config->uuid, plan->config->uuid) == 0));
        if (strcmp(vm->id, plan->id) == 0)
            return cli_refuse(error, CLI_ERROR, "there is a resource %s already", plan->id);
        if (same || g_strcmp0(path, plan->path) == 0)
            return cli_refuse(error, CLI_UNSAFE, "%s is the resource of the VM %s already", vm->id,
                              plan->config->name);
    }
    return TRUE;
}

/* ---- how long it would take ---------------------------------------------------------------------------- */

static void estimate(Plan *plan, const ClusterNetworks *networks)
{
    plan->speed_mbits = carriage_speed(networks, &plan->network);
    if (plan->config->memory_mib > 0)
        plan->estimate_s = carriage_estimate_s(plan->config->memory_mib, plan->speed_mbits);
    plan->migrate_to_s = carriage_timeout_s(plan->estimate_s);
}

static gboolean make_plan(Plan *plan, GError **error)
{
    g_autoptr(GError) why = NULL;

    if (!check_id(plan->id, error) || !read_parameters(plan, error) || !check_parameters(plan, error))
        return FALSE;
    plan->config = domain_config_read(plan->path, &why);
    if (plan->config == NULL)
        return cli_refuse(error, why->code == OCF_ERR_INSTALLED ? CLI_NO_SUCH : CLI_CONFIG, "%s",
                          why->message);
    g_autoptr(GPtrArray) vms = vm_read_all(error);
    if (vms == NULL || !check_others(plan, vms, error))
        return FALSE;
    g_autoptr(ClusterNetworks) networks = view_read(ocf_deadline_in(VIEW_PATIENCE_MS), error);
    if (networks == NULL)
        return FALSE;
    estimate(plan, networks);
    return TRUE;
}

/* ---- doing it ------------------------------------------------------------------------------------------ */

static void print_json(const Plan *plan, const char *outcome)
{
    json_t *answer = json_object();

    json_object_set_new(answer, "vm", json_text(plan->id));
    json_object_set_new(answer, "guest", json_text(plan->config->name));
    json_object_set_new(answer, "config", json_text(plan->path));
    json_object_set_new(answer, "memory_mib", json_known((guint)plan->config->memory_mib));
    json_object_set_new(answer, "network", json_text(plan->network));
    json_object_set_new(answer, "speed_mbits", json_integer(plan->speed_mbits));
    json_object_set_new(answer, "estimate_s",
                        plan->estimate_s > 0 ? json_integer(plan->estimate_s) : json_null());
    json_object_set_new(answer, "migrate_to_timeout_s", json_integer(plan->migrate_to_s));
    json_object_set_new(answer, "outcome", json_text(outcome));
    json_answer(answer);
}

static void print_plan(const Plan *plan)
{
    g_autofree char *speed = view_speed(plan->speed_mbits);

    printf("%s: " CLUSTER_LIVE_DOMAIN " for the VM %s, allow-migrate=true\n", plan->id, plan->config->name);
    for (guint i = 0; i < plan->parameters->len; i++)
        printf("  %s\n", (const char *)plan->parameters->pdata[i]);
    printf("  start %d s, stop %d s, monitor every %d s, migrate_to %" G_GINT64_FORMAT " s", START_S, STOP_S,
           MONITOR_EVERY_S, plan->migrate_to_s);
    if (plan->estimate_s > 0)
        printf(": %" G_GUINT64_FORMAT " MiB %s%s at %s take about %" G_GINT64_FORMAT " s",
               plan->config->memory_mib, plan->network != NULL ? "by " : "over some network",
               plan->network != NULL ? plan->network : "", speed, plan->estimate_s);
    putchar('\n');
}

static gboolean create(const Plan *plan, GError **error)
{
    const ClusterOperationPlan operations[] = {
        {"start", 0, START_S},
        {"stop", 0, STOP_S},
        {"monitor", MONITOR_EVERY_S, MONITOR_S},
        {"migrate_to", 0, plan->migrate_to_s},
        {"migrate_from", 0, MIGRATE_FROM_S},
        {NULL, 0, 0},
    };
    g_autoptr(GError) why = NULL;

    if (cluster_resource_create(plan->id, CLUSTER_LIVE_DOMAIN, plan->parameters, operations,
                                ocf_deadline_in(ASK_MS), &why))
        return TRUE;
    return cli_refuse(error, why->code == OCF_ERR_PERM ? CLI_NO_PERMISSION : CLI_ERROR, "%s", why->message);
}

gboolean cli_add(CliCall *call, GError **error)
{
    g_auto(Plan) plan = {.call = call, .id = call->arguments[0], .path = call->arguments[1]};

    if (!make_plan(&plan, error) || (!call->dry_run && !create(&plan, error)))
        return FALSE;
    if (call->json) {
        print_json(&plan, call->dry_run ? "would be created" : "created");
        return TRUE;
    }
    print_plan(&plan);
    printf(call->dry_run ? "%s would be created\n" : "%s is created, and the cluster starts it: crm_mon\n",
           plan.id);
    return TRUE;
}
