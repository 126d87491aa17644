/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/remote.h"

#include "agent/config.h"

#include <string.h>

/* As the agent would get them from Pacemaker. */
static char **environment_of(const ClusterResource *resource)
{
    GPtrArray *environment = g_ptr_array_new();
    GHashTableIter iter;
    gpointer name, value;

    g_hash_table_iter_init(&iter, resource->parameters);
    while (g_hash_table_iter_next(&iter, &name, &value))
        g_ptr_array_add(environment, g_strdup_printf("OCF_RESKEY_%s=%s", (char *)name, (char *)value));
    g_ptr_array_add(environment, NULL);
    return (char **)g_ptr_array_free(environment, FALSE);
}

static gboolean connect(const LiveDomainParameters *parameters, const char *guest, const char *node,
                        const char *local_node, OcfDeadline deadline, OtherEnd *there, GError **error)
{
    if (strcmp(node, local_node) == 0)
        return other_end_open(parameters->hypervisor, guest, deadline, there, error);
    if (*parameters->remoteuri != '\0') {
        g_set_error(error, OCF_ERROR, OCF_ERR_GENERIC,
                    "remoteuri names one hypervisor alone, so %s cannot be asked from here: run this on %s",
                    node, node);
        return FALSE;
    }
    g_autoptr(Hypervisor) here = hypervisor_new(parameters->hypervisor);
    g_autofree char *local_uri = other_end_local_uri(parameters, here, deadline, error);
    return local_uri != NULL &&
           other_end_connect(parameters, local_uri, NULL, node, guest, deadline, there, error);
}

gboolean remote_connect(const ClusterResource *resource, const char *node, const char *local_node,
                        const char *guest, OcfDeadline deadline, OtherEnd *there, GError **error)
{
    g_auto(GStrv) environment = environment_of(resource);
    LiveDomainParameters parameters = {0};

    hypervisor_library_init();
    gboolean done =
        ocf_parameters_parse(live_domain_parameters, environment, OCF_PARSE_LENIENT, &parameters, error) &&
        connect(&parameters, guest, node, local_node, deadline, there, error);
    ocf_parameters_clear(live_domain_parameters, &parameters);
    return done;
}

char *remote_guest_name(const ClusterResource *resource, GError **error)
{
    const char *path = g_hash_table_lookup(resource->parameters, "config");
    g_autoptr(DomainConfig) config = domain_config_read(path != NULL ? path : "", error);

    return config != NULL ? g_strdup(config->name) : NULL;
}
