/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/transfer_settings.h"

#include <string.h>

enum {
    LIBVIRT_9_4 = 9004000, /* the first with zlib and zstd over several connections */
    MAJOR = 1000000,
    MINOR = 1000
};

static void note(GString *how, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void note(GString *how, const char *format, ...)
{
    va_list values;

    if (how->len > 0)
        g_string_append(how, ", ");
    va_start(values, format);
    g_string_append_vprintf(how, format, values);
    va_end(values);
}

static gboolean is(const char *value, const char *word)
{
    return strcmp(value, word) == 0;
}

static gboolean has(const MigrateOptions *options, guint flag)
{
    return (options->flags & flag) != 0;
}

/* ---- encryption -------------------------------------------------------------------------------------- */

/* libvirt's remote driver uses TLS where a URI names no transport. */
static gboolean is_encrypted(const char *uri)
{
    static const char *const transports[] = {"tls", "ssh", "libssh", "libssh2", NULL};
    g_autofree char *scheme = g_uri_parse_scheme(uri);
    g_autofree char *lower = scheme != NULL ? g_ascii_strdown(scheme, -1) : NULL;
    const char *transport = lower != NULL ? strchr(lower, '+') : NULL;

    return scheme != NULL && (transport == NULL || g_strv_contains(transports, transport + 1));
}

static gboolean apply_encryption(const LiveDomainParameters *parameters, const TransferAbilities *abilities,
                                 MigrateOptions *options, GString *how, GError **error)
{
    gboolean must = is(parameters->migration_encryption, "tls");
    gboolean may = is(parameters->migration_encryption, "auto") && abilities->has_certificates &&
                   abilities->tls_failure == NULL;
    gboolean tunnelled = has(options, VIR_MIGRATE_TUNNELLED);

    if (must && !is_encrypted(abilities->control_uri)) {
        g_set_error(error, OCF_ERROR, OCF_ERR_GENERIC,
                    "migration_encryption=tls, but the control connection %s is in clear: use "
                    "migration_transport=tls or ssh",
                    abilities->control_uri);
        return FALSE;
    }
    if (tunnelled) { /* the data goes through the control connection */
        note(how, is_encrypted(abilities->control_uri) ? "tunnelled and encrypted" : "tunnelled in clear");
        return TRUE;
    }
    if (must || may)
        options->flags |= VIR_MIGRATE_TLS;
    if (has(options, VIR_MIGRATE_TLS)) {
        /* the data goes to an address, and the certificate is for a name */
        migrate_options_add_string(options, VIR_MIGRATE_PARAM_TLS_DESTINATION, abilities->node);
        note(how, "tls");
    } else if (abilities->tls_failure != NULL) {
        note(how, "in clear (tls: %s)", abilities->tls_failure);
    } else {
        note(how, "in clear");
    }
    return TRUE;
}

/* ---- connections and compression ----------------------------------------------------------------------- */

static void use_connections(MigrateOptions *options, gint64 count)
{
    options->flags |= VIR_MIGRATE_PARALLEL;
    migrate_options_add_int(options, VIR_MIGRATE_PARAM_PARALLEL_CONNECTIONS, (gint)count);
}

/* What migrate_options say of it stays. */
static void note_own_connections(const MigrateOptions *options, GString *how)
{
    int count = 0;

    if (virTypedParamsGetInt(options->params, options->param_count, VIR_MIGRATE_PARAM_PARALLEL_CONNECTIONS,
                             &count) == 1)
        note(how, "%d connections", count);
    else
        note(how, "several connections");
}

static void apply_connections(const LiveDomainParameters *parameters, MigrateOptions *options, GString *how)
{
    gint64 count = parameters->migration_connections;

    if (has(options, VIR_MIGRATE_PARALLEL)) {
        note_own_connections(options, how);
        return;
    }
    if (count < 2)
        return;
    if (has(options, VIR_MIGRATE_TUNNELLED | VIR_MIGRATE_POSTCOPY)) {
        note(how, "one connection, as %s has no more",
             has(options, VIR_MIGRATE_TUNNELLED) ? "--tunnelled" : "--postcopy");
        return;
    }
    use_connections(options, count);
    note(how, "%" G_GINT64_FORMAT " connections", count);
}

static void compress(MigrateOptions *options, const char *method)
{
    options->flags |= VIR_MIGRATE_COMPRESSED;
    migrate_options_add_string(options, VIR_MIGRATE_PARAM_COMPRESSION, method);
}

static char *why_no_stream_compression(const char *method, gulong version)
{
    if (version >= LIBVIRT_9_4)
        return g_strdup("--tunnelled has no more than one connection");
    g_autofree char *has_version = version > 0 ? g_strdup_printf("one has %lu.%lu.%lu", version / MAJOR,
                                                                 version / MINOR % MINOR, version % MINOR)
                                               : g_strdup("it is not known what they have");
    return g_strdup_printf("%s over several connections needs libvirt 9.4 on both nodes, and %s", method,
                           has_version);
}

/* zlib or zstd. QEMU has them for several connections; an older libvirt knows but zlib for one. */
static void apply_stream_compression(const char *method, const TransferAbilities *abilities,
                                     MigrateOptions *options, GString *how)
{
    const gulong version = abilities->version;

    if (version >= LIBVIRT_9_4 && !has(options, VIR_MIGRATE_TUNNELLED)) {
        gboolean parallel = has(options, VIR_MIGRATE_PARALLEL);
        compress(options, method);
        if (!parallel)
            use_connections(options, 2);
        note(how, parallel ? "%s" : "%s over 2 connections", method);
        return;
    }
    g_autofree char *reason = why_no_stream_compression(method, version);
    if (has(options, VIR_MIGRATE_PARALLEL)) {
        note(how, "no compression (%s)", reason);
        return;
    }
    compress(options, "mt");
    note(how, "zlib over one connection (%s)", reason);
}

static void apply_compression(const LiveDomainParameters *parameters, const TransferAbilities *abilities,
                              MigrateOptions *options, GString *how)
{
    const char *wanted = parameters->migration_compression;
    gboolean parallel = has(options, VIR_MIGRATE_PARALLEL);

    if (is(wanted, "off") || has(options, VIR_MIGRATE_COMPRESSED))
        return;
    if (is(wanted, "xbzrle") && parallel) {
        note(how, "no compression (xbzrle needs a single connection)");
        return;
    }
    if (is(wanted, "xbzrle") || (is(wanted, "auto") && !parallel)) {
        compress(options, "xbzrle");
        note(how, "xbzrle");
        return;
    }
    apply_stream_compression(is(wanted, "auto") ? "zstd" : wanted, abilities, options, how);
}

/* ---- the mode ------------------------------------------------------------------------------------------ */

/* Why this one cannot go over into post-copy; NULL: it can. */
static const char *no_postcopy(const TransferAbilities *abilities, const MigrateOptions *options)
{
    if (has(options, VIR_MIGRATE_PARALLEL))
        return "several connections are used";
    if (has(options, VIR_MIGRATE_TUNNELLED))
        return "it is tunnelled";
    return abilities->postcopy_failure;
}

static gboolean apply_mode(const LiveDomainParameters *parameters, const TransferAbilities *abilities,
                           MigrateOptions *options, GString *how, GError **error)
{
    const char *mode = parameters->migration_mode;
    const char *obstacle = no_postcopy(abilities, options);

    if (is(mode, "precopy"))
        return TRUE;
    if (is(mode, "postcopy")) {
        if (obstacle != NULL) {
            g_set_error(error, OCF_ERROR, OCF_ERR_GENERIC, "migration_mode=postcopy is not possible: %s",
                        obstacle);
            return FALSE;
        }
        options->flags |= VIR_MIGRATE_POSTCOPY;
        options->postcopy_after_precopy = TRUE;
        return TRUE;
    }
    options->flags |= VIR_MIGRATE_AUTO_CONVERGE;
    if (obstacle != NULL) {
        note(how, "without post-copy (%s)", obstacle);
        return TRUE;
    }
    options->flags |= VIR_MIGRATE_POSTCOPY;
    options->postcopy_when_needed = TRUE;
    return TRUE;
}

/* ---- all of it -------------------------------------------------------------------------------------------
 */

gboolean transfer_settings_need_version(const LiveDomainParameters *parameters)
{
    return !is(parameters->migration_compression, "off") && !is(parameters->migration_compression, "xbzrle");
}

gboolean transfer_settings_apply(const LiveDomainParameters *parameters, const TransferAbilities *abilities,
                                 MigrateOptions *options, GString *how, GError **error)
{
    if (options->direct && is(parameters->migration_encryption, "tls")) {
        g_set_error_literal(error, OCF_ERROR, OCF_ERR_GENERIC,
                            "migration_encryption=tls, but --direct leaves the data to the hypervisor");
        return FALSE;
    }
    if (options->direct) /* not QEMU's: none of this is known there */
        return TRUE;
    if (!apply_encryption(parameters, abilities, options, how, error))
        return FALSE;
    apply_connections(parameters, options, how);
    apply_compression(parameters, abilities, options, how);
    return apply_mode(parameters, abilities, options, how, error);
}

/* But for what stands in quotes: that may be the guest's name. */
static gboolean names_one_of(const char *text, const char *const *words)
{
    g_autoptr(GRegex) quoted = g_regex_new("'[^']*'|\"[^\"]*\"", G_REGEX_RAW, 0, NULL);
    g_autofree char *plain = g_regex_replace_literal(quoted, text, -1, 0, "", 0, NULL);
    g_autofree char *lower = g_ascii_strdown(plain != NULL ? plain : "", -1);

    for (; *words != NULL; words++)
        if (strstr(lower, *words) != NULL)
            return TRUE;
    return FALSE;
}

/* By libvirt's and QEMU's words: neither has a code for it. What migrate_options themselves ask for stays. */
gboolean transfer_settings_retreat(const LiveDomainParameters *parameters, const MigrateOptions *options,
                                   const char *why, TransferAbilities *abilities)
{
    static const char *const of_tls[] = {"tls", "x509", "certificate", "credentials", NULL};
    static const char *const of_postcopy[] = {"post-copy", "postcopy", "userfault", NULL};
    g_autoptr(MigrateOptions) own = migrate_options_parse(parameters->migrate_options, NULL);

    if (own == NULL)
        return FALSE;
    if (has(options, VIR_MIGRATE_TLS) && !has(own, VIR_MIGRATE_TLS) && abilities->tls_failure == NULL &&
        is(parameters->migration_encryption, "auto") && names_one_of(why, of_tls)) {
        abilities->tls_failure = g_strdup(why);
        return TRUE;
    }
    if (options->postcopy_when_needed && !has(own, VIR_MIGRATE_POSTCOPY) &&
        abilities->postcopy_failure == NULL && names_one_of(why, of_postcopy)) {
        abilities->postcopy_failure = g_strdup(why);
        return TRUE;
    }
    return FALSE;
}

void transfer_abilities_clear(TransferAbilities *abilities)
{
    g_free(abilities->tls_failure);
    g_free(abilities->postcopy_failure);
    *abilities = (TransferAbilities){.node = NULL};
}
