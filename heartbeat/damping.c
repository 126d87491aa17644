/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "heartbeat/damping.h"

#include <string.h>

enum { NEVER = -1 };

/* One interface, for as long as its past matters. */
typedef struct {
    NetprefLink *seen;   /* last; NULL: it is not there */
    NetprefLink *passed; /* what the others have heard; NULL: nothing */
    gint64 lost_ms;      /* the latest loss, or NEVER */
    gint64 back_ms;      /* the first change for the better after it, or NEVER */
} History;

struct Damping {
    GHashTable *histories; /* interface name to History */
    gboolean begun;        /* links have been seen before */
};

/* ---- links --------------------------------------------------------------------------------------- */

static NetprefLink *copy(const NetprefLink *link)
{
    if (link == NULL)
        return NULL;
    NetprefLink *result = netpref_link_new(link->interface, link->state, link->speed_mbits, link->mtu);
    for (guint i = 0; i < link->cidrs->len; i++)
        netpref_link_add(result, &g_array_index(link->cidrs, NetprefCidr, i));
    return result;
}

static gboolean has_address(const NetprefLink *link, const NetprefCidr *cidr)
{
    for (guint i = 0; i < link->cidrs->len; i++)
        if (netpref_cidr_compare(&g_array_index(link->cidrs, NetprefCidr, i), cidr) == 0)
            return TRUE;
    return FALSE;
}

static gboolean has_all_addresses(const NetprefLink *link, const NetprefLink *of)
{
    for (guint i = 0; i < of->cidrs->len; i++)
        if (!has_address(link, &g_array_index(of->cidrs, NetprefCidr, i)))
            return FALSE;
    return TRUE;
}

/* Either may be NULL: not there. */
static gboolean is_same(const NetprefLink *a, const NetprefLink *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    return a->state == b->state && a->speed_mbits == b->speed_mbits && a->mtu == b->mtu &&
           a->cidrs->len == b->cidrs->len && has_all_addresses(a, b);
}

/* Whether something can no longer be used that could be before. */
static gboolean is_loss(const NetprefLink *before, const NetprefLink *now)
{
    if (before == NULL)
        return FALSE;
    if (now == NULL)
        return TRUE;
    if (before->state != NETPREF_LINK_DOWN && now->state == NETPREF_LINK_DOWN)
        return TRUE;
    return !has_all_addresses(now, before);
}

static void replace(NetprefLink **place, const NetprefLink *link)
{
    g_clear_pointer(place, netpref_link_free);
    *place = copy(link);
}

/* ---- one interface ------------------------------------------------------------------------------- */

static void history_free(gpointer data)
{
    History *history = data;

    g_clear_pointer(&history->seen, netpref_link_free);
    g_clear_pointer(&history->passed, netpref_link_free);
    g_free(history);
}

static void observe(History *history, const NetprefLink *now, gint64 now_ms)
{
    if (is_same(history->seen, now))
        return;
    if (is_loss(history->seen, now)) {
        history->lost_ms = now_ms;
        history->back_ms = NEVER;
    } else if (history->back_ms == NEVER) {
        history->back_ms = now_ms;
    }
    replace(&history->seen, now);
}

/* How long what was seen last must still be held back; 0: it may be passed on. */
static gint64 held_ms(const History *history, gint64 now_ms)
{
    if (is_same(history->seen, history->passed) || history->lost_ms == NEVER || history->back_ms == NEVER)
        return 0;
    if (history->back_ms - history->lost_ms >= DAMPING_WINDOW_MS)
        return 0;
    return MAX(history->back_ms + DAMPING_STABLE_MS - now_ms, 0);
}

/* An interface that is gone and of which nobody needs to remember a loss. */
static gboolean is_past(const History *history, gint64 now_ms)
{
    return history->seen == NULL && history->passed == NULL && now_ms - history->lost_ms >= DAMPING_WINDOW_MS;
}

/* ---- all of them --------------------------------------------------------------------------------- */

Damping *damping_new(void)
{
    Damping *damping = g_new0(Damping, 1);

    damping->histories = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, history_free);
    return damping;
}

void damping_free(Damping *damping)
{
    if (damping == NULL)
        return;
    g_hash_table_unref(damping->histories);
    g_free(damping);
}

static const NetprefLink *find(const GPtrArray *links, const char *interface)
{
    for (guint i = 0; i < links->len; i++) {
        const NetprefLink *link = links->pdata[i];
        if (strcmp(link->interface, interface) == 0)
            return link;
    }
    return NULL;
}

static void remember(Damping *damping, const GPtrArray *links)
{
    for (guint i = 0; i < links->len; i++) {
        const NetprefLink *link = links->pdata[i];
        if (g_hash_table_contains(damping->histories, link->interface))
            continue;
        History *history = g_new0(History, 1);
        history->lost_ms = history->back_ms = NEVER;
        if (!damping->begun)
            history->seen = copy(link);
        g_hash_table_insert(damping->histories, g_strdup(link->interface), history);
    }
    damping->begun = TRUE;
}

GPtrArray *damping_pass(Damping *damping, const GPtrArray *links, gint64 now_ms, gint64 *wait_ms)
{
    GPtrArray *result = netpref_links_new();
    GHashTableIter each;
    gpointer interface, value;

    *wait_ms = DAMPING_NOTHING_HELD;
    remember(damping, links);
    g_hash_table_iter_init(&each, damping->histories);
    while (g_hash_table_iter_next(&each, &interface, &value)) {
        History *history = value;

        observe(history, find(links, interface), now_ms);
        gint64 held = held_ms(history, now_ms);
        if (held == 0)
            replace(&history->passed, history->seen);
        else
            *wait_ms = *wait_ms == DAMPING_NOTHING_HELD ? held : MIN(*wait_ms, held);
        if (history->passed != NULL)
            g_ptr_array_add(result, copy(history->passed));
        if (is_past(history, now_ms))
            g_hash_table_iter_remove(&each);
    }
    return result;
}
