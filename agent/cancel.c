/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/cancel.h"

#include "agent/other_end.h"

#include <string.h>

enum { CONNECT_MS = 10000, ASK_MS = 3000, AGAIN_MS = 200 };

/* ---- the wish ---------------------------------------------------------------------------------------- */

static char *attribute_of(const char *resource)
{
    return g_strconcat("wherry-cancel-", resource, NULL);
}

static gboolean wish(const Report *report, const char *value, OcfDeadline deadline, GError **error)
{
    g_autofree char *name = attribute_of(report->resource);

    return cluster_attribute_set(name, CLUSTER_ATTRIBUTE_PRIVATE, report->source, value, deadline, error);
}

void cancel_forget(const Report *report, OcfDeadline deadline)
{
    g_autoptr(GError) error = NULL;

    if (!wish(report, NULL, deadline, &error))
        g_debug("%s", error->message); /* it is about no other migration */
}

gboolean cancel_is_wished(const char *resource, const char *id, OcfDeadline deadline)
{
    g_autofree char *name = attribute_of(resource);
    g_autoptr(GHashTable) values = cluster_attribute_read(name, deadline, NULL);
    GHashTableIter iter;
    gpointer value;

    if (values == NULL)
        return FALSE;
    g_hash_table_iter_init(&iter, values);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        if (strcmp(value, id) == 0)
            return TRUE;
    return FALSE;
}

/* ---- the job ------------------------------------------------------------------------------------------- */

/* As the agent would get them from Pacemaker. */
static char **environment_of(const ClusterResource *resource)
{
    GPtrArray *environment = g_ptr_array_new();
    GHashTableIter iter;
    gpointer name, value;

    g_hash_table_iter_init(&iter, resource->parameters);
    while (g_hash_table_iter_next(&iter, &name, &value))
        g_ptr_array_add(environment, g_strdup_printf("OCF_RESKEY_%s=%s", (char *)name, (char *)value));
    g_ptr_array_add(environment, NULL);
    return (char **)g_ptr_array_free(environment, FALSE);
}

static gboolean connect(const LiveDomainParameters *parameters, const char *guest, const char *source,
                        const char *local_node, OtherEnd *there, GError **error)
{
    OcfDeadline deadline = ocf_deadline_in(CONNECT_MS);

    if (strcmp(source, local_node) == 0)
        return other_end_open(parameters->hypervisor, guest, deadline, there, error);
    if (*parameters->remoteuri != '\0') {
        g_set_error(error, OCF_ERROR, OCF_ERR_GENERIC,
                    "remoteuri names one hypervisor alone, so %s cannot be asked from here: run this on %s",
                    source, source);
        return FALSE;
    }
    g_autoptr(Hypervisor) here = hypervisor_new(parameters->hypervisor);
    g_autofree char *local_uri = other_end_local_uri(parameters, here, deadline, error);
    return local_uri != NULL &&
           other_end_connect(parameters, local_uri, NULL, source, guest, deadline, there, error);
}

/* Until there is none, by libvirt's own answer. */
static gboolean abort_job(OtherEnd *there, const char *guest, OcfDeadline deadline, gboolean *done,
                          GError **error)
{
    g_autoptr(GError) why = NULL;

    do {
        DomainLook look = {0};
        DomainJob job = {0};
        OcfDeadline until = ocf_deadline_in(ASK_MS);

        g_clear_error(&why);
        if (!domain_look(there->hypervisor, guest, until, &look, error))
            return FALSE;
        if (!look.present)
            return TRUE;
        if (!domain_job(there->hypervisor, guest, until, &job, error))
            return FALSE;
        if (job.active && domain_abort_job(there->hypervisor, guest, until, &why)) {
            *done = TRUE;
            return TRUE;
        }
    } while (ocf_deadline_sleep(deadline, AGAIN_MS));
    if (why == NULL)
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&why));
    return FALSE;
}

gboolean cancel_migration(const ClusterResource *resource, const Report *report, const char *local_node,
                          OcfDeadline deadline, gboolean *done, GError **error)
{
    g_auto(GStrv) environment = environment_of(resource);
    LiveDomainParameters parameters = {0};
    g_auto(OtherEnd) there = {0};

    *done = FALSE;
    hypervisor_library_init();
    gboolean asked =
        ocf_parameters_parse(live_domain_parameters, environment, OCF_PARSE_LENIENT, &parameters, error) &&
        connect(&parameters, report->guest, report->source, local_node, &there, error) &&
        wish(report, report->id, ocf_deadline_in(ASK_MS), error) &&
        /* one that waits for its turn sees the wish by itself */
        abort_job(&there, report->guest,
                  report->phase == REPORT_WAITING ? ocf_deadline_within(deadline, ASK_MS) : deadline, done,
                  error);
    ocf_parameters_clear(live_domain_parameters, &parameters);
    return asked;
}
