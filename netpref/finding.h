/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Findings, and words for them; private to netpref/. */
#ifndef WHERRY_NETPREF_FINDING_H
#define WHERRY_NETPREF_FINDING_H

#include "netpref/netpref.h"

GPtrArray *findings_new(void);
void findings_add(GPtrArray *findings, NetprefLevel level, const char *kind, const char *format, ...)
    G_GNUC_PRINTF(4, 5);

/* The gravest first, then by text: findings about nodes come in the order in which these were handed in. */
void findings_sort(GPtrArray *findings);

/* TEXT in quotes, fit for one line: escaped where it is not plain ASCII, and cut where it is long. */
char *text_quote(const char *text);

/* Appends ITEM to a list in prose: "a1", "a1, a2"; after some ten items only their number is kept. */
typedef struct {
    GString *text;
    guint count;
} WordList;
void word_list_add(WordList *list, const char *item);
/* The list, to be freed; LIST is empty afterwards. */
char *word_list_take(WordList *list);

#endif
