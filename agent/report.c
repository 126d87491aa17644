/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/report.h"

#include <string.h>
#include <unistd.h>

#define FORM "1"

enum { MOST_PEOPLE_BYTES = 512 }; /* of a text for people, before it is escaped */

static const struct {
    const char *key;
    size_t offset;
} texts[] = {
    {"id", offsetof(Report, id)},         {"vm", offsetof(Report, resource)},
    {"guest", offsetof(Report, guest)},   {"source", offsetof(Report, source)},
    {"target", offsetof(Report, target)}, {"network", offsetof(Report, network)},
    {"left", offsetof(Report, left)},     {"reason", offsetof(Report, reason)},
    {"how", offsetof(Report, how)},
};

static const struct {
    const char *key;
    size_t offset;
} numbers[] = {
    {"began", offsetof(Report, began_s)},
    {"ended", offsetof(Report, ended_s)},
    {"elapsed_ms", offsetof(Report, elapsed_ms)},
    {"total", offsetof(Report, total_bytes)},
    {"processed", offsetof(Report, processed_bytes)},
    {"remaining", offsetof(Report, remaining_bytes)},
    {"rate", offsetof(Report, rate_bytes_s)},
    {"dirty", offsetof(Report, dirty_bytes_s)},
    {"pass", offsetof(Report, pass)},
    {"downtime_ms", offsetof(Report, downtime_ms)},
    {"pid", offsetof(Report, pid)},
    {"start", offsetof(Report, start_time)},
};

static const char *const phase_names[] = {
    [REPORT_PREPARING] = "preparing", [REPORT_WAITING] = "waiting", [REPORT_SENDING] = "sending",
    [REPORT_POSTCOPY] = "post-copy",  [REPORT_MOVED] = "moved",     [REPORT_STAYED] = "stayed",
    [REPORT_FAILED] = "failed",
};

const char *report_phase_name(ReportPhase phase)
{
    g_assert((size_t)phase < G_N_ELEMENTS(phase_names));
    return phase_names[phase];
}

gboolean report_has_ended(const Report *report)
{
    return report->phase >= REPORT_MOVED;
}

static Report *report_new_empty(void)
{
    Report *report = g_new0(Report, 1);

    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        G_STRUCT_MEMBER(char *, report, texts[i].offset) = g_strdup("");
    return report;
}

static void set(char **text, const char *value)
{
    g_free(*text);
    *text = g_strdup(value != NULL ? value : "");
}

Report *report_new(const char *resource, const char *guest, const char *source, const char *target)
{
    Report *report = report_new_empty();
    guint64 start_time = 0;

    g_free(report->id);
    report->id = g_uuid_string_random();
    set(&report->resource, resource);
    set(&report->guest, guest);
    set(&report->source, source);
    set(&report->target, target);
    report->began_s = g_get_real_time() / G_USEC_PER_SEC;
    report->pid = getpid();
    ocf_process_start_time(getpid(), &start_time);
    report->start_time = (gint64)start_time;
    return report;
}

Report *report_copy(const Report *report)
{
    Report *copy = g_memdup2(report, sizeof *report);

    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        G_STRUCT_MEMBER(char *, copy, texts[i].offset) =
            g_strdup(G_STRUCT_MEMBER(char *, report, texts[i].offset));
    return copy;
}

void report_free(Report *report)
{
    if (report == NULL)
        return;
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        g_free(G_STRUCT_MEMBER(char *, report, texts[i].offset));
    g_free(report);
}

gint report_compare(gconstpointer a, gconstpointer b)
{
    const Report *const *first = a, *const *second = b;

    return ((*first)->began_s > (*second)->began_s) - ((*first)->began_s < (*second)->began_s);
}

gint report_order(gconstpointer a, gconstpointer b)
{
    const Report *const *first = a, *const *second = b;
    gint order = report_compare(a, b);

    return order != 0 ? order : strcmp((*first)->id, (*second)->id);
}

