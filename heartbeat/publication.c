/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "heartbeat/publication.h"

struct Publication {
    char *text;      /* to be known; NULL: nothing yet */
    gboolean told;   /* and the cluster was told so, for all that is known */
    guint failures;  /* in a row */
    gint64 tried_ms; /* last; meaningless before the first try */
};

Publication *publication_new(void)
{
    return g_new0(Publication, 1);
}

void publication_free(Publication *publication)
{
    if (publication == NULL)
        return;
    g_free(publication->text);
    g_free(publication);
}

void publication_want(Publication *publication, const char *text)
{
    if (g_strcmp0(publication->text, text) == 0)
        return;
    g_free(publication->text);
    publication->text = g_strdup(text);
    publication->told = FALSE;
}

const char *publication_text(const Publication *publication)
{
    return publication->text;
}

/* The pause after the last try. */
static gint64 pause_ms(const Publication *publication)
{
    gint64 pause = PUBLICATION_RETRY_FIRST_MS;

    if (publication->failures == 0)
        return publication->told ? PUBLICATION_REFRESH_MS : 0;
    for (guint i = 1; i < publication->failures && pause < PUBLICATION_RETRY_MOST_MS; i++)
        pause *= 2;
    return MIN(pause, PUBLICATION_RETRY_MOST_MS);
}

gint64 publication_wait_ms(const Publication *publication, gint64 now_ms)
{
    if (publication->text == NULL)
        return PUBLICATION_REFRESH_MS;
    gint64 pause = pause_ms(publication);
    return pause == 0 ? 0 : MAX(publication->tried_ms + pause - now_ms, 0);
}

guint publication_tried(Publication *publication, gboolean done, gint64 now_ms)
{
    publication->tried_ms = now_ms;
    publication->told = done;
    publication->failures = done ? 0 : publication->failures + 1;
    return publication->failures;
}
