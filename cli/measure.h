/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What ping and iperf3 say of one path. */
#ifndef WHERRY_CLI_MEASURE_H
#define WHERRY_CLI_MEASURE_H

#include "netpref/netpref.h"
#include "ocf/ocf.h"

typedef struct {
    double round_trip_ms; /* average; negative: not measured */
    guint path_mtu;       /* the greatest that passed; 0: not measured */
    double rate_mbits;    /* negative: not measured */
    char *problem;        /* why one of them was not measured, or NULL */
} Measure;

/* Measures PATH, which has answered before; MTU is the least that the two links say, 0: not known. Never
 * leaves the path's interface. */
void measure_path(Measure *measure, const NetprefPath *path, guint mtu, OcfDeadline deadline);
void measure_clear(Measure *measure);

/* The average of ping's last line "rtt min/avg/max/mdev = 0.1/0.2/0.3/0.0 ms"; negative where there is none.
 */
double measure_parse_ping(const char *output);
/* Megabits per second from iperf3 --json: what arrived; negative where there is none. */
double measure_parse_iperf(const char *output);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Measure, measure_clear)

#endif
