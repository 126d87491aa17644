/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cluster/cluster.h"

/* Runs crm_resource for RESOURCE with ARGUMENTS (at most two). */
static gboolean run(const char *resource, const char *first, const char *second, OcfDeadline deadline,
                    OcfChild *child, GError **error)
{
    const char *const argv[] = {"crm_resource",  "--quiet", "--resource", resource,
                                "--utilization", first,     second,       NULL};

    return ocf_child_run(argv, OCF_CHILD_PLAIN_OUTPUT, deadline, child, error);
}

static gboolean fail(GError **error, const char *name, const OcfChild *child)
{
    g_set_error(error, OCF_ERROR, OCF_ERR_GENERIC, "utilization attribute %s: crm_resource %s: %s", name,
                child->absent ? "is not installed"
                : child->late ? "did not end in time"
                              : "failed",
                child->output);
    return FALSE;
}

gboolean cluster_utilization_set(const char *resource, const char *name, const char *value,
                                 OcfDeadline deadline, GError **error)
{
    g_auto(OcfChild) present = {0};
    g_auto(OcfChild) change = {0};
    g_autofree char *get = g_strconcat("--get-parameter=", name, NULL);

    if (!run(resource, get, NULL, deadline, &present, error))
        return FALSE;
    if (present.status != 0)
        return fail(error, name, &present);
    /* an attribute that is not set is success with nothing printed (Pacemaker 2.1) */
    if (g_str_equal(present.output, value != NULL ? value : ""))
        return TRUE;

    g_autofree char *what =
        g_strconcat(value != NULL ? "--set-parameter=" : "--delete-parameter=", name, NULL);
    g_autofree char *to = value != NULL ? g_strconcat("--parameter-value=", value, NULL) : NULL;
    if (!run(resource, what, to, deadline, &change, error))
        return FALSE;
    return change.status == 0 ? TRUE : fail(error, name, &change);
}
