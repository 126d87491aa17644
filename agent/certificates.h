/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The certificates with which QEMU encrypts a migration: where libvirt's qemu.conf says they are, else
 * /etc/pki/libvirt-migrate, else /etc/pki/qemu (comments of qemu.conf in libvirt 9.0,
 * migrate_tls_x509_cert_dir and default_tls_x509_cert_dir).
 */
#ifndef WHERRY_AGENT_CERTIFICATES_H
#define WHERRY_AGENT_CERTIFICATES_H

#include <glib.h>

#define CERTIFICATES_QEMU_CONF "/etc/libvirt/qemu.conf"

/* The directory, by the file QEMU_CONF (which need not exist) and the directories below ROOT ("" is /); to be
 * freed. */
char *certificates_directory(const char *qemu_conf, const char *root);

/* TRUE if DIRECTORY has what a node needs to send and to receive: ca-cert.pem, server-cert.pem and
 * server-key.pem. */
gboolean certificates_are_there(const char *directory);

#endif
