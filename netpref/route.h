/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's own idea of the way to an address; private to netpref/. */
#ifndef WHERRY_NETPREF_ROUTE_H
#define WHERRY_NETPREF_ROUTE_H

#include "netpref/netpref.h"

#include <net/if.h>

typedef struct {
    gboolean found;
    gboolean gateway;         /* not directly on the wire */
    char interface[IFNAMSIZ]; /* where it leaves */
} Route;

typedef struct nl_sock RouteSocket;

/* NULL with OCF_ERR_GENERIC. */
RouteSocket *route_socket_new(GError **error);
void route_socket_free(RouteSocket *socket);

/* What a connection to TARGET that is bound to nothing would take; sends no packet. */
Route route_find(RouteSocket *socket, const NetprefAddress *target);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(RouteSocket, route_socket_free)

#endif
