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
    CRM_EX_INSUFFICIENT_PRIV = 4,
    CRM_EX_CONFIG = 78, /* also what attrd_updater 2.1 says of an attribute that nobody has set */
    CRM_EX_NOSUCH = 105,
    CRM_EX_EXISTS = 108
};

/* Runs a tool for what it prints on standard output. FALSE where it cannot be run, is late, or ends with a
 * status other than 0; *STATUS, if wanted, tells which. */
gboolean cluster_tool_run(const char *const *argv, OcfDeadline deadline, char **output, int *status,
                          GError **error);

/* The same for a tool that prints XML. */
xmlDoc *cluster_tool_xml(const char *const *argv, OcfDeadline deadline, int *status, GError **error);

/* TEXT as an XPath 1.0 string, quotes and all. */
char *cluster_xpath_string(const char *text);

/* Sets ERROR for a CHILD that was TOOL and did not succeed: WHAT "is not changed" (UNDONE), and why;
 * OCF_ERR_PERM where access rules forbid it. Always FALSE. */
gboolean cluster_tool_failed(const OcfChild *child, const char *tool, const char *what, const char *undone,
                             GError **error);

/* Changes the CIB with cibadmin: HOW is "--modify", "--replace" or "--delete", XML may be NULL. It is done on
 * all nodes when this returns. *FOUND is FALSE where XPATH found nothing to change (which "--delete" does not
 * tell). Errors name WHAT, "is not changed", and why: OCF_ERR_PERM where access rules forbid it. */
gboolean cluster_cib_change(const char *how, const char *xpath, const char *xml, const char *what,
                            OcfDeadline deadline, gboolean *found, GError **error);

/* What XPATH finds in the CIB. NULL without an error where that is nothing. */
xmlDoc *cluster_cib_find(const char *xpath, OcfDeadline deadline, GError **error);

/* The whole CIB. */
xmlDoc *cluster_cib_read(OcfDeadline deadline, GError **error);

/* Calls VISIT for each element called KIND below NODE, in document order. */
typedef void (*ClusterXmlVisit)(xmlNode *node, gpointer data);
void cluster_xml_each(xmlNode *node, const char *kind, ClusterXmlVisit visit, gpointer data);

/* TRUE if NODE is an element called NAME; NULL is none. */
gboolean cluster_xml_is(const xmlNode *node, const char *name);

/* An attribute of NODE, or NULL; to be freed with g_free. */
char *cluster_xml_attribute(const xmlNode *node, const char *name);

/* TRUE if the attribute NAME of NODE is VALUE. */
gboolean cluster_xml_says(const xmlNode *node, const char *name, const char *value);

/* Seconds since 1970 of a time as Pacemaker writes it ("2026-11-25 17:16:22Z"); 0 for NULL and what is none.
 */
gint64 cluster_seconds_of(const char *text);

#endif
