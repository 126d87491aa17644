/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/image.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

char *image_path(const char *config)
{
    g_autofree char *directory = g_path_get_dirname(config);
    g_autofree char *file = g_path_get_basename(config);
    g_autofree char *image = g_strdup_printf("%.*s.qcow2", (int)strcspn(file, "."), file);

    return g_build_filename(directory, image, NULL);
}

/* Runs a program that has to succeed; WHAT is for people. *OUTPUT may be NULL. */
static gboolean run(const char *const *argv, const char *what, OcfDeadline deadline, char **output,
                    GError **error)
{
    g_auto(OcfChild) child = {0};

    if (!ocf_child_run(argv, OCF_CHILD_ALL_OUTPUT, deadline, &child, error))
        return FALSE;
    if (child.status == 0) {
        if (output != NULL)
            *output = g_steal_pointer(&child.output);
        return TRUE;
    }
    if (child.absent)
        g_set_error(error, OCF_ERROR, OCF_ERR_INSTALLED, "%s: %s is not installed", what, argv[0]);
    else
        g_set_error(error, OCF_ERROR, OCF_ERR_GENERIC, "%s: %s %s: %s", what, argv[0],
                    child.late ? "did not end in time" : "failed", child.output);
    return FALSE;
}

/* qemu-img wants to be told the backing file's format: guessing it is how a guest reads the host's files. */
static gboolean backing_format(const char *path, OcfDeadline deadline, char **format, GError **error)
{
    const char *const argv[] = {"qemu-img", "info", "--force-share", path, NULL};
    g_autofree char *output = NULL;
    g_autoptr(GMatchInfo) match = NULL;
    g_autoptr(GRegex) line = g_regex_new("^file format: (\\w+)$", G_REGEX_MULTILINE, 0, NULL);

    if (!run(argv, "cannot read the backing file", deadline, &output, error))
        return FALSE;
    if (!g_regex_match(line, output, 0, &match)) {
        g_set_error(error, OCF_ERROR, OCF_ERR_GENERIC, "backing file %s has no format that qemu-img knows",
                    path);
        return FALSE;
    }
    *format = g_match_info_fetch(match, 1);
    return TRUE;
}

static gboolean copy_in(const char *image, const char *list, OcfDeadline deadline, GError **error)
{
    g_autoptr(GPtrArray) argv = g_ptr_array_new();
    g_auto(GStrv) words = g_strsplit_set(list, " \t\n", 0);

    g_ptr_array_add(argv, (gpointer) "virt-copy-in");
    g_ptr_array_add(argv, (gpointer) "-a");
    g_ptr_array_add(argv, (gpointer)image);
    for (char **word = words; *word != NULL; word++)
        if (**word != '\0')
            g_ptr_array_add(argv, *word);
    g_ptr_array_add(argv, (gpointer) "/");
    g_ptr_array_add(argv, NULL);
    return run((const char *const *)argv->pdata, "cannot copy into the new image", deadline, NULL, error);
}

static gboolean make(const LiveDomainParameters *parameters, const char *image, OcfDeadline deadline,
                     GError **error)
{
    g_autofree char *format = NULL;

    if (!backing_format(parameters->backingfile, deadline, &format, error))
        return FALSE;
    const char *const argv[] = {"qemu-img", "create", "-q",  "-f", "qcow2", "-b", parameters->backingfile,
                                "-F",       format,   image, NULL};
    if (!run(argv, "cannot make the image", deadline, NULL, error))
        return FALSE;
    return *parameters->copyindirs == '\0' || copy_in(image, parameters->copyindirs, deadline, error);
}

gboolean image_prepare(const LiveDomainParameters *parameters, OcfDeadline deadline, GError **error)
{
    g_autofree char *image = image_path(parameters->config);
    GStatBuf status;

    if (*parameters->backingfile == '\0')
        return TRUE;
    if (!parameters->stateless && g_stat(image, &status) == 0 && status.st_size > 0)
        return TRUE;

    /* renamed into place: a copy that should not be running any more keeps its own file */
    g_autofree char *fresh = g_strconcat(image, ".new", NULL);
    gboolean ok = make(parameters, fresh, deadline, error);
    if (ok && g_rename(fresh, image) < 0) {
        g_set_error(error, OCF_ERROR, OCF_ERR_GENERIC, "cannot put %s in place: %s", image,
                    g_strerror(errno));
        ok = FALSE;
    }
    if (!ok)
        g_unlink(fresh);
    else
        g_message("made %s on top of %s", image, parameters->backingfile);
    return ok;
}
