/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What wherry check looks for: one function for each kind of thing. */
#ifndef WHERRY_CLI_CHECK_H
#define WHERRY_CLI_CHECK_H

#include "cli/view.h"
#include "cli/vm.h"

/* Something that is wrong, why that matters, and what mends it. */
typedef struct {
    NetprefLevel level;
    char *what;
    char *where;
    char *why;
    char *command; /* NULL: nothing simple */
} Defect;

void defect_free(gpointer defect);

/* Adds one to DEFECTS. Takes COMMAND. */
void defect_add(GPtrArray *defects, NetprefLevel level, const char *where, const char *what, const char *why,
                char *command);

/* One for each of FINDINGS, about the PARAMETERS of RESOURCE where WHERE is NULL or it can be mended there.
 */
void check_findings(GPtrArray *defects, const GPtrArray *findings, const NetprefNetworks *networks,
                    const char *where, const char *resource, GHashTable *parameters);

void check_networks(GPtrArray *defects, const ClusterNetworks *now);
void check_vm(GPtrArray *defects, const Vm *vm, const ClusterNetworks *now);
/* The hosts, as migrations of VM reach them; and with ALL, whether VM could run there. */
gboolean check_hosts(GPtrArray *defects, const Vm *vm, gboolean all, const char *local_node, GError **error);
/* This node's, for encryption. */
void check_certificates(GPtrArray *defects, const char *local_node);
/* The cluster's properties. */
gboolean check_cluster(GPtrArray *defects, GError **error);
/* Constraints that a move left behind: for ONLY, or all of VMS. */
gboolean check_constraints(GPtrArray *defects, const GPtrArray *vms, GError **error);

#endif
