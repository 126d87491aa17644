/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Does a transfer still make progress? A cut network gives no error for many minutes (facts L3), so what
 * counts is whether the transferred bytes grow. Pure: samples and the time in, verdict out.
 */
#ifndef WHERRY_AGENT_PROGRESS_H
#define WHERRY_AGENT_PROGRESS_H

#include <glib.h>

typedef struct {
    gint64 last_growth_us;
    guint64 processed; /* bytes, at the last growth */
    gboolean started;  /* the other end is ready to receive */
} Progress;

void progress_begin(Progress *progress, gint64 now_us);

/* The other end is ready: from here on silence is a stall. What comes before (starting QEMU there, reserving
 * its memory) has no bytes to count. */
void progress_start(Progress *progress, gint64 now_us);

/* A sample of the transferred bytes. */
void progress_sample(Progress *progress, guint64 processed, gint64 now_us);

/* How long, in ms, nothing has been transferred; 0 while the transfer has not started. */
gint64 progress_silence_ms(const Progress *progress, gint64 now_us);

#endif
