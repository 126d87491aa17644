/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netpref/address.h"
#include "netpref/netpref.h"
#include "netpref/route.h"
#include "ocf/ocf.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { US_PER_MS = 1000, MS_PER_S = 1000 };

typedef union {
    struct sockaddr any;
    struct sockaddr_in ipv4;
    struct sockaddr_in6 ipv6;
} SocketAddress;

static socklen_t fill_address(SocketAddress *result, const NetprefAddress *address, guint16 port)
{
    *result = (SocketAddress){.any.sa_family = address->family};
    if (address->family == AF_INET) {
        result->ipv4.sin_port = htons(port);
        memcpy(&result->ipv4.sin_addr, address->bytes, sizeof result->ipv4.sin_addr);
        return sizeof result->ipv4;
    }
    result->ipv6.sin6_port = htons(port);
    memcpy(&result->ipv6.sin6_addr, address->bytes, sizeof result->ipv6.sin6_addr);
    return sizeof result->ipv6;
}

static void answer(NetprefProbe *probe, NetprefReach result, gint system_error, gint64 begin_us)
{
    probe->result = result;
    probe->system_error = system_error;
    probe->elapsed_ms = (guint)((g_get_monotonic_time() - begin_us) / US_PER_MS);
}

static NetprefReach reach_of_errno(gint code)
{
    switch (code) {
    case 0:
        return NETPREF_REACHABLE;
    case ECONNREFUSED:
        return NETPREF_REFUSED;
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ENETDOWN:
    case EHOSTDOWN:
        return NETPREF_NO_ROUTE;
    case ETIMEDOUT:
        return NETPREF_NO_REPLY;
    case EADDRNOTAVAIL:
    case ENODEV:
        return NETPREF_NO_SOURCE;
    case EACCES:
    case EPERM:
        return NETPREF_FORBIDDEN;
    default:
        return NETPREF_PROBE_FAILED;
    }
}

/* FALSE if the kernel's own way is another: the hypervisor's connection, which nobody binds, would take it.
 */
static gboolean check_route(NetprefProbe *probe, RouteSocket *routes, gint64 begin_us)
{
    Route route = route_find(routes, &probe->path.target);

    if (!route.found) {
        answer(probe, NETPREF_NO_ROUTE, ENETUNREACH, begin_us);
        return FALSE;
    }
    if (!route.gateway && strcmp(route.interface, probe->path.interface) == 0)
        return TRUE;
    g_snprintf(probe->other_way, sizeof probe->other_way, "%s%s", route.interface,
               route.gateway ? " by a gateway" : "");
    answer(probe, NETPREF_OTHER_WAY, 0, begin_us);
    return FALSE;
}

/* A socket that is connecting, or -1 and the answer is known. */
static int start(NetprefProbe *probe, guint16 port, gint64 begin_us)
{
    SocketAddress source, target;
    socklen_t source_size = fill_address(&source, &probe->path.source, 0);
    socklen_t target_size = fill_address(&target, &probe->path.target, port);
    const char *interface = probe->path.interface;
    int fd = socket(probe->path.target.family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    /* the address alone would not do: it says where a packet comes from, not by which interface it leaves */
    if (fd >= 0 &&
        setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface, (socklen_t)strlen(interface) + 1) == 0 &&
        bind(fd, &source.any, source_size) == 0 && connect(fd, &target.any, target_size) == 0) {
        answer(probe, NETPREF_REACHABLE, 0, begin_us);
    } else if (fd >= 0 && errno == EINPROGRESS) {
        return fd;
    } else {
        gint code = errno;
        answer(probe, reach_of_errno(code), code, begin_us);
    }
    if (fd >= 0)
        close(fd);
    return -1;
}

static void finish(NetprefProbe *probe, struct pollfd *waiting, gint64 begin_us)
{
    gint code = 0;
    socklen_t size = sizeof code;

    if (getsockopt(waiting->fd, SOL_SOCKET, SO_ERROR, &code, &size) < 0)
        code = errno;
    answer(probe, reach_of_errno(code), code, begin_us);
    close(waiting->fd);
    waiting->fd = -1;
}

