/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The certificates with which this node's QEMU encrypts migrations. */
#include "agent/certificates.h"
#include "cli/check.h"

#include <string.h>
#include <unistd.h>

#define SOON_S "2592000" /* 30 days */

enum { ASK_MS = 5000 };

/* Whether PATH holds a certificate that ends within SECONDS, and when. FALSE also where nobody can tell. */
static gboolean ends_within(const char *path, const char *seconds, char **when)
{
    const char *const argv[] = {"openssl",  "x509",      "-in",   path, "-noout",
                                "-enddate", "-checkend", seconds, NULL};
    g_auto(OcfChild) child = {0};
    static const char key[] = "notAfter=";

    if (!ocf_child_run(argv, OCF_CHILD_PLAIN_OUTPUT, ocf_deadline_in(ASK_MS), &child, NULL) || child.late ||
        child.absent || child.status != 1 || !g_str_has_prefix(child.output, key))
        return FALSE;
    *when = g_strndup(child.output + strlen(key), strcspn(child.output + strlen(key), "\n"));
    return TRUE;
}

static void check_one(GPtrArray *defects, const char *local_node, const char *path)
{
    g_autofree char *soon = NULL;
    g_autofree char *past = NULL;

    if (access(path, R_OK) != 0 || !ends_within(path, SOON_S, &soon))
        return;
    gboolean over = ends_within(path, "0", &past);
    g_autofree char *what =
        g_strdup_printf("%s %s %s", path, over ? "has expired, on" : "expires on", over ? past : soon);
    defect_add(defects, over ? NETPREF_ERROR : NETPREF_WARNING, local_node, what,
               "without it VMs with migration_encryption=tls do not migrate, and those with auto do in clear",
               g_strdup("a new certificate of the same authority, in the same place"));
}

void check_certificates(GPtrArray *defects, const char *local_node)
{
    static const char *const files[] = {"ca-cert.pem", "server-cert.pem", "client-cert.pem"};
    g_autofree char *directory = certificates_directory(CERTIFICATES_QEMU_CONF, "");

    for (guint i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *path = g_build_filename(directory, files[i], NULL);
        check_one(defects, local_node, path);
    }
}
