/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/edit.h"

#include <string.h>

static void word_free(gpointer data)
{
    EditWord *word = data;

    g_free(word->text);
    g_strfreev(word->names);
    g_free(word);
}

GPtrArray *edit_words_new(void)
{
    return g_ptr_array_new_with_free_func(word_free);
}

void edit_words_add(GPtrArray *words, const char *text, const char *const *names)
{
    const char *const itself[] = {text, NULL};
    EditWord *word = g_new0(EditWord, 1);

    word->text = g_strdup(text);
    word->names = g_strdupv((char **)(names != NULL && *names != NULL ? names : itself));
    g_ptr_array_add(words, word);
}

static void add_copy(GPtrArray *words, const EditWord *word)
{
    edit_words_add(words, word->text, (const char *const *)word->names);
}

char *edit_words_text(const GPtrArray *words)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < words->len; i++)
        g_string_append_printf(text, "%s%s", i == 0 ? "" : " ", ((const EditWord *)words->pdata[i])->text);
    return g_string_free(text, words->len == 0);
}

static const EditWord *find_word(const GPtrArray *words, const char *name)
{
    for (guint i = 0; i < words->len; i++) {
        const EditWord *word = words->pdata[i];
        if (g_strv_contains((const char *const *)word->names, name))
            return word;
    }
    return NULL;
}

gboolean edit_words_have(const GPtrArray *words, const char *name)
{
    return find_word(words, name) != NULL;
}

GPtrArray *edit_without(const GPtrArray *words, const GPtrArray *gone)
{
    GPtrArray *left = edit_words_new();

    for (guint i = 0; i < words->len; i++) {
        const EditWord *word = words->pdata[i];
        gint lost = 0;
        for (char **name = word->names; *name != NULL; name++)
            lost += edit_words_have(gone, *name);
        if (lost == 0)
            add_copy(left, word);
        for (char **name = word->names; lost > 0 && *name != NULL; name++)
            if (!edit_words_have(gone, *name))
                edit_words_add(left, *name, NULL);
    }
    return left;
}

GPtrArray *edit_with(const GPtrArray *words, const GPtrArray *more)
{
    GPtrArray *all = edit_words_new();

    for (guint i = 0; i < words->len; i++)
        add_copy(all, words->pdata[i]);
    for (guint i = 0; i < more->len; i++) {
        const EditWord *word = more->pdata[i];
        gboolean is_new = FALSE;
        for (char **name = word->names; *name != NULL; name++)
            is_new = is_new || !edit_words_have(all, *name);
        if (is_new)
            add_copy(all, word);
    }
    return all;
}

/* ---- one place up or down ------------------------------------------------------------------------------ */

static gint index_of(const char *const *names, const char *name)
{
    for (gint i = 0; names[i] != NULL; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    return -1;
}

static gboolean is_visible(const EditWord *word, const char *const *visible)
{
    for (char **name = word->names; *name != NULL; name++)
        if (index_of(visible, *name) >= 0)
            return TRUE;
    return FALSE;
}

/* Adds the words of ORDER from index START on that are not visible, up to the next one that is. */
static void add_followers(GPtrArray *moved, const GPtrArray *order, guint start, const char *const *visible)
{
    for (guint i = start; i < order->len && !is_visible(order->pdata[i], visible); i++)
        add_copy(moved, order->pdata[i]);
}

/* Adds NAME as it was written before, if it was written alone; and what stood behind it. */
static void add_place(GPtrArray *moved, const GPtrArray *order, const char *name, const char *const *visible)
{
    for (guint i = 0; i < order->len; i++) {
        const EditWord *word = order->pdata[i];
        gint last = -1;
        for (char **its = word->names; *its != NULL; its++)
            if (index_of(visible, *its) >= 0)
                last = (gint)(its - word->names);
        if (last < 0 || !g_strv_contains((const char *const *)word->names, name))
            continue;
        if (word->names[1] == NULL)
            add_copy(moved, word);
        else
            edit_words_add(moved, name, NULL);
        if (strcmp(word->names[last], name) == 0)
            add_followers(moved, order, i + 1, visible);
        return;
    }
    edit_words_add(moved, name, NULL);
}

GPtrArray *edit_move(const GPtrArray *order, const char *const *visible, const char *name, int step)
{
    gint count = (gint)g_strv_length((char **)visible);
    gint from = index_of(visible, name);
    gint to = from + step;

    if (from < 0 || to < 0 || to >= count)
        return NULL;
    gint explicit_count = MAX(from, to) + 1;
    for (gint i = 0; i < count; i++)
        if (edit_words_have(order, visible[i]))
            explicit_count = MAX(explicit_count, i + 1);

    GPtrArray *moved = edit_words_new();
    add_followers(moved, order, 0, visible);
    for (gint i = 0; i < explicit_count; i++)
        add_place(moved, order, visible[i == from ? to : i == to ? from : i], visible);
    return moved;
}

/* ---- labels ----------------------------------------------------------------------------------------------
 */

/* Adds "NAME=CIDR,CIDR" for the subnets of a word of `names` that are not in TAKEN. FALSE if none are left.
 */
static gboolean add_label(GString *text, const char *name, char **subnets, const char *const *taken)
{
    gsize before = text->len;
    gboolean any = FALSE;

    g_string_append_printf(text, "%s%s", text->len > 0 ? " " : "", name);
    for (; *subnets != NULL; subnets++) {
        if (**subnets == '\0' || g_strv_contains(taken, *subnets))
            continue;
        g_string_append_printf(text, "%c%s", any ? ',' : '=', *subnets);
        any = TRUE;
    }
    if (!any)
        g_string_truncate(text, before);
    return any;
}

static void add_unique(GPtrArray *texts, const char *text)
{
    if (!g_ptr_array_find_with_equal_func(texts, text, g_str_equal, NULL))
        g_ptr_array_add(texts, g_strdup(text));
}

char *edit_label(const char *names, const char *label, const char *const *subnets, GPtrArray *released,
                 GPtrArray *gone)
{
    g_auto(GStrv) words = g_strsplit_set(names != NULL ? names : "", " \t\r\n\v\f", -1);
    GString *text = g_string_new(NULL);
    gboolean placed = FALSE;

    for (char **word = words; *word != NULL; word++) {
        g_auto(GStrv) parts = g_strsplit(*word, "=", 2);
        if (parts[0] == NULL || parts[1] == NULL) {
            if (**word != '\0') /* what is no label is not ours to judge here */
                g_string_append_printf(text, "%s%s", text->len > 0 ? " " : "", *word);
            continue;
        }
        g_auto(GStrv) its = g_strsplit(parts[1], ",", -1);
        if (strcmp(parts[0], label) != 0) {
            if (!add_label(text, parts[0], its, subnets))
                add_unique(gone, parts[0]);
            continue;
        }
        for (char **subnet = its; *subnet != NULL; subnet++)
            if (**subnet != '\0' && !g_strv_contains(subnets, *subnet))
                add_unique(released, *subnet);
        if (!placed)
            add_label(text, label, (char **)subnets, (const char *const[]){NULL});
        placed = TRUE;
    }
    if (!placed)
        add_label(text, label, (char **)subnets, (const char *const[]){NULL});
    return g_string_free(text, FALSE);
}
