/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A migration made known to the whole cluster, before the guest may be at either end and until both ends have
 * said what became of it: a private attribute of both nodes, so that a third one knows of it even when one of
 * them is dead.
 */
#ifndef WHERRY_AGENT_ANNOUNCEMENT_H
#define WHERRY_AGENT_ANNOUNCEMENT_H

#include "agent/journal.h"

typedef struct {
    char *source, *target; /* nodes */
    gint64 since_s;        /* seconds since 1970 */
} Announcement;

/* On all nodes when it returns TRUE. */
gboolean announcement_make(const Journal *journal, OcfDeadline deadline, GError **error);

/* Both ends have said what became of it. What fails is only said: it costs the next start a question. */
void announcement_withdraw(const char *resource, const char *source, const char *target,
                           OcfDeadline deadline);

/* Those of RESOURCE that have not been withdrawn; of Announcement. */
GPtrArray *announcements_read(const char *resource, OcfDeadline deadline, GError **error);

/* As it stands in the attribute; NULL for what is not of this form. Pure. */
Announcement *announcement_parse(const char *text);
void announcement_free(Announcement *announcement);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Announcement, announcement_free)

#endif
