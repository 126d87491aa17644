/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ocf/ocf.h"

#include <stdio.h>
#include <string.h>

enum { MS_PER_S = 1000 };

static const OcfAction *find_action(const OcfAgent *agent, const char *name)
{
    for (const OcfAction *action = agent->actions; action->name != NULL; action++)
        if (strcmp(action->name, name) == 0)
            return action;
    return NULL;
}

static void print_usage(const OcfAgent *agent)
{
    fprintf(stderr, "usage: %s {", agent->name);
    for (const OcfAction *action = agent->actions; action->name != NULL; action++)
        if (find_action(agent, action->name) == action)
            fprintf(stderr, "%s%s", action == agent->actions ? "" : "|", action->name);
    fprintf(stderr, "}\n");
}

/* A number of the environment, or OTHERWISE where it is unset or no number. */
static gint64 read_number(char **environment, const char *name, gint64 otherwise)
{
    const char *text = g_environ_getenv(environment, name);
    gint64 number = otherwise;

    if (text != NULL)
        ocf_parse_integer(text, 0, G_MAXINT, &number);
    return number;
}

void ocf_call_read(OcfCall *call, const OcfAction *action, const char *agent_name, char **environment)
{
    const char *resource = g_environ_getenv(environment, "OCF_RESOURCE_INSTANCE");
    gint64 fallback_ms = (gint64)action->timeout_s * MS_PER_S;

    *call = (OcfCall){.action = action->name};
    call->resource = resource != NULL && *resource != '\0' ? resource : agent_name;
    call->probe = read_number(environment, "OCF_RESKEY_CRM_meta_interval", 0) == 0;
    call->check_level = (gint)read_number(environment, "OCF_CHECK_LEVEL", 0);
    call->timeout_ms = read_number(environment, "OCF_RESKEY_CRM_meta_timeout", fallback_ms);
    if (call->timeout_ms == 0)
        call->timeout_ms = fallback_ms;
    call->deadline = ocf_deadline_in(call->timeout_ms - ocf_deadline_margin_ms(call->timeout_ms));
    call->local_node = g_environ_getenv(environment, "OCF_RESKEY_CRM_meta_on_node");
    call->peer = g_environ_getenv(environment, strcmp(action->name, "migrate_from") == 0
                                                   ? "OCF_RESKEY_CRM_meta_migrate_source"
                                                   : "OCF_RESKEY_CRM_meta_migrate_target");
}

/* One line, whatever an error's message holds: the resource manager reads lines. */
static void print_exit_reason(const char *reason, char **environment)
{
    const char *prefix = g_environ_getenv(environment, "OCF_EXIT_REASON_PREFIX");
    g_autofree char *line = g_strdelimit(g_strdup(reason), "\r\n", ' ');

    fprintf(stderr, "%s%s\n", prefix != NULL ? prefix : "ocf-exit-reason:", line);
}

static int fail(const OcfCall *call, const GError *error, char **environment)
{
    OcfExit status = ocf_error_exit(error);

    /* a probe that finds nothing is the normal case, not a failure to explain */
    if (status == OCF_NOT_RUNNING && call->probe)
        g_debug("%s", error->message);
    else
        print_exit_reason(error->message, environment);
    return (int)status;
}

/* An RM of another major version of the API does not mean what we mean (OCF RA API 1.1, "API Version"). */
static gboolean api_is_known(char **environment, GError **error)
{
    const char *major = g_environ_getenv(environment, "OCF_RA_VERSION_MAJOR");

    if (major == NULL || *major == '\0' || strcmp(major, "1") == 0)
        return TRUE;
    g_set_error(error, OCF_ERROR, OCF_ERR_GENERIC,
                "OCF RA API version %s is not supported; this agent speaks 1.1", major);
    return FALSE;
}

static int run(const OcfAgent *agent, const OcfAction *action, char **environment)
{
    g_autoptr(GError) error = NULL;
    g_autofree void *parameters = g_malloc0(agent->parameters_size);
    OcfCall call;
    int status = OCF_SUCCESS;

    ocf_call_read(&call, action, agent->name, environment);
    call.parameters = parameters;
    g_autofree char *who = g_strdup_printf("%s(%s)", agent->name, call.resource);
    ocf_log_init(who, environment);

    if (!api_is_known(environment, &error) ||
        !ocf_parameters_parse(agent->parameters, environment, action->parse, parameters, &error) ||
        !action->run(&call, &error))
        status = fail(&call, error, environment);
    ocf_parameters_clear(agent->parameters, parameters);
    return status;
}

int ocf_agent_main(const OcfAgent *agent, int argc, char **argv, char **environment)
{
    const OcfAction *action = argc > 1 ? find_action(agent, argv[1]) : NULL;

    if (action == NULL) {
        print_usage(agent);
        return OCF_ERR_UNIMPLEMENTED;
    }
    if (action->run != NULL)
        return run(agent, action, environment);

    /* meta-data: must touch neither the cluster nor libvirt, the controller waits for it */
    g_autoptr(GString) xml = ocf_agent_metadata(agent);
    if (fputs(xml->str, stdout) == EOF || fflush(stdout) == EOF) {
        print_exit_reason("cannot write the meta-data to standard output", environment);
        return OCF_ERR_GENERIC;
    }
    return OCF_SUCCESS;
}
