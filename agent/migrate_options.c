/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/migrate_options.h"

#include <string.h>

typedef enum {
    KIND_FLAG,   /* a flag of the call */
    KIND_IGNORE, /* means nothing to an agent */
    KIND_REFUSE, /* would break the cluster's view of the guest */
    KIND_STRING,
    KIND_LIST, /* separated by commas, a parameter each */
    KIND_INT,
    KIND_ULLONG,
    KIND_SPECIAL /* by name, in set_special */
} Kind;

typedef struct {
    const char *name;
    Kind kind;
    guint flag;
    const char *key; /* of the parameter, or why it is refused */
} Option;

static const Option known_options[] = {
    {"live", KIND_IGNORE, 0, NULL}, /* always */
    {"verbose", KIND_IGNORE, 0, NULL},
    {"p2p", KIND_FLAG, VIR_MIGRATE_PEER2PEER, NULL},
    {"direct", KIND_SPECIAL, 0, NULL},
    {"tunnelled", KIND_FLAG, VIR_MIGRATE_TUNNELLED, NULL},
    {"persistent", KIND_FLAG, VIR_MIGRATE_PERSIST_DEST, NULL},
    {"undefinesource", KIND_FLAG, VIR_MIGRATE_UNDEFINE_SOURCE, NULL},
    {"copy-storage-all", KIND_FLAG, VIR_MIGRATE_NON_SHARED_DISK, NULL},
    {"copy-storage-inc", KIND_FLAG, VIR_MIGRATE_NON_SHARED_INC, NULL},
#if LIBVIR_VERSION_NUMBER >= 8000000
    {"copy-storage-synchronous-writes", KIND_FLAG, VIR_MIGRATE_NON_SHARED_SYNCHRONOUS_WRITES, NULL},
#endif
#if LIBVIR_VERSION_NUMBER >= 8005000
    {"postcopy-resume", KIND_REFUSE, 0, "belongs to a migration that broke, not to a new one"},
    {"zerocopy", KIND_FLAG, VIR_MIGRATE_ZEROCOPY, NULL},
#endif
    {"change-protection", KIND_FLAG, VIR_MIGRATE_CHANGE_PROTECTION, NULL},
    {"unsafe", KIND_FLAG, VIR_MIGRATE_UNSAFE, NULL},
    {"compressed", KIND_FLAG, VIR_MIGRATE_COMPRESSED, NULL},
    {"auto-converge", KIND_FLAG, VIR_MIGRATE_AUTO_CONVERGE, NULL},
    {"rdma-pin-all", KIND_FLAG, VIR_MIGRATE_RDMA_PIN_ALL, NULL},
    {"abort-on-error", KIND_FLAG, VIR_MIGRATE_ABORT_ON_ERROR, NULL},
    {"postcopy", KIND_FLAG, VIR_MIGRATE_POSTCOPY, NULL},
    {"postcopy-after-precopy", KIND_SPECIAL, VIR_MIGRATE_POSTCOPY, NULL},
    {"parallel", KIND_FLAG, VIR_MIGRATE_PARALLEL, NULL},
    {"tls", KIND_FLAG, VIR_MIGRATE_TLS, NULL},
    {"offline", KIND_REFUSE, 0, "moves a definition, not a running guest"},
    {"suspend", KIND_REFUSE, 0, "would leave the guest paused at the target"},
    {"dname", KIND_REFUSE, 0, "would hide the guest from the cluster under another name"},
    {"migrateuri", KIND_SPECIAL, 0, NULL},
    {"graphicsuri", KIND_STRING, 0, VIR_MIGRATE_PARAM_GRAPHICS_URI},
    {"listen-address", KIND_STRING, 0, VIR_MIGRATE_PARAM_LISTEN_ADDRESS},
    {"timeout", KIND_SPECIAL, 0, NULL},
    {"timeout-suspend", KIND_SPECIAL, 0, NULL},
    {"timeout-postcopy", KIND_SPECIAL, VIR_MIGRATE_POSTCOPY, NULL},
    {"xml", KIND_SPECIAL, 0, NULL},
    {"persistent-xml", KIND_SPECIAL, 0, NULL},
    {"migrate-disks", KIND_LIST, 0, VIR_MIGRATE_PARAM_MIGRATE_DISKS},
    {"disks-port", KIND_INT, 0, VIR_MIGRATE_PARAM_DISKS_PORT},
    {"disks-uri", KIND_STRING, 0, VIR_MIGRATE_PARAM_DISKS_URI},
    {"comp-methods", KIND_LIST, VIR_MIGRATE_COMPRESSED, VIR_MIGRATE_PARAM_COMPRESSION},
    {"comp-mt-level", KIND_INT, 0, VIR_MIGRATE_PARAM_COMPRESSION_MT_LEVEL},
    {"comp-mt-threads", KIND_INT, 0, VIR_MIGRATE_PARAM_COMPRESSION_MT_THREADS},
    {"comp-mt-dthreads", KIND_INT, 0, VIR_MIGRATE_PARAM_COMPRESSION_MT_DTHREADS},
    {"comp-xbzrle-cache", KIND_ULLONG, 0, VIR_MIGRATE_PARAM_COMPRESSION_XBZRLE_CACHE},
    {"auto-converge-initial", KIND_INT, 0, VIR_MIGRATE_PARAM_AUTO_CONVERGE_INITIAL},
    {"auto-converge-increment", KIND_INT, 0, VIR_MIGRATE_PARAM_AUTO_CONVERGE_INCREMENT},
    {"postcopy-bandwidth", KIND_ULLONG, 0, VIR_MIGRATE_PARAM_BANDWIDTH_POSTCOPY},
    {"parallel-connections", KIND_INT, 0, VIR_MIGRATE_PARAM_PARALLEL_CONNECTIONS},
    {"bandwidth", KIND_ULLONG, 0, VIR_MIGRATE_PARAM_BANDWIDTH},
    {"tls-destination", KIND_STRING, 0, VIR_MIGRATE_PARAM_TLS_DESTINATION},
};

