/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/parameters.h"

#include "agent/migrate_options.h"

#include <libvirt/libvirt.h>
#include <string.h>

#define AT(field) offsetof(LiveDomainParameters, field)
#define RELOADABLE OCF_PARAMETER_RELOADABLE

/* QEMU takes a downtime limit of at most 2000 s; libvirt's bandwidth is in MiB/s and must fit bytes. */
enum { DOWNTIME_MOST_MS = 2000 * 1000, PORT_MOST = 65535, STALL_MOST_S = 3600, RETRY_MOST_S = 7 * 24 * 3600 };

enum { CONNECTIONS_MOST = 255 }; /* QEMU's multifd-channels is a byte */

static const char *const mode_words[] = {"precopy", "auto", "postcopy", NULL};
static const char *const encryption_words[] = {"auto", "tls", "off", NULL};
static const char *const compression_words[] = {"off", "auto", "xbzrle", "zlib", "zstd", NULL};
static const char *const failure_words[] = {"stay", "restart", NULL};
#define SPEED_MOST_MIBS (G_MAXINT64 / (1024 * 1024))

const OcfParameter live_domain_parameters[] = {
    {.name = "config",
     .flags = OCF_PARAMETER_REQUIRED | OCF_PARAMETER_UNIQUE,
     .offset = AT(config),
     .shortdesc = "Domain configuration file",
     .longdesc =
         "Absolute path of the file with the guest's libvirt domain XML. It has to be readable on every "
         "node that may run the guest; best is shared storage."},
    {.name = "hypervisor",
     .offset = AT(hypervisor),
     .shortdesc = "Hypervisor URI",
     .longdesc =
         "libvirt connection URI of the local hypervisor. Without it libvirt's default is used, which "
         "\"virsh uri\" shows."},
    {.name = "force_stop",
     .type = OCF_TYPE_BOOLEAN,
     .flags = RELOADABLE,
     .offset = AT(force_stop),
     .default_text = "false",
     .shortdesc = "Force the guest off on stop",
     .longdesc =
         "Stop the guest by taking its power away, without asking it to shut down first. Without this it "
         "is forced off only when it did not shut down in time. Cannot be combined with snapshot."},
    {.name = "migration_transport",
     .flags = RELOADABLE,
     .offset = AT(migration_transport),
     .default_text = "",
     .shortdesc = "Transport to the other hypervisor",
     .longdesc =
         "Transport of the control connection to the other node's libvirt while migrating, such as ssh, "
         "tls or tcp. Without it libvirt's default is used, which is tls."},
    {.name = "migration_user",
     .flags = RELOADABLE,
     .offset = AT(migration_user),
     .shortdesc = "User at the other hypervisor",
     .longdesc = "User name for the control connection to the other node, as in qemu+ssh://USER@node/system. "
                 "Without it none is given, which means root. Ignored where remoteuri is set."},
    {.name = "migration_downtime",
     .type = OCF_TYPE_INTEGER,
     .flags = RELOADABLE,
     .offset = AT(migration_downtime),
     .default_text = "0",
     .max = DOWNTIME_MOST_MS,
     .shortdesc = "Largest downtime of a live migration (ms)",
     .longdesc = "How long, in milliseconds, the guest may stand still at the end of a live migration. It is "
                 "set before the migration begins. 0 keeps the hypervisor's default."},
    {.name = "migration_speed",
     .type = OCF_TYPE_INTEGER,
     .flags = RELOADABLE,
     .offset = AT(migration_speed),
     .default_text = "0",
     .max = SPEED_MOST_MIBS,
     .shortdesc = "Bandwidth limit of a live migration (MiB/s)",
     .longdesc = "Most MiB per second that a live migration of this guest may use. 0 sets no limit."},
    {.name = "migration_network_suffix",
     .flags = RELOADABLE,
     .offset = AT(migration_network_suffix),
     .default_text = "",
     .shortdesc = "Host name suffix of a migration network",
     .longdesc =
         "Migrate to the host name that is the node's name with this suffix; in a fully qualified name "
         "it is inserted before the first dot. The name must resolve to an address in the migration "
         "network. It applies to the control connection and to the data."},
    {.name = "migrateuri",
     .flags = RELOADABLE,
     .offset = AT(migrateuri),
     .shortdesc = "URI for the data of a migration",
     .longdesc =
         "Where the source sends the guest's memory, such as tcp://%n-mig:49160; %n stands for the "
         "target node's name. It overrides migration_network_suffix, migrateport and the --migrateuri "
         "of migrate_options."},
    {.name = "migrate_options",
     .flags = RELOADABLE,
     .offset = AT(migrate_options),
     .shortdesc = "Further options of a live migration",
     .longdesc =
         "Options as \"virsh migrate\" takes them, such as --auto-converge or --parallel "
         "--parallel-connections 4. --migrateuri overrides migration_network_suffix and migrateport, "
         "with %n for the target node's name. An option that is unknown, or that would take the guest "
         "out of the cluster's sight, is an error."},
    {.name = "migrateport",
     .type = OCF_TYPE_INTEGER,
     .flags = RELOADABLE,
     .offset = AT(migrateport),
     .min = 1,
     .max = PORT_MOST,
     .shortdesc = "TCP port for the data of a migration",
     .longdesc = "Port at the target to which the guest's memory is sent. Without it the target's libvirt "
                 "takes a free one, by default from 49152 to 49215."},
    {.name = "remoteuri",
     .flags = RELOADABLE,
     .offset = AT(remoteuri),
     .shortdesc = "URI of the other hypervisor",
     .longdesc = "libvirt connection URI of the target node; %n stands for the node's name. It overrides "
                 "migration_transport, migration_user and, for the control connection, "
                 "migration_network_suffix."},
    {.name = "migration_networks",
     .flags = RELOADABLE,
     .offset = AT(migration_networks),
     .default_text = "",
     .shortdesc = "Networks for this guest's migrations, best first",
     .longdesc =
         "Networks separated by spaces, each by its label, its CIDR or an interface name, that this guest "
         "prefers over the order of the cluster (ocf:wherry:MigrationNetworks). What the cluster excludes "
         "stays excluded."},
    {.name = "migration_exclude_networks",
     .flags = RELOADABLE,
     .offset = AT(migration_exclude_networks),
     .default_text = "",
     .shortdesc = "Networks that never carry this guest",
     .longdesc =
         "Networks separated by spaces that never carry this guest's migrations, in addition to those that "
         "the cluster excludes."},
    {.name = "migration_mode",
     .flags = RELOADABLE,
     .offset = AT(migration_mode),
     .default_text = "precopy",
     .words = mode_words,
     .shortdesc = "How the guest's memory is sent",
     .longdesc = "precopy: the guest runs here until all of its memory is there. One that writes faster than "
                 "the network "
                 "carries does not arrive, and stays.\n\n"
                 "auto: the same, but such a guest is slowed down (auto-converge), and where that does not "
                 "help within the "
                 "action's timeout it goes on in post-copy: it runs there, and the rest of its memory "
                 "follows. If the network "
                 "or a node fails in that moment, the guest is lost and started anew. Where post-copy cannot "
                 "be had, for "
                 "instance with several connections, the log says so.\n\n"
                 "postcopy: post-copy as soon as the memory was sent once."},
    {.name = "migration_encryption",
     .flags = RELOADABLE,
     .offset = AT(migration_encryption),
     .default_text = "auto",
     .words = encryption_words,
     .cautious_text = "tls",
     .shortdesc = "Encrypt the guest's memory on its way",
     .longdesc =
         "tls: by QEMU's own TLS, and over a control connection that is encrypted (migration_transport tls "
         "or ssh); "
         "without them the migration fails. The certificates are QEMU's (ca-cert.pem, server-cert.pem, "
         "server-key.pem, and where the other end verifies them client-cert.pem and client-key.pem, in "
         "/etc/pki/qemu or where qemu.conf says), and a node's is for the name that it has in the "
         "cluster.\n\n"
         "auto: by TLS where this node has such certificates. Where the target cannot do it, in clear, and "
         "the log "
         "and wherry history say so.\n\n"
         "off: in clear, unless migrate_options says --tls."},
    {.name = "migration_compression",
     .flags = RELOADABLE,
     .offset = AT(migration_compression),
     .default_text = "off",
     .words = compression_words,
     .shortdesc = "Compress the guest's memory on its way",
     .longdesc = "xbzrle: pages that are sent again, as their difference. zlib, zstd: all of them, over "
                 "several connections; "
                 "this needs libvirt 9.4 on both nodes, and with an older one it is zlib over one "
                 "connection. auto: zstd with "
                 "several connections, else xbzrle. wherry history says what was used. Worth it where the "
                 "network is slower "
                 "than the processors."},
    {.name = "migration_connections",
     .type = OCF_TYPE_INTEGER,
     .flags = RELOADABLE,
     .offset = AT(migration_connections),
     .default_text = "0",
     .max = CONNECTIONS_MOST,
     .shortdesc = "Connections for the guest's memory",
     .longdesc = "So many connections carry the guest's memory, for a network that one processor cannot "
                 "fill. 0: one, or as "
                 "many as migration_compression needs. Several of them exclude xbzrle and post-copy."},
    {.name = "migration_stall_timeout",
     .type = OCF_TYPE_SECONDS,
     .flags = RELOADABLE,
     .offset = AT(migration_stall_timeout),
     .default_text = "5",
     .min = 1,
     .max = STALL_MOST_S,
     .shortdesc = "When a migration counts as stalled (s)",
     .longdesc =
         "A migration whose transferred bytes have not grown for this many seconds is aborted; the guest "
         "stays where it is."},
    {.name = "migration_failure",
     .flags = RELOADABLE,
     .offset = AT(migration_failure),
     .default_text = "stay",
     .words = failure_words,
     .shortdesc = "What a failed migration means for the guest",
     .longdesc =
         "stay: the guest runs on where it is, under the cluster's management. Pacemaker's own answer to a "
         "failed migration is to stop the guest on both nodes and to start it anew. So its HA status is "
         "dropped "
         "(the meta attribute maintenance) for the moment in which Pacemaker records the failure, and "
         "regained "
         "when the cluster has seen where the guest runs. For the case that the agent itself is killed, "
         "on-fail=block is set for the operations migrate_to and migrate_from unless on-fail is set.\n\n"
         "restart: Pacemaker's own way."},
    {.name = "migration_retry_delay",
     .type = OCF_TYPE_SECONDS,
     .flags = RELOADABLE,
     .offset = AT(migration_retry_delay),
     .default_text = "600",
     .max = RETRY_MOST_S,
     .shortdesc = "How long a target that failed is avoided (s)",
     .longdesc = "After a migration that failed, this guest is kept off its target for so many seconds, by a "
                 "location "
                 "constraint wherry-avoid-RESOURCE-NODE that expires, so that the cluster chooses another "
                 "node or tries "
                 "again later, and not at once. 0 avoids nothing."},
    {.name = "monitor_scripts",
     .flags = RELOADABLE,
     .offset = AT(monitor_scripts),
     .default_text = "",
     .shortdesc = "Programs that check services inside the guest",
     .longdesc =
         "Programs, separated by spaces, that are run one after the other at each recurring monitor; the "
         "first one that fails, or that has not ended when the monitor's timeout nears, makes the "
         "monitor fail. Probes, start and migrations do not run them."},
    {.name = "autoset_utilization_cpu",
     .type = OCF_TYPE_BOOLEAN,
     .flags = RELOADABLE,
     .offset = AT(autoset_utilization_cpu),
     .default_text = "true",
     .shortdesc = "Keep the utilization attribute cpu",
     .longdesc = "Set the resource's utilization attribute cpu to the guest's number of virtual processors."},
    {.name = "autoset_utilization_host_memory",
     .type = OCF_TYPE_BOOLEAN,
     .flags = RELOADABLE,
     .offset = AT(autoset_utilization_host_memory),
     .default_text = "true",
     .shortdesc = "Keep the utilization attribute host_memory",
     .longdesc =
         "Set the resource's utilization attribute host_memory to the guest's largest memory in MiB."},
    {.name = "autoset_utilization_hv_memory",
     .type = OCF_TYPE_BOOLEAN,
     .flags = RELOADABLE,
     .offset = AT(autoset_utilization_hv_memory),
     .default_text = "true",
     .shortdesc = "Keep the utilization attribute hv_memory",
     .longdesc = "Set the resource's utilization attribute hv_memory to the guest's largest memory in MiB."},
    {.name = "unset_utilization_cpu",
     .type = OCF_TYPE_BOOLEAN,
     .flags = RELOADABLE,
     .offset = AT(unset_utilization_cpu),
     .default_text = "false",
     .shortdesc = "Remove the utilization attribute cpu",
     .longdesc = "Remove the resource's utilization attribute cpu. Heeded where autoset_utilization_cpu is "
                 "false."},
    {.name = "unset_utilization_host_memory",
     .type = OCF_TYPE_BOOLEAN,
     .flags = RELOADABLE,
     .offset = AT(unset_utilization_host_memory),
     .default_text = "false",
     .shortdesc = "Remove the utilization attribute host_memory",
     .longdesc = "Remove the resource's utilization attribute host_memory. Heeded where "
                 "autoset_utilization_host_memory is false."},
    {.name = "unset_utilization_hv_memory",
     .type = OCF_TYPE_BOOLEAN,
     .flags = RELOADABLE,
     .offset = AT(unset_utilization_hv_memory),
     .default_text = "false",
     .shortdesc = "Remove the utilization attribute hv_memory",
     .longdesc = "Remove the resource's utilization attribute hv_memory. Heeded where "
                 "autoset_utilization_hv_memory is false."},
    {.name = "save_config_on_stop",
     .type = OCF_TYPE_BOOLEAN,
     .flags = RELOADABLE,
     .offset = AT(save_config_on_stop),
     .default_text = "false",
     .shortdesc = "Write a changed configuration back",
     .longdesc =
         "Write the running guest's configuration, with the changes made to it, back to the file that "
         "config names: before stop, before and after a migration, and at recurring monitors where it "
         "has changed."},
    {.name = "sync_config_on_stop",
     .type = OCF_TYPE_BOOLEAN,
     .flags = RELOADABLE,
     .offset = AT(sync_config_on_stop),
     .default_text = "false",
     .shortdesc = "Copy a changed configuration to all nodes",
     .longdesc =
         "Like save_config_on_stop, and then call \"csync2 -x\" with the file so that all nodes have it. "
         "csync2 has to be set up for it."},
    {.name = "snapshot",
     .flags = RELOADABLE,
     .offset = AT(snapshot),
     .default_text = "",
     .shortdesc = "Directory for saved memory",
     .longdesc =
         "On stop the guest's memory is saved to a file in this directory, and the next start continues "
         "from it. The directory has to be the same on all nodes. Cannot be combined with force_stop."},
    {.name = "backingfile",
     .offset = AT(backingfile),
     .default_text = "",
     .shortdesc = "Backing file of a copy-on-write disk",
     .longdesc =
         "Absolute path of a disk image that is never changed. The guest works on a qcow2 image on top of "
         "it, which stands beside config: its name up to the first dot, and \".qcow2\". The start creates "
         "the image where there is none."},
    {.name = "stateless",
     .type = OCF_TYPE_BOOLEAN,
     .offset = AT(stateless),
     .default_text = "false",
     .shortdesc = "A fresh disk at every start",
     .longdesc = "Create the image on top of backingfile anew at each start, so that the guest forgets all "
                 "changes. Needs backingfile."},
    {.name = "copyindirs",
     .offset = AT(copyindirs),
     .default_text = "",
     .shortdesc = "Files to copy into a fresh disk",
     .longdesc =
         "Files and directories, separated by spaces, that virt-copy-in copies into the root directory of a "
         "newly made image before the guest starts. Needs backingfile."},
    {.name = "shutdown_mode",
     .flags = RELOADABLE,
     .offset = AT(shutdown_mode),
     .default_text = "",
     .shortdesc = "How the guest is asked to shut down",
     .longdesc =
         "acpi, agent, initctl, signal or paravirt, or several of them separated by commas. Without it the "
         "hypervisor chooses."},
    {.name = "start_resources",
     .type = OCF_TYPE_BOOLEAN,
     .flags = RELOADABLE,
     .offset = AT(start_resources),
     .default_text = "false",
     .shortdesc = "Start the storage pools and networks that the guest uses",
     .longdesc =
         "Before a start, and at the target before a migration, start the virtual networks and storage pools "
         "that the guest's configuration names, and refresh those pools that are started."},
    {.name = NULL},
};

