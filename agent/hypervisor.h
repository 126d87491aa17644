/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A connection to a hypervisor whose every call ends in time.
 *
 * libvirt's calls wait for the daemon as long as it takes: a libvirtd that was stopped, or a network that
 * drops packets, holds them for ever (facts L3), and even opening a connection cannot be limited. So one
 * worker thread owns the connection, and who asks waits no longer than a deadline. A worker that does not
 * come back is left alone: until it does every call fails at once, and the agent goes on without libvirt.
 */
#ifndef WHERRY_AGENT_HYPERVISOR_H
#define WHERRY_AGENT_HYPERVISOR_H

#include "ocf/ocf.h"

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

typedef struct Hypervisor Hypervisor;

G_DEFINE_AUTOPTR_CLEANUP_FUNC(virDomain, virDomainFree)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virConnect, virConnectClose)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virStoragePool, virStoragePoolFree)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virNetwork, virNetworkFree)

/* Runs in the worker. TASK is what the caller gave to hypervisor_call. FALSE needs ERROR, as made by
 * hypervisor_set_error. */
typedef gboolean (*HypervisorWork)(virConnectPtr connection, gpointer task, GError **error);

/* To be called once by main: libvirt's own set-up, and its habit of printing errors switched off. */
void hypervisor_library_init(void);

/* URI "" is libvirt's default. Nothing is opened before the first call. */
Hypervisor *hypervisor_new(const char *uri);

/* Closes the connection; waits for that only a moment. Accepts NULL. */
void hypervisor_free(Hypervisor *hypervisor);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Hypervisor, hypervisor_free)

/* Runs WORK(connection, TASK) in the worker, opening the connection first if need be, and waits until
 * DEADLINE. TASK is a g_atomic_rc_box of which the worker holds a reference of its own until WORK is done
 * (CLEAR frees what the box holds; may be NULL), so a caller that gave up waiting may release its own. Fails
 * with OCF_ERR_GENERIC where the hypervisor cannot be reached or does not answer; hypervisor_is_away then
 * tells this from a call that the hypervisor refused. */
gboolean hypervisor_call(Hypervisor *hypervisor, OcfDeadline deadline, HypervisorWork work, gpointer task,
                         GDestroyNotify clear, GError **error);

/* TRUE after a call that found no hypervisor to answer it. */
gboolean hypervisor_is_away(const Hypervisor *hypervisor);

/* The version of libvirt at its other end, as virConnectGetLibVersion counts: major * 1000000 + minor * 1000
 * + release. */
gboolean hypervisor_version(Hypervisor *hypervisor, OcfDeadline deadline, gulong *version, GError **error);

/* The URI for people: as given, or "the default hypervisor". */
const char *hypervisor_name(const Hypervisor *hypervisor);

/* The one place where libvirt's last error of this thread becomes ours: "WHAT: libvirt's words". */
void hypervisor_set_error(GError **error, const char *what_format, ...) G_GNUC_PRINTF(2, 3);

/* Opens a connection in the calling thread; the libvirt call that it is, with our error. */
virConnectPtr hypervisor_open(const char *uri, GError **error);

#endif