/* Those of KIND_SPECIAL that stand alone. */
static const char *const without_value[] = {"direct", "postcopy-after-precopy", "timeout-suspend",
                                            "timeout-postcopy", NULL};

static gboolean refuse(GError **error, const char *option, const char *why)
{
    g_set_error(error, OCF_ERROR, OCF_ERR_CONFIGURED, "migrate_options: --%s %s", option, why);
    return FALSE;
}

static const Option *find_option(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(known_options); i++)
        if (strcmp(known_options[i].name, name) == 0)
            return &known_options[i];
    return NULL;
}

static gboolean wants_value(const Option *option)
{
    switch (option->kind) {
    case KIND_STRING:
    case KIND_LIST:
    case KIND_INT:
    case KIND_ULLONG:
        return TRUE;
    case KIND_REFUSE:
        return FALSE;
    case KIND_SPECIAL:
        return !g_strv_contains(without_value, option->name);
    case KIND_FLAG:
    case KIND_IGNORE:
        break;
    }
    return FALSE;
}

static void replace_text(char **place, const char *text)
{
    g_free(*place);
    *place = g_strdup(text);
}

static gboolean set_special(MigrateOptions *options, const Option *option, const char *value, GError **error)
{
    if (strcmp(option->name, "direct") == 0)
        options->direct = TRUE;
    else if (strcmp(option->name, "postcopy-after-precopy") == 0)
        options->postcopy_after_precopy = TRUE;
    else if (strcmp(option->name, "timeout-suspend") == 0)
        options->timeout_action = MIGRATE_TIMEOUT_SUSPEND;
    else if (strcmp(option->name, "timeout-postcopy") == 0)
        options->timeout_action = MIGRATE_TIMEOUT_POSTCOPY;
    else if (strcmp(option->name, "migrateuri") == 0)
        replace_text(&options->migrateuri, value);
    else if (strcmp(option->name, "xml") == 0)
        replace_text(&options->xml_file, value);
    else if (strcmp(option->name, "persistent-xml") == 0)
        replace_text(&options->persistent_xml_file, value);
    else if (!ocf_parse_integer(value, 1, G_MAXINT, &options->timeout_s))
        return refuse(error, option->name, "needs a number of seconds");
    return TRUE;
}

