/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/converge.h"

enum {
    PASSES_BEFORE = 6, /* QEMU slows a guest down from the third pass on, and a little more with each */
    MS_PER_S = 1000
};

/* How long BYTES take, in ms. */
static double duration_ms(guint64 bytes, guint64 bytes_s)
{
    return (double)bytes / (double)bytes_s * MS_PER_S;
}

static gboolean precopy_ends_in_time(const ConvergeLook *look)
{
    if (look->remaining == 0)
        return TRUE;
    return look->rate_bytes_s > look->dirty_bytes_s &&
           duration_ms(look->remaining, look->rate_bytes_s - look->dirty_bytes_s) < (double)look->left_ms;
}

gboolean converge_needs_postcopy(const ConvergeLook *look)
{
    /* what is not known is no reason: post-copy cannot be taken back */
    if (look->pass < 2 || look->rate_bytes_s == 0 || look->dirty_bytes_s == 0 || precopy_ends_in_time(look))
        return FALSE;
    if (duration_ms(look->remaining, look->rate_bytes_s) >= (double)look->left_ms)
        return FALSE;
    return look->pass >= PASSES_BEFORE || look->left_ms < look->elapsed_ms;
}
