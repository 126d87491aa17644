/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/journal.h"

#include <string.h>
#include <unistd.h>

#define GROUP "migration"
#define SUM_KEY "sum="

enum {
    MOST_PEOPLE_BYTES = 1024, /* of a text for people */
    SUM_LINE_BYTES = sizeof SUM_KEY - 1 + 64 + 1,
};

typedef enum {
    FIELD_ANY = 0,
    FIELD_FILLED = 1 << 0, /* not empty */
    FIELD_UUID = 1 << 1,
    FIELD_PEOPLE =
        1 << 2, /* whatever a program said: cut and made UTF-8, lest it keep a journal from the disk */
} FieldRule;

static const struct {
    const char *key;
    size_t offset;
    FieldRule rule;
} fields[] = {
    {"id", offsetof(Journal, id), FIELD_UUID},
    {"resource", offsetof(Journal, resource), FIELD_FILLED},
    {"name", offsetof(Journal, name), FIELD_FILLED},
    {"uuid", offsetof(Journal, uuid), FIELD_UUID},
    {"source", offsetof(Journal, source), FIELD_FILLED},
    {"target", offsetof(Journal, target), FIELD_FILLED},
    {"hypervisor", offsetof(Journal, hypervisor), FIELD_ANY},
    {"remote_uri", offsetof(Journal, remote_uri), FIELD_ANY},
    {"network", offsetof(Journal, network), FIELD_PEOPLE},
    {"reason", offsetof(Journal, reason), FIELD_PEOPLE},
    {"boot_id", offsetof(Journal, driver.boot_id), FIELD_FILLED},
};

static const char *const step_names[] = {
    [JOURNAL_PREPARING] = "preparing", [JOURNAL_SENDING] = "sending",     [JOURNAL_MOVED] = "moved",
    [JOURNAL_STAYED] = "stayed",       [JOURNAL_UNSETTLED] = "unsettled", [JOURNAL_STOPPED] = "stopped",
};

const char *journal_step_name(JournalStep step)
{
    g_assert((size_t)step < G_N_ELEMENTS(step_names));
    return step_names[step];
}

static Journal *journal_new_empty(void)
{
    Journal *journal = g_new0(Journal, 1);

    for (size_t i = 0; i < G_N_ELEMENTS(fields); i++)
        G_STRUCT_MEMBER(char *, journal, fields[i].offset) = g_strdup("");
    return journal;
}

Journal *journal_new(void)
{
    Journal *journal = journal_new_empty();
    g_autofree char *id = g_uuid_string_random();
    g_autofree char *boot_id = ocf_boot_id();

    journal_set(&journal->id, id);
    journal_set(&journal->driver.boot_id, boot_id);
    journal->driver.pid = getpid();
    ocf_process_start_time(journal->driver.pid, &journal->driver.start_time);
    journal->began_s = g_get_real_time() / G_USEC_PER_SEC;
    return journal;
}

void journal_set(char **field, const char *value)
{
    char *copy = g_strdup(value != NULL ? value : "");

    g_free(*field);
    *field = copy;
}

gboolean journal_is_driven(const Journal *journal)
{
    const JournalDriver *driver = &journal->driver;
    g_autofree char *boot_id = ocf_boot_id();
    guint64 start_time = 0;

    return *boot_id != '\0' && strcmp(driver->boot_id, boot_id) == 0 &&
           ocf_process_start_time(driver->pid, &start_time) && start_time == driver->start_time;
}

void journal_free(Journal *journal)
{
    if (journal == NULL)
        return;
    for (size_t i = 0; i < G_N_ELEMENTS(fields); i++)
        g_free(G_STRUCT_MEMBER(char *, journal, fields[i].offset));
    g_free(journal);
}

/* ---- the text ------------------------------------------------------------------------------------ */

/* The last line of every version: without it a file that was cut off between two lines could be a whole one.
 */
static char *sum_line(const char *body, gsize length)
{
    g_autofree char *sum = g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)body, length);

    return g_strdup_printf(SUM_KEY "%s\n", sum);
}

static gboolean is_whole(const char *text, gsize length)
{
    if (length <= SUM_LINE_BYTES || length > JOURNAL_MOST_BYTES || memchr(text, '\0', length) != NULL)
        return FALSE;
    gsize body = length - SUM_LINE_BYTES;
    g_autofree char *line = sum_line(text, body);
    return text[body - 1] == '\n' && memcmp(text + body, line, SUM_LINE_BYTES) == 0;
}

static gboolean refuse(GError **error, const char *key, const char *why)
{
    g_set_error(error, OCF_ERROR, OCF_ERR_GENERIC, "its \"%s\" %s", key, why);
    return FALSE;
}

static gboolean read_number(GKeyFile *file, const char *key, gint64 most, gint64 *number, GError **error)
{
    g_autofree char *text = g_key_file_get_value(file, GROUP, key, NULL);

    if (text == NULL)
        return refuse(error, key, "is missing");
    if (!ocf_parse_integer(text, 0, most, number))
        return refuse(error, key, "is no number, or out of range");
    return TRUE;
}

static gboolean read_version(GKeyFile *file, GError **error)
{
    gint64 version = 0;

    if (!read_number(file, "version", G_MAXINT64, &version, error))
        return FALSE;
    if (version == JOURNAL_VERSION)
        return TRUE;
    g_set_error(error, OCF_ERROR, OCF_ERR_GENERIC, "its version is %" G_GINT64_FORMAT "%s", version,
                version > JOURNAL_VERSION ? ", of a newer Wherry" : ", which never was");
    return FALSE;
}

