/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/change.h"

#include "cli/change_report.h"

#include <string.h>

/* ---- networks that are named --------------------------------------------------------------------- */

static void add_known(GPtrArray *words, const char *text, const GPtrArray *networks)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();

    for (guint i = 0; i < networks->len; i++)
        g_ptr_array_add(names, ((const NetprefNetwork *)networks->pdata[i])->name);
    g_ptr_array_add(names, NULL);
    edit_words_add(words, text, (const char *const *)names->pdata);
}

GPtrArray *change_words(const Change *change, const char *parameter)
{
    const char *value = g_hash_table_lookup(change->parameters, parameter);
    g_auto(GStrv) parts = g_strsplit_set(value != NULL ? value : "", " \t\r\n\v\f", -1);
    GPtrArray *words = edit_words_new();

    for (char **part = parts; *part != NULL; part++) {
        if (**part == '\0')
            continue;
        g_autoptr(GPtrArray) networks = netpref_networks_lookup(change->before->networks, *part, NULL);
        if (networks != NULL)
            add_known(words, *part, networks);
        else
            edit_words_add(words, *part, NULL);
    }
    return words;
}

void change_set_words(Change *change, const char *parameter, const GPtrArray *words)
{
    char *text = edit_words_text(words);

    if (text != NULL)
        g_hash_table_replace(change->parameters, g_strdup(parameter), text);
    else
        g_hash_table_remove(change->parameters, parameter);
}

static char *known_networks(const Change *change)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < netpref_networks_count(change->before->networks); i++)
        g_string_append_printf(text, "%s%s", i > 0 ? ", " : "",
                               netpref_networks_get(change->before->networks, i)->name);
    return g_string_free(text, FALSE);
}

/* What is wrong with TEXT as a network, whatever networks there are. */
static NetprefPolicy *judge(const char *text)
{
    const NetprefSettings settings = {.order = text};

    return netpref_policy_new(&settings);
}

static gboolean add_argument(const Change *change, const char *text, gboolean unknown_cidr, GPtrArray *words,
                             GError **error)
{
    g_autoptr(GError) why = NULL;
    g_autoptr(GPtrArray) networks = netpref_networks_lookup(change->before->networks, text, &why);
    g_autoptr(NetprefPolicy) alone = judge(text);
    gboolean plain = netpref_policy_findings(alone)->len == 0;

    if (networks != NULL) {
        const NetprefNetwork *first = networks->pdata[0];
        /* what is understood, but not well written, is written well */
        add_known(words, plain ? text : first->name, networks);
        return TRUE;
    }
    if (unknown_cidr && plain && strchr(text, '/') != NULL) {
        edit_words_add(words, text, NULL);
        return TRUE;
    }
    g_autofree char *known = known_networks(change);
    g_set_error(error, CLI_FAILURE, plain ? CLI_NO_SUCH : CLI_CONFIG, "%s (known: %s)", why->message, known);
    return FALSE;
}

static gboolean check_twice(const GPtrArray *words, const GPtrArray *more, GError **error)
{
    const EditWord *word = more->pdata[0];

    for (char **name = word->names; *name != NULL; name++) {
        if (!edit_words_have(words, *name))
            continue;
        g_set_error(error, CLI_FAILURE, CLI_USAGE, "%s is named twice", word->text);
        return FALSE;
    }
    return TRUE;
}

GPtrArray *change_arguments(const Change *change, gboolean unknown_cidr, GError **error)
{
    g_autofree char *joined = g_strjoinv(" ", change->call->arguments);
    g_auto(GStrv) texts = g_strsplit_set(joined, " \t\r\n\v\f", -1);
    g_autoptr(GPtrArray) words = edit_words_new();

    for (char **text = texts; *text != NULL; text++) {
        if (**text == '\0')
            continue;
        g_autoptr(GPtrArray) one = edit_words_new();
        if (!add_argument(change, *text, unknown_cidr, one, error) || !check_twice(words, one, error))
            return NULL;
        GPtrArray *all = edit_with(words, one);
        g_ptr_array_unref(words);
        words = all;
    }
    return g_steal_pointer(&words);
}

