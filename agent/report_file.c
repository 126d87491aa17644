/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reports on the disk; what stands in them is report.c's. */
#include "agent/report.h"

#include "agent/record.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define SUFFIX ".report"
#define HISTORY "history"
#define HISTORY_BEFORE "history.1"

static gboolean fail(GError **error, const char *what, const char *path, const char *why)
{
    g_set_error(error, OCF_ERROR, OCF_ERR_GENERIC, "cannot %s %s: %s", what, path, why);
    return FALSE;
}

gboolean report_save(const Report *report, const char *directory, GError **error)
{
    g_autofree char *path = guest_record_path(directory, report->resource, &SUFFIX[1]);
    g_autofree char *line = report_print(report);
    g_autoptr(GError) why = NULL;

    g_mkdir_with_parents(directory, 0755);
    /* whole or not at all; on the disk it need not be */
    if (g_file_set_contents_full(path, line, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0644, &why))
        return TRUE;
    return fail(error, "write", path, why->message);
}

/* The report in PATH; NULL, and the file is gone, where it is of no use any more. */
static Report *load(const char *path, gint64 now_s)
{
    g_autofree char *line = NULL;
    guint64 start_time = 0;

    if (!g_file_get_contents(path, &line, NULL, NULL))
        return NULL;
    g_autoptr(Report) report = report_parse(line);
    gboolean driven = report != NULL && !report_has_ended(report) &&
                      ocf_process_start_time((pid_t)report->pid, &start_time) &&
                      (gint64)start_time == report->start_time;
    gboolean fresh = report != NULL && report_has_ended(report) && report->ended_s <= now_s &&
                     now_s - report->ended_s < REPORT_KEPT_S;
    if (driven || fresh)
        return g_steal_pointer(&report);
    g_unlink(path);
    return NULL;
}

GPtrArray *report_collect(const char *directory)
{
    GPtrArray *reports = g_ptr_array_new_with_free_func((GDestroyNotify)report_free);
    g_autoptr(GDir) files = g_dir_open(directory, 0, NULL);
    gint64 now_s = g_get_real_time() / G_USEC_PER_SEC;
    const char *name = NULL;

    while (files != NULL && (name = g_dir_read_name(files)) != NULL) {
        g_autofree char *path = g_build_filename(directory, name, NULL);
        Report *report = g_str_has_suffix(name, SUFFIX) ? load(path, now_s) : NULL;
        if (report != NULL)
            g_ptr_array_add(reports, report);
    }
    return reports;
}

/* ---- the history ----------------------------------------------------------------------------------- */

/* One write, so that two agents do not mix their lines, and a line break before it, so that what an earlier
 * one left unfinished costs only itself. */
static gboolean append(const char *path, const char *text, GError **error)
{
    int file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (file < 0)
        return fail(error, "open", path, g_strerror(errno));
    ssize_t written = write(file, text, strlen(text));
    gboolean done = written == (ssize_t)strlen(text);
    if (!done)
        fail(error, "write", path, written < 0 ? g_strerror(errno) : "there is room for a part only");
    close(file);
    return done;
}

gboolean report_remember(const Report *report, const char *directory, GError **error)
{
    g_autofree char *path = g_build_filename(directory, HISTORY, NULL);
    g_autofree char *before = g_build_filename(directory, HISTORY_BEFORE, NULL);
    g_autofree char *line = report_print(report);
    g_autofree char *text = g_strdup_printf("\n%s\n", line);
    GStatBuf status;

    g_mkdir_with_parents(directory, 0700);
    if (g_stat(path, &status) == 0 && status.st_size + (goffset)strlen(text) > REPORT_HISTORY_MOST_BYTES &&
        g_rename(path, before) < 0)
        return fail(error, "rename", path, g_strerror(errno));
    return append(path, text, error);
}

static gboolean read_history(const char *directory, const char *name, GString *all, GError **error)
{
    g_autofree char *path = g_build_filename(directory, name, NULL);
    g_autofree char *text = NULL;
    g_autoptr(GError) why = NULL;
    gsize length = 0;

    if (g_file_get_contents(path, &text, &length, &why)) {
        /* a crash may leave zeroes, behind which the text goes on */
        for (gsize i = 0; i < length; i++)
            g_string_append_c(all, text[i] != '\0' ? text[i] : '\n');
        g_string_append_c(all, '\n');
        return TRUE;
    }
    return g_error_matches(why, G_FILE_ERROR, G_FILE_ERROR_NOENT) || fail(error, "read", path, why->message);
}

gint64 report_history_stamp(const char *directory)
{
    g_autofree char *path = g_build_filename(directory, HISTORY, NULL);
    GStatBuf status;

    return g_stat(path, &status) == 0
               ? (gint64)status.st_size + (gint64)status.st_ino * REPORT_HISTORY_MOST_BYTES
               : 0;
}

GPtrArray *report_history(const char *directory, GError **error)
{
    g_autoptr(GString) all = g_string_new(NULL);

    if (!read_history(directory, HISTORY_BEFORE, all, error) || !read_history(directory, HISTORY, all, error))
        return NULL;
    GPtrArray *reports = report_parse_all(all->str);
    g_ptr_array_sort(reports, report_compare); /* what came from another node was written later */
    return reports;
}
