/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netpref/route.h"

#include "netpref/address.h"
#include "ocf/ocf.h"

#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/errno.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>

enum { BYTE_BITS = 8 };

typedef struct nl_msg NlMessage;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NlMessage, nlmsg_free)

RouteSocket *route_socket_new(GError **error)
{
    g_autoptr(RouteSocket) socket = nl_socket_alloc();
    int code = socket == NULL ? -NLE_NOMEM : nl_connect(socket, NETLINK_ROUTE);

    if (code == 0) {
        /* one answer to one question: an acknowledgement after it would be taken for the next answer */
        nl_socket_disable_auto_ack(socket);
        return g_steal_pointer(&socket);
    }
    g_set_error(error, OCF_ERROR, OCF_ERR_GENERIC, "cannot ask the kernel for routes: %s", nl_geterror(code));
    return NULL;
}

void route_socket_free(RouteSocket *socket)
{
    nl_socket_free(socket);
}

static int read_route(struct nl_msg *message, void *data)
{
    struct nlmsghdr *header = nlmsg_hdr(message);
    Route *route = data;

    if (header->nlmsg_type != RTM_NEWROUTE || !nlmsg_valid_hdr(header, sizeof(struct rtmsg)))
        return NL_OK;
    struct nlattr *interface = nlmsg_find_attr(header, sizeof(struct rtmsg), RTA_OIF);
    if (interface == NULL || if_indextoname(nla_get_u32(interface), route->interface) == NULL)
        return NL_OK;
    route->gateway = nlmsg_find_attr(header, sizeof(struct rtmsg), RTA_GATEWAY) != NULL ||
                     nlmsg_find_attr(header, sizeof(struct rtmsg), RTA_VIA) != NULL;
    route->found = TRUE;
    return NL_OK;
}

Route route_find(RouteSocket *socket, const NetprefAddress *target)
{
    g_autoptr(NlMessage) message = nlmsg_alloc_simple(RTM_GETROUTE, NLM_F_REQUEST);
    guint bits = address_bits(target);
    struct rtmsg request = {.rtm_family = target->family, .rtm_dst_len = (guint8)bits};
    Route route = {.found = FALSE};

    if (message == NULL || nlmsg_append(message, &request, sizeof request, NLMSG_ALIGNTO) < 0 ||
        nla_put(message, RTA_DST, (int)(bits / BYTE_BITS), target->bytes) < 0)
        return route;
    nl_socket_modify_cb(socket, NL_CB_VALID, NL_CB_CUSTOM, read_route, &route);
    /* an error is the kernel's "unreachable": then nothing was found */
    if (nl_send_auto(socket, message) >= 0)
        nl_recvmsgs_default(socket);
    return route;
}
