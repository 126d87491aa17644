/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test_netpref.h"

static void assert_policy_found(NetprefPolicy *policy, const char *kind, const char *part)
{
    assert_found(netpref_policy_findings(policy), kind, part);
    netpref_policy_free(policy);
}

static void nothing_configured_is_fine(void **state)
{
    (void)state;
    g_autoptr(NetprefPolicy) unset = make_policy(NULL, NULL, NULL, NULL, NULL);
    g_autoptr(NetprefPolicy) empty = make_policy("", " \t", "", "", "");
    assert_int_equal(netpref_policy_findings(unset)->len, 0);
    assert_int_equal(netpref_policy_findings(empty)->len, 0);
    assert_int_equal(netpref_policy_ring(unset), NETPREF_RING_LAST);
    assert_true(netpref_policy_allows_unlisted(unset));
}

static void words_are_understood(void **state)
{
    (void)state;
    g_autoptr(NetprefPolicy) policy =
        make_policy("mig 10.99.3.0/24", "eth0", "mig=10.99.2.0/24,fd99:2::/64", "exclude", "exclude");
    assert_int_equal(netpref_policy_findings(policy)->len, 0);
    assert_int_equal(netpref_policy_ring(policy), NETPREF_RING_EXCLUDE);
    assert_false(netpref_policy_allows_unlisted(policy));
    assert_policy_found(make_policy(NULL, NULL, NULL, "never", NULL), "unknown_word",
                        "ring: \"never\" is not one of last, allow, exclude; last is used");
    assert_policy_found(make_policy(NULL, NULL, NULL, NULL, "no"), "unknown_word", "unlisted: \"no\"");
    assert_policy_found(make_policy(NULL, NULL, NULL, NULL, "exclude"), "nothing_listed",
                        "unlisted=exclude without order");
}

static void malformed_cidr_is_named_with_its_parameter(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "10.99.2.0/33", "10.99.2.0/",    "10.99.2/24", "10.99.2.256/24",  "fd99::/129", "fd99:::/64",
        "10.99.2.0/+4", "10.99.2.0/024", "/24",        "10.99.2.0/24/24", "1.2.3.4/ff", "fe80::1%eth0/64",
        "010.1.1.0/24", "10.99"};
    for (guint i = 0; i < G_N_ELEMENTS(wrong); i++) {
        assert_policy_found(make_policy(wrong[i], NULL, NULL, NULL, NULL), "malformed_network", "order: \"");
        assert_policy_found(make_policy(NULL, wrong[i], NULL, NULL, NULL), "malformed_network",
                            "exclude: \"");
        g_autofree char *names = g_strdup_printf("mig=%s", wrong[i]);
        assert_policy_found(make_policy(NULL, NULL, names, NULL, NULL), "malformed_network", "names: mig: ");
    }
    assert_policy_found(
        netpref_policy_new_for_vm("10.99.2.0/33", NULL), "malformed_network",
        "migration_networks: \"10.99.2.0/33\" is no network: its prefix length is not 0 to 32");
    assert_policy_found(make_policy("mig,stor", NULL, NULL, NULL, NULL), "malformed_network",
                        "networks are separated by spaces");
}

static void host_bits_and_mapped_addresses_are_read_as_meant_and_said(void **state)
{
    (void)state;
    assert_policy_found(make_policy("10.99.2.7/24", NULL, NULL, NULL, NULL), "host_bits",
                        "order: \"10.99.2.7/24\" has host bits set: read as 10.99.2.0/24");
    assert_policy_found(make_policy(NULL, "::ffff:10.99.2.0/120", NULL, NULL, NULL), "mapped_address",
                        "exclude: \"::ffff:10.99.2.0/120\" is IPv4-mapped: read as 10.99.2.0/24");
    assert_policy_found(make_policy("::ffff:0.0.0.0/90", NULL, NULL, NULL, NULL), "malformed_network",
                        "prefix below 96");
}

