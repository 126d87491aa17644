/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How the lists of MigrationNetworks change: which words stand in `order`, `exclude` and `names` afterwards.
 * Pure: values in, values out; what a word stands for has been looked up before.
 */
#ifndef WHERRY_CLI_EDIT_H
#define WHERRY_CLI_EDIT_H

#include <glib.h>

/* A network as it was written (label, CIDR, interface), and the names of the networks that it stands for. A
 * word that stands for none that is known stands for itself. */
typedef struct {
    char *text;
    char **names; /* NULL-terminated, never empty */
} EditWord;

/* A list of EditWord, in the order in which they were written. */
GPtrArray *edit_words_new(void);
/* NAMES may be NULL or empty: it stands for itself. */
void edit_words_add(GPtrArray *words, const char *text, const char *const *names);
/* As a parameter's value, or NULL where the list is empty. */
char *edit_words_text(const GPtrArray *words);
gboolean edit_words_have(const GPtrArray *words, const char *name);

/* WORDS without the networks of GONE; of a word that stands for several, those that stay are written by name.
 */
GPtrArray *edit_without(const GPtrArray *words, const GPtrArray *gone);

/* WORDS, and behind them those of MORE of which something is not there yet. */
GPtrArray *edit_with(const GPtrArray *words, const GPtrArray *more);

/*
 * ORDER in which NAME has changed places with its neighbour, the one before it (STEP -1) or after it (STEP
 * 1), among VISIBLE: the names of the networks that are in use, first to last. The order becomes explicit as
 * far as the two of them reach; networks behind, which nobody has placed, stay unplaced and keep their
 * sequence. Words of ORDER that are not in VISIBLE stay behind the word that they stood behind. NULL where
 * there is no such neighbour.
 */
GPtrArray *edit_move(const GPtrArray *order, const char *const *visible, const char *name, int step);

/* ---- labels ------------------------------------------------------------------------------------------ */

/* `names`, after LABEL was given to SUBNETS (canonical CIDRs) and to nothing else. Subnets that had another
 * label lose it. RELEASED gets those that LABEL had and has no longer, GONE the labels that have no subnet
 * left; both of char *. */
char *edit_label(const char *names, const char *label, const char *const *subnets, GPtrArray *released,
                 GPtrArray *gone);

#endif
