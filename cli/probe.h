/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asking the candidates of a choice whether they answer. */
#ifndef WHERRY_CLI_PROBE_H
#define WHERRY_CLI_PROBE_H

#include "netpref/netpref.h"

/* What was heard on the best path of a network. */
typedef struct {
    gboolean asked;
    NetprefProbe probe;
} ProbeAnswer;

/* Probes every path of the usable candidates of CHOICE at once; the answers (of ProbeAnswer, to be freed with
 * g_array_unref) are by the candidates' index. Of several paths the first that answers counts, else the
 * first. Networks that are out have no paths, so that nothing is sent there (I3). */
GArray *probe_choice(const NetprefChoice *choice, GError **error);

/* "answers in 1 ms", or why not; NULL where it was not asked. */
char *probe_text(const ProbeAnswer *answer, const char *node);

/* The index of the candidate that would be used now, or -1. */
gint probe_first_reached(const NetprefChoice *choice, const GArray *answers);

#endif
