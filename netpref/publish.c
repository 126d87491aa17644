/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text of a node's links; its grammar is in netpref.h. */
#include "netpref/address.h"
#include "netpref/finding.h"
#include "netpref/netpref.h"
#include "ocf/ocf.h"

#include <stdarg.h>
#include <string.h>

#define MAGIC "wherry-links/"
enum { MAJOR = 1, MINOR = 0 };

/* ---- writing ----------------------------------------------------------------------------------- */

static gboolean is_plain(guchar byte)
{
    return g_ascii_isalnum(byte) || byte == '.' || byte == '_' || byte == '-';
}

static void append_name(GString *text, const char *name)
{
    for (const guchar *byte = (const guchar *)name; *byte != '\0'; byte++) {
        if (is_plain(*byte))
            g_string_append_c(text, (char)*byte);
        else
            g_string_append_printf(text, "%%%02X", (guint)*byte);
    }
}

static void append_link(GString *text, const NetprefLink *link)
{
    g_autoptr(GArray) cidrs = g_array_copy(link->cidrs);

    g_string_append(text, "; link ");
    append_name(text, link->interface);
    g_string_append_printf(text, " %s", netpref_link_state_text(link->state));
    if (link->speed_mbits > 0)
        g_string_append_printf(text, " speed=%u", link->speed_mbits);
    if (link->mtu > 0)
        g_string_append_printf(text, " mtu=%u", link->mtu);
    g_array_sort(cidrs, cidr_sort);
    for (guint i = 0; i < cidrs->len; i++) {
        g_autofree char *cidr = netpref_cidr_text(&g_array_index(cidrs, NetprefCidr, i));
        g_string_append_printf(text, " ip=%s", cidr);
    }
}

static gint compare_links(gconstpointer a, gconstpointer b)
{
    const NetprefLink *const *first = a;
    const NetprefLink *const *second = b;

    return strcmp((*first)->interface, (*second)->interface);
}

char *netpref_links_to_text(const GPtrArray *links)
{
    GString *text = g_string_new(NULL);
    g_autoptr(GPtrArray) sorted = g_ptr_array_sized_new(links->len);

    /* the same links are the same text, so that text tells whether anything changed */
    for (guint i = 0; i < links->len; i++)
        g_ptr_array_add(sorted, links->pdata[i]);
    g_ptr_array_sort(sorted, compare_links);
    g_string_printf(text, MAGIC "%d.%d", MAJOR, MINOR);
    for (guint i = 0; i < sorted->len; i++)
        append_link(text, sorted->pdata[i]);
    g_string_append_printf(text, "; end %u", links->len);
    return g_string_free(text, FALSE);
}

/* ---- reading ----------------------------------------------------------------------------------- */

typedef struct {
    const char *text;
    const char *at;
    gboolean newer; /* written by a newer minor version: what is not known is skipped */
    GHashTable *interfaces;
    GPtrArray *links;
} Reader;

static gboolean fail(const Reader *reader, const char *at, GError **error, const char *format, ...)
    G_GNUC_PRINTF(4, 5);

static gboolean fail(const Reader *reader, const char *at, GError **error, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_autofree char *what = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error(error, OCF_ERROR, OCF_ERR_GENERIC, "published links damaged at character %u: %s",
                (guint)(at - reader->text) + 1, what);
    return FALSE;
}

/* The next word, up to a space, a semicolon or the end; empty where there is none. */
static char *take_word(Reader *reader)
{
    gsize length = strcspn(reader->at, " ;");
    char *word = g_strndup(reader->at, length);

    reader->at += length;
    return word;
}

static gboolean take_literal(Reader *reader, const char *literal)
{
    if (!g_str_has_prefix(reader->at, literal))
        return FALSE;
    reader->at += strlen(literal);
    return TRUE;
}

static gboolean read_number(const char *text, guint *result)
{
    gint64 number = 0;

    if (*text == '\0' || !ocf_parse_integer(text, 0, G_MAXUINT32, &number))
        return FALSE;
    *result = (guint)number;
    return TRUE;
}

static gboolean read_header(Reader *reader, GError **error)
{
    if (!take_literal(reader, MAGIC))
        return fail(reader, reader->at, error, "it does not begin with " MAGIC);
    const char *at = reader->at;
    g_autofree char *version = take_word(reader);
    g_auto(GStrv) parts = g_strsplit(version, ".", 2);
    guint major = 0, minor = 0;
    if (g_strv_length(parts) != 2 || !read_number(parts[0], &major) || !read_number(parts[1], &minor) ||
        major == 0) {
        g_autofree char *quoted = text_quote(version);
        return fail(reader, at, error, "%s is no version", quoted);
    }
    if (major > MAJOR) {
        g_set_error(error, OCF_ERROR, OCF_ERR_GENERIC,
                    "published links have format %u.%u, of a newer Wherry; this one reads %d: update it",
                    major, minor, MAJOR);
        return FALSE;
    }
    reader->newer = minor > MINOR;
    return TRUE;
}

