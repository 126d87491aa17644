/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/announcement.h"

#include "cluster/cluster.h"

enum { ASK_MS = 5000, WORDS = 4 };

static char *attribute_of(const char *resource)
{
    return g_strconcat("wherry-move-", resource, NULL);
}

/* The guest's UUID is there for people. */
static char *print(const Journal *journal)
{
    return g_strdup_printf("%s %s %" G_GINT64_FORMAT " %s", journal->source, journal->target,
                           journal->began_s, journal->uuid);
}

Announcement *announcement_parse(const char *text)
{
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    g_autoptr(Announcement) announcement = g_new0(Announcement, 1);

    if (g_strv_length(words) != WORDS || *words[0] == '\0' || *words[1] == '\0' ||
        !ocf_parse_integer(words[2], 0, G_MAXINT64, &announcement->since_s))
        return NULL;
    announcement->source = g_strdup(words[0]);
    announcement->target = g_strdup(words[1]);
    return g_steal_pointer(&announcement);
}

void announcement_free(Announcement *announcement)
{
    if (announcement == NULL)
        return;
    g_free(announcement->source);
    g_free(announcement->target);
    g_free(announcement);
}

gboolean announcement_make(const Journal *journal, OcfDeadline deadline, GError **error)
{
    const char *const nodes[] = {journal->target, journal->source};
    g_autofree char *name = attribute_of(journal->resource);
    g_autofree char *text = print(journal);

    for (guint i = 0; i < G_N_ELEMENTS(nodes); i++)
        if (!cluster_attribute_set(name, CLUSTER_ATTRIBUTE_PRIVATE, nodes[i], text,
                                   ocf_deadline_within(deadline, ASK_MS), error)) {
            g_prefix_error(error, "the migration cannot be announced to the cluster: ");
            return FALSE;
        }
    return TRUE;
}

void announcement_withdraw(const char *resource, const char *source, const char *target, OcfDeadline deadline)
{
    const char *const nodes[] = {source, target};
    g_autofree char *name = attribute_of(resource);

    for (guint i = 0; i < G_N_ELEMENTS(nodes); i++) {
        g_autoptr(GError) error = NULL;
        if (nodes[i] != NULL && *nodes[i] != '\0' &&
            !cluster_attribute_set(name, CLUSTER_ATTRIBUTE_PRIVATE, nodes[i], NULL,
                                   ocf_deadline_within(deadline, ASK_MS), &error))
            g_message("the announcement of a migration stays: %s", error->message);
    }
}

GPtrArray *announcements_read(const char *resource, OcfDeadline deadline, GError **error)
{
    g_autofree char *name = attribute_of(resource);
    g_autoptr(GHashTable) values = cluster_attribute_read(name, deadline, error);
    GHashTableIter iter;
    gpointer text;

    if (values == NULL)
        return NULL;
    GPtrArray *announcements = g_ptr_array_new_with_free_func((GDestroyNotify)announcement_free);
    g_hash_table_iter_init(&iter, values);
    while (g_hash_table_iter_next(&iter, NULL, &text)) {
        Announcement *announcement = announcement_parse(text);
        if (announcement != NULL)
            g_ptr_array_add(announcements, announcement);
        else
            g_warning("%s=\"%s\" announces no migration and is left out", name, (const char *)text);
    }
    return announcements;
}
