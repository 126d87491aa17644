/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ocf/ocf.h"

enum { MARGIN_LEAST_MS = 500, MARGIN_MOST_MS = 5000, MARGIN_SHARE = 10 };

OcfDeadline ocf_deadline_in(gint64 duration_ms)
{
    return g_get_monotonic_time() + MAX(duration_ms, 0) * 1000;
}

gint64 ocf_deadline_left_ms(OcfDeadline deadline)
{
    return MAX(deadline - g_get_monotonic_time(), 0) / 1000;
}

OcfDeadline ocf_deadline_within(OcfDeadline deadline, gint64 duration_ms)
{
    return MIN(deadline, ocf_deadline_in(duration_ms));
}

gint64 ocf_deadline_margin_ms(gint64 timeout_ms)
{
    return CLAMP(timeout_ms / MARGIN_SHARE, MARGIN_LEAST_MS, MARGIN_MOST_MS);
}

gboolean ocf_deadline_sleep(OcfDeadline deadline, gint64 duration_ms)
{
    gint64 left_ms = ocf_deadline_left_ms(deadline);

    if (left_ms == 0)
        return FALSE;
    g_usleep((gulong)(MIN(duration_ms, left_ms) * 1000));
    return TRUE;
}
