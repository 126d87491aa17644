/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/host.h"

#include <libxml/parser.h>
#include <stdlib.h>
#include <string.h>

enum { DIRTY_S = 1, DIRTY_LOOK_MS = 200 };

G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlDoc, xmlFreeDoc)

void host_demand_clear(HostDemand *demand)
{
    g_free(demand->cpu);
    g_free(demand->type);
    g_free(demand->arch);
    g_free(demand->machine);
    g_free(demand->emulator);
    *demand = (HostDemand){0};
}

void host_facts_clear(HostFacts *facts)
{
    g_free(facts->uuid);
    g_free(facts->lacks);
    *facts = (HostFacts){0};
}

/* ---- XML ----------------------------------------------------------------------------------------------- */

static xmlNode *child(const xmlNode *node, const char *name)
{
    for (xmlNode *one = node != NULL ? node->children : NULL; one != NULL; one = one->next)
        if (one->type == XML_ELEMENT_NODE && strcmp((const char *)one->name, name) == 0)
            return one;
    return NULL;
}

static char *attribute(const xmlNode *node, const char *name)
{
    xmlChar *value = node != NULL ? xmlGetNoNsProp((xmlNode *)node, (const xmlChar *)name) : NULL;
    char *copy = g_strdup((const char *)value);

    xmlFree(value);
    return copy;
}

static char *content(const xmlNode *node)
{
    xmlChar *value = node != NULL ? xmlNodeGetContent(node) : NULL;
    char *copy = g_strdup((const char *)value);

    xmlFree(value);
    return copy;
}

static char *dump(xmlDoc *document, xmlNode *node)
{
    xmlBuffer *buffer = xmlBufferCreate();

    xmlNodeDump(buffer, document, node, 0, 0);
    char *copy = g_strdup((const char *)xmlBufferContent(buffer));
    xmlBufferFree(buffer);
    return copy;
}