/* An interface name as append_name writes it, or NULL. */
static char *decode_name(const char *word)
{
    g_autoptr(GString) name = g_string_new(NULL);

    for (const char *c = word; *c != '\0'; c++) {
        if (is_plain((guchar)*c)) {
            g_string_append_c(name, *c);
            continue;
        }
        if (*c != '%' || !g_ascii_isxdigit(c[1]) || !g_ascii_isxdigit(c[2]))
            return NULL;
        int byte = g_ascii_xdigit_value(c[1]) * 16 + g_ascii_xdigit_value(c[2]);
        if (byte == 0)
            return NULL;
        g_string_append_c(name, (char)byte);
        c += 2;
    }
    return name->len > 0 ? g_strdup(name->str) : NULL;
}

static gboolean read_state(const char *word, gboolean newer, NetprefLinkState *state)
{
    for (NetprefLinkState known = NETPREF_LINK_UNKNOWN; known <= NETPREF_LINK_UP; known++) {
        if (strcmp(word, netpref_link_state_text(known)) == 0) {
            *state = known;
            return TRUE;
        }
    }
    *state = NETPREF_LINK_UNKNOWN; /* a newer version may know finer shades */
    return newer && *word != '\0';
}

static gboolean read_field(Reader *reader, NetprefLink *link, GError **error)
{
    const char *at = reader->at;
    g_autofree char *word = take_word(reader);
    const char *value = strchr(word, '=');
    g_autofree char *quoted = text_quote(word);
    NetprefCidr cidr;

    if (value == NULL || value == word)
        return fail(reader, at, error, "%s is no KEY=VALUE", quoted);
    value++;
    if (g_str_has_prefix(word, "ip=")) {
        if (!netpref_cidr_parse(value, &cidr, NULL))
            return fail(reader, at, error, "%s is no address with a prefix length", quoted);
        netpref_link_add(link, &cidr);
        return TRUE;
    }
    gboolean is_speed = g_str_has_prefix(word, "speed=");
    if (!is_speed && !g_str_has_prefix(word, "mtu="))
        return reader->newer ? TRUE : fail(reader, at, error, "%s is not known", quoted);
    guint *number = is_speed ? &link->speed_mbits : &link->mtu;
    if (*number != 0)
        return fail(reader, at, error, "%s comes twice", quoted);
    return read_number(value, number) ? TRUE : fail(reader, at, error, "%s is no number", quoted);
}

static gboolean read_link(Reader *reader, GError **error)
{
    const char *at = reader->at;
    g_autofree char *word = take_literal(reader, " ") ? take_word(reader) : g_strdup("");
    g_autofree char *name = decode_name(word);
    NetprefLinkState state;

    if (name == NULL) {
        g_autofree char *quoted = text_quote(word);
        return fail(reader, at, error, "%s is no interface name", quoted);
    }
    if (g_hash_table_contains(reader->interfaces, name))
        return fail(reader, at, error, "interface %s comes twice", word);
    at = reader->at;
    g_autofree char *state_word = take_literal(reader, " ") ? take_word(reader) : g_strdup("");
    if (!read_state(state_word, reader->newer, &state))
        return fail(reader, at, error, "the state of %s is not up, down or unknown", word);
    NetprefLink *link = netpref_link_new(name, state, 0, 0);
    g_ptr_array_add(reader->links, link);
    g_hash_table_add(reader->interfaces, link->interface);
    while (take_literal(reader, " "))
        if (!read_field(reader, link, error))
            return FALSE;
    return TRUE;
}

static gboolean read_end(Reader *reader, GError **error)
{
    const char *at = reader->at;
    g_autofree char *word = take_literal(reader, " ") ? take_word(reader) : g_strdup("");
    guint count = 0;

    if (!read_number(word, &count) || *reader->at != '\0')
        return fail(reader, at, error, "after the end only the number of links is expected");
    if (count != reader->links->len)
        return fail(reader, at, error, "%u links are announced, %u are there", count, reader->links->len);
    return TRUE;
}

static gboolean read_records(Reader *reader, GError **error)
{
    while (take_literal(reader, "; ")) {
        const char *at = reader->at;
        g_autofree char *kind = take_word(reader);
        if (strcmp(kind, "end") == 0)
            return read_end(reader, error);
        if (strcmp(kind, "link") == 0) {
            if (!read_link(reader, error))
                return FALSE;
        } else if (reader->newer && *kind != '\0') {
            reader->at += strcspn(reader->at, ";");
        } else {
            g_autofree char *quoted = text_quote(kind);
            return fail(reader, at, error, "%s is no kind of record", quoted);
        }
    }
    return fail(reader, reader->at, error, "a record should end or begin here");
}

GPtrArray *netpref_links_from_text(const char *text, GError **error)
{
    g_autoptr(GPtrArray) links = netpref_links_new();
    g_autoptr(GHashTable) interfaces = g_hash_table_new(g_str_hash, g_str_equal);
    Reader reader = {.text = text, .at = text, .interfaces = interfaces, .links = links};

    if (!read_header(&reader, error))
        return NULL;
    if (strstr(reader.at, "; end ") == NULL) {
        g_set_error(error, OCF_ERROR, OCF_ERR_GENERIC, "published links are cut off after character %u",
                    (guint)strlen(text));
        return NULL;
    }
    if (!read_records(&reader, error))
        return NULL;
    return g_steal_pointer(&links);
}
