/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netpref/finding.h"

#include "ocf/ocf.h"

#include <string.h>

/* Longer quotations push out of the exit reason (128 bytes) what is wrong with them. */
enum { QUOTE_MOST = 48, WORDS_MOST = 8 };

static void finding_free(gpointer data)
{
    NetprefFinding *finding = data;

    g_free(finding->text);
    g_free(finding);
}

GPtrArray *findings_new(void)
{
    return g_ptr_array_new_with_free_func(finding_free);
}

void findings_add(GPtrArray *findings, NetprefLevel level, const char *kind, const char *format, ...)
{
    NetprefFinding *finding = g_new0(NetprefFinding, 1);
    va_list arguments;

    va_start(arguments, format);
    finding->text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    finding->level = level;
    finding->kind = kind;
    g_ptr_array_add(findings, finding);
}

static gint compare_findings(gconstpointer a, gconstpointer b)
{
    const NetprefFinding *const *first = a;
    const NetprefFinding *const *second = b;

    if ((*first)->level != (*second)->level)
        return (*first)->level > (*second)->level ? -1 : 1;
    return strcmp((*first)->text, (*second)->text);
}

void findings_sort(GPtrArray *findings)
{
    g_ptr_array_sort(findings, compare_findings);
}

gboolean netpref_findings_check(const GPtrArray *findings, GError **error)
{
    for (guint i = 0; i < findings->len; i++) {
        const NetprefFinding *finding = findings->pdata[i];
        if (finding->level == NETPREF_ERROR) {
            g_set_error_literal(error, OCF_ERROR, OCF_ERR_CONFIGURED, finding->text);
            return FALSE;
        }
    }
    return TRUE;
}

char *text_quote(const char *text)
{
    gsize length = strlen(text);
    g_autofree char *head = g_strndup(text, MIN(length, QUOTE_MOST));
    g_autofree char *escaped = g_strescape(head, NULL);

    return g_strdup_printf("\"%s%s\"", escaped, length > QUOTE_MOST ? "..." : "");
}

void word_list_add(WordList *list, const char *item)
{
    if (list->text == NULL)
        list->text = g_string_new(NULL);
    if (list->count++ < WORDS_MOST)
        g_string_append_printf(list->text, "%s%s", list->text->len > 0 ? ", " : "", item);
}

char *word_list_take(WordList *list)
{
    GString *text = list->text != NULL ? list->text : g_string_new(NULL);

    if (list->count > WORDS_MOST)
        g_string_append_printf(text, " and %u more", list->count - WORDS_MOST);
    *list = (WordList){.text = NULL};
    return g_string_free(text, FALSE);
}
