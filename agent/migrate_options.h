/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parameter migrate_options: the options of "virsh migrate" (libvirt 9.0, virsh help migrate), read into
 * the flags and typed parameters of libvirt's migration calls.
 */
#ifndef WHERRY_AGENT_MIGRATE_OPTIONS_H
#define WHERRY_AGENT_MIGRATE_OPTIONS_H

#include "ocf/ocf.h"

#include <libvirt/libvirt.h>

/* What to do when the transfer takes longer than timeout_s. */
typedef enum { MIGRATE_TIMEOUT_SUSPEND, MIGRATE_TIMEOUT_POSTCOPY } MigrateTimeoutAction;

typedef struct {
    guint flags;      /* virDomainMigrateFlags; VIR_MIGRATE_LIVE always */
    gboolean direct;  /* --direct: the URI goes to the hypervisor itself */
    char *migrateuri; /* or NULL; %n not yet replaced */
    virTypedParameterPtr params;
    int param_count, param_room;
    gint64 timeout_s; /* 0: none */
    MigrateTimeoutAction timeout_action;
    gboolean postcopy_after_precopy;
    gboolean postcopy_when_needed;        /* where pre-copy would not end in time; no option of virsh's */
    char *xml_file, *persistent_xml_file; /* or NULL; read when the migration begins */
} MigrateOptions;

/* Errors: OCF_ERR_CONFIGURED, naming the option. libvirt has to be set up (hypervisor_library_init): its
 * functions for parameters reset an error that lies in thread-local storage. */
MigrateOptions *migrate_options_parse(const char *text, GError **error);

/* A copy to complete for one attempt. */
MigrateOptions *migrate_options_copy(const MigrateOptions *options);

/* Adds a parameter unless the options have set it. */
void migrate_options_add_string(MigrateOptions *options, const char *key, const char *value);
void migrate_options_add_number(MigrateOptions *options, const char *key, guint64 value);
void migrate_options_add_int(MigrateOptions *options, const char *key,
                             gint value); /* where libvirt wants that */

/* Reads the files that --xml and --persistent-xml name into parameters. */
gboolean migrate_options_read_files(MigrateOptions *options, GError **error);

void migrate_options_free(MigrateOptions *options);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MigrateOptions, migrate_options_free)

#endif