/* As much of it as is told, in UTF-8. */
static char *for_people(const char *text)
{
    char *valid = g_utf8_make_valid(text, -1);

    if (strlen(valid) > MOST_PEOPLE_BYTES)
        *g_utf8_find_prev_char(valid, valid + MOST_PEOPLE_BYTES + 1) = '\0';
    return valid;
}

char *report_print(const Report *report)
{
    GString *line = g_string_new("form=" FORM);

    ocf_words_add(line, "phase", report_phase_name(report->phase));
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autofree char *cut = for_people(G_STRUCT_MEMBER(char *, report, texts[i].offset));
        if (*cut != '\0')
            ocf_words_add(line, texts[i].key, cut);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++) {
        gint64 value = G_STRUCT_MEMBER(gint64, report, numbers[i].offset);
        if (value > 0)
            ocf_words_add_number(line, numbers[i].key, value);
    }
    return g_string_free(line, FALSE);
}

static gboolean parse_phase(char **words, ReportPhase *phase)
{
    g_autofree char *name = ocf_words_get(words, "phase");

    for (size_t i = 0; i < G_N_ELEMENTS(phase_names); i++)
        if (g_strcmp0(name, phase_names[i]) == 0) {
            *phase = (ReportPhase)i;
            return TRUE;
        }
    return FALSE;
}

/* One that is missing is 0; one that is there must be a number. */
static gboolean parse_number(char **words, const char *key, gint64 *number)
{
    g_autofree char *text = ocf_words_get(words, key);

    return text == NULL || ocf_parse_integer(text, 0, G_MAXINT64, number);
}

Report *report_parse(const char *line)
{
    g_auto(GStrv) words = g_strsplit(line, " ", -1);
    g_autofree char *form = ocf_words_get(words, "form");
    g_autoptr(Report) report = report_new_empty();

    if (g_strcmp0(form, FORM) != 0 || !parse_phase(words, &report->phase))
        return NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autofree char *value = ocf_words_get(words, texts[i].key);
        set(&G_STRUCT_MEMBER(char *, report, texts[i].offset), value);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++)
        if (!parse_number(words, numbers[i].key, &G_STRUCT_MEMBER(gint64, report, numbers[i].offset)))
            return NULL;
    if (*report->id == '\0' || *report->resource == '\0' || *report->source == '\0' ||
        *report->target == '\0' || report->pid > G_MAXINT32 ||
        (report->ended_s != 0) != report_has_ended(report))
        return NULL;
    return g_steal_pointer(&report);
}

char *report_print_all(const GPtrArray *reports)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < reports->len; i++) {
        g_autofree char *line = report_print(reports->pdata[i]);
        g_string_append_printf(text, "%s%s", text->len > 0 ? "|" : "", line);
    }
    return g_string_free(text, FALSE);
}

GPtrArray *report_parse_all(const char *text)
{
    GPtrArray *reports = g_ptr_array_new_with_free_func((GDestroyNotify)report_free);
    g_auto(GStrv) lines = g_strsplit_set(text, "|\n", -1);

    for (char **line = lines; *line != NULL; line++) {
        Report *report = report_parse(*line);
        if (report != NULL)
            g_ptr_array_add(reports, report);
    }
    return reports;
}

gint report_percent(const Report *report)
{
    if (report->phase == REPORT_MOVED)
        return 100;
    if (report->total_bytes <= 0 || report->remaining_bytes > report->total_bytes)
        return -1;
    /* as doubles, because bytes times a hundred need not fit */
    double there = (double)report->total_bytes - (double)report->remaining_bytes;
    return MIN((gint)(there * 100.0 / (double)report->total_bytes), 99);
}

gint64 report_left_s(const Report *report)
{
    /* in post-copy nothing is sent twice */
    gint64 dirty = report->phase == REPORT_POSTCOPY ? 0 : report->dirty_bytes_s;

    if (report_has_ended(report) || report->total_bytes <= 0 || report->rate_bytes_s <= dirty)
        return -1;
    return MIN(report->remaining_bytes / (report->rate_bytes_s - dirty), G_MAXINT64 - 1) + 1;
}