static void everything_and_one_address_are_no_networks(void **state)
{
    (void)state;
    assert_policy_found(make_policy("0.0.0.0/0", NULL, NULL, NULL, NULL), "not_a_network",
                        "order: \"0.0.0.0/0\" is every address, not a network, and is ignored");
    assert_policy_found(make_policy(NULL, "::/0", NULL, NULL, NULL), "not_a_network",
                        "is excluded all the same");
    assert_policy_found(make_policy("10.99.2.1/32", NULL, NULL, NULL, NULL), "not_a_network",
                        "is one address");
    assert_policy_found(make_policy(NULL, NULL, "mig=fd99::1/128", NULL, NULL), "not_a_network",
                        "names: mig: \"fd99::1/128\" is one address");
    assert_policy_found(make_policy(NULL, "10.99.2.1", NULL, NULL, NULL), "not_a_network",
                        "exclude: \"10.99.2.1\" is an address");
}

static void odd_names_are_refused(void **state)
{
    (void)state;
    assert_policy_found(make_policy(NULL, NULL, "10.1.0.0/24=10.2.0.0/24", NULL, NULL), "label_looks_numeric",
                        "names: \"10.1.0.0/24\" looks like an address");
    assert_policy_found(make_policy(NULL, NULL, "10.1=10.2.0.0/24", NULL, NULL), "label_looks_numeric",
                        "10.1");
    assert_policy_found(make_policy(NULL, NULL, "fd99::=10.2.0.0/24", NULL, NULL), "label_looks_numeric",
                        "fd99");
    assert_policy_found(make_policy(NULL, NULL, "=10.2.0.0/24", NULL, NULL), "malformed_label", "no name");
    assert_policy_found(make_policy(NULL, NULL, "mig", NULL, NULL), "malformed_label", "NAME=CIDR");
    assert_policy_found(make_policy(NULL, NULL, "mig=", NULL, NULL), "malformed_label", "empty network");
    assert_policy_found(make_policy(NULL, NULL, "mig=10.1.0.0/24,", NULL, NULL), "malformed_label", "empty");
    assert_policy_found(make_policy(NULL, NULL, "m\xc3\xbcg<=10.1.0.0/24", NULL, NULL), "malformed_label",
                        "letters, digits");
    g_autofree char *line = g_strdup_printf("%0*d=10.1.0.0/24", 2000, 1);
    line[0] = 'x';
    assert_policy_found(make_policy(NULL, NULL, line, NULL, NULL), "malformed_label", "...");
}

static void name_used_twice_is_an_error(void **state)
{
    (void)state;
    g_autoptr(NetprefPolicy) policy = make_policy(NULL, NULL, "mig=10.1.0.0/24 mig=10.2.0.0/24", NULL, NULL);
    g_autoptr(GError) error = NULL;
    assert_found(netpref_policy_findings(policy), "label_used_twice", "names: mig is used twice");
    assert_false(netpref_findings_check(netpref_policy_findings(policy), &error));
    assert_int_equal(error->code, OCF_ERR_CONFIGURED);
    assert_policy_found(make_policy(NULL, NULL, "a=10.1.0.0/24 b=10.1.0.0/24", NULL, NULL),
                        "network_named_twice", "names: 10.1.0.0/24 is given to a and to b: it is shown as a");
}

static void ordered_and_excluded_is_said(void **state)
{
    (void)state;
    static const char names[] = "mig=10.99.2.0/24,fd99:2::/64";
    assert_policy_found(make_policy("mig", "mig", names, NULL, NULL), "ordered_and_excluded",
                        "mig is in order and in exclude: it is excluded");
    assert_policy_found(make_policy("mig", "10.99.2.5/24", names, NULL, NULL), "ordered_and_excluded", "mig");
    assert_policy_found(make_policy("fd99:2::/64", "mig", names, NULL, NULL), "ordered_and_excluded",
                        "fd99:2::/64");
    assert_policy_found(netpref_policy_new_for_vm("eth1", "eth1"), "ordered_and_excluded",
                        "eth1 is in migration_networks and in migration_exclude_networks");
    assert_policy_found(make_policy("mig mig", NULL, NULL, NULL, NULL), "listed_twice",
                        "order: mig is listed twice");
}

