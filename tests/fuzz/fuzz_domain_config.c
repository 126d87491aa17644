/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A domain's XML, as it may come from any shared storage: what is accepted must be safe to hand on, what is
 * not must say why in one line.
 */
#include "agent/config.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_names(const GPtrArray *names)
{
    for (guint i = 0; i < names->len; i++) {
        g_assert_cmpstr(names->pdata[i], !=, "");
        for (guint other = 0; other < i; other++)
            g_assert_cmpstr(names->pdata[i], !=, names->pdata[other]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(DomainConfig) config = domain_config_parse((const char *)data, size, &error);

    g_assert_true((config == NULL) == (error != NULL));
    if (config == NULL) {
        g_assert_error(error, OCF_ERROR, OCF_ERR_ARGS);
        g_assert_cmpstr(error->message, !=, "");
        g_assert_null(strpbrk(error->message, "\r\n"));
        return 0;
    }
    g_assert_cmpstr(config->name, !=, "");
    g_assert_null(strpbrk(config->name, "/\r\n"));
    g_assert_true(g_utf8_validate(config->name, -1, NULL));
    g_assert_true(*config->uuid == '\0' || g_uuid_string_is_valid(config->uuid));
    g_assert_true(strlen(config->text) == size && memcmp(config->text, data, size) == 0);
    check_names(config->pools);
    check_names(config->networks);
    return 0;
}
