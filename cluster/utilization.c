/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cluster/cluster.h"

/* crm_exit_t of Pacemaker 2.1 and 3.0 (include/crm/common/results.h): "requested item does not exist". */
enum { CRM_EX_NOSUCH = 105 };

/* Runs crm_resource for RESOURCE with ARGUMENTS (at most two). */
static gboolean run(const char *resource, const char *first, const char *second, OcfDeadline deadline,
                    OcfChild *child, GError **error)
{
    const char *const argv[] = {"crm_resource",  "--quiet", "--resource", resource,
                                "--utilization", first,     second,       NULL};

    return ocf_child_run(argv, deadline, child, error);
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
    if (present.status != 0 && present.status != CRM_EX_NOSUCH)
        return fail(error, name, &present);
    gboolean is_set = present.status == 0;
    if (value == NULL ? !is_set : is_set && g_str_equal(present.output, value))
        return TRUE;

    g_autofree char *what =
        g_strconcat(value != NULL ? "--set-parameter=" : "--delete-parameter=", name, NULL);
    g_autofree char *to = value != NULL ? g_strconcat("--parameter-value=", value, NULL) : NULL;
    if (!run(resource, what, to, deadline, &change, error))
        return FALSE;
    return change.status == 0 ? TRUE : fail(error, name, &change);
}
