/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The networks as choose.c sees them; private to netpref/. */
#ifndef WHERRY_NETPREF_NETWORK_H
#define WHERRY_NETPREF_NETWORK_H

#include "netpref/netpref.h"
#include "netpref/policy.h"

/* The networks in which an interface name occurs. */
typedef struct {
    GPtrArray *networks; /* of NetprefNetwork */
    gboolean shared;     /* it stands for the same network on all nodes */
} InterfaceUse;

struct NetprefNetworks {
    GPtrArray *source;        /* the nodes as handed in: kept alive */
    GPtrArray *nodes;         /* of NetprefNode, by name, each name once */
    GHashTable *node_index;   /* name to index + 1 */
    GPtrArray *networks;      /* of NetprefNetwork */
    GHashTable *by_subnet;    /* NetprefCidr to NetprefNetwork */
    GHashTable *by_interface; /* name to InterfaceUse */
    GPtrArray *labels;        /* of Label, or NULL */
    GHashTable *label_index;  /* name to Label */
    GPtrArray *inferred;      /* of NetprefLink: links nobody published */
    GPtrArray *findings;
};

/* NULL where REFERENCE is no label. */
const Label *networks_label(const NetprefNetworks *networks, const Reference *reference);

/* FALSE if the name is not known. */
gboolean networks_node_index(const NetprefNetworks *networks, const char *node, guint *index);

/* TRUE if an address of MEMBER is on INTERFACE. */
gboolean member_has_interface(const NetprefMember *member, const char *interface);

/* The networks that the order means by REFERENCE, of NetprefNetwork, in their order. Empty: none; PROBLEM, if
 * not NULL, then says why, to be freed. */
GPtrArray *networks_match(const NetprefNetworks *networks, const Reference *reference, char **problem);

/* The networks that an exclusion of REFERENCE takes: also those inside of a CIDR that is no network itself,
 * those that hold a single address, and every use of an interface name. */
GPtrArray *networks_match_widely(const NetprefNetworks *networks, const Reference *reference);

/* The member that node number NODE is on NETWORK; made where it is not there yet. */
NetprefMember *networks_member_at(NetprefNetworks *networks, NetprefNetwork *network, guint node);

/* ring.c: marks where the ring runs, once all other members are there. */
void networks_place_ring(NetprefNetworks *networks);

/* inspect.c: adds to the findings what is odd about the finished networks. */
void networks_inspect(NetprefNetworks *networks);

#endif
