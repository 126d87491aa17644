/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the unit tests share: cmocka in the order that it wants its headers, a log that is kept instead of
 * printed (standard output belongs to TAP), a directory of one's own, and a function run in a child process.
 */
#ifndef WHERRY_UNIT_H
#define WHERRY_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ocf/ocf.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* More than any test may need, and less than a hang: an end in time is never asserted more tightly. */
enum { UNIT_PATIENCE_MS = 20000 };

/* ---- the log ------------------------------------------------------------------------------------- */

static inline GLogWriterOutput unit_log_write(GLogLevelFlags level, const GLogField *fields, gsize count,
                                              gpointer log)
{
    (void)level;
    for (gsize i = 0; i < count; i++)
        if (strcmp(fields[i].key, "MESSAGE") == 0)
            g_string_append_printf(log, "%s\n", (const char *)fields[i].value);
    return G_LOG_WRITER_HANDLED;
}

/* Once per program, before its tests. Returns where all that is logged goes; GLib keeps it to the end. */
static inline GString *unit_log_start(void)
{
    GString *log = g_string_new(NULL);

    g_log_set_writer_func(unit_log_write, log, NULL);
    return log;
}

/* ---- errors -------------------------------------------------------------------------------------- */

/* ERROR has CODE and says something like PART, in one line; it is freed. */
static inline void unit_expect_error(GError **error, OcfExit code, const char *part)
{
    assert_non_null(*error);
    assert_true((*error)->domain == OCF_ERROR);
    assert_int_equal((*error)->code, code);
    if (strstr((*error)->message, part) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", (*error)->message, part);
    assert_null(strchr((*error)->message, '\n'));
    g_clear_error(error);
}

/* ---- files --------------------------------------------------------------------------------------- */

/* cmocka fixtures: *STATE is a new directory, which goes with all that it holds. */
static inline int unit_directory_new(void **state)
{
    *state = g_dir_make_tmp("wherry-unit-XXXXXX", NULL);
    return *state != NULL ? 0 : -1;
}

static inline void unit_remove(const char *path)
{
    GDir *directory = g_file_test(path, G_FILE_TEST_IS_SYMLINK) ? NULL : g_dir_open(path, 0, NULL);
    const char *name;

    while (directory != NULL && (name = g_dir_read_name(directory)) != NULL) {
        g_autofree char *inner = g_build_filename(path, name, NULL);
        unit_remove(inner);
    }
    if (directory != NULL)
        g_dir_close(directory);
    g_remove(path);
}

static inline int unit_directory_free(void **state)
{
    unit_remove(*state);
    g_free(*state);
    return 0;
}

static inline char *unit_write(const char *directory, const char *name, const char *text, gssize length)
{
    char *path = g_build_filename(directory, name, NULL);

    assert_true(g_file_set_contents(path, text, length, NULL));
    return path;
}

/* ---- processes ----------------------------------------------------------------------------------- */

typedef struct {
    int status;      /* as of waitpid */
    char *out, *err; /* what it wrote */
} UnitChild;

static inline void unit_child_clear(UnitChild *child)
{
    g_free(child->out);
    g_free(child->err);
    *child = (UnitChild){0};
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(UnitChild, unit_child_clear)

static inline char *unit_read_back(FILE *file)
{
    GString *text = g_string_new(NULL);
    char buffer[4096];
    size_t got;

    rewind(file);
    while ((got = fread(buffer, 1, sizeof buffer, file)) > 0)
        g_string_append_len(text, buffer, (gssize)got);
    fclose(file);
    return g_string_free(text, FALSE);
}

/* RUN(DATA) in a child, whose exit status is what it returns; leaks are looked for there as well. */
static inline UnitChild unit_fork(int (*run)(void *data), void *data)
{
    FILE *out = tmpfile(), *err = tmpfile();
    UnitChild child = {0};

    assert_non_null(out);
    assert_non_null(err);
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(fileno(out), STDOUT_FILENO);
        dup2(fileno(err), STDERR_FILENO);
        exit(run(data));
    }
    assert_true(pid > 0);
    assert_int_equal(waitpid(pid, &child.status, 0), pid);
    child.out = unit_read_back(out);
    child.err = unit_read_back(err);
    return child;
}

/* Whether the process is there and no zombie. */
static inline gboolean unit_process_lives(pid_t pid)
{
    g_autofree char *path = g_strdup_printf("/proc/%ld/stat", (long)pid);
    g_autofree char *text = NULL;

    if (!g_file_get_contents(path, &text, NULL, NULL))
        return FALSE;
    const char *after = strrchr(text, ')');
    return after != NULL && after[1] == ' ' && after[2] != 'Z' && after[2] != 'X';
}

/* Waits for it to be gone; FALSE where it stays. */
static inline gboolean unit_process_ends(pid_t pid)
{
    OcfDeadline deadline = ocf_deadline_in(UNIT_PATIENCE_MS);

    while (unit_process_lives(pid))
        if (!ocf_deadline_sleep(deadline, 10))
            return FALSE;
    return TRUE;
}

/* Waits for a file that holds a number and a line break; 0 where none comes. */
static inline pid_t unit_await_pid(const char *path)
{
    OcfDeadline deadline = ocf_deadline_in(UNIT_PATIENCE_MS);

    do {
        g_autofree char *text = NULL;
        if (g_file_get_contents(path, &text, NULL, NULL) && strchr(text, '\n') != NULL)
            return (pid_t)atol(text);
    } while (ocf_deadline_sleep(deadline, 10));
    return 0;
}

#endif