gboolean live_domain_shutdown_flags(const char *shutdown_mode, guint *flags, GError **error)
{
    static const struct {
        const char *word;
        guint flag;
    } modes[] = {
        {"acpi", VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN}, {"agent", VIR_DOMAIN_SHUTDOWN_GUEST_AGENT},
        {"initctl", VIR_DOMAIN_SHUTDOWN_INITCTL},     {"signal", VIR_DOMAIN_SHUTDOWN_SIGNAL},
        {"paravirt", VIR_DOMAIN_SHUTDOWN_PARAVIRT},
    };
    g_auto(GStrv) words = g_strsplit(shutdown_mode, ",", 0);
    guint wanted = VIR_DOMAIN_SHUTDOWN_DEFAULT;

    for (char **word = words; *word != NULL; word++) {
        size_t i = 0;

        while (i < G_N_ELEMENTS(modes) && strcmp(modes[i].word, g_strstrip(*word)) != 0)
            i++;
        if (i == G_N_ELEMENTS(modes)) {
            g_set_error(error, OCF_ERROR, OCF_ERR_CONFIGURED,
                        "shutdown_mode=\"%s\" must be acpi, agent, initctl, signal or paravirt",
                        shutdown_mode);
            return FALSE;
        }
        wanted |= modes[i].flag;
    }
    *flags = wanted;
    return TRUE;
}

