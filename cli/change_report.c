/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/change_report.h"

#include "cli/json.h"

#include <string.h>

/* The parameters that this command changes, in the order in which they are told. */
static const char *const told[] = {"order", "exclude", "names"};

static GHashTable *copy_parameters(GHashTable *parameters)
{
    GHashTable *copy = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);

    for (guint i = 0; i < G_N_ELEMENTS(told); i++) {
        const char *value = g_hash_table_lookup(parameters, told[i]);
        if (value != NULL)
            g_hash_table_insert(copy, g_strdup(told[i]), g_strdup(value));
    }
    return copy;
}

ChangeReport *change_report_new(GHashTable *parameters)
{
    ChangeReport *report = g_new0(ChangeReport, 1);

    report->before = copy_parameters(parameters);
    report->remarks = g_ptr_array_new_with_free_func(g_free);
    report->ranking = g_ptr_array_new_with_free_func(g_free);
    return report;
}

void change_report_finish(ChangeReport *report, GHashTable *parameters, const NetprefChoice *ranking)
{
    report->after = copy_parameters(parameters);
    report->summary = netpref_choice_summary(ranking);
    for (guint i = 0; i < netpref_choice_usable_count(ranking); i++)
        g_ptr_array_add(report->ranking, g_strdup(netpref_choice_get(ranking, i)->network->name));
}

void change_report_free(ChangeReport *report)
{
    if (report == NULL)
        return;
    g_hash_table_unref(report->before);
    g_clear_pointer(&report->after, g_hash_table_unref);
    g_ptr_array_unref(report->remarks);
    g_ptr_array_unref(report->ranking);
    g_free(report->summary);
    g_free(report);
}

static gboolean is_changed(const ChangeReport *report, const char *name)
{
    return g_strcmp0(g_hash_table_lookup(report->before, name), g_hash_table_lookup(report->after, name)) !=
           0;
}

/* "pcs resource update migration-networks order='mig stor'", or NULL where nothing changes. */
static char *pcs_command(const ChangeReport *report, const char *resource)
{
    GString *command = g_string_new("pcs resource update ");
    gboolean any = FALSE;

    g_string_append(command, resource);
    for (guint i = 0; i < G_N_ELEMENTS(told); i++) {
        if (!is_changed(report, told[i]))
            continue;
        const char *value = g_hash_table_lookup(report->after, told[i]);
        g_autofree char *quoted = value != NULL ? g_shell_quote(value) : NULL;
        g_string_append_printf(command, " %s=%s", told[i], quoted != NULL ? quoted : "");
        any = TRUE;
    }
    return g_string_free(command, !any);
}

static void print_json(const ChangeReport *report, const CliCall *call, const char *resource,
                       const char *command)
{
    json_t *answer = json_object(), *changes = json_array();

    for (guint i = 0; i < G_N_ELEMENTS(told); i++) {
        if (!is_changed(report, told[i]))
            continue;
        json_t *change = json_object();
        json_object_set_new(change, "parameter", json_string(told[i]));
        json_object_set_new(change, "before", json_text(g_hash_table_lookup(report->before, told[i])));
        json_object_set_new(change, "after", json_text(g_hash_table_lookup(report->after, told[i])));
        json_array_append_new(changes, change);
    }
    json_object_set_new(answer, "resource", json_text(resource));
    json_object_set_new(answer, "dry_run", json_boolean(call->dry_run));
    json_object_set_new(answer, "changes", changes);
    json_object_set_new(answer, "ranking", json_texts(report->ranking));
    json_object_set_new(answer, "remarks", json_texts(report->remarks));
    json_object_set_new(answer, "pcs_command", json_text(command));
    json_answer(answer);
}

void change_report_print(const ChangeReport *report, const CliCall *call, const char *resource)
{
    g_autofree char *command = pcs_command(report, resource);

    if (call->json) {
        print_json(report, call, resource, command);
        return;
    }
    for (guint i = 0; i < report->remarks->len; i++)
        fprintf(stderr, "wherry: note: %s\n", (const char *)report->remarks->pdata[i]);
    if (command == NULL) {
        puts("nothing changes");
        return;
    }
    for (guint i = 0; i < G_N_ELEMENTS(told); i++) {
        if (!is_changed(report, told[i]))
            continue;
        const char *before = g_hash_table_lookup(report->before, told[i]);
        const char *after = g_hash_table_lookup(report->after, told[i]);
        printf("%s: %s (was: %s)\n", told[i], after != NULL ? after : "not set",
               before != NULL ? before : "not set");
    }
    printf("networks %s tried: %s\n", call->dry_run ? "would be" : "are", report->summary);
    printf("%s: %s\n", call->dry_run ? "dry run, nothing is written; with pcs" : "the same with pcs",
           command);
}
