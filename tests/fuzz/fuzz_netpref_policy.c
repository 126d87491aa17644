/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Settings as nobody would write them: the lines of the input are order, exclude, names, ring, unlisted and a
 * VM's two lists. Whatever they say, the findings are lines of text, and what is excluded is no candidate
 * (I3).
 */
#include "netpref/netpref.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SETTINGS = 7 };

static const char *const published[] = {
    "wherry-links/1.0; link eth0 up speed=1000 ip=10.99.1.1/24; link eth1 up ip=10.99.2.1/24 "
    "ip=fd99:2::1/64; "
    "link eth2 up ip=10.99.3.1/24 ip=10.99.4.1/24 ip=fd99:3::1/64; link bond0 up ip=10.99.0.1/16; end 4",
    "wherry-links/1.0; link eth0 up speed=1000 ip=10.99.1.2/24; link eth1 up ip=10.99.2.2/24 "
    "ip=fd99:2::2/64; "
    "link eth2 up ip=10.99.3.2/24 ip=10.99.4.2/24 ip=fd99:3::2/64; link eth3 up ip=10.99.0.2/16; end 4",
};

static GPtrArray *make_nodes(void)
{
    GPtrArray *nodes = netpref_nodes_new();

    for (guint i = 0; i < G_N_ELEMENTS(published); i++) {
        g_autofree char *name = g_strdup_printf("n%u", i);
        g_ptr_array_add(nodes, netpref_node_new(name, netpref_links_from_text(published[i], NULL)));
    }
    netpref_node_add_ring(nodes->pdata[0], "10.99.1.1", NULL);
    return nodes;
}

static void check_findings(const GPtrArray *findings)
{
    for (guint i = 0; i < findings->len; i++) {
        const NetprefFinding *finding = findings->pdata[i];
        g_assert_null(strpbrk(finding->text, "\r\n"));
        g_assert_true(g_utf8_validate(finding->text, -1, NULL));
    }
}

static void check_excluded(const NetprefNetworks *networks, const NetprefChoice *choice, const char *list)
{
    g_auto(GStrv) words = g_strsplit_set(list, " \t\r\v\f", -1);

    for (char **word = words; *word != NULL; word++) {
        g_autoptr(GPtrArray) found = **word != '\0' ? netpref_networks_lookup(networks, *word, NULL) : NULL;
        for (guint i = 0; found != NULL && i < netpref_choice_usable_count(choice); i++)
            g_assert_false(g_ptr_array_find(found, (gpointer)netpref_choice_get(choice, i)->network, NULL));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *input = g_strndup((const char *)data, size);
    g_auto(GStrv) lines = g_strsplit(input, "\n", SETTINGS);
    const char *values[SETTINGS] = {"", "", "", "", "", "", ""};

    for (guint i = 0; lines[i] != NULL; i++)
        values[i] = lines[i];
    NetprefSettings settings = {values[0], values[1], values[2], values[3], values[4]};
    g_autoptr(NetprefPolicy) policy = netpref_policy_new(&settings);
    g_autoptr(NetprefPolicy) vm = netpref_policy_new_for_vm(values[5], values[6]);
    g_autoptr(GPtrArray) nodes = make_nodes();
    g_autoptr(NetprefNetworks) networks = netpref_networks_new(nodes, policy);
    g_autoptr(GPtrArray) findings = netpref_policy_check(policy, networks);
    g_autoptr(GPtrArray) vm_findings = netpref_policy_check(vm, networks);
    g_autoptr(NetprefChoice) choice = netpref_choose(networks, policy, vm, "n0", "n1", NULL);
    g_autofree char *summary = netpref_choice_summary(choice);

    g_assert_true(g_utf8_validate(summary, -1, NULL));
    check_findings(netpref_policy_findings(policy));
    check_findings(netpref_policy_findings(vm));
    check_findings(netpref_networks_findings(networks));
    check_findings(findings);
    check_findings(vm_findings);
    check_excluded(networks, choice, values[1]);
    check_excluded(networks, choice, values[6]);
    return 0;
}