const NetprefCandidate *change_candidate(const Change *change, const char *name)
{
    for (guint i = 0; i < netpref_choice_count(change->before->ranking); i++) {
        const NetprefCandidate *candidate = netpref_choice_get(change->before->ranking, i);
        if (strcmp(candidate->network->name, name) == 0)
            return candidate;
    }
    return NULL;
}

void change_remark(Change *change, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_ptr_array_add(change->remarks, g_strdup_vprintf(format, arguments));
    va_end(arguments);
}

/* ---- the change ---------------------------------------------------------------------------------- */

/* One change over all its attempts; what is told at the end is the last. */
typedef struct {
    const CliCall *call;
    const ClusterNetworks *now;
    ChangeDecide decide;
    ChangeReport *report;
} Run;

static gboolean was_said(const Situation *before, const NetprefFinding *finding)
{
    for (guint i = 0; i < before->findings->len; i++)
        if (strcmp(((const NetprefFinding *)before->findings->pdata[i])->text, finding->text) == 0)
            return TRUE;
    return FALSE;
}

/* How many networks could carry a migration at all. */
static guint count_usable(const Situation *situation)
{
    guint count = 0;

    for (guint i = 0; i < netpref_choice_usable_count(situation->ranking); i++)
        count += netpref_choice_get(situation->ranking, i)->network->member_count > 1;
    return count;
}

/* Refuses what would make the settings wrong, and remarks on what is odd about them from now on. A CIDR that
 * no node has is allowed: its nodes may be switched off. */
static gboolean judge_change(const Situation *before, const Situation *after, GPtrArray *remarks,
                             GError **error)
{
    for (guint i = 0; i < after->findings->len; i++) {
        const NetprefFinding *finding = after->findings->pdata[i];
        if (was_said(before, finding))
            continue;
        if (finding->level == NETPREF_ERROR && strcmp(finding->kind, "unknown_network") != 0) {
            g_set_error_literal(error, CLI_FAILURE, CLI_CONFIG, finding->text);
            return FALSE;
        }
        if (finding->level != NETPREF_NOTE) /* notes are about networks, and a new name makes them new */
            g_ptr_array_add(remarks, g_strdup(finding->text));
    }
    if (count_usable(before) > 0 && count_usable(after) == 0)
        g_ptr_array_add(
            remarks, g_strdup("no usable network is left: no VM can migrate, and a node cannot be drained"));
    return TRUE;
}

static gboolean apply(GHashTable *parameters, gpointer data, GError **error)
{
    Run *run = data;
    g_autoptr(Situation) before = situation_new(run->now, parameters);
    g_autoptr(ChangeReport) report = change_report_new(parameters);
    Change change = {.call = run->call,
                     .now = run->now,
                     .before = before,
                     .parameters = parameters,
                     .remarks = report->remarks};

    if (!run->decide(&change, error))
        return FALSE;
    g_autoptr(Situation) after = situation_new(run->now, parameters);
    if (!judge_change(before, after, report->remarks, error))
        return FALSE;
    change_report_finish(report, parameters, after->ranking);
    change_report_free(run->report);
    run->report = g_steal_pointer(&report);
    return TRUE;
}

gboolean change_run(CliCall *call, ChangeDecide decide, GError **error)
{
    OcfDeadline deadline = ocf_deadline_in(VIEW_PATIENCE_MS);
    g_autoptr(ClusterNetworks) now = view_read(deadline, error);
    Run run = {.call = call, .now = now, .decide = decide};

    if (now == NULL || !view_check_resource(now, error))
        return FALSE;
    gboolean done = call->dry_run
                        ? apply(now->preference->parameters, &run, error)
                        : cluster_preference_edit(now->preference->resource, apply, &run, deadline, error);
    if (done)
        change_report_print(run.report, call, now->preference->resource);
    change_report_free(run.report);
    return done;
}
