/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/saved_config.h"

#include "agent/domain.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MODE_IF_NEW = 0600 };

/* Replaces the file behind PATH (links followed), keeping its mode and owner. */
static gboolean replace_file(const char *path, const char *text, GError **error)
{
    char resolved[PATH_MAX];
    struct stat status;
    g_autoptr(GError) why = NULL;
    const char *target = realpath(path, resolved) != NULL ? resolved : path;
    gboolean existed = stat(target, &status) == 0;
    int mode = existed ? (int)(status.st_mode & 07777) : FILE_MODE_IF_NEW;

    if (!g_file_set_contents_full(target, text, (gssize)strlen(text),
                                  G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, mode, &why)) {
        g_set_error(error, OCF_ERROR, OCF_ERR_GENERIC, "cannot write %s: %s", path, why->message);
        return FALSE;
    }
    if (existed && (chmod(target, (mode_t)mode) < 0 || chown(target, status.st_uid, status.st_gid) < 0))
        g_warning("cannot give %s back its owner: %s", path, g_strerror(errno));
    return TRUE;
}

static void sync_to_all(const char *path, OcfDeadline deadline)
{
    const char *const argv[] = {"csync2", "-x", path, NULL};
    g_auto(OcfChild) child = {0};
    g_autoptr(GError) error = NULL;

    if (!ocf_child_run(argv, OCF_CHILD_ALL_OUTPUT, deadline, &child, &error))
        g_warning("cannot copy %s to all nodes: %s", path, error->message);
    else if (child.status != 0)
        g_warning("cannot copy %s to all nodes: csync2 %s: %s", path,
                  child.absent ? "is not installed"
                  : child.late ? "did not end in time"
                               : "failed",
                  child.output);
}

gboolean saved_config_update(Hypervisor *hypervisor, const char *name, const char *path, gboolean sync,
                             OcfDeadline deadline, GError **error)
{
    g_autofree char *xml = NULL;
    g_autofree char *old = NULL;

    if (!domain_inactive_xml(hypervisor, name, deadline, &xml, error))
        return FALSE;
    if (g_file_get_contents(path, &old, NULL, NULL) && strcmp(old, xml) == 0)
        return TRUE;
    g_autoptr(DomainConfig) check = domain_config_parse(xml, strlen(xml), error);
    if (check == NULL)
        return FALSE;
    if (strcmp(check->name, name) != 0) {
        g_set_error(error, OCF_ERROR, OCF_ERR_GENERIC, "libvirt's definition of %s is of %s", name,
                    check->name);
        return FALSE;
    }
    if (!replace_file(path, xml, error))
        return FALSE;
    g_message("saved the changed configuration of %s to %s", name, path);
    if (sync)
        sync_to_all(path, deadline);
    return TRUE;
}

static char *kept_path(const char *path)
{
    return g_strconcat(path, ".wherry-keep", NULL);
}

gboolean saved_config_keep(const DomainConfig *config, const char *path, GError **error)
{
    g_autofree char *kept = kept_path(path);

    return replace_file(kept, config->text, error);
}

gboolean saved_config_restore(const char *path, GError **error)
{
    g_autofree char *kept = kept_path(path);

    if (g_access(kept, F_OK) < 0)
        return TRUE;
    if (g_access(path, F_OK) == 0) {
        g_unlink(kept);
        return TRUE;
    }
    if (g_rename(kept, path) == 0) {
        g_message("libvirt had deleted %s with the guest's definition; put it back", path);
        return TRUE;
    }
    g_set_error(error, OCF_ERROR, OCF_ERR_GENERIC, "%s is gone and cannot be put back from %s: %s", path,
                kept, g_strerror(errno));
    return FALSE;
}
