/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What network.c and choose.c see of a policy; private to netpref/. */
#ifndef WHERRY_NETPREF_POLICY_H
#define WHERRY_NETPREF_POLICY_H

#include "netpref/netpref.h"

/* A network as the administrator wrote it. */
typedef struct {
    char *text;         /* as written; fit for a message */
    gboolean is_subnet; /* else a label or an interface name */
    NetprefCidr subnet;
} Reference;

/* An entry of `names`. */
typedef struct {
    char *name;
    GArray *subnets; /* of NetprefCidr */
} Label;

struct NetprefPolicy {
    gboolean of_vm;
    GPtrArray *order;   /* of Reference */
    GPtrArray *exclude; /* of Reference */
    GPtrArray *labels;  /* of Label, in the order written */
    NetprefRing ring;
    gboolean exclude_unlisted;
    GPtrArray *findings;
};

/* Reads one network of the setting WHERE. KEEP is for exclusions: what can be understood at all (a single
 * address, /0) is kept. NULL: it has no effect, and a finding says why. */
Reference *reference_read(const char *text, const char *where, gboolean keep, GPtrArray *findings);
void reference_free(Reference *reference);
gboolean reference_equal(const Reference *a, const Reference *b);

/* Reads a CIDR of the setting WHERE and drops its host bits; FALSE as above. */
gboolean reference_read_subnet(const char *text, const char *where, gboolean keep, NetprefCidr *subnet,
                               GPtrArray *findings);

/* TRUE for what was meant as an address, well-formed or not: no label may look so. Interface names hold
 * neither slash nor colon (Linux: dev_valid_name). */
gboolean reference_looks_numeric(const char *text);

/* The name of the parameter that holds the list. */
const char *policy_order_parameter(const NetprefPolicy *policy);
const char *policy_exclude_parameter(const NetprefPolicy *policy);

/* NULL where there is no such label; LABELS may be NULL. */
const Label *labels_find(const GPtrArray *labels, const char *name);

#endif
