/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netpref/address.h"

#include "netpref/finding.h"
#include "ocf/ocf.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

enum { IPV4_BITS = 32, IPV6_BITS = 128, BYTE_BITS = 8, MAPPED_OFFSET = 12 };

static const guint8 mapped_prefix[MAPPED_OFFSET] = {[10] = 0xff, [11] = 0xff};
static const guint8 unspecified[16] = {0};
static const guint8 loopback[16] = {[15] = 1};

guint address_bits(const NetprefAddress *address)
{
    return address->family == AF_INET ? IPV4_BITS : IPV6_BITS;
}

gint address_compare(const NetprefAddress *a, const NetprefAddress *b)
{
    if (a->family != b->family)
        return a->family == AF_INET ? -1 : 1;
    return memcmp(a->bytes, b->bytes, sizeof a->bytes);
}

gboolean address_equal(const NetprefAddress *a, const NetprefAddress *b)
{
    return address_compare(a, b) == 0;
}

gboolean address_is_mapped(const NetprefAddress *address)
{
    return address->family == AF_INET6 && memcmp(address->bytes, mapped_prefix, sizeof mapped_prefix) == 0;
}

const char *address_unfit(const NetprefAddress *address)
{
    const guint8 *byte = address->bytes;

    if (address->family == AF_INET) {
        if (byte[0] == 0)
            return "unspecified";
        if (byte[0] == 127)
            return "loopback";
        if (byte[0] == 169 && byte[1] == 254)
            return "link-local";
        return byte[0] >= 224 ? "multicast or reserved" : NULL;
    }
    if (memcmp(byte, unspecified, sizeof unspecified) == 0)
        return "unspecified";
    if (memcmp(byte, loopback, sizeof loopback) == 0)
        return "loopback";
    if (byte[0] == 0xfe && (byte[1] & 0xc0) == 0x80)
        return "link-local";
    if (address_is_mapped(address))
        return "IPv4-mapped";
    return byte[0] == 0xff ? "multicast" : NULL;
}

/* As inet_pton, which takes neither short forms ("10.1"), octal numbers nor zones. */
static gboolean parse_numeric(const char *text, NetprefAddress *address)
{
    NetprefAddress parsed = {.family = AF_INET};

    if (inet_pton(AF_INET, text, parsed.bytes) != 1) {
        parsed = (NetprefAddress){.family = AF_INET6};
        if (inet_pton(AF_INET6, text, parsed.bytes) != 1)
            return FALSE;
    }
    *address = parsed;
    return TRUE;
}

gboolean netpref_address_parse(const char *text, NetprefAddress *address)
{
    NetprefAddress parsed;

    if (!parse_numeric(text, &parsed))
        return FALSE;
    if (address_is_mapped(&parsed)) {
        NetprefAddress plain = {.family = AF_INET};
        memcpy(plain.bytes, parsed.bytes + MAPPED_OFFSET, sizeof parsed.bytes - MAPPED_OFFSET);
        parsed = plain;
    }
    *address = parsed;
    return TRUE;
}

char *netpref_address_text(const NetprefAddress *address)
{
    char text[INET6_ADDRSTRLEN] = "?";

    inet_ntop(address->family, address->bytes, text, sizeof text);
    return g_strdup(text);
}

char *netpref_cidr_text(const NetprefCidr *cidr)
{
    char text[INET6_ADDRSTRLEN] = "?";

    inet_ntop(cidr->address.family, cidr->address.bytes, text, sizeof text);
    return g_strdup_printf("%s/%u", text, (guint)cidr->prefix_length);
}

/* A prefix length in the one way it is written: no sign, no leading zero, at most BITS. */
static gboolean parse_prefix_length(const char *text, guint bits, guint8 *result)
{
    gint64 number = 0;

    if ((text[0] == '0' && text[1] != '\0') || !ocf_parse_integer(text, 0, bits, &number))
        return FALSE;
    *result = (guint8)number;
    return TRUE;
}

gboolean netpref_cidr_parse(const char *text, NetprefCidr *cidr, GError **error)
{
    const char *slash = strchr(text, '/');
    g_autofree char *quoted = text_quote(text);

    if (slash == NULL) {
        g_set_error(error, OCF_ERROR, OCF_ERR_CONFIGURED, "%s has no prefix length (as in 10.99.2.0/24)",
                    quoted);
        return FALSE;
    }
    NetprefCidr parsed = {.prefix_length = 0};
    g_autofree char *address = g_strndup(text, (gsize)(slash - text));
    if (!parse_numeric(address, &parsed.address)) {
        g_set_error(error, OCF_ERROR, OCF_ERR_CONFIGURED, "%s is no network: no address before the slash",
                    quoted);
        return FALSE;
    }
    if (!parse_prefix_length(slash + 1, address_bits(&parsed.address), &parsed.prefix_length)) {
        g_set_error(error, OCF_ERROR, OCF_ERR_CONFIGURED,
                    "%s is no network: its prefix length is not 0 to %u", quoted,
                    address_bits(&parsed.address));
        return FALSE;
    }
    *cidr = parsed;
    return TRUE;
}

NetprefCidr cidr_subnet(const NetprefCidr *cidr)
{
    NetprefCidr subnet = *cidr;

    for (guint byte = 0; byte < sizeof subnet.address.bytes; byte++) {
        guint before = byte * BYTE_BITS;
        guint kept = cidr->prefix_length > before ? MIN(cidr->prefix_length - before, (guint)BYTE_BITS) : 0;
        subnet.address.bytes[byte] &= (guint8)(0xff00u >> kept);
    }
    return subnet;
}

gboolean netpref_cidr_contains(const NetprefCidr *cidr, const NetprefAddress *address)
{
    guint whole = cidr->prefix_length / BYTE_BITS;
    guint rest = cidr->prefix_length % BYTE_BITS;

    if (cidr->address.family != address->family || memcmp(cidr->address.bytes, address->bytes, whole) != 0)
        return FALSE;
    return rest == 0 || ((cidr->address.bytes[whole] ^ address->bytes[whole]) >> (BYTE_BITS - rest)) == 0;
}

gboolean cidr_encloses(const NetprefCidr *outer, const NetprefCidr *inner)
{
    return outer->prefix_length <= inner->prefix_length && netpref_cidr_contains(outer, &inner->address);
}

gint netpref_cidr_compare(const NetprefCidr *a, const NetprefCidr *b)
{
    gint order = address_compare(&a->address, &b->address);

    return order != 0 ? order : (gint)a->prefix_length - (gint)b->prefix_length;
}

gboolean cidr_equal(const NetprefCidr *a, const NetprefCidr *b)
{
    return netpref_cidr_compare(a, b) == 0;
}

guint cidr_hash(gconstpointer key)
{
    const NetprefCidr *cidr = key;
    guint hash = cidr->prefix_length;

    for (guint i = 0; i < sizeof cidr->address.bytes; i++)
        hash = hash * 33 + cidr->address.bytes[i];
    return hash;
}

gboolean cidr_key_equal(gconstpointer a, gconstpointer b)
{
    return cidr_equal(a, b);
}

gint cidr_sort(gconstpointer a, gconstpointer b)
{
    return netpref_cidr_compare(a, b);
}
