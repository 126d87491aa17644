/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/actions.h"
#include "agent/parameters.h"

/* Timeouts and intervals are VirtualDomain's, so that a cluster keeps its habits; pcs copies them into a new
 * resource (facts P13). Where an administrator's typo must not cost a running guest, parsing is lenient. */
static const OcfAction actions[] = {
    {"start", 90, 0, -1, OCF_PARSE_STRICT, live_domain_start},
    {"stop", 90, 0, -1, OCF_PARSE_LENIENT, live_domain_stop},
    {"monitor", 30, 10, 0, OCF_PARSE_LENIENT, live_domain_monitor},
    {"migrate_to", 120, 0, -1, OCF_PARSE_LENIENT, live_domain_migrate_to},
    {"migrate_from", 60, 0, -1, OCF_PARSE_LENIENT, live_domain_migrate_from},
    {"reload-agent", 30, 0, -1, OCF_PARSE_LENIENT, live_domain_reload_agent},
    {"validate-all", 10, 0, 0, OCF_PARSE_STRICT, live_domain_validate_all},
    {"validate-all", 20, 0, 10, OCF_PARSE_STRICT, NULL},
    {"meta-data", 5, 0, -1, OCF_PARSE_LENIENT, NULL},
    {.name = NULL},
};

static const char man_text[] =
    ".SH EXIT STATUS\n"
    "0 success; 1 failure, or nobody can tell; 2 wrong on this host; 3 no such action; 4 not permitted; "
    "5 something is not installed or the configuration file is not readable here; 6 wrong everywhere; "
    "7 (monitor) surely not running.\n"
    ".SH FILES\n"
    ".TP\n.I " WHERRY_RUNDIR "/LiveDomain-RESOURCE.guest\n"
    "What the agent remembers of a guest that runs on this node: name, UUID and process, so that stop and "
    "monitor need neither the configuration file nor libvirt.\n"
    ".TP\n.I " WHERRY_RUNDIR "/LiveDomain-RESOURCE.lock\n"
    "Held by an action that changes the guest.\n"
    ".TP\n.I " WHERRY_STATEDIR "/LiveDomain-RESOURCE.migration\n"
    "The journal of a migration, on the node that it began on, until the cluster knows what became of it. A "
    "start "
    "that finds one asks the other node first, and does not start what may run there. A journal that cannot "
    "be "
    "understood has all nodes asked, and is then set aside with the suffix .unreadable.\n"
    ".SH A MIGRATION THAT FAILED\n"
    "With migration_failure=stay the guest runs on where it is. For some seconds crm_mon shows it unmanaged, "
    "until "
    "every node has been probed. If the cluster would then stop it, because its node is to be emptied and "
    "there is "
    "no other, HA status stays dropped, and\n.B crm_mon \\-A\nsays so:\n"
    ".I waiting to leave NODE: ..., next try at TIME.\n"
    "The target that failed is avoided by the constraint wherry\\-avoid\\-RESOURCE\\-NODE, which expires; to "
    "try it "
    "again at once:\n.B pcs constraint delete wherry\\-avoid\\-RESOURCE\\-NODE\n"
    ".SH EXAMPLES\n.nf\n"
    "pcs resource create web1 ocf:wherry:LiveDomain \\e\n"
    "    config=/shared/web1.xml migration_transport=ssh \\e\n"
    "    op migrate_to timeout=600s meta allow\\-migrate=true\n"
    "pcs resource move web1 node2\n.fi\n.PP\n"
    "Without\n.B allow\\-migrate=true\nPacemaker moves a guest by stopping and starting it.\n"
    ".SH SEE ALSO\n.BR pcs (8),\n.BR crm (8),\n.BR crm_resource (8),\n.BR virsh (1)\n";

const OcfAgent live_domain_agent = {
    .name = "LiveDomain",
    .provider = "wherry",
    .version = WHERRY_VERSION,
    .shortdesc = "Keeps a KVM guest running and migrates it live",
    .longdesc = "Runs a virtual machine under libvirt, watches it, and migrates it live between the nodes of "
                "the cluster "
                "where the resource's meta attribute allow-migrate is true.\n\n"
                "It takes every parameter of ocf:heartbeat:VirtualDomain with the same meaning.",
    .parameters = live_domain_parameters,
    .parameters_size = sizeof(LiveDomainParameters),
    .actions = actions,
    .man_text = man_text,
};