static gboolean read_texts(GKeyFile *file, Journal *journal, GError **error)
{
    for (size_t i = 0; i < G_N_ELEMENTS(fields); i++) {
        g_autoptr(GError) why = NULL;
        g_autofree char *text = g_key_file_get_string(file, GROUP, fields[i].key, &why);

        /* the reader hands out a text even of what it cannot interpret: only the error tells */
        if (why != NULL || text == NULL)
            return refuse(error, fields[i].key, "is missing, or no text");
        if ((fields[i].rule & FIELD_FILLED) != 0 && *text == '\0')
            return refuse(error, fields[i].key, "is empty");
        if ((fields[i].rule & FIELD_UUID) != 0 && !g_uuid_string_is_valid(text))
            return refuse(error, fields[i].key, "is no UUID");
        journal_set(&G_STRUCT_MEMBER(char *, journal, fields[i].offset), text);
    }
    if (strcmp(journal->source, journal->target) == 0)
        return refuse(error, "target", "is its source");
    return TRUE;
}

static gboolean read_step(GKeyFile *file, JournalStep *step, GError **error)
{
    g_autofree char *text = g_key_file_get_value(file, GROUP, "step", NULL);

    if (text == NULL)
        return refuse(error, "step", "is missing");
    for (size_t i = 0; i < G_N_ELEMENTS(step_names); i++)
        if (strcmp(text, step_names[i]) == 0) {
            *step = (JournalStep)i;
            return TRUE;
        }
    return refuse(error, "step", "is unknown");
}

/* Written by the same hand, so only two words are possible. */
static gboolean read_stay(GKeyFile *file, gboolean *stay, GError **error)
{
    g_autofree char *text = g_key_file_get_value(file, GROUP, "on_failure", NULL);

    if (text == NULL)
        return refuse(error, "on_failure", "is missing");
    if (strcmp(text, "stay") != 0 && strcmp(text, "restart") != 0)
        return refuse(error, "on_failure", "is neither stay nor restart");
    *stay = strcmp(text, "stay") == 0;
    return TRUE;
}

static gboolean read_numbers(GKeyFile *file, Journal *journal, GError **error)
{
    gint64 pid = 0, start_time = 0;

    if (!read_number(file, "pid", G_MAXINT32, &pid, error) ||
        !read_number(file, "start_time", G_MAXINT64, &start_time, error) ||
        !read_number(file, "began_s", G_MAXINT64, &journal->began_s, error) ||
        !read_number(file, "retry_delay_s", G_MAXINT64, &journal->retry_delay_s, error))
        return FALSE;
    journal->driver.pid = (pid_t)pid;
    journal->driver.start_time = (guint64)start_time;
    return TRUE;
}

Journal *journal_parse(const char *text, gsize length, GError **error)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_autoptr(Journal) journal = journal_new_empty();

    /* GLib's words would quote the file, whatever bytes it holds */
    if (!is_whole(text, length) ||
        !g_key_file_load_from_data(file, text, length - SUM_LINE_BYTES, G_KEY_FILE_NONE, NULL)) {
        g_set_error(error, OCF_ERROR, OCF_ERR_GENERIC, "it is cut off or damaged");
        return NULL;
    }
    if (!read_version(file, error) || !read_step(file, &journal->step, error) ||
        !read_texts(file, journal, error) || !read_stay(file, &journal->stay, error) ||
        !read_numbers(file, journal, error))
        return NULL;
    return g_steal_pointer(&journal);
}

/* As much of it as is kept, in UTF-8, which is all that a key file can hold. */
static char *for_people(const char *text)
{
    char *valid = g_utf8_make_valid(text, -1);

    if (strlen(valid) > MOST_PEOPLE_BYTES)
        *g_utf8_find_prev_char(valid, valid + MOST_PEOPLE_BYTES + 1) = '\0';
    return valid;
}

char *journal_print(const Journal *journal, gsize *length)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    gsize body_length = 0;

    g_key_file_set_integer(file, GROUP, "version", JOURNAL_VERSION);
    g_key_file_set_string(file, GROUP, "step", journal_step_name(journal->step));
    for (size_t i = 0; i < G_N_ELEMENTS(fields); i++) {
        const char *text = G_STRUCT_MEMBER(char *, journal, fields[i].offset);
        g_autofree char *kept = (fields[i].rule & FIELD_PEOPLE) != 0 ? for_people(text) : g_strdup(text);
        g_key_file_set_string(file, GROUP, fields[i].key, kept);
    }
    g_key_file_set_string(file, GROUP, "on_failure", journal->stay ? "stay" : "restart");
    g_key_file_set_int64(file, GROUP, "pid", journal->driver.pid);
    g_key_file_set_uint64(file, GROUP, "start_time", journal->driver.start_time);
    g_key_file_set_int64(file, GROUP, "began_s", journal->began_s);
    g_key_file_set_int64(file, GROUP, "retry_delay_s", journal->retry_delay_s);

    g_autofree char *body = g_key_file_to_data(file, &body_length, NULL);
    g_autofree char *line = sum_line(body, body_length);
    *length = body_length + SUM_LINE_BYTES;
    return g_strconcat(body, line, NULL);
}