static gboolean refuse(GError **error, const char *message)
{
    g_set_error_literal(error, OCF_ERROR, OCF_ERR_CONFIGURED, message);
    return FALSE;
}

/* What may stand before the @ of a URI, and cannot be taken for anything else there. */
static gboolean is_user_name(const char *user)
{
    return g_regex_match_simple("^[A-Za-z_][A-Za-z0-9_.-]*$", user, G_REGEX_DOLLAR_ENDONLY, 0);
}

gboolean live_domain_parameters_check(const LiveDomainParameters *parameters, GError **error)
{
    guint flags = 0;

    if (*parameters->config != '/')
        return refuse(error, "config must be an absolute path");
    if (parameters->force_stop && *parameters->snapshot != '\0')
        return refuse(error, "force_stop and snapshot exclude each other");
    if (parameters->stateless && *parameters->backingfile == '\0')
        return refuse(error, "stateless needs backingfile");
    if (*parameters->copyindirs != '\0' && *parameters->backingfile == '\0')
        return refuse(error, "copyindirs needs backingfile");
    if (*parameters->backingfile != '\0' && *parameters->backingfile != '/')
        return refuse(error, "backingfile must be an absolute path");
    if (*parameters->snapshot != '\0' && *parameters->snapshot != '/')
        return refuse(error, "snapshot must be an absolute path");
    if (*parameters->migration_user != '\0' && !is_user_name(parameters->migration_user))
        return refuse(error, "migration_user is not a user name");
    if (*parameters->shutdown_mode != '\0' &&
        !live_domain_shutdown_flags(parameters->shutdown_mode, &flags, error))
        return FALSE;
    if (parameters->migration_connections > 1 && strcmp(parameters->migration_compression, "xbzrle") == 0)
        return refuse(error, "migration_compression=xbzrle and migration_connections exclude each other");
    if (parameters->migration_connections > 1 && strcmp(parameters->migration_mode, "postcopy") == 0)
        return refuse(error, "migration_mode=postcopy and migration_connections exclude each other");
    g_autoptr(MigrateOptions) options = migrate_options_parse(parameters->migrate_options, error);
    return options != NULL;
}
