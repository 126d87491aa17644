/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/actions.h"
#include "agent/guest.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <unistd.h>

/* OCF RA API 1.1, "Check Levels": below this, nothing outside the parameters may matter. */
enum { LEVEL_THIS_HOST = 10, CONNECT_MOST_MS = 10000 };

static gboolean check_program(const char *program, const char *parameter, GError **error)
{
    g_autofree char *path = g_find_program_in_path(program);

    if (path != NULL)
        return TRUE;
    g_set_error(error, OCF_ERROR, OCF_ERR_INSTALLED, "%s needs %s, which is not installed", parameter,
                program);
    return FALSE;
}

static gboolean check_access(const char *path, int mode, const char *parameter, GError **error)
{
    if (g_access(path, mode) == 0)
        return TRUE;
    g_set_error(error, OCF_ERROR, OCF_ERR_ARGS, "%s %s: %s", parameter, path, g_strerror(errno));
    return FALSE;
}

static gboolean check_scripts(const char *scripts, GError **error)
{
    g_auto(GStrv) words = g_strsplit_set(scripts, " \t\n", 0);

    for (char **word = words; *word != NULL; word++)
        if (**word != '\0' && !check_program(*word, "monitor_scripts", error))
            return FALSE;
    return TRUE;
}

static gboolean check_files(const LiveDomainParameters *parameters, GError **error)
{
    if (*parameters->backingfile != '\0' &&
        (!check_program("qemu-img", "backingfile", error) ||
         !check_access(parameters->backingfile, R_OK, "backingfile", error)))
        return FALSE;
    if (*parameters->copyindirs != '\0' && !check_program("virt-copy-in", "copyindirs", error))
        return FALSE;
    if (*parameters->snapshot != '\0' &&
        !check_access(parameters->snapshot, R_OK | W_OK | X_OK, "snapshot", error))
        return FALSE;
    if (parameters->sync_config_on_stop && !check_program("csync2", "sync_config_on_stop", error))
        return FALSE;
    return check_scripts(parameters->monitor_scripts, error);
}

static gboolean check_hypervisor(const LiveDomainParameters *parameters, OcfDeadline deadline, GError **error)
{
    g_autoptr(Hypervisor) here = hypervisor_new(parameters->hypervisor);
    g_autofree char *uri = NULL;

    return hypervisor_uri(here, ocf_deadline_within(deadline, CONNECT_MOST_MS), &uri, error);
}

gboolean live_domain_validate_all(const OcfCall *call, GError **error)
{
    const LiveDomainParameters *parameters = call->parameters;

    if (!live_domain_parameters_check(parameters, error))
        return FALSE;
    if (call->check_level < LEVEL_THIS_HOST)
        return TRUE;
    g_autoptr(DomainConfig) config = domain_config_read(parameters->config, error);
    return config != NULL && check_files(parameters, error) &&
           check_hypervisor(parameters, call->deadline, error);
}
