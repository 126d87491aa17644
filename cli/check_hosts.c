/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hosts, as migrations reach them. */
#include "agent/fitness.h"
#include "cli/check.h"

#include <string.h>

enum { ASK_MS = 20000, MILLION = 1000000, THOUSAND = 1000 };

typedef struct {
    const char *node;
    HostFacts facts;
} Known;

static void known_free(gpointer data)
{
    Known *known = data;

    host_facts_clear(&known->facts);
    g_free(known);
}

static char *version_text(gulong version)
{
    return g_strdup_printf("%lu.%lu.%lu", version / MILLION, version / THOUSAND % THOUSAND,
                           version % THOUSAND);
}

/* Two that are the same host to libvirt, or have different ones. */
static void compare(GPtrArray *defects, const Known *one, const Known *other)
{
    if (one->facts.uuid != NULL && g_strcmp0(one->facts.uuid, other->facts.uuid) == 0) {
        g_autofree char *what =
            g_strdup_printf("its host UUID is that of %s, %s", other->node, one->facts.uuid);
        defect_add(defects, NETPREF_ERROR, one->node, what,
                   "libvirt takes both for one host, and refuses to migrate between them",
                   g_strdup_printf("on %s: host_uuid in /etc/libvirt/libvirtd.conf (uuidgen), then systemctl "
                                   "restart libvirtd",
                                   one->node));
    }
    if (one->facts.version == other->facts.version)
        return;
    g_autofree char *its = version_text(one->facts.version);
    g_autofree char *others = version_text(other->facts.version);
    g_autofree char *what =
        g_strdup_printf("its libvirt is %s, and that of %s is %s", its, other->node, others);
    defect_add(defects, NETPREF_NOTE, one->node, what,
               "guests may fail to migrate from the newer to the older one", NULL);
}

static void check_host(GPtrArray *defects, GPtrArray *known, const Fitness *fitness, const char *node)
{
    Known *now = g_new0(Known, 1);
    g_autoptr(GError) error = NULL;

    now->node = node;
    if (!fitness_ask(fitness, node, &now->facts, &error))
        defect_add(defects, NETPREF_ERROR, node, error->message,
                   "what is reached like this, by the settings of its resource, cannot migrate there", NULL);
    if (now->facts.lacks != NULL)
        defect_add(defects, NETPREF_WARNING, node, now->facts.lacks, "it may fail to migrate there",
                   g_strdup("a <cpu> that all hosts have, in the VM's XML (virsh hypervisor-cpu-baseline)"));
    for (guint i = 0; now->facts.version != 0 && i < known->len; i++)
        compare(defects, now, known->pdata[i]);
    if (now->facts.version != 0)
        g_ptr_array_add(known, now);
    else
        known_free(now);
}

gboolean check_hosts(GPtrArray *defects, const Vm *vm, gboolean all, const char *local_node, GError **error)
{
    g_autoptr(GPtrArray) nodes = cluster_nodes_online(ocf_deadline_in(ASK_MS), error);
    g_autoptr(GPtrArray) known = g_ptr_array_new_with_free_func(known_free);
    g_autofree char *from = nodes != NULL && all ? vm_locate(vm, NULL) : NULL;

    if (nodes == NULL)
        return FALSE;
    g_autoptr(Fitness) fitness = fitness_new(vm, from, local_node);
    for (guint i = 0; i < nodes->len; i++)
        check_host(defects, known, fitness, nodes->pdata[i]);
    return TRUE;
}
