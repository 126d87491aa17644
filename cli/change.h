/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One change of the cluster-wide preference: worked out, checked, written (or not: --dry-run), told. */
#ifndef WHERRY_CLI_CHANGE_H
#define WHERRY_CLI_CHANGE_H

#include "cli/cli.h"
#include "cli/edit.h"
#include "cli/view.h"

/* What decides about a change sees. */
typedef struct {
    const CliCall *call;
    const ClusterNetworks *now;
    const Situation *before;
    GHashTable *parameters; /* to be changed */
    GPtrArray *remarks;     /* of char *: what the administrator should hear besides */
} Change;

/* Called anew where somebody else changes the settings meanwhile. */
typedef gboolean (*ChangeDecide)(Change *change, GError **error);

/* The whole of a verb that changes the preference. */
gboolean change_run(CliCall *call, ChangeDecide decide, GError **error);

/* A list parameter as it is. */
GPtrArray *change_words(const Change *change, const char *parameter);
/* Sets a list parameter; an empty list unsets it. */
void change_set_words(Change *change, const char *parameter, const GPtrArray *words);

/* The networks that the arguments name. CLI_NO_SUCH for one that is not there, unless it is a CIDR and
 * UNKNOWN_CIDR allows it; CLI_USAGE for one that comes twice. */
GPtrArray *change_arguments(const Change *change, gboolean unknown_cidr, GError **error);

/* How the network called NAME ranks before the change, or NULL. */
const NetprefCandidate *change_candidate(const Change *change, const char *name);

void change_remark(Change *change, const char *format, ...) G_GNUC_PRINTF(2, 3);

#endif
