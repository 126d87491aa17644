/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ocf/ocf.h"

#include <string.h>

void ocf_words_add(GString *line, const char *key, const char *value)
{
    g_autofree char *escaped = g_uri_escape_string(value, ":,()/", FALSE);

    g_string_append_printf(line, "%s%s=%s", line->len > 0 ? " " : "", key, escaped);
}

void ocf_words_add_number(GString *line, const char *key, gint64 value)
{
    g_string_append_printf(line, "%s%s=%" G_GINT64_FORMAT, line->len > 0 ? " " : "", key, value);
}

char *ocf_words_get(char **words, const char *key)
{
    size_t length = strlen(key);

    for (char **word = words; *word != NULL; word++)
        if (strncmp(*word, key, length) == 0 && (*word)[length] == '=')
            return g_uri_unescape_string(*word + length + 1, NULL);
    return NULL;
}

gboolean ocf_words_get_number(char **words, const char *key, gint64 most, gint64 *number)
{
    g_autofree char *text = ocf_words_get(words, key);

    return text != NULL && ocf_parse_integer(text, 0, most, number);
}
