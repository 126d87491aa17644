/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Journals on the disk; what stands in them is journal.c's. */
#include "agent/journal.h"

#include "agent/record.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PREFIX "LiveDomain-"
#define SUFFIX "migration"

char *journal_path(const char *directory, const char *resource)
{
    return guest_record_path(directory, resource, SUFFIX);
}

static gboolean fail(GError **error, const char *what, const char *path, const char *why)
{
    g_set_error(error, OCF_ERROR, OCF_ERR_GENERIC, "cannot %s %s: %s", what, path, why);
    return FALSE;
}

/* There is no file, nor could one of this name ever have been made. */
static gboolean is_absence(int code)
{
    return code == ENOENT || code == ENAMETOOLONG;
}

/* What the regular file FD holds, if it is no more than a journal may be; else NULL, and WHY. Closes FD. */
static char *read_file(int fd, gsize *length, const char **why)
{
    struct stat status;
    FILE *stream = NULL;

    if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) || (stream = fdopen(fd, "r")) == NULL) {
        *why = "it is no regular file";
        close(fd);
        return NULL;
    }
    g_autofree char *text = g_malloc(JOURNAL_MOST_BYTES + 1);
    *length = fread(text, 1, JOURNAL_MOST_BYTES + 1, stream);
    if (ferror(stream))
        *why = g_strerror(errno);
    else if (*length > JOURNAL_MOST_BYTES)
        *why = "it is too long";
    fclose(stream);
    return *why == NULL ? g_steal_pointer(&text) : NULL;
}

gboolean journal_load(const char *directory, const char *resource, Journal **journal, GError **error)
{
    g_autofree char *path = journal_path(directory, resource);
    const char *why = NULL;
    gsize length = 0;

    /* a link is none of ours, and a pipe must not hold up anybody */
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 && is_absence(errno)) {
        *journal = NULL;
        return TRUE;
    }
    if (fd < 0)
        return fail(error, "read", path, g_strerror(errno));
    g_autofree char *text = read_file(fd, &length, &why);
    if (text == NULL)
        return fail(error, "read", path, why);
    g_autoptr(Journal) loaded = journal_parse(text, length, error);
    if (loaded == NULL) {
        g_prefix_error(error, "cannot understand %s: ", path);
        return FALSE;
    }
    if (strcmp(loaded->resource, resource) != 0)
        return fail(error, "understand", path, "it is of another resource");
    *journal = g_steal_pointer(&loaded);
    return TRUE;
}

static int open_parent(const char *path)
{
    g_autofree char *parent = g_path_get_dirname(path);

    return open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Brings the entry of PATH to the disk; closes PARENT, which is -1 where it could not be opened. */
static gboolean sync_parent(int parent, const char *path, GError **error)
{
    gboolean synced = parent >= 0 && fsync(parent) == 0;

    if (!synced)
        fail(error, "sync the directory of", path, g_strerror(errno));
    if (parent >= 0)
        close(parent);
    return synced;
}

static gboolean make_directory(const char *directory, GError **error)
{
    if (g_file_test(directory, G_FILE_TEST_IS_DIR))
        return TRUE;
    if (g_mkdir_with_parents(directory, 0700) < 0)
        return fail(error, "make", directory, g_strerror(errno));
    return sync_parent(open_parent(directory), directory, error);
}

gboolean journal_save(const Journal *journal, const char *directory, GError **error)
{
    g_autofree char *path = journal_path(directory, journal->resource);
    gsize length = 0;
    g_autofree char *text = journal_print(journal, &length);
    g_autoptr(GError) why = NULL;

    /* what nobody will understand must not replace what somebody does */
    g_autoptr(Journal) understood = journal_parse(text, length, &why);
    if (understood == NULL)
        return fail(error, "write", path, why->message);
    if (!make_directory(directory, &why))
        return fail(error, "write", path, why->message);
    /* GLib syncs the directory too, but keeps an error to itself, and the kernel tells each only to those who
     * had it open before */
    int parent = open_parent(path);
    if (parent < 0)
        return fail(error, "write", path, g_strerror(errno));
    if (g_file_set_contents_full(path, text, (gssize)length,
                                 G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0600, &why))
        return sync_parent(parent, path, error);
    close(parent);
    return fail(error, "write", path, why->message);
}

gboolean journal_remove(const char *directory, const char *resource, GError **error)
{
    g_autofree char *path = journal_path(directory, resource);

    if (g_unlink(path) == 0)
        return sync_parent(open_parent(path), path, error);
    return is_absence(errno) || fail(error, "remove", path, g_strerror(errno));
}

gboolean journal_set_aside(const char *directory, const char *resource, GError **error)
{
    g_autofree char *path = journal_path(directory, resource);
    g_autofree char *aside = g_strconcat(path, ".unreadable", NULL);

    if (g_rename(path, aside) == 0)
        return sync_parent(open_parent(path), path, error);
    return errno == ENOENT || fail(error, "set aside", path, g_strerror(errno));
}

/* ---- all of them --------------------------------------------------------------------------------- */

/* NULL for a file that is no journal, or whose name was not made by guest_record_path. */
static char *resource_of(const char *file)
{
    if (!g_str_has_prefix(file, PREFIX) || !g_str_has_suffix(file, "." SUFFIX))
        return NULL;
    const char *end = file + strlen(file) - strlen("." SUFFIX);
    if (end < file + strlen(PREFIX))
        return NULL;
    g_autofree char *resource = g_uri_unescape_segment(file + strlen(PREFIX), end, NULL);
    if (resource == NULL)
        return NULL;
    g_autofree char *path = journal_path("", resource);
    return strcmp(path + strlen("/"), file) == 0 ? g_steal_pointer(&resource) : NULL;
}

static gint compare_texts(gconstpointer one, gconstpointer two)
{
    return strcmp(*(const char *const *)one, *(const char *const *)two);
}

GPtrArray *journal_list(const char *directory, GError **error)
{
    g_autoptr(GPtrArray) resources = g_ptr_array_new_with_free_func(g_free);
    DIR *entries = opendir(directory);

    if (entries == NULL && errno == ENOENT)
        return g_steal_pointer(&resources);
    int code = errno;
    while (entries != NULL) {
        errno = 0;
        const struct dirent *entry = readdir(entries);
        code = errno;
        if (entry == NULL)
            break;
        char *resource = resource_of(entry->d_name);
        if (resource != NULL)
            g_ptr_array_add(resources, resource);
    }
    if (entries != NULL)
        closedir(entries);
    if (entries == NULL || code != 0) {
        fail(error, "list", directory, g_strerror(code));
        return NULL;
    }
    g_ptr_array_sort(resources, compare_texts);
    return g_steal_pointer(&resources);
}

GPtrArray *journal_find_guest(const char *directory, const char *uuid, const char *except_resource)
{
    GPtrArray *found = g_ptr_array_new_with_free_func((GDestroyNotify)journal_free);
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) resources = journal_list(directory, &error);

    if (resources == NULL)
        g_warning("other journals of this guest are not looked for: %s", error->message);
    for (guint i = 0; resources != NULL && i < resources->len; i++) {
        g_autoptr(Journal) journal = NULL;

        if (strcmp(resources->pdata[i], except_resource) != 0 &&
            journal_load(directory, resources->pdata[i], &journal, NULL) && journal != NULL &&
            g_ascii_strcasecmp(journal->uuid, uuid) == 0)
            g_ptr_array_add(found, g_steal_pointer(&journal));
    }
    return found;
}
