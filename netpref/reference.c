/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One network as the administrator wrote it: a CIDR, or a word that is a label or an interface. */
#include "netpref/address.h"
#include "netpref/finding.h"
#include "netpref/policy.h"

#include <string.h>
#include <sys/socket.h>

enum { MAPPED_BITS = 96, MAPPED_BYTES = 12 };

void reference_free(Reference *reference)
{
    g_free(reference->text);
    g_free(reference);
}

/* ::ffff:10.99.2.0/120 means 10.99.2.0/24. FALSE if it reaches beyond the mapped range. */
static gboolean unmap(NetprefCidr *cidr)
{
    if (cidr->prefix_length < MAPPED_BITS)
        return FALSE;
    NetprefCidr plain = {.address.family = AF_INET};
    plain.prefix_length = (guint8)(cidr->prefix_length - MAPPED_BITS);
    memcpy(plain.address.bytes, cidr->address.bytes + MAPPED_BYTES, 4);
    *cidr = plain;
    return TRUE;
}

/* Whether CIDR can be a network; KEEP is for exclusions: too much is better than nothing. */
static gboolean check_size(const NetprefCidr *cidr, const char *where, const char *quoted, gboolean keep,
                           GPtrArray *findings)
{
    const char *effect = keep ? "; what lies in it is excluded all the same" : ", and is ignored";

    if (cidr->prefix_length == 0) {
        findings_add(findings, NETPREF_ERROR, "not_a_network", "%s: %s is every address, not a network%s",
                     where, quoted, effect);
        return keep;
    }
    if (cidr->prefix_length == address_bits(&cidr->address)) {
        if (keep)
            effect = "; every network that holds it is excluded";
        findings_add(findings, NETPREF_ERROR, "not_a_network", "%s: %s is one address, not a network%s",
                     where, quoted, effect);
        return keep;
    }
    return TRUE;
}

gboolean reference_read_subnet(const char *text, const char *where, gboolean keep, NetprefCidr *subnet,
                               GPtrArray *findings)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *quoted = text_quote(text);
    NetprefCidr cidr;

    if (!netpref_cidr_parse(text, &cidr, &error)) {
        findings_add(findings, NETPREF_ERROR, "malformed_network", "%s: %s", where, error->message);
        return FALSE;
    }
    if (address_is_mapped(&cidr.address)) {
        if (!unmap(&cidr)) {
            findings_add(findings, NETPREF_ERROR, "malformed_network",
                         "%s: %s is IPv4-mapped with a prefix below 96, and is ignored", where, quoted);
            return FALSE;
        }
        g_autofree char *plain = netpref_cidr_text(&cidr);
        findings_add(findings, NETPREF_WARNING, "mapped_address", "%s: %s is IPv4-mapped: read as %s", where,
                     quoted, plain);
    }
    if (!check_size(&cidr, where, quoted, keep, findings))
        return FALSE;
    *subnet = cidr_subnet(&cidr);
    if (!cidr_equal(subnet, &cidr)) {
        g_autofree char *plain = netpref_cidr_text(subnet);
        findings_add(findings, NETPREF_WARNING, "host_bits", "%s: %s has host bits set: read as %s", where,
                     quoted, plain);
    }
    return TRUE;
}

/* An address alone is no network, but an exclusion of it is understood. */
static gboolean read_bare_address(const char *text, const char *where, gboolean keep, NetprefCidr *subnet,
                                  GPtrArray *findings)
{
    NetprefCidr cidr;
    g_autofree char *quoted = text_quote(text);

    if (!netpref_address_parse(text, &cidr.address))
        return FALSE;
    findings_add(findings, NETPREF_ERROR, "not_a_network",
                 "%s: %s is an address, not a network (as in 10.99.2.0/24)%s", where, quoted,
                 keep ? "; every network that holds it is excluded" : ", and is ignored");
    cidr.prefix_length = (guint8)address_bits(&cidr.address);
    *subnet = cidr;
    return keep;
}

gboolean reference_looks_numeric(const char *text)
{
    return strpbrk(text, "/:") != NULL || strspn(text, "0123456789.") == strlen(text);
}

Reference *reference_read(const char *text, const char *where, gboolean keep, GPtrArray *findings)
{
    g_autofree char *quoted = text_quote(text);
    NetprefCidr subnet = {.prefix_length = 0};
    gboolean is_subnet = reference_looks_numeric(text);
    NetprefAddress ignored;

    if (is_subnet) {
        gboolean bare = netpref_address_parse(text, &ignored);
        if (bare ? !read_bare_address(text, where, keep, &subnet, findings)
                 : !reference_read_subnet(text, where, keep, &subnet, findings))
            return NULL;
    } else if (strpbrk(text, "=,") != NULL) {
        findings_add(findings, NETPREF_ERROR, "malformed_network",
                     "%s: %s is neither label, CIDR nor interface: networks are separated by spaces", where,
                     quoted);
        return NULL;
    }
    Reference *reference = g_new0(Reference, 1);
    reference->text = g_utf8_make_valid(text, -1);
    reference->is_subnet = is_subnet;
    reference->subnet = subnet;
    return reference;
}

gboolean reference_equal(const Reference *a, const Reference *b)
{
    if (a->is_subnet || b->is_subnet)
        return a->is_subnet && b->is_subnet && cidr_equal(&a->subnet, &b->subnet);
    return strcmp(a->text, b->text) == 0;
}
