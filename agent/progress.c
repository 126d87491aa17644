/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/progress.h"

void progress_begin(Progress *progress, gint64 now_us)
{
    *progress = (Progress){.last_growth_us = now_us};
}

void progress_start(Progress *progress, gint64 now_us)
{
    if (progress->started)
        return;
    progress->started = TRUE;
    progress->last_growth_us = now_us;
}

void progress_sample(Progress *progress, guint64 processed, gint64 now_us)
{
    if (processed <= progress->processed)
        return;
    progress->processed = processed;
    progress->started = TRUE;
    progress->last_growth_us = now_us;
}

gint64 progress_silence_ms(const Progress *progress, gint64 now_us)
{
    return progress->started ? (now_us - progress->last_growth_us) / 1000 : 0;
}
