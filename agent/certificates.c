/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/certificates.h"

#include <unistd.h>

/* The value of KEY in TEXT, which has settings as libvirt's virConf reads them: key = "value" in lines or
 * after ; with either quotes, the first one of a key counts. NULL where it is not set. */
static char *value_of(const char *text, const char *key)
{
    g_autofree char *pattern =
        g_strdup_printf("^(?:[^#\"'\n]*(?:\"[^\"\n]*\"|'[^'\n]*')[ \t]*;)*[ \t]*%s[ \t]*=[ \t]*"
                        "(?|\"\"\"([^\"]*)\"\"\"|\"([^\"\n]*)\"|'([^'\n]*)')",
                        key);
    g_autoptr(GRegex) regex = g_regex_new(pattern, G_REGEX_MULTILINE | G_REGEX_RAW, 0, NULL);
    g_autoptr(GMatchInfo) match = NULL;

    g_assert_nonnull(regex);
    return g_regex_match(regex, text, 0, &match) ? g_match_info_fetch(match, 1) : NULL;
}

char *certificates_directory(const char *qemu_conf, const char *root)
{
    g_autofree char *text = NULL;
    g_autofree char *migrate = g_build_filename(root, "/etc/pki/libvirt-migrate", NULL);

    if (!g_file_get_contents(qemu_conf, &text, NULL, NULL))
        text = g_strdup("");
    char *value = value_of(text, "migrate_tls_x509_cert_dir");
    if (value != NULL)
        return value;
    if (g_file_test(migrate, G_FILE_TEST_IS_DIR))
        return g_steal_pointer(&migrate);
    value = value_of(text, "default_tls_x509_cert_dir");
    return value != NULL ? value : g_build_filename(root, "/etc/pki/qemu", NULL);
}

gboolean certificates_are_there(const char *directory)
{
    static const char *const files[] = {"ca-cert.pem", "server-cert.pem", "server-key.pem"};

    for (guint i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *path = g_build_filename(directory, files[i], NULL);
        if (access(path, R_OK) != 0)
            return FALSE;
    }
    return TRUE;
}