/* Collects answers until all are there or the time is over. */
static void collect(NetprefProbe *probes, struct pollfd *waiting, guint count, guint open, gint64 begin_us,
                    guint timeout_ms)
{
    gint64 end_us = begin_us + (gint64)timeout_ms * US_PER_MS;

    while (open > 0) {
        gint64 left_us = end_us - g_get_monotonic_time();
        if (left_us <= 0)
            return;
        gint64 left_ms = MIN((left_us + US_PER_MS - 1) / US_PER_MS, G_MAXINT);
        if (poll(waiting, count, (int)left_ms) < 0 && errno != EINTR)
            return;
        for (guint i = 0; i < count; i++) {
            if (waiting[i].fd < 0 || waiting[i].revents == 0)
                continue;
            finish(&probes[i], &waiting[i], begin_us);
            open--;
        }
    }
}

gboolean netpref_reach(NetprefProbe *probes, guint count, guint16 port, guint timeout_ms, GError **error)
{
    g_autoptr(RouteSocket) routes = route_socket_new(error);
    g_autofree struct pollfd *waiting = g_new0(struct pollfd, MAX(count, 1));
    gint64 begin_us = g_get_monotonic_time();
    guint open = 0;

    if (routes == NULL)
        return FALSE;
    for (guint i = 0; i < count; i++) {
        NetprefProbe *probe = &probes[i];
        waiting[i] = (struct pollfd){.fd = -1, .events = POLLOUT};
        memset(probe->other_way, 0, sizeof probe->other_way);
        if (probe->path.interface == NULL) {
            answer(probe, NETPREF_NO_SOURCE, ENODEV, begin_us);
            continue;
        }
        if (check_route(probe, routes, begin_us))
            waiting[i].fd = start(probe, port, begin_us);
        open += waiting[i].fd >= 0;
    }
    collect(probes, waiting, count, open, begin_us, timeout_ms);
    for (guint i = 0; i < count; i++) {
        if (waiting[i].fd < 0)
            continue;
        answer(&probes[i], NETPREF_NO_REPLY, ETIMEDOUT, begin_us);
        close(waiting[i].fd);
    }
    return TRUE;
}

gboolean netpref_probe_is_reached(const NetprefProbe *probe)
{
    return probe->result == NETPREF_REACHABLE || probe->result == NETPREF_REFUSED;
}

/* "2 s", "300 ms". */
static char *duration_text(guint ms)
{
    if (ms < MS_PER_S)
        return g_strdup_printf("%u ms", ms);
    return g_strdup_printf("%.3g s", (double)ms / MS_PER_S);
}

char *netpref_probe_text(const NetprefProbe *probe, const char *node)
{
    g_autofree char *address = netpref_address_text(&probe->path.target);
    g_autofree char *source = netpref_address_text(&probe->path.source);
    g_autofree char *who = node != NULL ? g_strdup_printf("%s (%s)", node, address) : g_strdup(address);
    g_autofree char *duration = duration_text(probe->elapsed_ms);
    const char *interface = probe->path.interface != NULL ? probe->path.interface : "an unknown interface";

    switch (probe->result) {
    case NETPREF_REACHABLE:
        return g_strdup_printf("%s answered in %s", who, duration);
    case NETPREF_REFUSED:
        return g_strdup_printf("%s refused the connection in %s", who, duration);
    case NETPREF_NO_ROUTE:
        return g_strdup_printf("no route to %s by %s", who, interface);
    case NETPREF_OTHER_WAY:
        return g_strdup_printf("the way to %s is %s, not %s", who, probe->other_way, interface);
    case NETPREF_NO_REPLY:
        return g_strdup_printf("no reply from %s in %s", who, duration);
    case NETPREF_NO_SOURCE:
        return g_strdup_printf("this node has no %s on %s any more", source, interface);
    case NETPREF_FORBIDDEN:
        return g_strdup_printf("this node's firewall forbids %s", who);
    case NETPREF_PROBE_FAILED:
        break;
    }
    return g_strdup_printf("cannot try %s: %s", who, g_strerror(probe->system_error));
}
