/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The speed of a link; private to netpref/. */
#ifndef WHERRY_NETPREF_ETHTOOL_H
#define WHERRY_NETPREF_ETHTOOL_H

#include <glib.h>

/* In Mbit/s, 0 where the driver does not say. FD is any socket of the network namespace asked. */
guint ethtool_speed_mbits(int fd, const char *interface);

#endif
