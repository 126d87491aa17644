/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wherry limit migrations [N|off]: Pacemaker's migration-limit, which counts a migration at its source and at
 * its target (te_update_job_count in daemons/controld/controld_te_actions.c of 2.1). */
#include "cli/cli.h"
#include "cli/json.h"
#include "cli/view.h"

#include <stdio.h>
#include <string.h>

#define PROPERTY "migration-limit"

enum { ASK_MS = 20000, LIMIT_MOST = 1000 };

/* "2", or NULL: none. Pacemaker takes 0 and -1 for none, too. */
static gboolean read_limit(char **limit, GError **error)
{
    g_autoptr(GError) why = NULL;
    g_autoptr(GHashTable) properties = cluster_properties_read(ocf_deadline_in(ASK_MS), &why);
    gint64 number = 0;

    if (properties == NULL)
        return view_unreachable(why, error);
    const char *value = g_hash_table_lookup(properties, PROPERTY);
    *limit = value != NULL && ocf_parse_integer(value, 1, G_MAXINT32, &number) ? g_strdup(value) : NULL;
    return TRUE;
}

static const char *words_of(const char *limit)
{
    return limit != NULL ? limit : "none";
}

static void tell(const CliCall *call, const char *before, const char *now)
{
    if (call->json) {
        json_t *answer = json_object();
        json_object_set_new(answer, "migrations",
                            now != NULL ? json_integer(g_ascii_strtoll(now, NULL, 10)) : json_null());
        json_object_set_new(answer, "changed", json_boolean(!call->dry_run && g_strcmp0(before, now) != 0));
        json_answer(answer);
    } else if (call->count == 0) {
        printf("migrations of a node at once, incoming and outgoing: %s\n", words_of(now));
    } else {
        printf("migrations of a node at once, incoming and outgoing: %s (was: %s)%s\n", words_of(now),
               words_of(before), call->dry_run ? ", if it were changed" : "");
    }
}

gboolean cli_limit_migrations(CliCall *call, GError **error)
{
    const char *wanted = call->count > 0 ? call->arguments[0] : NULL;
    g_autofree char *before = NULL;
    g_autoptr(GError) why = NULL;
    gint64 number = 0;

    if (wanted != NULL && strcmp(wanted, "off") != 0 && !ocf_parse_integer(wanted, 1, LIMIT_MOST, &number))
        return cli_refuse(error, CLI_USAGE, "\"%s\" is neither a number from 1 to %d nor off", wanted,
                          LIMIT_MOST);
    if (!read_limit(&before, error))
        return FALSE;
    if (wanted == NULL) {
        tell(call, before, before);
        return TRUE;
    }
    const char *now = number > 0 ? wanted : NULL;
    if (!call->dry_run && g_strcmp0(before, now) != 0 &&
        !cluster_property_set(PROPERTY, now, ocf_deadline_in(ASK_MS), &why))
        return cli_refuse(error, why->code == OCF_ERR_PERM ? CLI_NO_PERMISSION : CLI_ERROR, "%s",
                          why->message);
    tell(call, before, now);
    return TRUE;
}
