/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which cluster network carries a live migration.
 *
 * The nodes' links are grouped into cluster networks (network.c), the administrator's preference is read
 * (policy.c), and for a pair of nodes every network gets a rank or the reason why it is out (choose.c). These
 * three are pure: the same input gives the same answer on every node, in whatever order it was handed in.
 * Two adapters touch the system: links.c and watch.c read and follow this node's links, reach.c asks which
 * addresses answer. publish.c is the text in which a node tells the others of its links.
 *
 * Floor 1: GLib, libnl and ocf/ only. Errors are in OCF_ERROR, as everywhere.
 */
#ifndef WHERRY_NETPREF_H
#define WHERRY_NETPREF_H

#include <glib.h>

/* ---- addresses --------------------------------------------------------------------------------- */

/* A numeric address; bytes beyond the family's length are zero, so that two may be compared whole. */
typedef struct {
    guint8 family;    /* AF_INET or AF_INET6 */
    guint8 bytes[16]; /* network order */
} NetprefAddress;

/* An address and its prefix length: a subnet where no host bit is set. */
typedef struct {
    NetprefAddress address;
    guint8 prefix_length;
} NetprefCidr;

/* FALSE if TEXT is no numeric address; ADDRESS is then untouched. An IPv4-mapped IPv6 address is read as
 * the IPv4 address that it means. Zones ("%eth0") are not taken. */
gboolean netpref_address_parse(const char *text, NetprefAddress *address);

/* The usual text of an address or a CIDR, to be freed. */
char *netpref_address_text(const NetprefAddress *address);
char *netpref_cidr_text(const NetprefCidr *cidr);

/* Strict "ADDRESS/LENGTH"; host bits, /0 and the like are the caller's business. OCF_ERR_CONFIGURED. */
gboolean netpref_cidr_parse(const char *text, NetprefCidr *cidr, GError **error);

/* IPv4 before IPv6, then by number, then the wider first; as strcmp. */
gint netpref_cidr_compare(const NetprefCidr *a, const NetprefCidr *b);

/* TRUE if ADDRESS lies in the subnet of CIDR. */
gboolean netpref_cidr_contains(const NetprefCidr *cidr, const NetprefAddress *address);

/* ---- findings ---------------------------------------------------------------------------------- */

typedef enum {
    NETPREF_NOTE,    /* worth knowing; nothing is wrong by it */
    NETPREF_WARNING, /* obeyed, but probably not what was meant */
    NETPREF_ERROR    /* wrong; the part named by the text has no effect */
} NetprefLevel;

/* Something the administrator should hear about networks or settings. */
typedef struct {
    NetprefLevel level;
    const char *kind; /* snake_case, constant, for JSON and tests: "unknown_network" */
    char *text;       /* one line, the essential first */
} NetprefFinding;

/* Sets ERROR (OCF_ERR_CONFIGURED) from the first finding that is a NETPREF_ERROR; TRUE if there is none. */
gboolean netpref_findings_check(const GPtrArray *findings, GError **error);

/* ---- links of a node --------------------------------------------------------------------------- */

typedef enum {
    NETPREF_LINK_UNKNOWN, /* nobody could tell; it is tried */
    NETPREF_LINK_DOWN,    /* switched off, or no carrier */
    NETPREF_LINK_UP
} NetprefLinkState;

/* "up", "down" or "unknown". */
const char *netpref_link_state_text(NetprefLinkState state);

/* One network interface of one node. */
typedef struct {
    char *interface;
    NetprefLinkState state;
    guint speed_mbits; /* 0: not known */
    guint mtu;         /* 0: not known */
    GArray *cidrs;     /* of NetprefCidr, with host bits */
} NetprefLink;

NetprefLink *netpref_link_new(const char *interface, NetprefLinkState state, guint speed_mbits, guint mtu);
void netpref_link_add(NetprefLink *link, const NetprefCidr *cidr);
void netpref_link_free(NetprefLink *link);
/* An empty array that frees its NetprefLink. */
GPtrArray *netpref_links_new(void);

/* TRUE for interfaces that never carry a migration: loopback, libvirt's, containers', guests' taps. By name,
 * because 192.168.122.0/24 on a real interface is a network like any other. */
gboolean netpref_interface_is_left_out(const char *interface);

/* What is known of one node. */
typedef struct {
    char *name;
    GPtrArray *links; /* of NetprefLink, an interface once; NULL: not known, only the ring addresses are */
    GArray *ring;     /* of NetprefAddress: where Corosync listens on this node */
} NetprefNode;

