/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What holds for any nodes and any settings: random ones, always the same. */
#include "test_netpref.h"

enum { ROUNDS = 1000, NODES_MOST = 8, WIRES = 10 };

/* Links of a random node: each wire on some interface, with IPv4, IPv6 or both, some down, some overlapping.
 */
static NetprefNode *random_node(GRand *random, guint index)
{
    GPtrArray *links = netpref_links_new();
    g_autofree char *name = g_strdup_printf("n%u", index);

    for (guint wire = 0; wire < WIRES; wire++) {
        g_autofree char *interface = g_strdup_printf("eth%u", wire);
        g_autofree char *ipv4 =
            g_strdup_printf("10.0.%u.%u/%d", wire, index + 1, g_rand_int_range(random, 0, 4) ? 24 : 16);
        g_autofree char *ipv6 = g_strdup_printf("fd00:%u::%u/64", wire, index + 1);
        NetprefCidr cidr;
        if (g_rand_int_range(random, 0, 5) == 0)
            continue;
        NetprefLink *link =
            netpref_link_new(interface, g_rand_int_range(random, 0, 6) ? NETPREF_LINK_UP : NETPREF_LINK_DOWN,
                             (guint)g_rand_int_range(random, 0, 3) * 1000, 1500);
        gint families = g_rand_int_range(random, 1, 4);
        if ((families & 1) != 0 && netpref_cidr_parse(ipv4, &cidr, NULL))
            netpref_link_add(link, &cidr);
        if ((families & 2) != 0 && netpref_cidr_parse(ipv6, &cidr, NULL))
            netpref_link_add(link, &cidr);
        g_ptr_array_add(links, link);
    }
    NetprefNode *node = netpref_node_new(name, links);
    g_autofree char *ring = g_strdup_printf("10.0.0.%u", index + 1);
    netpref_node_add_ring(node, ring, NULL);
    return node;
}

static GPtrArray *random_nodes(GRand *random)
{
    GPtrArray *nodes = netpref_nodes_new();
    guint count = (guint)g_rand_int_range(random, 2, NODES_MOST + 1);

    for (guint i = 0; i < count; i++)
        g_ptr_array_add(nodes, random_node(random, i));
    return nodes;
}

/* Some of label, CIDR, interface and nonsense. */
static char *random_list(GRand *random)
{
    GString *list = g_string_new(NULL);

    for (gint i = g_rand_int_range(random, 0, 5); i > 0; i--) {
        gint wire = g_rand_int_range(random, 0, WIRES + 1);
        switch (g_rand_int_range(random, 0, 5)) {
        case 0:
            g_string_append_printf(list, "eth%d ", wire);
            break;
        case 1:
            g_string_append_printf(list, "10.0.%d.0/24 ", wire);
            break;
        case 2:
            g_string_append_printf(list, "fd00:%d::/64 ", wire);
            break;
        case 3:
            g_string_append(list, wire % 2 == 0 ? "lab " : "10.0.0.0/16 ");
            break;
        default:
            g_string_append(list, "nonsense/1 ");
        }
    }
    return g_string_free(list, FALSE);
}

static NetprefPolicy *random_policy(GRand *random, const char *order, const char *exclude)
{
    static const char *const rings[] = {"last", "allow", "exclude"};

    return make_policy(order, exclude, g_rand_boolean(random) ? "lab=10.0.3.0/24,fd00:3::/64" : NULL,
                       rings[g_rand_int_range(random, 0, 3)], g_rand_boolean(random) ? "exclude" : "allow");
}

static void shuffle(GRand *random, GPtrArray *array)
{
    for (guint i = array->len; i > 1; i--) {
        guint j = (guint)g_rand_int_range(random, 0, (gint)i);
        gpointer item = array->pdata[i - 1];
        array->pdata[i - 1] = array->pdata[j];
        array->pdata[j] = item;
    }
}

