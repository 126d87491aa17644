/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/vm.h"

#include "cli/cli.h"

#include <libxml/parser.h>
#include <libxml/tree.h>
#include <string.h>

enum { TOOL_MS = 10000 };

G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlDoc, xmlFreeDoc)

static const char *const agents[] = {"ocf:wherry:LiveDomain", "ocf:heartbeat:VirtualDomain"};

/* ---- XML ----------------------------------------------------------------------------------------- */

/* What a tool prints as XML; one of Pacemaker's prints it also when it fails. */
static xmlDoc *run_tool(const char *const *argv, GError **error)
{
    g_auto(OcfChild) child = {0};

    if (!ocf_child_run(argv, OCF_CHILD_PLAIN_OUTPUT, ocf_deadline_in(TOOL_MS), &child, error))
        return NULL;
    xmlDoc *document = xmlReadMemory(child.output, (int)strlen(child.output), NULL, NULL,
                                     XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    if (document == NULL)
        g_set_error(error, CLI_FAILURE, child.absent ? CLI_NOT_INSTALLED : CLI_DISCONNECTED, "%s %s", argv[0],
                    child.absent ? "is not installed"
                    : child.late ? "did not answer in time"
                                 : "gave no answer: does the cluster run on this node?");
    return document;
}

static gboolean node_is(const xmlNode *node, const char *name)
{
    return node != NULL && node->type == XML_ELEMENT_NODE && strcmp((const char *)node->name, name) == 0;
}

static char *attribute(const xmlNode *node, const char *name)
{
    xmlChar *value = xmlGetNoNsProp((xmlNode *)node, (const xmlChar *)name);
    char *copy = g_strdup((const char *)value);

    xmlFree(value);
    return copy;
}

/* Adds the pairs of NODE's sets called KIND to VALUES; what is there already wins. */
static void add_values(GHashTable *values, const xmlNode *node, const char *kind)
{
    for (const xmlNode *set = node != NULL ? node->children : NULL; set != NULL; set = set->next) {
        for (const xmlNode *pair = node_is(set, kind) ? set->children : NULL; pair != NULL;
             pair = pair->next) {
            g_autofree char *name = node_is(pair, "nvpair") ? attribute(pair, "name") : NULL;
            g_autofree char *value = name != NULL ? attribute(pair, "value") : NULL;
            if (value != NULL && !g_hash_table_contains(values, name))
                g_hash_table_insert(values, g_steal_pointer(&name), g_steal_pointer(&value));
        }
    }
}

/* The first element below NODE that is called KIND, and has ID if that is not NULL. */
static const xmlNode *find_element(const xmlNode *node, const char *kind, const char *id)
{
    for (const xmlNode *child = node->children; child != NULL; child = child->next) {
        g_autofree char *its_id = node_is(child, kind) ? attribute(child, "id") : NULL;
        if (node_is(child, kind) && (id == NULL || g_strcmp0(its_id, id) == 0))
            return child;
        const xmlNode *deeper = child->type == XML_ELEMENT_NODE ? find_element(child, kind, id) : NULL;
        if (deeper != NULL)
            return deeper;
    }
    return NULL;
}

/* ---- VMs ----------------------------------------------------------------------------------------- */

static char *agent_of(const xmlNode *primitive)
{
    g_autofree char *class = attribute(primitive, "class");
    g_autofree char *provider = attribute(primitive, "provider");
    g_autofree char *type = attribute(primitive, "type");

    return provider != NULL ? g_strjoin(":", class, provider, type, NULL) : g_strjoin(":", class, type, NULL);
}

static Vm *vm_new(const xmlNode *primitive, const xmlNode *root)
{
    Vm *vm = g_new0(Vm, 1);
    g_autofree char *template_id = attribute(primitive, "template");
    const xmlNode *template = template_id != NULL ? find_element(root, "template", template_id) : NULL;

    vm->name = attribute(primitive, "id");
    vm->agent = agent_of(template != NULL ? template : primitive);
    vm->parameters = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    vm->meta = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    add_values(vm->parameters, primitive, "instance_attributes");
    add_values(vm->parameters, template, "instance_attributes");
    add_values(vm->meta, primitive, "meta_attributes");
    add_values(vm->meta, template, "meta_attributes");
    for (const xmlNode *parent = primitive->parent; parent != NULL && parent->type == XML_ELEMENT_NODE;
         parent = parent->parent)
        add_values(vm->meta, parent, "meta_attributes");
    add_values(vm->meta, find_element(root, "rsc_defaults", NULL), "meta_attributes");
    return vm;
}

void vm_free(Vm *vm)
{
    if (vm == NULL)
        return;
    g_free(vm->name);
    g_free(vm->agent);
    g_hash_table_unref(vm->parameters);
    g_hash_table_unref(vm->meta);
    g_free(vm);
}

static void add_primitives(GPtrArray *vms, const xmlNode *node, const xmlNode *root)
{
    for (const xmlNode *child = node->children; child != NULL; child = child->next) {
        if (node_is(child, "primitive"))
            g_ptr_array_add(vms, vm_new(child, root));
        else if (child->type == XML_ELEMENT_NODE)
            add_primitives(vms, child, root);
    }
}

/* All primitives, whatever they are. */
static GPtrArray *read_primitives(GError **error)
{
    const char *const argv[] = {"cibadmin", "--query", "--scope", "configuration", NULL};
    g_autoptr(xmlDoc) document = run_tool(argv, error);

    if (document == NULL)
        return NULL;
    GPtrArray *vms = g_ptr_array_new_with_free_func((GDestroyNotify)vm_free);
    const xmlNode *root = xmlDocGetRootElement(document);
    add_primitives(vms, root, root);
    return vms;
}

GPtrArray *vm_read_all(GError **error)
{
    GPtrArray *vms = read_primitives(error);

    for (guint i = vms != NULL ? vms->len : 0; i > 0; i--) {
        const Vm *vm = vms->pdata[i - 1];
        if (strcmp(vm->agent, agents[0]) != 0 && strcmp(vm->agent, agents[1]) != 0)
            g_ptr_array_remove_index(vms, i - 1);
    }
    return vms;
}

Vm *vm_read(const char *name, GError **error)
{
    g_autoptr(GPtrArray) vms = read_primitives(error);

    for (guint i = 0; vms != NULL && i < vms->len; i++) {
        Vm *vm = vms->pdata[i];
        if (strcmp(vm->name, name) != 0)
            continue;
        if (strcmp(vm->agent, agents[0]) == 0 || strcmp(vm->agent, agents[1]) == 0)
            return g_ptr_array_steal_index(vms, i);
        g_set_error(error, CLI_FAILURE, CLI_CONFIG, "%s is no VM but %s", name, vm->agent);
        return NULL;
    }
    if (vms != NULL)
        g_set_error(error, CLI_FAILURE, CLI_NO_SUCH, "there is no resource %s in this cluster", name);
    return NULL;
}

const char *vm_parameter(const Vm *vm, const char *name)
{
    const char *value = g_hash_table_lookup(vm->parameters, name);

    return value != NULL && *value != '\0' ? value : NULL;
}

gboolean vm_is_live_domain(const Vm *vm)
{
    return strcmp(vm->agent, agents[0]) == 0;
}

gboolean vm_may_migrate(const Vm *vm)
{
    const char *value = g_hash_table_lookup(vm->meta, "allow-migrate");
    gboolean may = FALSE;

    return value != NULL && ocf_parse_boolean(value, &may) && may;
}

char *vm_own_way(const Vm *vm)
{
    static const char *const alone[] = {"migrateuri", "migration_network_suffix", "migrateport"};
    const char *options = vm_parameter(vm, "migrate_options");

    if (options != NULL && strstr(options, "--migrateuri") != NULL)
        return g_strdup_printf("migrate_options=%s", options);
    for (guint i = 0; i < G_N_ELEMENTS(alone); i++) {
        const char *value = vm_parameter(vm, alone[i]);
        if (value != NULL)
            return g_strdup_printf("%s=%s", alone[i], value);
    }
    return NULL;
}

char *vm_locate(const Vm *vm, GError **error)
{
    const char *const argv[] = {"crm_resource", "--resource", vm->name, "--locate", "--output-as=xml", NULL};
    g_autoptr(xmlDoc) document = run_tool(argv, error);

    if (document == NULL)
        return NULL;
    const xmlNode *node = find_element(xmlDocGetRootElement(document), "node", NULL);
    if (node == NULL)
        return NULL;
    xmlChar *name = xmlNodeGetContent(node);
    char *copy = g_strstrip(g_strdup((const char *)name));
    xmlFree(name);
    return copy;
}