static void unknown_names_are_reported_against_the_networks(void **state)
{
    (void)state;
    g_autoptr(GPtrArray) nodes =
        make_nodes("a1", "eth1 up ip=10.99.2.1/24", NULL, "a2", "eth1 up ip=10.99.2.2/24", NULL, NULL);
    g_autoptr(NetprefPolicy) policy =
        make_policy("mgi 10.99.2.0/25 eth1", "10.98.0.0/16 10.0.0.0/8", "mig=10.99.7.0/24", NULL, NULL);
    g_autoptr(NetprefNetworks) networks = netpref_networks_new(nodes, policy);
    g_autoptr(GPtrArray) findings = netpref_policy_check(policy, networks);
    g_autofree char *text = findings_text(findings);
    assert_string_equal(text,
                        "names: mig: no node has 10.99.7.0/24\n"
                        "order: \"mgi\" is no label, CIDR or interface of a network\n"
                        "order: no node has 10.99.2.0/25; there is 10.99.2.0/24\n"
                        "exclude: no node has 10.98.0.0/16\n"
                        "exclude: no node has 10.0.0.0/8; there is 10.99.2.0/24 (excluded all the same)\n"
                        "eth1 is in order, and exclude excludes it as 10.0.0.0/8: it is excluded\n");
}

static void contradiction_between_interface_and_cidr_is_found(void **state)
{
    (void)state;
    g_autoptr(GPtrArray) nodes = make_nodes("a1", "eth1 up ip=10.99.2.1/24", NULL, NULL);
    g_autoptr(NetprefPolicy) policy = make_policy("10.99.2.0/24", "eth1", NULL, NULL, NULL);
    g_autoptr(NetprefPolicy) vm = netpref_policy_new_for_vm("10.99.2.0/24", "eth1");
    g_autoptr(NetprefNetworks) networks = netpref_networks_new(nodes, policy);
    g_autoptr(GPtrArray) findings = netpref_policy_check(policy, networks);
    g_autoptr(GPtrArray) vm_findings = netpref_policy_check(vm, networks);
    assert_found(findings, "ordered_and_excluded", "exclude excludes it as eth1");
    assert_found(vm_findings, "ordered_and_excluded", "migration_exclude_networks excludes it as eth1");
}

static void two_hundred_networks_are_read(void **state)
{
    (void)state;
    g_autoptr(GString) names = g_string_new(NULL);
    g_autoptr(GString) order = g_string_new(NULL);
    for (guint i = 0; i < 200; i++) {
        g_string_append_printf(names, "n%u=10.%u.0.0/16 ", i, i);
        g_string_append_printf(order, "n%u\n", i);
    }
    g_autoptr(NetprefPolicy) policy = make_policy(order->str, NULL, names->str, NULL, NULL);
    assert_int_equal(netpref_policy_findings(policy)->len, 0);
}

static void lookup_names_what_it_misses(void **state)
{
    (void)state;
    g_autoptr(GPtrArray) nodes = make_nodes("a1", "eth1 up ip=10.99.2.1/24", NULL, NULL);
    g_autoptr(NetprefNetworks) networks = netpref_networks_new(nodes, NULL);
    g_autoptr(GError) unknown = NULL;
    g_autoptr(GError) malformed = NULL;
    g_autoptr(GPtrArray) found = netpref_networks_lookup(networks, "eth1", NULL);
    assert_int_equal(found->len, 1);
    assert_null(netpref_networks_lookup(networks, "nowhere", &unknown));
    assert_string_equal(unknown->message, "\"nowhere\" is no label, CIDR or interface of a network");
    assert_null(netpref_networks_lookup(networks, "10.99.2.0/99", &malformed));
    assert_int_equal(malformed->code, OCF_ERR_CONFIGURED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_configured_is_fine),
        cmocka_unit_test(words_are_understood),
        cmocka_unit_test(malformed_cidr_is_named_with_its_parameter),
        cmocka_unit_test(host_bits_and_mapped_addresses_are_read_as_meant_and_said),
        cmocka_unit_test(everything_and_one_address_are_no_networks),
        cmocka_unit_test(odd_names_are_refused),
        cmocka_unit_test(name_used_twice_is_an_error),
        cmocka_unit_test(ordered_and_excluded_is_said),
        cmocka_unit_test(unknown_names_are_reported_against_the_networks),
        cmocka_unit_test(contradiction_between_interface_and_cidr_is_found),
        cmocka_unit_test(two_hundred_networks_are_read),
        cmocka_unit_test(lookup_names_what_it_misses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
