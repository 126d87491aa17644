/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the agent does with a domain through libvirt: each a call that ends at its deadline (hypervisor.h),
 * with the domain looked up by name anew, because between two calls libvirtd may be another.
 */
#ifndef WHERRY_AGENT_DOMAIN_H
#define WHERRY_AGENT_DOMAIN_H

#include "agent/health.h"
#include "agent/hypervisor.h"

typedef struct {
    gboolean present;  /* libvirt knows such a domain; if not, the rest is unset */
    gboolean active;   /* if not, it is defined and shut off */
    gboolean incoming; /* its current job is an incoming migration */
    int state, reason; /* virDomainState and its reason */
    char uuid[VIR_UUID_STRING_BUFLEN];
    guint cpus;
    guint64 memory_mib; /* the most it may have */
} DomainLook;

/* A running job, as far as the watch needs it; counts in bytes. */
typedef struct {
    gboolean active;
    guint64 processed, remaining, total;
    guint64 elapsed_ms, downtime_ms; /* of a completed job */
    guint64 iteration;               /* passes over the guest's memory so far */
    guint64 rate_bytes_s;            /* of the transfer, in the last second or so */
    guint64 dirty_bytes_s;           /* that the guest writes; 0 before the first pass is over */
} DomainJob;

/* TRUE: LOOK holds what libvirt says of NAME, an unknown domain included. */
gboolean domain_look(Hypervisor *hypervisor, const char *name, OcfDeadline deadline, DomainLook *look,
                     GError **error);

/* Starts a transient domain from XML; returns when its processors run. */
gboolean domain_create(Hypervisor *hypervisor, const char *xml, OcfDeadline deadline, GError **error);

/* Takes away a definition without touching NVRAM and TPM state. */
gboolean domain_undefine(Hypervisor *hypervisor, const char *name, OcfDeadline deadline, GError **error);
gboolean domain_disable_autostart(Hypervisor *hypervisor, const char *name, OcfDeadline deadline,
                                  GError **error);

/* Asks the guest to shut down; FLAGS as of virDomainShutdownFlags. */
gboolean domain_shutdown(Hypervisor *hypervisor, const char *name, guint flags, OcfDeadline deadline,
                         GError **error);
gboolean domain_destroy(Hypervisor *hypervisor, const char *name, OcfDeadline deadline, GError **error);
gboolean domain_resume(Hypervisor *hypervisor, const char *name, OcfDeadline deadline, GError **error);

/* Memory to a file and back; saving ends the domain. */
gboolean domain_save(Hypervisor *hypervisor, const char *name, const char *path, OcfDeadline deadline,
                     GError **error);
gboolean domain_restore(Hypervisor *hypervisor, const char *path, OcfDeadline deadline, GError **error);

/* The XML that would start it again as it is now, passwords included. */
gboolean domain_inactive_xml(Hypervisor *hypervisor, const char *name, OcfDeadline deadline, char **xml,
                             GError **error);

gboolean domain_job(Hypervisor *hypervisor, const char *name, OcfDeadline deadline, DomainJob *job,
                    GError **error);
gboolean domain_completed_job(Hypervisor *hypervisor, const char *name, OcfDeadline deadline, DomainJob *job,
                              GError **error);
gboolean domain_abort_job(Hypervisor *hypervisor, const char *name, OcfDeadline deadline, GError **error);

/* Stops the guest's processors, so that a migration can end; lets it go on at the other end. */
gboolean domain_suspend(Hypervisor *hypervisor, const char *name, OcfDeadline deadline, GError **error);
gboolean domain_start_postcopy(Hypervisor *hypervisor, const char *name, OcfDeadline deadline,
                               GError **error);

gboolean domain_set_max_downtime(Hypervisor *hypervisor, const char *name, guint64 downtime_ms,
                                 OcfDeadline deadline, GError **error);

gboolean domain_get_max_downtime(Hypervisor *hypervisor, const char *name, OcfDeadline deadline,
                                 guint64 *downtime_ms, GError **error);

/* The hypervisor's own URI, which tells what the default is. */
gboolean hypervisor_uri(Hypervisor *hypervisor, OcfDeadline deadline, char **uri, GError **error);

#endif