static void add_list(MigrateOptions *options, const char *key, const char *value)
{
    g_auto(GStrv) words = g_strsplit(value, ",", 0);

    for (char **word = words; *word != NULL; word++)
        virTypedParamsAddString(&options->params, &options->param_count, &options->param_room, key, *word);
}

static gboolean is_set(const MigrateOptions *options, const char *key)
{
    return virTypedParamsGet(options->params, options->param_count, key) != NULL;
}

static gboolean set_option(MigrateOptions *options, const Option *option, const char *value, GError **error)
{
    gint64 number = 0;

    /* libvirt refuses a parameter that comes twice, but only when the migration begins */
    if (wants_value(option) && option->kind != KIND_LIST && option->key != NULL &&
        is_set(options, option->key))
        return refuse(error, option->name, "is given twice");
    options->flags |= option->flag;
    switch (option->kind) {
    case KIND_FLAG:
    case KIND_IGNORE:
        return TRUE;
    case KIND_REFUSE:
        return refuse(error, option->name, option->key);
    case KIND_SPECIAL:
        return set_special(options, option, value, error);
    case KIND_STRING:
        virTypedParamsAddString(&options->params, &options->param_count, &options->param_room, option->key,
                                value);
        return TRUE;
    case KIND_LIST:
        add_list(options, option->key, value);
        return TRUE;
    case KIND_INT:
        if (!ocf_parse_integer(value, 0, G_MAXINT, &number))
            return refuse(error, option->name, "needs a whole number");
        virTypedParamsAddInt(&options->params, &options->param_count, &options->param_room, option->key,
                             (int)number);
        return TRUE;
    case KIND_ULLONG:
        if (!ocf_parse_integer(value, 0, G_MAXINT64, &number))
            return refuse(error, option->name, "needs a whole number");
        virTypedParamsAddULLong(&options->params, &options->param_count, &options->param_room, option->key,
                                (unsigned long long)number);
        return TRUE;
    }
    g_assert_not_reached();
}

/* One word, and where the option wants a value that is not in it, the next; *WORD moves on. */
static gboolean read_option(MigrateOptions *options, char ***word, GError **error)
{
    const char *text = **word;

    if (!g_str_has_prefix(text, "--") || text[2] == '\0') {
        g_set_error(error, OCF_ERROR, OCF_ERR_CONFIGURED, "migrate_options: \"%s\" is not an option", text);
        return FALSE;
    }
    g_auto(GStrv) parts = g_strsplit(text + 2, "=", 2);
    const Option *option = find_option(parts[0]);
    const char *value = parts[1];

    if (option == NULL)
        return refuse(error, parts[0], "is not an option of a migration");
    if (wants_value(option) && value == NULL && *++*word != NULL)
        value = **word;
    if (wants_value(option) && (value == NULL || *value == '\0'))
        return refuse(error, option->name, "needs a value");
    if (!wants_value(option) && value != NULL && option->kind != KIND_REFUSE)
        return refuse(error, option->name, "takes no value");
    return set_option(options, option, value, error);
}

static gboolean check_together(const MigrateOptions *options, GError **error)
{
    if ((options->flags & VIR_MIGRATE_TUNNELLED) != 0 && (options->flags & VIR_MIGRATE_PEER2PEER) == 0)
        return refuse(error, "tunnelled", "needs --p2p");
    if ((options->flags & VIR_MIGRATE_PARALLEL) != 0 && (options->flags & VIR_MIGRATE_TUNNELLED) != 0)
        return refuse(error, "parallel", "and --tunnelled exclude each other");
    return TRUE;
}

