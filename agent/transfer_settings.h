/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parameters migration_mode, migration_encryption, migration_compression and migration_connections, made
 * into libvirt's flags and typed parameters by what both ends are capable of. Pure.
 *
 * Whatever is not done as it was asked for is an error, or is replaced by something that is named. What
 * migrate_options says itself is left as it is.
 */
#ifndef WHERRY_AGENT_TRANSFER_SETTINGS_H
#define WHERRY_AGENT_TRANSFER_SETTINGS_H

#include "agent/migrate_options.h"
#include "agent/parameters.h"

typedef struct {
    const char *node;        /* the target's name, which its certificate has */
    const char *control_uri; /* of the control connection */
    gulong version; /* of the older one of both libvirts, as virConnectGetLibVersion counts; 0: not known */
    gboolean has_certificates;
    char *tls_failure, *postcopy_failure; /* why it cannot be had, found by trying; NULL: not yet */
} TransferAbilities;

/* Whether VERSION is needed to apply them. */
gboolean transfer_settings_need_version(const LiveDomainParameters *parameters);

/* Completes OPTIONS. HOW receives what it comes to, for people: "tls, 4 connections". FALSE
 * with OCF_ERR_GENERIC where what must be cannot be. */
gboolean transfer_settings_apply(const LiveDomainParameters *parameters, const TransferAbilities *abilities,
                                 MigrateOptions *options, GString *how, GError **error);

/* After an attempt with OPTIONS that failed because of WHY: TRUE where it is worth another one with the same
 * parameters and ABILITIES, because WHY is about something that is only wished for, and that ABILITIES now
 * lacks. */
gboolean transfer_settings_retreat(const LiveDomainParameters *parameters, const MigrateOptions *options,
                                   const char *why, TransferAbilities *abilities);

void transfer_abilities_clear(TransferAbilities *abilities);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TransferAbilities, transfer_abilities_clear)

#endif
