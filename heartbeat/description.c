/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "heartbeat/actions.h"
#include "heartbeat/damping.h"

#define AT(field) offsetof(MigrationNetworksParameters, field)

static const OcfParameter parameters[] = {
    {.name = "order",
     .flags = OCF_PARAMETER_RELOADABLE,
     .offset = AT(order),
     .default_text = "",
     .shortdesc = "Networks in the order of preference",
     .longdesc =
         "Networks, separated by spaces, the most preferred first. A network is written as its name (see "
         "names), as its subnet, as in 10.99.2.0/24, or as an interface where that is the same network on "
         "all "
         "nodes. The first usable one carries a live migration. A name that stands for no network changes "
         "nothing."},
    {.name = "exclude",
     .flags = OCF_PARAMETER_RELOADABLE,
     .offset = AT(exclude),
     .default_text = "",
     .shortdesc = "Networks that never carry a live migration",
     .longdesc =
         "Networks, separated by spaces and written as in order, that no live migration uses, whatever "
         "order or a guest's own list says."},
    {.name = "names",
     .flags = OCF_PARAMETER_RELOADABLE,
     .offset = AT(names),
     .default_text = "",
     .shortdesc = "Names for networks",
     .longdesc = "NAME=SUBNET[,SUBNET...], separated by spaces, as in mig=10.99.2.0/24,fd99:2::/64 "
                 "store=10.99.3.0/24. The subnets of a name, IPv4 and IPv6, are one network. A network "
                 "without a name "
                 "goes by its subnet."},
    {.name = "ring",
     .flags = OCF_PARAMETER_RELOADABLE,
     .offset = AT(ring),
     .default_text = "last",
     .shortdesc = "What to do with networks that carry the Corosync ring",
     .longdesc = "last: of the networks that order does not name, those with the ring come last. allow: they "
                 "are like "
                 "any other. exclude: they never carry a live migration."},
    {.name = "unlisted",
     .flags = OCF_PARAMETER_RELOADABLE,
     .offset = AT(unlisted),
     .default_text = "allow",
     .shortdesc = "What to do with networks that order does not name",
     .longdesc =
         "allow: they come after those that it names, the faster first. exclude: they never carry a live "
         "migration."},
    {.name = NULL},
};

/* Nothing here asks the network: the timeouts are for a machine under load. */
static const OcfAction actions[] = {
    {"start", 20, 0, -1, OCF_PARSE_LENIENT, migration_networks_start},
    {"stop", 20, 0, -1, OCF_PARSE_LENIENT, migration_networks_stop},
    {"monitor", 20, 10, 0, OCF_PARSE_LENIENT, migration_networks_monitor},
    {"reload-agent", 20, 0, -1, OCF_PARSE_LENIENT, migration_networks_reload_agent},
    {"validate-all", 10, 0, 0, OCF_PARSE_STRICT, migration_networks_validate_all},
    {"validate-all", 10, 0, 10, OCF_PARSE_STRICT, NULL},
    {"meta-data", 5, 0, -1, OCF_PARSE_LENIENT, NULL},
    {.name = NULL},
};

static const char man_text[] =
    ".SH WHAT WRONG SETTINGS DO\n"
    ".B validate\\-all\n"
    "reports every error, with status 6. A setting that has no effect is no more than a warning in the log "
    "to "
    "all other actions, with one exception:\n"
    ".B start\n"
    "refuses, with status 2, settings that would let a migration use what they were meant to forbid: a "
    "network "
    "in\n.B exclude\nthat cannot be read, an error in\n.B names\nwhile something is excluded, an unknown "
    "word "
    "for\n.B ring\nor\n.BR unlisted .\n"
    "A change of a running resource restarts nothing, right or wrong.\n"
    ".SH EXIT STATUS\n"
    "0 success; 1 failure, or nobody can tell; 2 settings that are not safe to start with; 3 no such action; "
    "4 not permitted; 5 wherryd is not installed; 6 (validate\\-all) wrong settings; 7 (monitor) surely not "
    "running.\n"
    ".SH FILES\n"
    ".TP\n.I " WHERRY_LIBEXECDIR "/wherry/wherryd\n"
    "The daemon.\n"
    ".TP\n.I " WHERRY_RUNDIR "/wherryd.lock\n"
    "Locked while the daemon runs; holds its last sign of life.\n"
    ".SH EXAMPLES\n.nf\n"
    "pcs resource create mignets ocf:wherry:MigrationNetworks \\e\n"
    "    names='mig=10.99.2.0/24,fd99:2::/64' order=mig ring=exclude clone\n"
    "pcs resource update mignets order='mig 10.99.4.0/24'\n"
    "\n"
    "crm configure primitive mignets ocf:wherry:MigrationNetworks \\e\n"
    "    params order=10.99.2.0/24 op monitor interval=10s timeout=20s\n"
    "crm configure clone mignets\\-clone mignets\n.fi\n"
    ".SH SEE ALSO\n.BR ocf_wherry_LiveDomain (7),\n.BR pcs (8),\n.BR crm (8)\n";

const OcfAgent migration_networks_agent = {
    .name = "MigrationNetworks",
    .provider = "wherry",
    .version = WHERRY_VERSION,
    .shortdesc = "Which networks carry live migrations",
    .longdesc =
        "To be run as a clone, once in a cluster. Its parameters are the cluster's preference among its "
        "networks for live migrations of ocf:wherry:LiveDomain; they may be changed at any time, and restart "
        "nothing.\n\n"
        "On each node it runs the daemon wherryd, which follows the node's links and tells the other nodes "
        "when one goes down (at once) or comes back (at once, too, but a link that was lost less than 10 "
        "seconds before must have stayed for 2 seconds). Without the daemon guests run on and "
        "migrate; less is then known of the networks.",
    .parameters = parameters,
    .parameters_size = sizeof(MigrationNetworksParameters),
    .actions = actions,
    .man_text = man_text,
};

/* the text above names them */
G_STATIC_ASSERT(DAMPING_WINDOW_MS == 10000 && DAMPING_STABLE_MS == 2000);
