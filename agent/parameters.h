/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parameters of ocf:wherry:LiveDomain: one table, one structure of values.
 */
#ifndef WHERRY_AGENT_PARAMETERS_H
#define WHERRY_AGENT_PARAMETERS_H

#include "ocf/ocf.h"

typedef struct {
    char *config;
    char *hypervisor;
    gboolean force_stop;
    char *migration_transport;
    char *migration_user;
    gint64 migration_downtime; /* ms; 0: libvirt's default */
    gint64 migration_speed;    /* MiB/s; 0: unlimited */
    char *migration_network_suffix;
    char *migrateuri;
    char *migrate_options;
    gint64 migrateport; /* 0: libvirt chooses */
    char *remoteuri;
    char *migration_networks;
    char *migration_exclude_networks;
    char *migration_mode;           /* "precopy", "auto" or "postcopy" */
    char *migration_encryption;     /* "auto", "tls" or "off" */
    char *migration_compression;    /* "off", "auto", "xbzrle", "zlib" or "zstd" */
    gint64 migration_connections;   /* 0: one, or as many as the compression needs */
    gint64 migration_stall_timeout; /* s */
    char *migration_failure;        /* "stay" or "restart" */
    gint64 migration_retry_delay;   /* s */
    char *monitor_scripts;
    gboolean autoset_utilization_cpu;
    gboolean autoset_utilization_host_memory;
    gboolean autoset_utilization_hv_memory;
    gboolean unset_utilization_cpu;
    gboolean unset_utilization_host_memory;
    gboolean unset_utilization_hv_memory;
    gboolean save_config_on_stop;
    gboolean sync_config_on_stop;
    char *snapshot;
    char *backingfile;
    gboolean stateless;
    char *copyindirs;
    char *shutdown_mode;
    gboolean start_resources;
} LiveDomainParameters;

extern const OcfParameter live_domain_parameters[];

/* What a single value cannot show: parameters that contradict or need each other. OCF_ERR_CONFIGURED. */
gboolean live_domain_parameters_check(const LiveDomainParameters *parameters, GError **error);

/* shutdown_mode as flags of virDomainShutdownFlags: words separated by commas, as virsh takes them. */
gboolean live_domain_shutdown_flags(const char *shutdown_mode, guint *flags, GError **error);

#endif
