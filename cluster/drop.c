/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who has dropped a resource's HA status, as a line of words in the CIB. */
#include "cluster/cluster.h"

#include <string.h>
#include <unistd.h>

#define FORM "1"

ClusterDrop *cluster_drop_new(const char *resource, const char *node, pid_t pid)
{
    ClusterDrop *drop = g_new0(ClusterDrop, 1);

    drop->resource = g_strdup(resource);
    drop->node = g_strdup(node);
    drop->boot_id = ocf_boot_id();
    drop->pid = pid != 0 ? pid : getpid();
    ocf_process_start_time(drop->pid, &drop->start_time);
    drop->since_s = g_get_real_time() / G_USEC_PER_SEC;
    drop->source = g_strdup("");
    drop->target = g_strdup("");
    drop->former_agent = g_strdup("");
    drop->reason = g_strdup("");
    return drop;
}

void cluster_drop_free(ClusterDrop *drop)
{
    if (drop == NULL)
        return;
    g_free(drop->resource);
    g_free(drop->node);
    g_free(drop->boot_id);
    g_free(drop->source);
    g_free(drop->target);
    g_free(drop->former_agent);
    g_free(drop->reason);
    g_free(drop);
}

char *cluster_drop_print(const ClusterDrop *drop)
{
    GString *line = g_string_new("form=" FORM);

    ocf_words_add(line, "node", drop->node);
    ocf_words_add(line, "boot", drop->boot_id);
    ocf_words_add_number(line, "pid", drop->pid);
    ocf_words_add_number(line, "start", (gint64)drop->start_time);
    ocf_words_add_number(line, "since", drop->since_s);
    ocf_words_add(line, "source", drop->source);
    ocf_words_add(line, "target", drop->target);
    ocf_words_add_number(line, "avoid", drop->avoid_s);
    if (*drop->former_agent != '\0') /* left out otherwise, as earlier versions know no such word */
        ocf_words_add(line, "agent", drop->former_agent);
    ocf_words_add(line, "reason", drop->reason);
    return g_string_free(line, FALSE);
}

ClusterDrop *cluster_drop_parse(const char *resource, const char *text)
{
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    g_autofree char *form = ocf_words_get(words, "form");
    g_autoptr(ClusterDrop) drop = g_new0(ClusterDrop, 1);
    gint64 pid = 0, start_time = 0;

    drop->resource = g_strdup(resource);
    drop->node = ocf_words_get(words, "node");
    drop->boot_id = ocf_words_get(words, "boot");
    drop->source = ocf_words_get(words, "source");
    drop->target = ocf_words_get(words, "target");
    drop->former_agent = ocf_words_get(words, "agent");
    if (drop->former_agent == NULL)
        drop->former_agent = g_strdup("");
    drop->reason = ocf_words_get(words, "reason");
    if (g_strcmp0(form, FORM) != 0 || drop->node == NULL || *drop->node == '\0' || drop->boot_id == NULL ||
        drop->source == NULL || drop->target == NULL || drop->reason == NULL ||
        !ocf_words_get_number(words, "pid", G_MAXINT32, &pid) ||
        !ocf_words_get_number(words, "start", G_MAXINT64, &start_time) ||
        !ocf_words_get_number(words, "since", G_MAXINT64, &drop->since_s) ||
        !ocf_words_get_number(words, "avoid", G_MAXINT64, &drop->avoid_s))
        return NULL;
    drop->pid = (pid_t)pid;
    drop->start_time = (guint64)start_time;
    return g_steal_pointer(&drop);
}

ClusterDrop *cluster_drop_of_unknown(const char *resource, const char *text)
{
    ClusterDrop *drop = g_new0(ClusterDrop, 1);

    drop->resource = g_strdup(resource);
    drop->node = g_strdup("");
    drop->boot_id = g_strdup("");
    drop->source = g_strdup("");
    drop->target = g_strdup("");
    drop->former_agent = g_strdup("");
    drop->reason = g_strdup(text);
    return drop;
}

/* Whether its owner, of this node, is the process PID; *GONE if there is no such owner any more. */
static gboolean is_process(const ClusterDrop *drop, const char *local_node, pid_t pid, gboolean *gone)
{
    g_autofree char *boot_id = ocf_boot_id();
    guint64 start_time = 0;

    *gone = FALSE;
    /* without the boot's id nobody knows */
    if (*drop->node == '\0' || g_strcmp0(drop->node, local_node) != 0 || *boot_id == '\0')
        return FALSE;
    *gone = strcmp(drop->boot_id, boot_id) != 0 || !ocf_process_start_time(drop->pid, &start_time) ||
            start_time != drop->start_time;
    return !*gone && drop->pid == pid;
}

gboolean cluster_drop_is_orphan(const ClusterDrop *drop, const char *local_node)
{
    gboolean gone = FALSE;

    is_process(drop, local_node, 0, &gone);
    return gone;
}

gboolean cluster_drop_is_own(const ClusterDrop *drop, const char *local_node)
{
    gboolean gone = FALSE;

    return is_process(drop, local_node, getpid(), &gone);
}
