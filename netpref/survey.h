/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The first two steps from links to networks; private to netpref/.
 * survey.c: which node has which subnet on which link. wire.c: which subnets are one wire. */
#ifndef WHERRY_NETPREF_SURVEY_H
#define WHERRY_NETPREF_SURVEY_H

#include "netpref/netpref.h"

/* An address of a subnet seen on a node. */
typedef struct {
    guint node;
    const NetprefLink *link;
    NetprefCidr cidr;
} Sighting;

typedef struct Wire Wire;

typedef struct {
    NetprefCidr subnet;
    GArray *sightings;  /* of Sighting; by node, then by link, then by address */
    GPtrArray *sharing; /* of Subnet: those of the other family on the same link of some node */
    const char *label;  /* the first in `names` that it has, or NULL */
    Wire *wire;
} Subnet;

typedef struct {
    GPtrArray *subnets;    /* of Subnet, sorted */
    GHashTable *by_subnet; /* NetprefCidr to Subnet */
} Survey;

/* NODES (of NetprefNode, sorted by name) must outlive the survey. */
Survey *survey_new(const GPtrArray *nodes, GPtrArray *findings);
void survey_free(Survey *survey);

/* Subnets that are one network. */
struct Wire {
    GPtrArray *subnets; /* of Subnet, sorted by subnet; never empty */
    const char *label;  /* or NULL */
};

/* Puts every subnet of SURVEY on a wire and returns the wires, in the order of their first subnets. LABELS
 * (of Label) may be NULL, and must outlive the wires as SURVEY must. */
GPtrArray *wires_new(const Survey *survey, const GPtrArray *nodes, const GPtrArray *labels,
                     GPtrArray *findings);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Survey, survey_free)

#endif
