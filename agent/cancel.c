/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/cancel.h"

#include "agent/remote.h"

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
    g_auto(OtherEnd) there = {0};

    *done = FALSE;
    return remote_connect(resource, report->source, local_node, report->guest, ocf_deadline_in(CONNECT_MS),
                          &there, error) &&
           wish(report, report->id, ocf_deadline_in(ASK_MS), error) &&
           /* one that waits for its turn sees the wish by itself */
           abort_job(&there, report->guest,
                     report->phase == REPORT_WAITING ? ocf_deadline_within(deadline, ASK_MS) : deadline, done,
                     error);
}
