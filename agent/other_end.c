/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/other_end.h"

#include "agent/routes.h"
#include "agent/uri.h"

void other_end_clear(OtherEnd *there)
{
    g_clear_pointer(&there->hypervisor, hypervisor_free);
    g_clear_pointer(&there->uri, g_free);
}

gboolean other_end_open(const char *uri, const char *name, OcfDeadline deadline, OtherEnd *there,
                        GError **error)
{
    there->uri = g_strdup(uri);
    there->hypervisor = hypervisor_new(uri);
    if (domain_look(there->hypervisor, name, deadline, &there->look, error))
        return TRUE;
    other_end_clear(there);
    return FALSE;
}

gboolean other_end_connect(const LiveDomainParameters *parameters, const char *local_uri,
                           const ClusterNetworks *networks, const char *node, const char *name,
                           OcfDeadline deadline, OtherEnd *there, GError **error)
{
    g_autoptr(GPtrArray) addresses = routes_control_addresses(parameters, networks, node);
    gboolean alone = *parameters->remoteuri != '\0' || *parameters->migration_network_suffix != '\0';
    gint64 patience_ms = ocf_deadline_left_ms(deadline);
    OcfDeadline until = ocf_deadline_in(alone || addresses->len == 0 ? patience_ms : patience_ms / 2);
    g_autofree char *uri = uri_remote(parameters, local_uri, node);
    g_autoptr(GError) by_name = NULL;

    if (other_end_open(uri, name, until, there, &by_name))
        return TRUE;
    for (guint i = 0; !alone && i < addresses->len; i++) {
        g_autofree char *by_address = uri_remote_at(parameters, local_uri, addresses->pdata[i]);
        OcfDeadline its_share = ocf_deadline_within(deadline, patience_ms / 2 / addresses->len);

        if (other_end_open(by_address, name, its_share, there, NULL)) {
            g_warning("%s; connected by %s instead", by_name->message, there->uri);
            return TRUE;
        }
    }
    g_propagate_error(error, g_steal_pointer(&by_name));
    return FALSE;
}

char *other_end_local_uri(const LiveDomainParameters *parameters, Hypervisor *here, OcfDeadline deadline,
                          GError **error)
{
    char *uri = NULL;

    if (*parameters->hypervisor != '\0')
        return g_strdup(parameters->hypervisor);
    hypervisor_uri(here, deadline, &uri, error);
    return uri;
}