static char *describe(GPtrArray *nodes, const NetprefPolicy *policy, const NetprefPolicy *vm)
{
    g_autoptr(NetprefNetworks) networks = netpref_networks_new(nodes, policy);
    g_autoptr(NetprefChoice) choice = netpref_choose(networks, policy, vm, "n0", "n1", NULL);
    g_autofree char *networks_are = networks_text(networks);
    g_autofree char *choice_is = choice_text(choice);
    g_autofree char *findings_are = findings_text(netpref_networks_findings(networks));

    return g_strdup_printf("%s\n%s%s", networks_are, choice_is, findings_are);
}

/* Whatever order the cluster hands things in, every node comes to the same answer. */
static void answer_does_not_depend_on_the_order_of_the_input(void **state)
{
    (void)state;
    g_autoptr(GRand) random = g_rand_new_with_seed(1);
    for (guint round = 0; round < ROUNDS; round++) {
        g_autoptr(GPtrArray) nodes = random_nodes(random);
        g_autofree char *order = random_list(random), *exclude = random_list(random),
                        *vm_order = random_list(random);
        g_autoptr(NetprefPolicy) policy = random_policy(random, order, exclude);
        g_autoptr(NetprefPolicy) vm = netpref_policy_new_for_vm(vm_order, NULL);
        g_autofree char *before = describe(nodes, policy, vm);
        shuffle(random, nodes);
        for (guint i = 0; i < nodes->len; i++)
            shuffle(random, ((NetprefNode *)nodes->pdata[i])->links);
        g_autofree char *after = describe(nodes, policy, vm);
        assert_string_equal(before, after);
    }
}

/* The network in which the narrowest subnet around ADDRESS lies that NODE has. */
static const NetprefNetwork *network_around(const NetprefNetworks *networks, const char *node,
                                            const NetprefAddress *address)
{
    const NetprefNetwork *best = NULL;
    gint best_length = -1;

    for (guint i = 0; i < netpref_networks_count(networks); i++) {
        const NetprefNetwork *network = netpref_networks_get(networks, i);
        const NetprefMember *member = netpref_networks_member(networks, network, node);
        for (guint j = 0; member != NULL && j < member->addresses->len; j++) {
            const NetprefCidr *cidr = &g_array_index(member->addresses, NetprefMemberAddress, j).cidr;
            if (cidr->prefix_length <= best_length || !netpref_cidr_contains(cidr, address))
                continue;
            best = network;
            best_length = cidr->prefix_length;
        }
    }
    return best;
}

static gboolean lists_network(const NetprefNetworks *networks, const char *list,
                              const NetprefNetwork *network)
{
    g_auto(GStrv) words = g_strsplit(list, " ", -1);

    for (char **word = words; *word != NULL; word++) {
        g_autoptr(GPtrArray) found = **word != '\0' ? netpref_networks_lookup(networks, *word, NULL) : NULL;
        if (found != NULL && g_ptr_array_find(found, (gpointer)network, NULL))
            return TRUE;
    }
    return FALSE;
}

/* I3, for any nodes and any settings. */
static void exclusion_always_beats_order(void **state)
{
    (void)state;
    g_autoptr(GRand) random = g_rand_new_with_seed(2);
    for (guint round = 0; round < ROUNDS; round++) {
        g_autoptr(GPtrArray) nodes = random_nodes(random);
        g_autofree char *exclude = random_list(random), *vm_exclude = random_list(random);
        g_autofree char *all = g_strdup_printf("%s %s", exclude, vm_exclude);
        g_autoptr(NetprefPolicy) policy = random_policy(random, all, exclude);
        g_autoptr(NetprefPolicy) vm = netpref_policy_new_for_vm(all, vm_exclude);
        g_autoptr(NetprefNetworks) networks = netpref_networks_new(nodes, policy);
        g_autoptr(NetprefChoice) choice = netpref_choose(networks, policy, vm, "n0", "n1", NULL);
        for (guint i = 0; i < netpref_choice_usable_count(choice); i++) {
            const NetprefCandidate *candidate = netpref_choice_get(choice, i);
            assert_false(lists_network(networks, all, candidate->network));
            for (guint j = 0; j < candidate->paths->len; j++) {
                const NetprefPath *path = &g_array_index(candidate->paths, NetprefPath, j);
                const NetprefNetwork *taken = network_around(networks, "n0", &path->target);
                assert_non_null(taken);
                assert_false(taken != candidate->network && lists_network(networks, all, taken));
            }
        }
    }
}

