/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/table.h"

enum { GAP = 2 };

struct Table {
    guint columns;
    GPtrArray *cells; /* of char *, row by row */
};

Table *table_new(const char *const *headings)
{
    Table *table = g_new0(Table, 1);

    table->columns = g_strv_length((char **)headings);
    table->cells = g_ptr_array_new_with_free_func(g_free);
    table_add(table, headings);
    return table;
}

void table_free(Table *table)
{
    if (table == NULL)
        return;
    g_ptr_array_unref(table->cells);
    g_free(table);
}

char *table_visible(const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    GString *visible = g_string_new(NULL);

    for (const char *c = valid; *c != '\0'; c = g_utf8_next_char(c)) {
        gunichar character = g_utf8_get_char(c);
        if (g_unichar_iscntrl(character))
            g_string_append_printf(visible, "\\x%02x", character);
        else
            g_string_append_unichar(visible, character);
    }
    return g_string_free(visible, FALSE);
}

guint table_width(const char *text)
{
    guint width = 0;

    for (const char *c = text; *c != '\0'; c = g_utf8_next_char(c)) {
        gunichar character = g_utf8_get_char(c);
        width += g_unichar_iszerowidth(character) ? 0 : g_unichar_iswide(character) ? 2 : 1;
    }
    return width;
}

void table_add(Table *table, const char *const *cells)
{
    for (guint i = 0; i < table->columns; i++)
        g_ptr_array_add(table->cells, table_visible(cells[i] != NULL && *cells[i] != '\0' ? cells[i] : "-"));
}

static guint column_width(const Table *table, guint column)
{
    guint width = 0;

    for (guint i = column; i < table->cells->len; i += table->columns)
        width = MAX(width, table_width(table->cells->pdata[i]));
    return width;
}

char *table_text(const Table *table)
{
    GString *text = g_string_new(NULL);
    g_autofree guint *widths = g_new0(guint, table->columns);

    for (guint i = 0; i < table->columns; i++)
        widths[i] = column_width(table, i);
    for (guint i = 0; i < table->cells->len; i++) {
        const char *cell = table->cells->pdata[i];
        guint column = i % table->columns;
        g_string_append(text, cell);
        if (column + 1 == table->columns)
            g_string_append_c(text, '\n');
        else
            g_string_append_printf(text, "%*s", (int)(widths[column] - table_width(cell) + GAP), "");
    }
    return g_string_free(text, FALSE);
}