static xmlDoc *parse(const char *xml)
{
    return xmlReadMemory(xml, (int)strlen(xml), NULL, NULL,
                         XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
}

gboolean host_demand_parse(const char *xml, HostDemand *demand, GError **error)
{
    g_autoptr(xmlDoc) document = parse(xml);
    xmlNode *root = document != NULL ? xmlDocGetRootElement(document) : NULL;

    *demand = (HostDemand){0};
    if (root == NULL || strcmp((const char *)root->name, "domain") != 0) {
        g_set_error(error, OCF_ERROR, OCF_ERR_ARGS, "that is no domain");
        return FALSE;
    }
    xmlNode *cpu = child(root, "cpu"), *type = child(child(root, "os"), "type");
    g_autofree char *mode = attribute(cpu, "mode");
    g_autofree char *check = attribute(cpu, "check");
    demand->type = attribute(root, "type");
    demand->arch = attribute(type, "arch");
    demand->machine = attribute(type, "machine");
    demand->emulator = content(child(child(root, "devices"), "emulator"));
    /* with check='none' libvirt lets it arrive anywhere, and host-passthrough is not to be compared */
    if (g_strcmp0(mode, "custom") == 0 && g_strcmp0(check, "none") != 0)
        demand->cpu = dump(document, cpu);
    return TRUE;
}

/* ---- asking -------------------------------------------------------------------------------------------- */

/* One task serves all calls. */
typedef struct {
    char *guest;
    HostDemand demand;
    HostFacts facts;
    char *xml; /* of malloc */
    gint64 dirty_mib_s;
} HostTask;

static void task_clear(gpointer data)
{
    HostTask *task = data;

    g_free(task->guest);
    host_demand_clear(&task->demand);
    host_facts_clear(&task->facts);
    free(task->xml);
}

static HostTask *task_new(const char *guest)
{
    HostTask *task = g_atomic_rc_box_new0(HostTask);

    task->guest = g_strdup(guest);
    return task;
}

static gboolean call(Hypervisor *hypervisor, OcfDeadline deadline, HypervisorWork work, HostTask *task,
                     GError **error)
{
    return hypervisor_call(hypervisor, deadline, work, task, task_clear, error);
}

static virDomainPtr lookup(virConnectPtr connection, const HostTask *task, GError **error)
{
    virDomainPtr domain = virDomainLookupByName(connection, task->guest);

    if (domain == NULL)
        hypervisor_set_error(error, "cannot find guest %s", task->guest);
    return domain;
}

static gboolean xml_work(virConnectPtr connection, gpointer data, GError **error)
{
    HostTask *task = data;
    g_autoptr(virDomain) domain = lookup(connection, task, error);

    if (domain == NULL)
        return FALSE;
    task->xml = virDomainGetXMLDesc(domain, VIR_DOMAIN_XML_MIGRATABLE);
    if (task->xml == NULL)
        hypervisor_set_error(error, "cannot read the definition of %s", task->guest);
    return task->xml != NULL;
}

gboolean host_demand_read(Hypervisor *hypervisor, const char *guest, OcfDeadline deadline, HostDemand *demand,
                          GError **error)
{
    HostTask *task = task_new(guest);
    gboolean done =
        call(hypervisor, deadline, xml_work, task, error) && host_demand_parse(task->xml, demand, error);

    g_atomic_rc_box_release_full(task, task_clear);
    return done;
}

static void compare(virConnectPtr connection, HostTask *task)
{
    const HostDemand *demand = &task->demand;
    int result =
        virConnectCompareHypervisorCPU(connection, demand->emulator, demand->arch, demand->machine,
                                       demand->type, demand->cpu, VIR_CONNECT_COMPARE_CPU_FAIL_INCOMPATIBLE);

    /* any other failure says nothing about the processor */
    if (result == VIR_CPU_COMPARE_INCOMPATIBLE ||
        (result < 0 && virGetLastErrorCode() == VIR_ERR_CPU_INCOMPATIBLE))
        task->facts.lacks = g_strdup(result < 0 ? virGetLastErrorMessage() : "its processor lacks something");
}

static gboolean facts_work(virConnectPtr connection, gpointer data, GError **error)
{
    HostTask *task = data;
    char *capabilities = virConnectGetCapabilities(connection);

    if (capabilities == NULL || virConnectGetLibVersion(connection, &task->facts.version) < 0) {
        hypervisor_set_error(error, "cannot learn what the host is");
        free(capabilities);
        return FALSE;
    }
    g_autoptr(xmlDoc) document = parse(capabilities);
    free(capabilities);
    if (document != NULL)
        task->facts.uuid = content(child(child(xmlDocGetRootElement(document), "host"), "uuid"));
    if (task->demand.cpu != NULL)
        compare(connection, task);
    return TRUE;
}

gboolean host_ask(Hypervisor *hypervisor, const HostDemand *demand, OcfDeadline deadline, HostFacts *facts,
                  GError **error)
{
    HostTask *task = task_new(NULL);

    if (demand != NULL)
        task->demand = (HostDemand){g_strdup(demand->cpu), g_strdup(demand->type), g_strdup(demand->arch),
                                    g_strdup(demand->machine), g_strdup(demand->emulator)};
    gboolean done = call(hypervisor, deadline, facts_work, task, error);
    *facts = (HostFacts){0};
    if (done) {
        *facts = task->facts;
        task->facts = (HostFacts){0};
    }
    g_atomic_rc_box_release_full(task, task_clear);
    return done;
}

/* ---- writing ------------------------------------------------------------------------------------------- */

static gboolean dirty_start_work(virConnectPtr connection, gpointer data, GError **error)
{
    HostTask *task = data;
    g_autoptr(virDomain) domain = lookup(connection, task, error);

    if (domain == NULL)
        return FALSE;
    if (virDomainStartDirtyRateCalc(domain, DIRTY_S, 0) == 0)
        return TRUE;
    hypervisor_set_error(error, "cannot measure how much %s writes", task->guest);
    return FALSE;
}

/* -1: it is being measured. */
static gboolean dirty_work(virConnectPtr connection, gpointer data, GError **error)
{
    HostTask *task = data;
    g_autoptr(virDomain) domain = lookup(connection, task, error);
    virDomainPtr domains[] = {domain, NULL};
    virDomainStatsRecordPtr *stats = NULL;
    int status = -1;
    long long rate = 0;

    if (domain == NULL)
        return FALSE;
    if (virDomainListGetStats(domains, VIR_DOMAIN_STATS_DIRTYRATE, &stats, 0) < 1) {
        hypervisor_set_error(error, "cannot learn how much %s writes", task->guest);
        return FALSE;
    }
    task->dirty_mib_s = -1;
    if (virTypedParamsGetInt(stats[0]->params, stats[0]->nparams, "dirtyrate.calc_status", &status) == 1 &&
        status == VIR_DOMAIN_DIRTYRATE_MEASURED &&
        virTypedParamsGetLLong(stats[0]->params, stats[0]->nparams, "dirtyrate.megabytes_per_second",
                               &rate) == 1)
        task->dirty_mib_s = rate;
    virDomainStatsRecordListFree(stats);
    return TRUE;
}

gboolean host_dirty_rate(Hypervisor *hypervisor, const char *guest, OcfDeadline deadline, guint64 *mib_s,
                         GError **error)
{
    HostTask *task = task_new(guest);
    gboolean done = call(hypervisor, deadline, dirty_start_work, task, error);

    task->dirty_mib_s = -1;
    while (done && task->dirty_mib_s < 0 && ocf_deadline_sleep(deadline, DIRTY_LOOK_MS))
        done = call(hypervisor, deadline, dirty_work, task, error);
    if (done && task->dirty_mib_s < 0)
        g_set_error(error, OCF_ERROR, OCF_ERR_GENERIC, "how much %s writes is not measured in time", guest);
    done = done && task->dirty_mib_s >= 0;
    if (done)
        *mib_s = (guint64)task->dirty_mib_s;
    g_atomic_rc_box_release_full(task, task_clear);
    return done;
}
