/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cluster/cluster.h"

gboolean cluster_links_publish(const char *text, OcfDeadline deadline, GError **error)
{
    return cluster_attribute_set(CLUSTER_LINKS_ATTRIBUTE, CLUSTER_ATTRIBUTE_PRIVATE, NULL, text, deadline,
                                 error);
}

gboolean cluster_links_withdraw(OcfDeadline deadline, GError **error)
{
    return cluster_attribute_set(CLUSTER_LINKS_ATTRIBUTE, CLUSTER_ATTRIBUTE_PRIVATE, NULL, NULL, deadline,
                                 error);
}

GHashTable *cluster_links_read(OcfDeadline deadline, GError **error)
{
    return cluster_attribute_read(CLUSTER_LINKS_ATTRIBUTE, deadline, error);
}