/* Takes LINKS, which may be NULL. */
NetprefNode *netpref_node_new(const char *name, GPtrArray *links);
/* FALSE, with OCF_ERR_CONFIGURED, where ADDRESS is not numeric (host names are for the caller to resolve). */
gboolean netpref_node_add_ring(NetprefNode *node, const char *address, GError **error);
void netpref_node_free(NetprefNode *node);
/* An empty array that frees its NetprefNode. */
GPtrArray *netpref_nodes_new(void);

/* ---- publication ------------------------------------------------------------------------------- */

/*
 * The links of a node as the value of one node attribute:
 *
 *   wherry-links/1.0; link eth1 up speed=10000 mtu=9000 ip=10.99.2.1/24 ip=fd99:2::1/64; link eth2 down; end
 * 2
 *
 * An own text rather than JSON: half the size (64 nodes hold each other's), readable in attrd_updater's
 * output, none of the characters that XML or a shell would have to escape, and a parser small enough to be
 * strict. Bytes of an interface name outside A-Z a-z 0-9 . _ - are written %XX. The number after "end" counts
 * the links: a value that was cut short cannot pass. A newer minor version may add KEY=VALUE fields to a link
 * and further kinds of record; they are skipped. A newer major version is refused.
 */
char *netpref_links_to_text(const GPtrArray *links);

/* The links in TEXT, or NULL with OCF_ERR_GENERIC: what is wrong and at which character. */
GPtrArray *netpref_links_from_text(const char *text, GError **error);

/* ---- policy ------------------------------------------------------------------------------------ */

typedef enum { NETPREF_RING_LAST, NETPREF_RING_ALLOW, NETPREF_RING_EXCLUDE } NetprefRing;

/* The parameters of MigrationNetworks as they were written; NULL and "" are unset. */
typedef struct {
    const char *order;
    const char *exclude;
    const char *names;
    const char *ring;
    const char *unlisted;
} NetprefSettings;

typedef struct NetprefPolicy NetprefPolicy;

/* Never fails: what cannot be read is a finding and has no effect, but an exclusion that can be read at all
 * (host bits set, one address, /0) is obeyed all the same. */
NetprefPolicy *netpref_policy_new(const NetprefSettings *settings);

/* A VM's own migration_networks and migration_exclude_networks; either may be NULL. Labels are the cluster's.
 */
NetprefPolicy *netpref_policy_new_for_vm(const char *order, const char *exclude);
void netpref_policy_free(NetprefPolicy *policy);

NetprefRing netpref_policy_ring(const NetprefPolicy *policy);
gboolean netpref_policy_allows_unlisted(const NetprefPolicy *policy);

/* What is wrong with the settings taken alone; of NetprefFinding, owned by POLICY. */
const GPtrArray *netpref_policy_findings(const NetprefPolicy *policy);

/* ---- networks ---------------------------------------------------------------------------------- */

/* One address of a node on a network. */
typedef struct {
    NetprefCidr cidr;
    const NetprefLink *link;
    gboolean duplicate; /* another node has the same address: never used */
} NetprefMemberAddress;

/* A node's place on a network. Where several of its links are on it, the first that is not down speaks. */
typedef struct {
    const char *node;
    const char *interface; /* NULL: not known, inferred from a ring address */
    NetprefLinkState state;
    guint speed_mbits;
    guint mtu;
    gboolean ring;     /* Corosync listens here */
    GArray *addresses; /* of NetprefMemberAddress, sorted */
} NetprefMember;

typedef struct NetprefNetwork NetprefNetwork;

/*
 * One wire, as far as anyone can tell. Each subnet is a network of its own, except that
 *
 *  - subnets that `names` puts under one label are one, unless some node has them on different interfaces;
 *  - an IPv6 subnet joins the IPv4 subnet with which it shares an interface on at least one node, if no node
 *    has the two on different interfaces, if no label says otherwise, and if there is one such IPv4 network
 *    only. Two IPv4 subnets on one interface stay two networks, and an IPv6 subnet beside them a third:
 *    nobody can tell to which it belongs, and `names` can say it.
 */
struct NetprefNetwork {
    guint index;          /* its place among the networks */
    char *name;           /* its label, or else its first subnet */
    gboolean labelled;    /* a label of `names` */
    GArray *subnets;      /* of NetprefCidr, sorted */
    GPtrArray *members;   /* of NetprefMember, in the order of netpref_networks_node; NULL: not on it */
    guint member_count;   /* members that are not NULL */
    gboolean ring;        /* the ring runs on it on some node */
    guint speed_mbits;    /* of the slowest member that knows its own; 0: none does */
    guint mtu;            /* the smallest known */
    GPtrArray *same_wire; /* of NetprefNetwork: networks of the other family that share an interface with it
                           * somewhere but could not be joined */
};

