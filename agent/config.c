/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/config.h"

#include <glib/gstdio.h>
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <string.h>
#include <sys/stat.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlDoc, xmlFreeDoc)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlParserCtxt, xmlFreeParserCtxt)

/* No guest's definition is larger; a mistaken path (a disk image) must not fill the memory. */
enum { CONFIG_MOST_BYTES = 16 * 1024 * 1024 };

static gboolean refuse(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

static gboolean refuse(GError **error, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_autofree char *message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    /* one line, also where the file or libxml2 has more to say */
    g_set_error(error, OCF_ERROR, OCF_ERR_ARGS, "%s", g_strdelimit(message, "\r\n", ' '));
    return FALSE;
}

/* A document type is where entities are declared: stop there, before any is expanded. */
static void stop_at_doctype(void *context, const xmlChar *name G_GNUC_UNUSED, const xmlChar *id G_GNUC_UNUSED,
                            const xmlChar *system G_GNUC_UNUSED)
{
    xmlParserCtxtPtr parser = context;

    *(gboolean *)parser->_private = TRUE;
    xmlStopParser(parser);
}

static xmlDoc *parse_xml(const char *text, gsize length, GError **error)
{
    g_autoptr(xmlParserCtxt) parser = xmlNewParserCtxt();
    gboolean has_doctype = FALSE;

    if (length == 0 || length > CONFIG_MOST_BYTES) {
        refuse(error, length == 0 ? "the file is empty" : "the file is too large for a domain");
        return NULL;
    }
    if (memchr(text, '\0', length) != NULL) {
        refuse(error, "it has a zero byte: libvirt reads UTF-8, not UTF-16");
        return NULL;
    }
    parser->_private = &has_doctype;
    parser->sax->internalSubset = stop_at_doctype;
    xmlDoc *document = xmlCtxtReadMemory(parser, text, (int)length, NULL, NULL,
                                         XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    if (document != NULL && !has_doctype)
        return document;
    g_clear_pointer(&document, xmlFreeDoc);
    if (has_doctype) {
        refuse(error, "it has a document type (DOCTYPE), which a domain never needs");
    } else {
        const xmlError *why = xmlCtxtGetLastError(parser);
        g_autofree char *message =
            g_strchomp(g_strdup(why != NULL && why->message != NULL ? why->message : "?"));
        refuse(error, "it is not well-formed XML: line %d: %s", why != NULL ? why->line : 0, message);
    }
    return NULL;
}

/* libvirt's own elements are in no namespace; an element in another one is somebody else's. */
static gboolean node_is(const xmlNode *node, const char *name)
{
    return node->type == XML_ELEMENT_NODE && node->ns == NULL && strcmp((const char *)node->name, name) == 0;
}

static char *take(xmlChar *text)
{
    char *copy = g_strdup(text != NULL ? (const char *)text : "");

    xmlFree(text);
    return copy;
}

static char *attribute(const xmlNode *node, const char *name)
{
    return take(xmlGetNoNsProp((xmlNode *)node, (const xmlChar *)name));
}

/* The text of the one child of PARENT called NAME; "" where there is none. */
static gboolean only_child_text(const xmlNode *parent, const char *name, char **text, GError **error)
{
    const xmlNode *found = NULL;

    for (const xmlNode *child = parent->children; child != NULL; child = child->next) {
        if (!node_is(child, name))
            continue;
        if (found != NULL)
            return refuse(error, "it has two <%s> elements, in lines %ld and %ld", name,
                          xmlGetLineNo((xmlNode *)found), xmlGetLineNo((xmlNode *)child));
        found = child;
    }
    g_free(*text);
    *text = found != NULL ? take(xmlNodeGetContent((xmlNode *)found)) : g_strdup("");
    return TRUE;
}

/* What libvirt itself refuses, said before anything is done with the name. */
static gboolean check_name(const char *name, GError **error)
{
    if (*name == '\0')
        return refuse(error, "it has no <name>");
    if (strpbrk(name, "/\n\r") != NULL)
        return refuse(error, "its <name> has a slash or a line break");
    return TRUE;
}

/* libvirt writes UUIDs with hyphens and takes them with or without. */
static gboolean normalise_uuid(char **uuid, GError **error)
{
    g_autoptr(GString) digits = g_string_new(NULL);

    for (const char *c = g_strstrip(*uuid); *c != '\0'; c++) {
        if (g_ascii_isxdigit(*c))
            g_string_append_c(digits, g_ascii_tolower(*c));
        else if (*c != '-')
            return refuse(error, "its <uuid> is none: \"%.40s\"", *uuid);
    }
    if (digits->len == 0 && **uuid == '\0')
        return TRUE;
    if (digits->len != 32)
        return refuse(error, "its <uuid> is none: \"%.40s\"", *uuid);
    for (gssize at = 20; at >= 8; at -= 4)
        g_string_insert_c(digits, at, '-');
    g_free(*uuid);
    *uuid = g_strdup(digits->str);
    return TRUE;
}

static void add_once(GPtrArray *names, char *name)
{
    if (*name == '\0' || g_ptr_array_find_with_equal_func(names, name, g_str_equal, NULL))
        g_free(name);
    else
        g_ptr_array_add(names, name);
}

/* Every <source pool=...> of a disk and <source network=...> of an interface, also in mirrors and backing
 * chains; metadata, where anything may stand, is left out. */
static void collect_sources(const xmlNode *parent, DomainConfig *config)
{
    for (const xmlNode *node = parent->children; node != NULL; node = node->next) {
        if (node->type != XML_ELEMENT_NODE)
            continue;
        if (node_is(node, "source")) {
            add_once(config->pools, attribute(node, "pool"));
            add_once(config->networks, attribute(node, "network"));
        }
        collect_sources(node, config);
    }
}

/* Units as libvirt's documentation of the domain format has them; KiB without one. */
static guint64 read_memory(const xmlNode *memory)
{
    static const struct {
        const char *unit;
        guint64 bytes;
    } units[] = {
        {"", 1024},     {"b", 1},         {"bytes", 1},          {"KB", 1000},     {"k", 1024},
        {"KiB", 1024},  {"MB", 1000000},  {"M", 1 << 20},        {"MiB", 1 << 20}, {"GB", 1000000000},
        {"G", 1 << 30}, {"GiB", 1 << 30}, {"TB", 1000000000000}, {"T", 1LL << 40}, {"TiB", 1LL << 40},
    };
    g_autofree char *unit = attribute(memory, "unit");
    g_autofree char *text = g_strstrip(take(xmlNodeGetContent((xmlNode *)memory)));
    gint64 number = 0;

    for (guint i = 0; i < G_N_ELEMENTS(units); i++)
        if (strcmp(units[i].unit, unit) == 0 &&
            ocf_parse_integer(text, 0, (gint64)(G_MAXINT64 / units[i].bytes), &number))
            return ((guint64)number * units[i].bytes + (1 << 20) - 1) >> 20;
    return 0;
}

static gboolean read_domain(const xmlNode *root, DomainConfig *config, GError **error)
{
    if (root == NULL || !node_is(root, "domain"))
        return refuse(error, "its root is not <domain>");
    g_free(config->type);
    config->type = attribute(root, "type");
    if (!only_child_text(root, "name", &config->name, error) || !check_name(config->name, error) ||
        !only_child_text(root, "uuid", &config->uuid, error) || !normalise_uuid(&config->uuid, error))
        return FALSE;
    for (const xmlNode *child = root->children; child != NULL; child = child->next) {
        if (node_is(child, "devices"))
            collect_sources(child, config);
        else if (node_is(child, "memory"))
            config->memory_mib = read_memory(child);
    }
    return TRUE;
}

DomainConfig *domain_config_parse(const char *text, gsize length, GError **error)
{
    g_autoptr(DomainConfig) config = g_new0(DomainConfig, 1);
    g_autoptr(xmlDoc) document = parse_xml(text, length, error);

    if (document == NULL)
        return NULL;
    config->pools = g_ptr_array_new_with_free_func(g_free);
    config->networks = g_ptr_array_new_with_free_func(g_free);
    config->text = g_strndup(text, length);
    config->length = length;
    if (!read_domain(xmlDocGetRootElement(document), config, error))
        return NULL;
    return g_steal_pointer(&config);
}

/* What is no file of a domain's size is not even read: reading may wait for ever, or fill the memory. */
static gboolean check_file(const char *path, GError **error)
{
    GStatBuf status;

    if (*path == '\0') {
        g_set_error(error, OCF_ERROR, OCF_ERR_INSTALLED, "parameter config is missing");
        return FALSE;
    }
    if (g_stat(path, &status) < 0)
        return TRUE; /* reading tells why */
    if (!S_ISREG(status.st_mode)) {
        g_set_error(error, OCF_ERROR, OCF_ERR_INSTALLED, "config %s is not a file", path);
        return FALSE;
    }
    if (status.st_size > CONFIG_MOST_BYTES)
        return refuse(error, "config %s: the file is too large for a domain", path);
    return TRUE;
}

DomainConfig *domain_config_read(const char *path, GError **error)
{
    g_autofree char *text = NULL;
    gsize length = 0;
    g_autoptr(GError) why = NULL;

    if (!check_file(path, error))
        return NULL;
    if (!g_file_get_contents(path, &text, &length, &why)) {
        g_set_error(error, OCF_ERROR, OCF_ERR_INSTALLED, "config %s cannot be read: %s", path,
                    g_error_matches(why, G_FILE_ERROR, G_FILE_ERROR_NOENT) ? "it does not exist"
                                                                           : why->message);
        return NULL;
    }
    DomainConfig *config = domain_config_parse(text, length, error);
    if (config == NULL)
        g_prefix_error(error, "config %s: ", path);
    return config;
}

void domain_config_free(DomainConfig *config)
{
    if (config == NULL)
        return;
    g_free(config->name);
    g_free(config->uuid);
    g_free(config->type);
    g_clear_pointer(&config->pools, g_ptr_array_unref);
    g_clear_pointer(&config->networks, g_ptr_array_unref);
    g_free(config->text);
    g_free(config);
}
