/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a change of the preference did, or would do. Private to change.c. */
#ifndef WHERRY_CLI_CHANGE_REPORT_H
#define WHERRY_CLI_CHANGE_REPORT_H

#include "cli/cli.h"
#include "netpref/netpref.h"

typedef struct {
    GHashTable *before;
    GHashTable *after;
    GPtrArray *remarks; /* of char * */
    char *summary;      /* "mig, then stor" */
    GPtrArray *ranking; /* of char *: the networks in use, first to last */
} ChangeReport;

/* PARAMETERS as they are before the change. */
ChangeReport *change_report_new(GHashTable *parameters);
void change_report_finish(ChangeReport *report, GHashTable *parameters, const NetprefChoice *ranking);
void change_report_print(const ChangeReport *report, const CliCall *call, const char *resource);
void change_report_free(ChangeReport *report);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ChangeReport, change_report_free)

#endif
