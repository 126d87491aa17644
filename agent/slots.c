/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/slots.h"

#include <string.h>

static gboolean touches(const Report *report, const char *node)
{
    return strcmp(report->source, node) == 0 || strcmp(report->target, node) == 0;
}

static gboolean comes_before(const Report *report, const Report *own)
{
    return own == NULL || (strcmp(report->id, own->id) != 0 &&
                           (report->phase >= REPORT_SENDING || report_order(&report, &own) < 0));
}

guint slots_taken(const GPtrArray *reports, const Report *own, const char *node)
{
    guint taken = 0;

    for (guint i = 0; i < reports->len; i++) {
        const Report *report = reports->pdata[i];
        taken += !report_has_ended(report) && touches(report, node) && comes_before(report, own);
    }
    return taken;
}

char *slots_objection(const GPtrArray *reports, const Report *own, gint64 source_limit, gint64 target_limit)
{
    const struct {
        const char *node;
        gint64 limit;
    } ends[] = {{own->source, source_limit}, {own->target, target_limit}};

    for (guint i = 0; i < G_N_ELEMENTS(ends); i++) {
        guint taken = slots_taken(reports, own, ends[i].node);
        if (taken >= ends[i].limit)
            return g_strdup_printf("%s takes part in %u migrations, of which it may in %" G_GINT64_FORMAT
                                   " at once",
                                   ends[i].node, taken, ends[i].limit);
    }
    return NULL;
}