/* Usable ones are up at both ends, connected by paths inside one of their subnets, and ranked without a gap.
 */
static void usable_networks_are_usable(void **state)
{
    (void)state;
    g_autoptr(GRand) random = g_rand_new_with_seed(3);
    for (guint round = 0; round < ROUNDS; round++) {
        g_autoptr(GPtrArray) nodes = random_nodes(random);
        g_autofree char *order = random_list(random);
        g_autoptr(NetprefPolicy) policy = random_policy(random, order, NULL);
        g_autoptr(NetprefNetworks) networks = netpref_networks_new(nodes, policy);
        g_autoptr(NetprefChoice) choice = netpref_choose(networks, policy, NULL, "n0", "n1", NULL);
        assert_int_equal(netpref_choice_count(choice), netpref_networks_count(networks));
        for (guint i = 0; i < netpref_choice_count(choice); i++) {
            const NetprefCandidate *candidate = netpref_choice_get(choice, i);
            gboolean usable = i < netpref_choice_usable_count(choice);
            assert_int_equal(candidate->rank, usable ? i + 1 : 0);
            assert_int_equal(candidate->verdict == NETPREF_USABLE, usable);
            assert_int_equal(candidate->paths->len > 0, usable);
            if (!usable)
                continue;
            assert_int_not_equal(netpref_networks_member(networks, candidate->network, "n0")->state,
                                 NETPREF_LINK_DOWN);
            assert_int_not_equal(netpref_networks_member(networks, candidate->network, "n1")->state,
                                 NETPREF_LINK_DOWN);
        }
    }
}

static void two_hundred_networks_and_sixty_four_nodes_are_handled(void **state)
{
    (void)state;
    g_autoptr(GPtrArray) nodes = netpref_nodes_new();
    for (guint i = 0; i < 64; i++) {
        GPtrArray *links = netpref_links_new();
        g_autofree char *name = g_strdup_printf("n%u", i);
        for (guint j = 0; j < 200; j++) {
            g_autofree char *interface = g_strdup_printf("eth%u", j);
            g_autofree char *text = g_strdup_printf("10.0.%u.%u/24", j, i + 1);
            NetprefCidr cidr;
            assert_true(netpref_cidr_parse(text, &cidr, NULL));
            NetprefLink *link = netpref_link_new(interface, NETPREF_LINK_UP, 1000, 1500);
            netpref_link_add(link, &cidr);
            g_ptr_array_add(links, link);
        }
        g_ptr_array_add(nodes, netpref_node_new(name, links));
    }
    g_autoptr(NetprefPolicy) policy = make_policy("10.0.199.0/24 eth7", "10.0.0.0/24", NULL, NULL, NULL);
    g_autoptr(NetprefNetworks) networks = netpref_networks_new(nodes, policy);
    g_autoptr(NetprefChoice) choice = netpref_choose(networks, policy, NULL, "n0", "n63", NULL);
    assert_int_equal(netpref_choice_usable_count(choice), 199);
    assert_string_equal(netpref_choice_get(choice, 0)->network->name, "10.0.199.0/24");
    assert_string_equal(netpref_choice_get(choice, 1)->network->name, "10.0.7.0/24");
    assert_int_equal(netpref_networks_findings(networks)->len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answer_does_not_depend_on_the_order_of_the_input),
        cmocka_unit_test(exclusion_always_beats_order),
        cmocka_unit_test(usable_networks_are_usable),
        cmocka_unit_test(two_hundred_networks_and_sixty_four_nodes_are_handled),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
