/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The cluster's own tools, run and read. Private to cluster/. */
#ifndef WHERRY_CLUSTER_TOOL_H
#define WHERRY_CLUSTER_TOOL_H

#include "ocf/ocf.h"

#include <libxml/tree.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlDoc, xmlFreeDoc)

/* Exit codes of Pacemaker's tools (crm_exit_t, include/crm/common/results.h; the same in 2.1 and 3.0). */
enum {
    CRM_EX_OK = 0,
    CRM_EX_CONFIG = 78, /* also what attrd_updater 2.1 says of an attribute that nobody has set */
    CRM_EX_NOSUCH = 105
};

/* Runs a tool for what it prints on standard output. FALSE where it cannot be run, is late, or ends with a
 * status other than 0; *STATUS, if wanted, tells which. */
gboolean cluster_tool_run(const char *const *argv, OcfDeadline deadline, char **output, int *status,
                          GError **error);

/* The same for a tool that prints XML. */
xmlDoc *cluster_tool_xml(const char *const *argv, OcfDeadline deadline, int *status, GError **error);

/* TRUE if NODE is an element called NAME; NULL is none. */
gboolean cluster_xml_is(const xmlNode *node, const char *name);

/* An attribute of NODE, or NULL; to be freed with g_free. */
char *cluster_xml_attribute(const xmlNode *node, const char *name);

#endif