typedef struct NetprefNetworks NetprefNetworks;

/* Groups the links of NODES (of NetprefNode; a reference is kept, do not change them) into networks, in the
 * order of their first subnets. POLICY gives the labels; NULL: none. */
NetprefNetworks *netpref_networks_new(GPtrArray *nodes, const NetprefPolicy *policy);
void netpref_networks_free(NetprefNetworks *networks);

guint netpref_networks_count(const NetprefNetworks *networks);
const NetprefNetwork *netpref_networks_get(const NetprefNetworks *networks, guint index);
/* Nodes in the order of their names. */
guint netpref_networks_node_count(const NetprefNetworks *networks);
const NetprefNode *netpref_networks_node(const NetprefNetworks *networks, guint index);
/* NULL where NODE is not known or not on NETWORK. */
const NetprefMember *netpref_networks_member(const NetprefNetworks *networks, const NetprefNetwork *network,
                                             const char *node);

/* What is odd about the networks themselves; of NetprefFinding, owned by NETWORKS. */
const GPtrArray *netpref_networks_findings(const NetprefNetworks *networks);

/* The networks that NAME (label, CIDR or interface) stands for, most often one; of NetprefNetwork, borrowed.
 * NULL with OCF_ERR_CONFIGURED if it stands for none, or is an interface that is not the same network on all
 * nodes. */
GPtrArray *netpref_networks_lookup(const NetprefNetworks *networks, const char *name, GError **error);

/* What is wrong with POLICY on these networks (unknown names and the like), without what
 * netpref_policy_findings says; of NetprefFinding, to be unreferenced. Networks come and go with their nodes:
 * a reason to speak up, not to refuse the settings. */
GPtrArray *netpref_policy_check(const NetprefPolicy *policy, const NetprefNetworks *networks);

/* ---- choice ------------------------------------------------------------------------------------ */

typedef enum {
    NETPREF_USABLE,
    NETPREF_EXCLUDED_BY_VM,
    NETPREF_EXCLUDED_BY_CLUSTER,
    NETPREF_EXCLUDED_WIRE, /* not named anywhere, and shares its wire with an excluded network */
    NETPREF_RING_EXCLUDED,
    NETPREF_UNLISTED,
    NETPREF_NOT_ON_SOURCE,
    NETPREF_NOT_ON_TARGET,
    NETPREF_NO_SHARED_SUBNET, /* one end has IPv4 only, the other IPv6 only */
    NETPREF_DOWN_ON_SOURCE,
    NETPREF_DOWN_ON_TARGET,
    NETPREF_ADDRESS_UNUSABLE /* duplicate, or inside of an excluded network */
} NetprefVerdict;

/* "usable", "excluded_by_vm" and so on, for JSON. */
const char *netpref_verdict_text(NetprefVerdict verdict);

/* One way from node to node: bind to SOURCE and INTERFACE, connect to TARGET; both are in one subnet. */
typedef struct {
    NetprefAddress source;
    NetprefAddress target;
    const char *interface; /* of the source; NULL: not known */
} NetprefPath;

typedef struct {
    const NetprefNetwork *network;
    NetprefVerdict verdict;
    guint rank;        /* 1 is tried first; 0: out */
    guint speed_mbits; /* of the slower end; 0: not known */
    char *reason;      /* why it has this rank, or why it is out */
    GArray *paths;     /* of NetprefPath, in the order to try: IPv4, then IPv6; empty where it is out */
} NetprefCandidate;

typedef struct NetprefChoice NetprefChoice;

/*
 * Every network, the usable ones first and by rank, with what speaks for or against it between the nodes FROM
 * and TO. In this order: the VM's list; the cluster's; then, if `unlisted` allows, the rest: without the ring
 * before with it (ring=last), faster, by subnet. What cluster or VM exclude is out whatever any list says,
 * and no path leads to an address that the kernel would look for in an excluded subnet.
 *
 * A VM's exclusions add to the cluster's; its list takes the place of the cluster's for `unlisted`, unless it
 * names no network that exists.
 *
 * VM_POLICY may be NULL, POLICY too (nothing configured). NETWORKS must outlive the choice. OCF_ERR_GENERIC
 * where a node is not known or both are the same; that no network is usable is not an error here.
 */
NetprefChoice *netpref_choose(const NetprefNetworks *networks, const NetprefPolicy *policy,
                              const NetprefPolicy *vm_policy, const char *from, const char *to,
                              GError **error);

