/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Arithmetic of addresses; private to netpref/. */
#ifndef WHERRY_NETPREF_ADDRESS_H
#define WHERRY_NETPREF_ADDRESS_H

#include "netpref/netpref.h"

/* 32 or 128. */
guint address_bits(const NetprefAddress *address);
gboolean address_equal(const NetprefAddress *a, const NetprefAddress *b);
gint address_compare(const NetprefAddress *a, const NetprefAddress *b);

/* TRUE for ::ffff:a.b.c.d (RFC 4291 2.5.5.2). */
gboolean address_is_mapped(const NetprefAddress *address);

/* Why an address cannot name a host on a cluster network ("link-local"), or NULL. */
const char *address_unfit(const NetprefAddress *address);

/* CIDR without its host bits. */
NetprefCidr cidr_subnet(const NetprefCidr *cidr);
gboolean cidr_equal(const NetprefCidr *a, const NetprefCidr *b);

/* TRUE if INNER is OUTER or lies in it. */
gboolean cidr_encloses(const NetprefCidr *outer, const NetprefCidr *inner);

/* For a GHashTable with NetprefCidr keys. */
guint cidr_hash(gconstpointer cidr);
gboolean cidr_key_equal(gconstpointer a, gconstpointer b);

/* GCompareFunc for arrays of NetprefCidr. */
gint cidr_sort(gconstpointer a, gconstpointer b);

#endif
