/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netpref/address.h"
#include "netpref/ethtool.h"
#include "netpref/netpref.h"
#include "ocf/ocf.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <net/if.h>
#include <netlink/cache.h>
#include <netlink/errno.h>
#include <netlink/netlink.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A dump that a change has interrupted is not whole; more often than this in a row it is not chance. */
enum { DUMP_ATTEMPTS = 10 };

/* IFA_F_TEMPORARY is the same bit as IFA_F_SECONDARY; what each is left out for is said in netpref.h. */
#define UNFIT_FLAGS (IFA_F_SECONDARY | IFA_F_DADFAILED | IFA_F_DEPRECATED | IFA_F_TENTATIVE)

typedef struct nl_sock NlSocket;
typedef struct nl_cache NlCache;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NlSocket, nl_socket_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NlCache, nl_cache_free)

/* What the two dumps say, and a socket to ask for the rest. */
typedef struct {
    struct nl_cache *links;
    struct nl_cache *addresses;
    int fd;
} Dump;

static gboolean fail(GError **error, int code)
{
    g_set_error(error, OCF_ERROR, OCF_ERR_GENERIC, "cannot read this node's links: %s", nl_geterror(code));
    return FALSE;
}

/* The kernel's IFF_RUNNING is operstate "up", or "unknown" for devices that have none. */
static NetprefLinkState state_of(struct rtnl_link *link)
{
    const unsigned int needed = IFF_UP | IFF_RUNNING;

    return (rtnl_link_get_flags(link) & needed) == needed ? NETPREF_LINK_UP : NETPREF_LINK_DOWN;
}

static gboolean read_cidr(struct rtnl_addr *address, NetprefCidr *cidr)
{
    struct nl_addr *local = rtnl_addr_get_local(address);
    NetprefCidr read = {.prefix_length = (guint8)rtnl_addr_get_prefixlen(address)};
    int family = rtnl_addr_get_family(address);

    if (local == NULL || (family != AF_INET && family != AF_INET6) ||
        nl_addr_get_len(local) > sizeof read.address.bytes)
        return FALSE;
    read.address.family = (guint8)family;
    memcpy(read.address.bytes, nl_addr_get_binary_addr(local), nl_addr_get_len(local));
    *cidr = read;
    return TRUE;
}

static void add_addresses(NetprefLink *link, int index, struct nl_cache *addresses)
{
    for (struct nl_object *object = nl_cache_get_first(addresses); object != NULL;
         object = nl_cache_get_next(object)) {
        struct rtnl_addr *address = (struct rtnl_addr *)object;
        NetprefCidr cidr;
        if (rtnl_addr_get_ifindex(address) == index && (rtnl_addr_get_flags(address) & UNFIT_FLAGS) == 0 &&
            read_cidr(address, &cidr) && address_unfit(&cidr.address) == NULL)
            netpref_link_add(link, &cidr);
    }
}

static void add_link(GPtrArray *links, struct rtnl_link *link, const Dump *dump)
{
    const char *name = rtnl_link_get_name(link);

    if (name == NULL || netpref_interface_is_left_out(name) ||
        (rtnl_link_get_flags(link) & IFF_LOOPBACK) != 0)
        return;
    NetprefLink *read = netpref_link_new(name, state_of(link), 0, rtnl_link_get_mtu(link));
    add_addresses(read, rtnl_link_get_ifindex(link), dump->addresses);
    /* a port of a bond or bridge is never missed; another link that is down may have had addresses */
    if (read->cidrs->len == 0 && (read->state != NETPREF_LINK_DOWN || rtnl_link_get_master(link) != 0)) {
        netpref_link_free(read);
        return;
    }
    if (read->state == NETPREF_LINK_UP)
        read->speed_mbits = ethtool_speed_mbits(dump->fd, name);
    g_ptr_array_add(links, read);
}

static int fill(struct nl_cache *cache, struct nl_sock *socket)
{
    int code = 0;

    for (guint attempt = 0; attempt < DUMP_ATTEMPTS; attempt++)
        if ((code = nl_cache_refill(socket, cache)) != -NLE_DUMP_INTR)
            break;
    return code;
}

static gint compare_links(gconstpointer a, gconstpointer b)
{
    const NetprefLink *const *first = a;
    const NetprefLink *const *second = b;

    return strcmp((*first)->interface, (*second)->interface);
}

static GPtrArray *build(const Dump *dump)
{
    GPtrArray *links = netpref_links_new();

    for (struct nl_object *object = nl_cache_get_first(dump->links); object != NULL;
         object = nl_cache_get_next(object))
        add_link(links, (struct rtnl_link *)object, dump);
    g_ptr_array_sort(links, compare_links);
    for (guint i = 0; i < links->len; i++)
        g_array_sort(((NetprefLink *)links->pdata[i])->cidrs, cidr_sort);
    return links;
}

GPtrArray *netpref_links_read(GError **error)
{
    g_autoptr(NlSocket) netlink = nl_socket_alloc();
    g_autoptr(NlCache) links = NULL;
    g_autoptr(NlCache) addresses = NULL;
    int code;

    if (netlink == NULL || (code = nl_connect(netlink, NETLINK_ROUTE)) < 0) {
        fail(error, netlink == NULL ? -NLE_NOMEM : code);
        return NULL;
    }
    nl_socket_enable_msg_peek(netlink); /* a link with many virtual functions is larger than a page */
    if ((code = nl_cache_alloc_name("route/link", &links)) < 0 ||
        (code = nl_cache_alloc_name("route/addr", &addresses)) < 0 || (code = fill(links, netlink)) < 0 ||
        (code = fill(addresses, netlink)) < 0) {
        fail(error, code);
        return NULL;
    }
    Dump dump = {.links = links, .addresses = addresses, .fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    if (dump.fd < 0) {
        g_set_error(error, OCF_ERROR, OCF_ERR_GENERIC, "cannot read this node's links: %s",
                    g_strerror(errno));
        return NULL;
    }
    GPtrArray *read = build(&dump);
    close(dump.fd);
    return read;
}
