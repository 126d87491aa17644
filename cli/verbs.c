/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of all verbs. */
#include "cli/cli.h"

#include <string.h>

static const CliVerb verbs[] = {
    {
        .name = "network list",
        .flags = CLI_SHOWS,
        .summary = "Show the cluster's networks in the order in which migrations try them",
        .description = "ORDER is the place of a network, or - where it is never used; WHY says for what "
                       "reason. SPEED and MTU are "
                       "those of the slowest and the smallest link, RING says whether Corosync runs on it. "
                       "Below stand the "
                       "findings about networks and settings, and what could not be read.\n\n"
                       "A network is written as its name, its CIDR, or an interface that is the same network "
                       "on all nodes.",
        .run = cli_network_list,
    },
    {
        .name = "network order",
        .arguments = "NETWORK...",
        .least = 1,
        .most = G_MAXUINT,
        .flags = CLI_CHANGES,
        .summary = "Set which networks migrations try first",
        .description =
            "The networks named come first, in this order; the others follow, unless the parameter unlisted "
            "is exclude. An empty argument ('') takes the order away. A CIDR that no node has at present is "
            "accepted with a note.",
        .run = cli_network_order,
    },
    {
        .name = "network exclude",
        .arguments = "NETWORK...",
        .least = 1,
        .most = G_MAXUINT,
        .flags = CLI_CHANGES,
        .summary = "Keep migrations off networks, whatever any list says",
        .description =
            "Not one packet of a migration goes over an excluded network, not even a probe. It also leaves "
            "the order.",
        .run = cli_network_exclude,
    },
    {
        .name = "network include",
        .arguments = "NETWORK...",
        .least = 1,
        .most = G_MAXUINT,
        .flags = CLI_CHANGES,
        .summary = "Let migrations use networks again that were excluded",
        .description = "They follow the ordered ones; network order or network up gives them a place.",
        .run = cli_network_include,
    },
    {
        .name = "network up",
        .arguments = "NETWORK",
        .least = 1,
        .most = 1,
        .flags = CLI_CHANGES,
        .summary = "Move a network one place up in the order",
        .description =
            "The order that network list shows becomes explicit as far as the two networks reach that change "
            "places; networks behind them that nobody has placed keep their sequence.",
        .run = cli_network_up,
    },
    {
        .name = "network down",
        .arguments = "NETWORK",
        .least = 1,
        .most = 1,
        .flags = CLI_CHANGES,
        .summary = "Move a network one place down in the order",
        .description = "As network up, the other way.",
        .run = cli_network_down,
    },
    {
        .name = "network name",
        .arguments = "CIDR[,CIDR...] NAME",
        .least = 2,
        .most = 2,
        .flags = CLI_CHANGES,
        .summary = "Give a network a name",
        .description =
            "The subnets are called NAME from now on, and no others are; a name that they had before is "
            "replaced, in order and exclude too. In place of the CIDRs a network may be named, which means "
            "all its subnets. Several subnets under one name are one network: IPv4 and IPv6 of one wire.",
        .run = cli_network_name,
    },
    {
        .name = "network explain",
        .arguments = "VM [NODE]",
        .least = 1,
        .most = 2,
        .flags = CLI_SHOWS,
        .summary = "Show which network would carry a VM to another node now, and why",
        .description =
            "For NODE, or for each other node: every network, its rank or the reason why it is out, and the "
            "one that would be used now. Networks are probed only from the node on which the VM runs; "
            "excluded ones never.",
        .run = cli_network_explain,
    },
    {
        .name = "network test",
        .flags = CLI_SHOWS,
        .options = {{"from", "NODE", "Measure from NODE, which is asked over ssh"},
                    {"to", "NODE", "Measure to NODE alone"}},
        .summary = "Measure the networks from this node, or another, to the others",
        .description =
            "Round trip, path MTU and, where iperf3 is installed at this end and \"iperf3 -s\" runs at the "
            "other, throughput. Excluded networks are left alone.\n\n"
            "Another node measures itself: it has wherry, and lets the same user log in by ssh under the "
            "node's name, without a password. Every pair is measured by\n\n"
            "for n in $(crm_node -p); do wherry network test --from $n; done",
        .run = cli_network_test,
    },
    {
        .name = "move",
        .arguments = "VM [NODE]",
        .least = 1,
        .most = 2,
        .flags = CLI_CHANGES | CLI_RUNS,
        .options = {{"force", NULL, "Move it even where it is stopped and started instead of migrated"}},
        .summary = "Migrate a VM to another node",
        .description =
            "The cluster does it, as with pcs resource move: a location constraint wherry-move-VM asks for "
            "it, and is "
            "taken away when the VM has arrived, or stays. Without NODE the cluster chooses one. A line "
            "shows "
            "how far it is; then time, downtime, bytes and network are told.\n\n"
            "Before anything is changed the cluster is asked what it would do. A move that would stop the "
            "VM, or that "
            "the cluster would undo at once, is refused. A node that is avoided for this VM because a "
            "migration to it failed is tried again.\n\n"
            "Ctrl-C asks whether to cancel the migration or leave it running. The status is 0 where the VM "
            "has "
            "moved, or was there already; 1 where it stays.",
        .run = cli_move,
    },
    {
        .name = "cancel",
        .arguments = "VM",
        .least = 1,
        .most = 1,
        .flags = CLI_CHANGES,
        .summary = "Cancel the migration of a VM, which stays where it is",
        .description =
            "Whoever began it, and from any node: the job is aborted at the node that sends the VM, over the "
            "same "
            "connection that its migrations use. No other network is tried, and the target is avoided for "
            "migration_retry_delay, so that the cluster does not begin anew.\n\n"
            "A migration in post-copy cannot be cancelled. That of a VM whose agent is VirtualDomain, or "
            "which has "
            "migration_failure=restart, is not: the cluster would stop the VM. The status is 1 where the VM "
            "had "
            "arrived before.",
        .run = cli_cancel,
    },
    {
        .name = "drain",
        .arguments = "NODE",
        .least = 1,
        .most = 1,
        .flags = CLI_CHANGES | CLI_RUNS,
        .options = {{"force", NULL,
                     "Drain it even where VMs are stopped, or stay, instead of migrating live"}},
        .summary = "Migrate all VMs away from a node, and keep it free",
        .description = "First the plan, by the cluster's own forecast: where each VM goes, whether live, "
                       "over which network, and "
                       "about how long its memory takes at that network's speed. Where a VM would be stopped "
                       "or would stay, the "
                       "node is not drained without --force. Then the node goes into standby, as with pcs "
                       "node standby, and how "
                       "far it is, is shown. The status is 1 where a VM is still there in the end.",
        .run = cli_drain,
    },
    {
        .name = "undrain",
        .arguments = "NODE",
        .least = 1,
        .most = 1,
        .flags = CLI_CHANGES,
        .summary = "Let a node that was drained take VMs again",
        .description =
            "Takes the node out of standby, also while it is being drained. Whether VMs move back is the "
            "cluster's matter (constraints, resource-stickiness).",
        .run = cli_undrain,
    },
    {
        .name = "limit migrations",
        .arguments = "[NUMBER|off]",
        .most = 1,
        .flags = CLI_CHANGES,
        .options = {{"node", "NODE", "Show or set it for NODE alone"}},
        .summary = "Show or set how many migrations a node takes part in at once",
        .description =
            "Incoming and outgoing ones count together, as in Hyper-V. It is the cluster property "
            "migration-limit, which Pacemaker's scheduler heeds for all resources: in a drain the others "
            "wait "
            "for their turn, and their timeouts have not begun. Two are a good start: each more makes all of "
            "them slower on the same wire.\n\n"
            "With --node the limit is that of one node, and the agents keep to it: a migration waits for its "
            "turn, and wherry status says for whom. That waiting takes time off the timeout of migrate_to: "
            "after half of it the VM stays where it is, and the cluster tries again. Where no limit is set "
            "the "
            "agents keep to two a node, and after half of the timeout go on all the same. Agents of other "
            "kinds "
            "know nothing of it.",
        .run = cli_limit_migrations,
    },
    {
        .name = "limit incoming",
        .arguments = "[on|off]",
        .most = 1,
        .flags = CLI_CHANGES,
        .options = {{"node", "NODE", "The node"}},
        .summary = "Show or set whether a node takes in migrations",
        .description =
            "Of VMs of ocf:wherry:LiveDomain. VMs may still be started on a node that takes in none, and "
            "migrate away from it. Pacemaker's scheduler does not know of it: a VM that it sends there stays "
            "where it is, the node is avoided for its migration_retry_delay, and the cluster chooses "
            "another. "
            "To keep a node free of VMs altogether, drain it.",
        .run = cli_limit_incoming,
    },
    {
        .name = "status",
        .flags = CLI_SHOWS,
        .options = {{"watch", NULL, "Show it again and again, until interrupted"}},
        .summary = "Show the migrations that run in the cluster, on any node",
        .description =
            "DONE is the part of the VM's memory that has arrived, LEFT what has not, ETA the time that this "
            "takes at "
            "the present rate, less what the VM writes meanwhile; - is not known. PASS counts the passes "
            "over its memory. A VM whose agent reports nothing (VirtualDomain) is shown without them. VMs "
            "whose HA status is dropped stand below, with "
            "the reason.",
        .run = cli_status,
    },
    {
        .name = "history",
        .arguments = "[VM]",
        .most = 1,
        .flags = CLI_SHOWS,
        .summary = "Show the migrations that this node has sent and received",
        .description =
            "The newest last. What it has received is there some ten seconds later. HOW says whether it was "
            "encrypted, and what else was used; WHY says why "
            "a VM did not arrive, or which networks were left out. The last "
            "thousands are kept: two files of at most 1 MiB.\n\n"
            "wherryd keeps counters of them in /run/wherry/wherry.prom, for node_exporter's "
            "--collector.textfile.directory.",
        .run = cli_history,
    },
    {
        .name = "hosts",
        .arguments = "VM",
        .least = 1,
        .most = 1,
        .flags = CLI_SHOWS,
        .summary = "Show each node as a target for a VM",
        .description =
            "TRANSFER is here where it runs; live where wherry move would migrate it, by NETWORK, for ABOUT "
            "so "
            "long as its memory takes at that network's speed, and what it writes meanwhile (which is "
            "measured "
            "for a second); restart where the cluster would stop it and start it there; none where it would "
            "do "
            "neither, where the node takes in no migrations, and where its hypervisor does not answer as "
            "migrations ask it. FREE are the migrations that the node may take part in at once, and how many "
            "of "
            "them are free. WHY says what keeps it from migrating live, or might: a processor without what "
            "the "
            "VM has now, a network that is slower than the VM writes. Nothing is changed: the cluster's own "
            "scheduler is asked what it would do.",
        .run = cli_hosts,
    },
    {
        .name = "add",
        .arguments = "NAME CONFIG [PARAMETER=VALUE...]",
        .least = 2,
        .most = G_MAXUINT,
        .flags = CLI_CHANGES,
        .summary = "Make a resource of a VM",
        .description =
            "CONFIG is the VM's domain XML, on storage that all nodes share. The resource is "
            "ocf:wherry:LiveDomain with "
            "allow-migrate=true and a monitor. Its timeout of migrations is three times what the VM's memory "
            "takes over "
            "the first network in use, and a minute; 120 s at least. PARAMETERs are the agent's (man "
            "ocf_wherry_LiveDomain).\n\n"
            "A VM that runs already, on one of the nodes, is found there and runs on. Refused are values "
            "that the "
            "agent would refuse, and a VM that is another resource's already.",
        .run = cli_add,
    },
    {
        .name = "adopt",
        .arguments = "RESOURCE...",
        .least = 1,
        .most = G_MAXUINT,
        .flags = CLI_CHANGES,
        .summary = "Make running VMs of VirtualDomain those of LiveDomain",
        .description = "The VM runs on. Its parameters, operations, constraints and meta attributes stay; "
                       "nothing but the agent "
                       "changes. Its HA status is dropped, for some seconds: the cluster looks away, the "
                       "agent is changed, "
                       "every node says anew whether the VM runs there, and only if it is found where it "
                       "was, HA status is "
                       "regained. Otherwise it is VirtualDomain as before.\n\n"
                       "Eight VMs are adopted at a time. Interrupted, the command ends what it has begun; "
                       "killed, wherryd or "
                       "wherry check bring it to its end. The status is 1 where one of them is not adopted.",
        .run = cli_adopt,
    },
    {
        .name = "check",
        .arguments = "[VM]",
        .most = 1,
        .flags = CLI_SHOWS,
        .summary = "Find what would keep VMs from migrating",
        .description =
            "Each finding says what is wrong and where, why it matters, and what mends it. The "
            "exit status is 78 "
            "where something is wrong, and 0 where there is nothing but warnings and notes.\n\n"
            "The hosts are asked over the connections that the migrations of the VM use, or of the first VM "
            "where "
            "none is named: whether they answer, whether two of them are one to libvirt, and whether "
            "their processors do for the VM. Certificates are those of this node.\n\n"
            "A VM whose HA status is dropped is named with the reason. Where the process that "
            "dropped it is gone, "
            "another is started that finds out where the VM runs and regains it.",
        .run = cli_check,
    },
    {.name = NULL},
};

const CliVerb *cli_verbs(void)
{
    return verbs;
}

const CliVerb *cli_verb_find(char **arguments, guint *words)
{
    for (const CliVerb *verb = verbs; verb->name != NULL; verb++) {
        g_auto(GStrv) parts = g_strsplit(verb->name, " ", -1);
        guint i = 0;
        while (parts[i] != NULL && g_strcmp0(arguments[i], parts[i]) == 0)
            i++;
        if (parts[i] == NULL) {
            *words = i;
            return verb;
        }
    }
    return NULL;
}