MigrateOptions *migrate_options_parse(const char *text, GError **error)
{
    g_autoptr(MigrateOptions) options = g_new0(MigrateOptions, 1);
    g_auto(GStrv) words = NULL;
    g_autoptr(GError) why = NULL;

    options->flags = VIR_MIGRATE_LIVE;
    if (!g_shell_parse_argv(text, NULL, &words, &why) &&
        !g_error_matches(why, G_SHELL_ERROR, G_SHELL_ERROR_EMPTY_STRING)) {
        g_set_error(error, OCF_ERROR, OCF_ERR_CONFIGURED, "migrate_options: %s", why->message);
        return NULL;
    }
    for (char **word = words; word != NULL && *word != NULL; word++) {
        if (!read_option(options, &word, error))
            return NULL;
    }
    if (!check_together(options, error))
        return NULL;
    return g_steal_pointer(&options);
}

void migrate_options_add_string(MigrateOptions *options, const char *key, const char *value)
{
    if (!is_set(options, key))
        virTypedParamsAddString(&options->params, &options->param_count, &options->param_room, key, value);
}

void migrate_options_add_number(MigrateOptions *options, const char *key, guint64 value)
{
    if (!is_set(options, key))
        virTypedParamsAddULLong(&options->params, &options->param_count, &options->param_room, key, value);
}

void migrate_options_add_int(MigrateOptions *options, const char *key, gint value)
{
    if (!is_set(options, key))
        virTypedParamsAddInt(&options->params, &options->param_count, &options->param_room, key, value);
}

MigrateOptions *migrate_options_copy(const MigrateOptions *options)
{
    MigrateOptions *copy = g_memdup2(options, sizeof *options);

    copy->migrateuri = g_strdup(options->migrateuri);
    copy->xml_file = g_strdup(options->xml_file);
    copy->persistent_xml_file = g_strdup(options->persistent_xml_file);
    copy->params = NULL;
    copy->param_count = copy->param_room = 0;
    for (int i = 0; i < options->param_count; i++) {
        const virTypedParameter *param = &options->params[i];

        if (param->type == VIR_TYPED_PARAM_STRING)
            virTypedParamsAddString(&copy->params, &copy->param_count, &copy->param_room, param->field,
                                    param->value.s);
        else if (param->type == VIR_TYPED_PARAM_INT)
            virTypedParamsAddInt(&copy->params, &copy->param_count, &copy->param_room, param->field,
                                 param->value.i);
        else
            virTypedParamsAddULLong(&copy->params, &copy->param_count, &copy->param_room, param->field,
                                    param->value.ul);
    }
    return copy;
}

static gboolean add_file(MigrateOptions *options, const char *key, const char *path, GError **error)
{
    g_autofree char *text = NULL;
    g_autoptr(GError) why = NULL;

    if (path == NULL)
        return TRUE;
    if (!g_file_get_contents(path, &text, NULL, &why)) {
        g_set_error(error, OCF_ERROR, OCF_ERR_ARGS, "migrate_options: %s", why->message);
        return FALSE;
    }
    migrate_options_add_string(options, key, text);
    return TRUE;
}

gboolean migrate_options_read_files(MigrateOptions *options, GError **error)
{
    return add_file(options, VIR_MIGRATE_PARAM_DEST_XML, options->xml_file, error) &&
           add_file(options, VIR_MIGRATE_PARAM_PERSIST_XML, options->persistent_xml_file, error);
}

void migrate_options_free(MigrateOptions *options)
{
    if (options == NULL)
        return;
    virTypedParamsFree(options->params, options->param_count);
    g_free(options->migrateuri);
    g_free(options->xml_file);
    g_free(options->persistent_xml_file);
    g_free(options);
}
