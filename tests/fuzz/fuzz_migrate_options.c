/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parameter migrate_options, as an administrator may mistype it: what is accepted is a live migration
 * that libvirt can be asked for, what is not names what is wrong.
 */
#include "agent/migrate_options.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc G_GNUC_UNUSED, char ***argv G_GNUC_UNUSED)
{
    return virInitialize();
}

/* libvirt takes these any number of times, every other parameter once. */
static gboolean is_list(const char *key)
{
    return strcmp(key, VIR_MIGRATE_PARAM_MIGRATE_DISKS) == 0 ||
           strcmp(key, VIR_MIGRATE_PARAM_COMPRESSION) == 0;
}

static void check_params(const MigrateOptions *options)
{
    for (int i = 0; i < options->param_count; i++) {
        const virTypedParameter *param = &options->params[i];
        if (param->type == VIR_TYPED_PARAM_STRING)
            g_assert_nonnull(param->value.s);
        else if (param->type == VIR_TYPED_PARAM_INT)
            g_assert_cmpint(param->value.i, >=, 0);
        else
            g_assert_cmpint(param->type, ==, VIR_TYPED_PARAM_ULLONG);
        for (int other = 0; other < i; other++)
            g_assert_true(strcmp(param->field, options->params[other].field) != 0 || is_list(param->field));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    g_autoptr(GError) error = NULL;
    g_autoptr(MigrateOptions) options = migrate_options_parse(text, &error);

    g_assert_true((options == NULL) == (error != NULL));
    if (options == NULL) {
        g_assert_error(error, OCF_ERROR, OCF_ERR_CONFIGURED);
        g_assert_true(g_str_has_prefix(error->message, "migrate_options: "));
        return 0;
    }
    g_assert_cmpuint(options->flags & VIR_MIGRATE_LIVE, !=, 0);
    g_assert_cmpuint(options->flags & (VIR_MIGRATE_OFFLINE | VIR_MIGRATE_PAUSED), ==, 0);
    g_assert_cmpint(options->timeout_s, >=, 0);
    check_params(options);
    return 0;
}
