/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Publication: when this node's links are to be told to the cluster. Pure; the time is handed in, and the
 * telling is the caller's.
 *
 * News is told at once. What failed is tried again, after PUBLICATION_RETRY_FIRST_MS and then twice as long
 * each time up to PUBLICATION_RETRY_MOST_MS; news does not shorten the wait, or links that flap would have a
 * daemon wait for the cluster's all the time. What was told is told again every PUBLICATION_REFRESH_MS:
 * Pacemaker forgets a private attribute when its attribute daemon on this node ends, and tells nobody. To
 * repeat the same value costs one small message and changes nothing where it is known.
 */
#ifndef WHERRY_HEARTBEAT_PUBLICATION_H
#define WHERRY_HEARTBEAT_PUBLICATION_H

#include <glib.h>

enum { PUBLICATION_RETRY_FIRST_MS = 250, PUBLICATION_RETRY_MOST_MS = 5000, PUBLICATION_REFRESH_MS = 10000 };

typedef struct Publication Publication;

Publication *publication_new(void);
void publication_free(Publication *publication);

/* TEXT is what the cluster should know. */
void publication_want(Publication *publication, const char *text);

/* How long until publication_text is to be told; 0: now. */
gint64 publication_wait_ms(const Publication *publication, gint64 now_ms);
const char *publication_text(const Publication *publication);

/* It was tried at NOW_MS. Returns how often in a row it has failed. */
guint publication_tried(Publication *publication, gboolean done, gint64 now_ms);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Publication, publication_free)

#endif
