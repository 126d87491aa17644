/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/record.h"

#include <glib/gstdio.h>

#define GROUP "guest"
#define RECORD_SUFFIX "guest"

char *guest_record_path(const char *directory, const char *resource, const char *suffix)
{
    g_autofree char *safe = g_uri_escape_string(resource, NULL, FALSE);

    return g_strdup_printf("%s/LiveDomain-%s.%s", directory, safe, suffix);
}

GuestRecord *guest_record_new(void)
{
    GuestRecord *record = g_new0(GuestRecord, 1);

    record->cpus = record->memory_mib = record->utilization_checked_s = -1;
    return record;
}

/* -1 where it is unset or no number; GLib's own reader takes what overflows for the largest. */
static gint64 get_number(GKeyFile *file, const char *key)
{
    g_autofree char *text = g_key_file_get_value(file, GROUP, key, NULL);
    gint64 number = -1;

    if (text != NULL)
        ocf_parse_integer(text, 0, G_MAXINT64, &number);
    return number;
}

static char *get_text(GKeyFile *file, const char *key)
{
    char *text = g_key_file_get_string(file, GROUP, key, NULL);

    return text != NULL ? text : g_strdup("");
}

GuestRecord *guest_record_load(const char *directory, const char *resource)
{
    g_autofree char *path = guest_record_path(directory, resource, RECORD_SUFFIX);
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_autoptr(GError) error = NULL;

    if (!g_key_file_load_from_file(file, path, G_KEY_FILE_NONE, &error)) {
        if (!g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
            g_warning("the record %s is of no use and is left out: %s", path, error->message);
        return NULL;
    }
    g_autoptr(GuestRecord) record = guest_record_new();
    record->config = get_text(file, "config");
    record->name = get_text(file, "name");
    record->uuid = get_text(file, "uuid");
    record->type = get_text(file, "type");
    record->process.pid = (pid_t)CLAMP(get_number(file, "pid"), 0, G_MAXINT32);
    record->process.start_time = (guint64)MAX(get_number(file, "start_time"), 0);
    record->cpus = get_number(file, "cpus");
    record->memory_mib = get_number(file, "memory_mib");
    record->utilization_checked_s = get_number(file, "utilization_checked_s");
    if (*record->name == '\0' || (*record->uuid != '\0' && !g_uuid_string_is_valid(record->uuid))) {
        g_warning("the record %s names no guest and is left out", path);
        return NULL;
    }
    return g_steal_pointer(&record);
}

gboolean guest_record_save(const GuestRecord *record, const char *directory, const char *resource,
                           GError **error)
{
    g_autofree char *path = guest_record_path(directory, resource, RECORD_SUFFIX);
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_autoptr(GError) why = NULL;

    g_key_file_set_string(file, GROUP, "config", record->config);
    g_key_file_set_string(file, GROUP, "name", record->name);
    g_key_file_set_string(file, GROUP, "uuid", record->uuid);
    g_key_file_set_string(file, GROUP, "type", record->type);
    g_key_file_set_int64(file, GROUP, "pid", record->process.pid);
    g_key_file_set_int64(file, GROUP, "start_time", (gint64)record->process.start_time);
    g_key_file_set_int64(file, GROUP, "cpus", record->cpus);
    g_key_file_set_int64(file, GROUP, "memory_mib", record->memory_mib);
    g_key_file_set_int64(file, GROUP, "utilization_checked_s", record->utilization_checked_s);

    gsize length = 0;
    g_autofree char *text = g_key_file_to_data(file, &length, NULL);
    g_mkdir_with_parents(directory, 0755);
    if (g_file_set_contents_full(path, text, (gssize)length, G_FILE_SET_CONTENTS_CONSISTENT, 0600, &why))
        return TRUE;
    g_set_error(error, OCF_ERROR, OCF_ERR_GENERIC, "cannot write %s: %s", path, why->message);
    return FALSE;
}

void guest_record_remove(const char *directory, const char *resource)
{
    g_autofree char *path = guest_record_path(directory, resource, RECORD_SUFFIX);

    g_unlink(path);
}

void guest_record_free(GuestRecord *record)
{
    if (record == NULL)
        return;
    g_free(record->config);
    g_free(record->name);
    g_free(record->uuid);
    g_free(record->type);
    g_free(record);
}