/* The same without a pair of nodes: what the policy alone says, for a list of networks. No paths. */
NetprefChoice *netpref_rank(const NetprefNetworks *networks, const NetprefPolicy *policy,
                            const NetprefPolicy *vm_policy);
void netpref_choice_free(NetprefChoice *choice);

guint netpref_choice_count(const NetprefChoice *choice);
guint netpref_choice_usable_count(const NetprefChoice *choice);
const NetprefCandidate *netpref_choice_get(const NetprefChoice *choice, guint index);

/* One line: "mig, then stor" or "no usable network from a1 to a2: mig: eth1 is down on a2; ...". */
char *netpref_choice_summary(const NetprefChoice *choice);

/* ---- this node's links ------------------------------------------------------------------------- */

/* The links of this network namespace that may carry a migration, sorted; OCF_ERR_GENERIC. Addresses that are
 * no good for one are left out: tentative, deprecated or temporary ones, and secondary IPv4 addresses, which
 * are as a rule a cluster's floating ones and may move away meanwhile. A link without addresses is listed
 * only when it is down. */
GPtrArray *netpref_links_read(GError **error);

/* Follows this node's links. */
typedef struct NetprefWatch NetprefWatch;

/* Hears the new LINKS (owned by the watch) after a change in what netpref_links_to_text would say. */
typedef void (*NetprefWatchChanged)(const GPtrArray *links, gpointer data);

NetprefWatch *netpref_watch_new(NetprefWatchChanged changed, gpointer data, GError **error);
void netpref_watch_free(NetprefWatch *watch);
/* To be polled for reading; owned by the watch. */
int netpref_watch_fd(const NetprefWatch *watch);
/* To be called when the descriptor is readable. Calls CHANGED at most once; never blocks on the descriptor.
 * On an error (OCF_ERR_GENERIC) nothing is lost: the next call reads all links anew. */
gboolean netpref_watch_dispatch(NetprefWatch *watch, GError **error);
/* What is known now; of NetprefLink, owned by WATCH. */
const GPtrArray *netpref_watch_links(const NetprefWatch *watch);

/* ---- reach ------------------------------------------------------------------------------------- */

/* Where nothing listens, a host that can be reached refuses: as good an answer. The last port of libvirt's
 * default range (qemu.conf, migration_port_max), so that a firewall that lets migrations pass lets the probe
 * pass; not the first one, because a QEMU that waits there for another guest would take the probe for the
 * guest and lose it. */
enum { NETPREF_PROBE_PORT = 49215 };

typedef enum {
    NETPREF_REACHABLE,
    NETPREF_REFUSED,     /* nobody listens at the port, but the host answered: it can be reached */
    NETPREF_NO_ROUTE,    /* the kernel knows no way, or nobody answers for the address on the wire */
    NETPREF_OTHER_WAY,   /* the kernel would send it over another interface or a gateway; nothing was sent */
    NETPREF_NO_REPLY,    /* silence until the time was over */
    NETPREF_NO_SOURCE,   /* this node no longer has the source address or interface; nothing was sent */
    NETPREF_FORBIDDEN,   /* this host's firewall */
    NETPREF_PROBE_FAILED /* anything else */
} NetprefReach;

/* One question and its answer. */
typedef struct {
    NetprefPath path; /* in; the interface is required */
    NetprefReach result;
    guint elapsed_ms;   /* until the answer */
    gint system_error;  /* errno behind the result, or 0 */
    char other_way[32]; /* NETPREF_OTHER_WAY: the interface that the kernel would take */
} NetprefProbe;

/*
 * Connects to PORT at all targets at once by TCP, for at most TIMEOUT_MS in all, and closes at once. Each
 * socket is bound to the path's source address and interface, and is not opened at all where the kernel's own
 * route (which the hypervisor's connection will take) goes elsewhere: no packet leaves for another address or
 * over another network. FALSE (OCF_ERR_GENERIC) only where nothing could be probed.
 */
gboolean netpref_reach(NetprefProbe *probes, guint count, guint16 port, guint timeout_ms, GError **error);

/* TRUE if the host answered, be it with a refusal. */
gboolean netpref_probe_is_reached(const NetprefProbe *probe);

/* "no reply from a2 (10.99.2.2) in 2 s"; NODE may be NULL. */
char *netpref_probe_text(const NetprefProbe *probe, const char *node);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(NetprefLink, netpref_link_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NetprefNode, netpref_node_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NetprefPolicy, netpref_policy_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NetprefNetworks, netpref_networks_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NetprefChoice, netpref_choice_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NetprefWatch, netpref_watch_free)

#endif
