/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Aligned columns of text. Pure. */
#ifndef WHERRY_CLI_TABLE_H
#define WHERRY_CLI_TABLE_H

#include <glib.h>

typedef struct Table Table;

/* HEADINGS (NULL-terminated) are one row like any other, and as many as there are columns. */
Table *table_new(const char *const *headings);
/* CELLS are as many as the headings; NULL and "" are shown as "-". Bytes that would not show, or that are no
 * UTF-8, are made visible: node names and what else comes from elsewhere moves no cursor. */
void table_add(Table *table, const char *const *cells);
/* Columns two spaces apart, as wide as a terminal shows their widest cell; lines end at their text. */
char *table_text(const Table *table);
void table_free(Table *table);

/* How many columns of a terminal TEXT (UTF-8) takes. */
guint table_width(const char *text);

/* A copy of TEXT that is UTF-8 and has no control characters. */
char *table_visible(const char *text);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Table, table_free)

#endif
