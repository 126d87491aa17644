/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wherry network name NETWORK NAME */
#include "cli/change.h"
#include "cli/vm.h"

#include <string.h>

/* The subnets that ARGUMENT means: CIDRs, separated by commas, or a network that exists, with all its
 * subnets. */
static GPtrArray *read_subnets(const Change *change, const char *argument, GError **error)
{
    g_auto(GStrv) parts = g_strsplit(argument, ",", -1);
    g_autoptr(GPtrArray) subnets = g_ptr_array_new_with_free_func(g_free);

    for (char **part = parts; *part != NULL; part++) {
        NetprefCidr cidr;
        g_autoptr(GPtrArray) networks = NULL;
        if (netpref_cidr_parse(*part, &cidr, NULL)) {
            g_ptr_array_add(subnets, netpref_cidr_text(&cidr));
            continue;
        }
        networks = netpref_networks_lookup(change->before->networks, *part, error);
        if (networks == NULL) {
            g_prefix_error(error, "neither a CIDR nor a network: ");
            (*error)->domain = CLI_FAILURE;
            (*error)->code = strpbrk(*part, "/:") != NULL ? CLI_CONFIG : CLI_NO_SUCH;
            return NULL;
        }
        for (guint i = 0; i < networks->len; i++) {
            const NetprefNetwork *network = networks->pdata[i];
            for (guint j = 0; j < network->subnets->len; j++)
                g_ptr_array_add(subnets, netpref_cidr_text(&g_array_index(network->subnets, NetprefCidr, j)));
        }
    }
    g_ptr_array_add(subnets, NULL);
    return g_steal_pointer(&subnets);
}

static gboolean check_label(const char *label, GError **error)
{
    const char *wrong = strpbrk(label, " \t\r\n\v\f=,");

    if (*label != '\0' && wrong == NULL)
        return TRUE;
    g_set_error(error, CLI_FAILURE, CLI_CONFIG, "\"%s\" is no name: letters, digits, . _ - only", label);
    return FALSE;
}

static gboolean has_word(const char *list, const char *word)
{
    g_auto(GStrv) words = g_strsplit_set(list != NULL ? list : "", " \t\r\n\v\f", -1);

    return g_strv_contains((const char *const *)words, word);
}

/* LIST, in which the label OLD is now called NEW. */
static void rename_word(Change *change, const char *parameter, const char *old, const char *new)
{
    const char *list = g_hash_table_lookup(change->parameters, parameter);
    g_auto(GStrv) words = g_strsplit_set(list != NULL ? list : "", " \t\r\n\v\f", -1);
    GString *renamed = g_string_new(NULL);

    if (!has_word(list, old)) {
        g_string_free(renamed, TRUE);
        return;
    }
    gboolean there = has_word(list, new);
    for (char **word = words; *word != NULL; word++) {
        gboolean is_old = strcmp(*word, old) == 0;
        if (**word == '\0' || (is_old && there))
            continue;
        g_string_append_printf(renamed, "%s%s", renamed->len > 0 ? " " : "", is_old ? new : *word);
    }
    g_hash_table_replace(change->parameters, g_strdup(parameter), g_string_free(renamed, FALSE));
}

/* A VM's own lists are not rewritten here: its exclusions would silently name nothing. */
static gboolean check_vms(Change *change, const char *label, GError **error)
{
    g_autoptr(GPtrArray) vms = vm_read_all(NULL);

    for (guint i = 0; vms != NULL && i < vms->len; i++) {
        const Vm *vm = vms->pdata[i];
        if (has_word(vm_parameter(vm, "migration_exclude_networks"), label)) {
            g_set_error(error, CLI_FAILURE, CLI_UNSAFE,
                        "%s excludes %s by this name (migration_exclude_networks): name the network there by "
                        "its CIDR "
                        "first, with pcs resource update %s",
                        vm->id, label, vm->id);
            return FALSE;
        }
        if (has_word(vm_parameter(vm, "migration_networks"), label))
            change_remark(change, "%s still calls it %s in migration_networks: pcs resource update %s",
                          vm->id, label, vm->id);
    }
    return TRUE;
}

/* What was excluded stays so, whatever it is called now. */
static void keep_exclusions(Change *change)
{
    g_autoptr(Situation) after = situation_new(change->now, change->parameters);

    for (guint i = 0; i < netpref_choice_count(after->ranking); i++) {
        const NetprefCandidate *candidate = netpref_choice_get(after->ranking, i);
        if (candidate->verdict == NETPREF_EXCLUDED_BY_CLUSTER)
            continue;
        for (guint j = 0; j < candidate->network->subnets->len; j++) {
            const NetprefCidr *cidr = &g_array_index(candidate->network->subnets, NetprefCidr, j);
            g_autofree char *text = netpref_cidr_text(cidr);
            g_autoptr(GPtrArray) then = netpref_networks_lookup(change->before->networks, text, NULL);
            const NetprefNetwork *old = then != NULL ? then->pdata[0] : NULL;
            if (old == NULL || change_candidate(change, old->name)->verdict != NETPREF_EXCLUDED_BY_CLUSTER)
                continue;
            const char *list = g_hash_table_lookup(change->parameters, "exclude");
            char *longer = g_strdup_printf("%s%s%s", list != NULL ? list : "", list != NULL ? " " : "",
                                           candidate->network->name);
            g_hash_table_replace(change->parameters, g_strdup("exclude"), longer);
            change_remark(change, "%s was excluded as %s, and stays excluded", candidate->network->name,
                          old->name);
            break;
        }
    }
}

static gboolean decide(Change *change, GError **error)
{
    const char *label = change->call->arguments[1];
    g_autoptr(GPtrArray) subnets =
        check_label(label, error) ? read_subnets(change, change->call->arguments[0], error) : NULL;
    g_autoptr(GPtrArray) released = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) gone = g_ptr_array_new_with_free_func(g_free);

    if (subnets == NULL)
        return FALSE;
    char *names = edit_label(g_hash_table_lookup(change->parameters, "names"), label,
                             (const char *const *)subnets->pdata, released, gone);
    g_hash_table_replace(change->parameters, g_strdup("names"), names);
    for (guint i = 0; i < gone->len; i++) {
        if (!check_vms(change, gone->pdata[i], error))
            return FALSE;
        rename_word(change, "order", gone->pdata[i], label);
        rename_word(change, "exclude", gone->pdata[i], label);
    }
    for (guint i = 0; i < released->len; i++)
        change_remark(change, "%s is no longer called %s", (const char *)released->pdata[i], label);
    keep_exclusions(change);
    return TRUE;
}

gboolean cli_network_name(CliCall *call, GError **error)
{
    return change_run(call, decide, error);
}
