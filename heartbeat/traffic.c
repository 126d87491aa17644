/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "heartbeat/traffic.h"

#include "agent/report.h"

enum { LOOK_EVERY_MS = 500, TELL_MOST_MS = 2500 };

struct Traffic {
    char *told;      /* NULL: nothing yet, so that what an earlier daemon told may stand */
    gint64 tried_ms; /* when it was tried last; meaningless before that */
    gboolean tried;
};

Traffic *traffic_new(void)
{
    return g_new0(Traffic, 1);
}

void traffic_free(Traffic *traffic)
{
    if (traffic == NULL)
        return;
    g_free(traffic->told);
    g_free(traffic);
}

gint64 traffic_round(Traffic *traffic, gint64 now_ms)
{
    g_autoptr(GError) error = NULL;
    gint64 due_ms = traffic->tried_ms + TRAFFIC_EVERY_MS;

    if (traffic->tried && now_ms < due_ms)
        return due_ms - now_ms;
    g_autoptr(GPtrArray) reports = report_collect(WHERRY_RUNDIR);
    g_autofree char *text = report_print_all(reports);
    if (g_strcmp0(text, traffic->told) == 0)
        return LOOK_EVERY_MS;
    traffic->tried = TRUE;
    traffic->tried_ms = now_ms;
    if (report_publish(text, ocf_deadline_in(TELL_MOST_MS), &error)) {
        g_free(traffic->told);
        traffic->told = g_steal_pointer(&text);
    } else {
        g_debug("cannot tell the cluster of this node's migrations: %s", error->message);
    }
    return TRAFFIC_EVERY_MS;
}

void traffic_hand_over(void)
{
    report_hand_over(ocf_deadline_in(TELL_MOST_MS));
}
