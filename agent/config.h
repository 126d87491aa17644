/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A libvirt domain's XML, parsed (facts L11: never searched for strings). Files come from administrators and
 * from shared storage, so nothing outside of them is ever fetched and no entity is resolved.
 */
#ifndef WHERRY_AGENT_CONFIG_H
#define WHERRY_AGENT_CONFIG_H

#include "ocf/ocf.h"

typedef struct {
    char *name;          /* valid for libvirt: not empty, no slash, no line break */
    char *uuid;          /* in lower case with hyphens, or "" */
    guint64 memory_mib;  /* <memory>, rounded up; 0 where it says none that makes sense */
    char *type;          /* of hypervisor: "qemu", "kvm", "lxc" ... or "" */
    GPtrArray *pools;    /* char *: storage pools of its disks, each once */
    GPtrArray *networks; /* char *: virtual networks of its interfaces, each once */
    char *text;          /* the whole file */
    gsize length;
} DomainConfig;

/* LENGTH bytes of XML. Errors: OCF_ERR_ARGS, where and what. */
DomainConfig *domain_config_parse(const char *text, gsize length, GError **error);

/* Errors: OCF_ERR_INSTALLED where the file cannot be read here, OCF_ERR_ARGS where it makes no sense. */
DomainConfig *domain_config_read(const char *path, GError **error);

void domain_config_free(DomainConfig *config);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DomainConfig, domain_config_free)

#endif
