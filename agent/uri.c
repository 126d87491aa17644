/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/uri.h"

#include <string.h>

char *uri_with_node(const char *template, const char *node)
{
    g_autoptr(GString) uri = g_string_new(template);

    g_string_replace(uri, "%n", node, 0);
    return g_strdup(uri->str);
}

char *uri_node_with_suffix(const char *node, const char *suffix)
{
    size_t host = strcspn(node, ".");

    return g_strdup_printf("%.*s%s%s", (int)host, node, suffix, node + host);
}

/* "qemu" of qemu+tcp://host/system */
static char *driver_of(const char *uri)
{
    return g_strndup(uri, strcspn(uri, "+:"));
}

/* The transport of the URI with its "+"; one that only works on the same host is none for another. */
static char *transport_of(const char *uri)
{
    const char *plus = uri + strcspn(uri, "+:");
    g_autofree char *transport = g_strndup(plus, strcspn(plus, ":"));

    return g_strdup(strcmp(transport, "+unix") == 0 ? "" : transport);
}

/* ":16509" of qemu+tcp://host:16509/system, or "". */
static char *port_of(const char *authority, size_t length)
{
    const char *colon = memrchr(authority, ':', length);
    const char *bracket = memrchr(authority, ']', length);

    if (colon == NULL || (bracket != NULL && colon < bracket))
        return g_strdup("");
    return g_strndup(colon, length - (size_t)(colon - authority));
}

/* A host as it stands in a URI: IPv6 in brackets. */
static char *bracketed(const char *address)
{
    return strchr(address, ':') != NULL ? g_strdup_printf("[%s]", address) : g_strdup(address);
}

static char *remote_to(const LiveDomainParameters *parameters, const char *local_uri, const char *host)
{
    g_autofree char *driver = driver_of(local_uri);
    g_autofree char *transport = *parameters->migration_transport != '\0'
                                     ? g_strconcat("+", parameters->migration_transport, NULL)
                                     : transport_of(local_uri);
    const char *authority = strstr(local_uri, "://");
    authority = authority != NULL ? authority + strlen("://") : "";
    size_t length = strcspn(authority, "/?");
    g_autofree char *port = port_of(authority, length);
    const char *rest = authority + length;
    /* a path to a local socket means nothing at the other node */
    size_t rest_length = strstr(local_uri, "+unix") != NULL ? strcspn(rest, "?") : strlen(rest);

    return g_strdup_printf("%s%s://%s%s%s%s%s%.*s", driver, transport, parameters->migration_user,
                           *parameters->migration_user != '\0' ? "@" : "", host, port,
                           *rest == '/' ? "" : "/system", (int)rest_length, rest);
}

char *uri_remote(const LiveDomainParameters *parameters, const char *local_uri, const char *node)
{
    if (*parameters->remoteuri != '\0')
        return uri_with_node(parameters->remoteuri, node);
    g_autofree char *host = uri_node_with_suffix(node, parameters->migration_network_suffix);
    return remote_to(parameters, local_uri, host);
}

char *uri_remote_at(const LiveDomainParameters *parameters, const char *local_uri, const char *address)
{
    g_autofree char *host = bracketed(address);

    return remote_to(parameters, local_uri, host);
}

char *uri_migrate_at(const char *address, gint64 port)
{
    g_autofree char *host = bracketed(address);

    return port == 0 ? g_strdup_printf("tcp://%s", host)
                     : g_strdup_printf("tcp://%s:%" G_GINT64_FORMAT, host, port);
}

char *uri_migrate(const LiveDomainParameters *parameters, const char *local_uri, const char *from_options,
                  const char *node)
{
    if (*parameters->migrateuri != '\0')
        return uri_with_node(parameters->migrateuri, node);
    if (from_options != NULL)
        return uri_with_node(from_options, node);
    if (*parameters->migration_network_suffix == '\0' && parameters->migrateport == 0)
        return NULL;

    g_autofree char *driver = driver_of(local_uri);
    g_autofree char *host = uri_node_with_suffix(node, parameters->migration_network_suffix);
    if (strcmp(driver, "xen") == 0 || strcmp(driver, "xenlight") == 0)
        return g_steal_pointer(&host);
    if (strcmp(driver, "qemu") != 0) {
        g_warning("a migration network cannot be chosen for the hypervisor %s; using its default", driver);
        return NULL;
    }
    /* without a port the target's libvirt takes a free one: surer than a random guess */
    if (parameters->migrateport == 0)
        return g_strdup_printf("tcp://%s", host);
    return g_strdup_printf("tcp://%s:%" G_GINT64_FORMAT, host, parameters->migrateport);
}
