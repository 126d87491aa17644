/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Will a pre-copy migration end in time? A guest that writes its memory faster than the network carries it
 * never does. Pure: a look at the job in, verdict out.
 */
#ifndef WHERRY_AGENT_CONVERGE_H
#define WHERRY_AGENT_CONVERGE_H

#include <glib.h>

typedef struct {
    guint64 pass;          /* over the guest's memory, from 1; 0: not known */
    guint64 remaining;     /* bytes of it that the target lacks */
    guint64 rate_bytes_s;  /* of the transfer; 0: not known */
    guint64 dirty_bytes_s; /* that the guest writes; 0: not known, as in the first pass */
    gint64 elapsed_ms;     /* since the transfer began */
    gint64 left_ms;        /* until it is given up */
} ConvergeLook;

/* TRUE where it does not end in time, slowing the guest down (auto-converge) has had its chance, and
 * post-copy would end in time. The latter sends what is left once, and nothing twice. */
gboolean converge_needs_postcopy(const ConvergeLook *look);

#endif
