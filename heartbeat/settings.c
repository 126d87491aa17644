/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "heartbeat/settings.h"

#include "ocf/ocf.h"

/* Sets ERROR from the first error among the findings on SETTINGS that is not of a kind in OBEYED. */
static gboolean check(const NetprefSettings *settings, const char *const *obeyed, GError **error)
{
    g_autoptr(NetprefPolicy) policy = netpref_policy_new(settings);
    const GPtrArray *findings = netpref_policy_findings(policy);

    for (guint i = 0; i < findings->len; i++) {
        const NetprefFinding *finding = findings->pdata[i];
        if (finding->level == NETPREF_ERROR && !g_strv_contains(obeyed, finding->kind)) {
            g_set_error_literal(error, OCF_ERROR, OCF_ERR_CONFIGURED, finding->text);
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean is_set(const char *value)
{
    return value != NULL && *value != '\0';
}

gboolean settings_exclude_what_they_say(const NetprefSettings *settings, GError **error)
{
    /* errors that netpref still obeys where they stand: too much is excluded, not too little */
    static const char *const obeyed_in_exclude[] = {"not_a_network", NULL};
    static const char *const obeyed_in_names[] = {"label_used_twice", "network_named_twice", NULL};
    static const char *const none[] = {NULL};
    const NetprefSettings exclude = {.exclude = settings->exclude};
    const NetprefSettings words = {.ring = settings->ring, .unlisted = settings->unlisted};
    const NetprefSettings names = {.names = is_set(settings->exclude) ? settings->names : NULL};

    return check(&exclude, obeyed_in_exclude, error) && check(&words, none, error) &&
           check(&names, obeyed_in_names, error);
}

gboolean settings_are_right(const NetprefSettings *settings, GError **error)
{
    g_autoptr(NetprefPolicy) policy = netpref_policy_new(settings);

    return netpref_findings_check(netpref_policy_findings(policy), error);
}

void settings_log(const NetprefSettings *settings)
{
    g_autoptr(NetprefPolicy) policy = netpref_policy_new(settings);
    const GPtrArray *findings = netpref_policy_findings(policy);

    for (guint i = 0; i < findings->len; i++) {
        const NetprefFinding *finding = findings->pdata[i];
        if (finding->level == NETPREF_NOTE)
            g_info("%s", finding->text);
        else
            g_warning("%s", finding->text);
    }
}
