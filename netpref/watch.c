/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's messages say that something changed, not what: after any of them everything is read anew. So a
 * message lost (ENOBUFS) costs nothing, and there is no second copy of the state that could go stale.
 */
#include "netpref/netpref.h"
#include "ocf/ocf.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <netlink/errno.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <string.h>
#include <sys/socket.h>

struct NetprefWatch {
    struct nl_sock *socket;
    NetprefWatchChanged changed;
    gpointer data;
    GPtrArray *links;
    char *text;     /* of the links */
    gboolean stale; /* something may have changed since the links were read */
};

static gboolean subscribe(NetprefWatch *watch, GError **error)
{
    int code = watch->socket == NULL ? -NLE_NOMEM : nl_connect(watch->socket, NETLINK_ROUTE);

    if (code == 0)
        code = nl_socket_add_memberships(watch->socket, RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR,
                                         RTNLGRP_IPV6_IFADDR, 0);
    if (code == 0)
        code = nl_socket_set_nonblocking(watch->socket);
    if (code == 0)
        return TRUE;
    g_set_error(error, OCF_ERROR, OCF_ERR_GENERIC, "cannot follow this node's links: %s", nl_geterror(code));
    return FALSE;
}

/* Takes all messages that are waiting; TRUE if there was any. */
static gboolean drain(const NetprefWatch *watch, GError **error)
{
    char ignored[64];
    gboolean any = FALSE;

    for (;;) {
        /* the rest of a message that does not fit is dropped by the kernel: nobody reads it */
        ssize_t got = recv(nl_socket_get_fd(watch->socket), ignored, sizeof ignored, MSG_DONTWAIT);
        if (got >= 0 || errno == ENOBUFS) {
            any = TRUE;
            continue;
        }
        if (errno == EINTR)
            continue;
        if (errno != EAGAIN)
            g_set_error(error, OCF_ERROR, OCF_ERR_GENERIC, "cannot follow this node's links: %s",
                        g_strerror(errno));
        return any;
    }
}

/* TRUE and NEWS: they differ from what was known. */
static gboolean refresh(NetprefWatch *watch, gboolean *news, GError **error)
{
    g_autoptr(GPtrArray) links = netpref_links_read(error);

    if (links == NULL)
        return FALSE;
    g_autofree char *text = netpref_links_to_text(links);
    watch->stale = FALSE;
    *news = g_strcmp0(text, watch->text) != 0;
    if (*news) {
        g_clear_pointer(&watch->links, g_ptr_array_unref);
        watch->links = g_steal_pointer(&links);
        g_free(watch->text);
        watch->text = g_steal_pointer(&text);
    }
    return TRUE;
}

NetprefWatch *netpref_watch_new(NetprefWatchChanged changed, gpointer data, GError **error)
{
    g_autoptr(NetprefWatch) watch = g_new0(NetprefWatch, 1);
    gboolean news;

    watch->socket = nl_socket_alloc();
    watch->changed = changed;
    watch->data = data;
    /* subscribed first: what changes during the first reading is heard of afterwards */
    if (!subscribe(watch, error) || !refresh(watch, &news, error))
        return NULL;
    return g_steal_pointer(&watch);
}

void netpref_watch_free(NetprefWatch *watch)
{
    if (watch == NULL)
        return;
    g_clear_pointer(&watch->socket, nl_socket_free);
    g_clear_pointer(&watch->links, g_ptr_array_unref);
    g_free(watch->text);
    g_free(watch);
}

int netpref_watch_fd(const NetprefWatch *watch)
{
    return nl_socket_get_fd(watch->socket);
}

gboolean netpref_watch_dispatch(NetprefWatch *watch, GError **error)
{
    g_autoptr(GError) failure = NULL;
    gboolean news = FALSE;

    if (drain(watch, &failure))
        watch->stale = TRUE;
    if (failure != NULL) {
        watch->stale = TRUE;
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    if (!watch->stale)
        return TRUE;
    if (!refresh(watch, &news, error))
        return FALSE;
    if (news)
        watch->changed(watch->links, watch->data);
    return TRUE;
}

const GPtrArray *netpref_watch_links(const NetprefWatch *watch)
{
    return watch->links;
}
