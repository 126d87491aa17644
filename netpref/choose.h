/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A choice in the making; private to netpref/. choose.c asks the policy, path.c the two nodes. */
#ifndef WHERRY_NETPREF_CHOOSE_H
#define WHERRY_NETPREF_CHOOSE_H

#include "netpref/network.h"

/* A candidate, and what it is ranked by. */
typedef struct {
    NetprefCandidate candidate;
    guint vm_place;      /* in the VM's list, from 1; 0: not in it */
    guint cluster_place; /* in the cluster's order, from 1; 0: not in it */
    const NetprefPolicy *excluded_by;
    const char *excluded_as;
} Entry;

typedef struct {
    const NetprefNetworks *networks;
    const NetprefPolicy *policy;    /* or NULL */
    const NetprefPolicy *vm_policy; /* or NULL */
    gboolean pair;
    guint from, to;
    gboolean vm_lists;  /* the VM's list names a network that exists */
    GPtrArray *entries; /* of Entry, by index of network until they are sorted */
    GArray *forbidden;  /* of NetprefCidr: subnets of excluded networks, and excluded ranges */
} Chooser;

/* Gives ENTRY the verdict and its reason. */
void entry_rule_out(Entry *entry, NetprefVerdict verdict, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* Finds the paths of ENTRY between the nodes of CHOOSER; FALSE, and ruled out, where there is none. */
gboolean entry_connect(const Chooser *chooser, Entry *entry);

#endif
