/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a choice of network costs: 64 nodes, 16 networks, 5000 VMs, each with lists of its own, each moved
 * between another pair of nodes; and what happens to it when nodes or networks double (linear: a ratio of 2
 * at most). Exits 1 above 100 microseconds a choice, or where doubling costs more than three times.
 */
#include "netpref/netpref.h"

#include <stdio.h>
#include <time.h>

enum { NODES = 64, NETWORKS = 16, VMS = 5000, REPEATS = 5 };
#define LIMIT_US 100.0
#define RATIO_MOST 3.0

/* Processor time, as what else the machine does is not the question. */
static double now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

/* The links of a node as it would publish them. */
static char *publish(guint node, guint network_count)
{
    g_autoptr(GPtrArray) links = netpref_links_new();

    for (guint i = 0; i < network_count; i++) {
        g_autofree char *interface = g_strdup_printf("eth%u", i);
        g_autofree char *ipv4 = g_strdup_printf("10.%u.%u.%u/16", i, node / 250, node % 250 + 1);
        g_autofree char *ipv6 = g_strdup_printf("fd00:%x::%x/64", i, node + 1);
        NetprefLink *link = netpref_link_new(interface, NETPREF_LINK_UP, 10000, 9000);
        NetprefCidr cidr;
        if (netpref_cidr_parse(ipv4, &cidr, NULL))
            netpref_link_add(link, &cidr);
        if (netpref_cidr_parse(ipv6, &cidr, NULL))
            netpref_link_add(link, &cidr);
        g_ptr_array_add(links, link);
    }
    return netpref_links_to_text(links);
}

static GPtrArray *read_nodes(char **texts, guint node_count)
{
    GPtrArray *nodes = netpref_nodes_new();

    for (guint i = 0; i < node_count; i++) {
        g_autofree char *name = g_strdup_printf("node%u", i);
        g_autofree char *ring = g_strdup_printf("10.0.%u.%u", i / 250, i % 250 + 1);
        NetprefNode *node = netpref_node_new(name, netpref_links_from_text(texts[i], NULL));
        netpref_node_add_ring(node, ring, NULL);
        g_ptr_array_add(nodes, node);
    }
    return nodes;
}

static NetprefPolicy *make_policy(guint network_count)
{
    g_autoptr(GString) order = g_string_new(NULL);
    g_autoptr(GString) names = g_string_new(NULL);

    for (guint i = 0; i < network_count; i++)
        g_string_append_printf(names, "net%u=10.%u.0.0/16,fd00:%x::/64 ", i, i, i);
    for (guint i = network_count / 2; i > 0; i--)
        g_string_append_printf(order, "net%u ", i);
    NetprefSettings settings = {.order = order->str, .exclude = "net2 eth3", .names = names->str};
    return netpref_policy_new(&settings);
}

/* Microseconds of one VM's choice, its policy read from text as the agent does. */
static double choose_us(const NetprefNetworks *networks, const NetprefPolicy *policy, guint node_count,
                        guint network_count)
{
    double begin_us = now_us();

    for (guint vm = 0; vm < VMS; vm++) {
        char order[64], from[32], to[32];
        g_snprintf(order, sizeof order, "net%u net%u", vm % network_count, (vm + 5) % network_count);
        g_snprintf(from, sizeof from, "node%u", vm % node_count);
        g_snprintf(to, sizeof to, "node%u", (vm + 1) % node_count);
        g_autoptr(NetprefPolicy) own = netpref_policy_new_for_vm(order, vm % 7 == 0 ? "net4" : NULL);
        g_autoptr(NetprefChoice) choice = netpref_choose(networks, policy, own, from, to, NULL);
        g_assert_cmpuint(netpref_choice_usable_count(choice), >, 0);
    }
    return (now_us() - begin_us) / VMS;
}

typedef struct {
    double build_us;
    double choice_us;
} Cost;

/* The best of some runs. */
static Cost measure(guint node_count, guint network_count)
{
    g_autofree char **texts = g_new0(char *, node_count);
    g_autoptr(NetprefPolicy) policy = make_policy(network_count);
    Cost best = {.build_us = G_MAXDOUBLE, .choice_us = G_MAXDOUBLE};

    for (guint i = 0; i < node_count; i++)
        texts[i] = publish(i, network_count);
    for (guint repeat = 0; repeat < REPEATS; repeat++) {
        double begin_us = now_us();
        g_autoptr(GPtrArray) nodes = read_nodes(texts, node_count);
        g_autoptr(NetprefNetworks) networks = netpref_networks_new(nodes, policy);
        best.build_us = MIN(best.build_us, now_us() - begin_us);
        best.choice_us = MIN(best.choice_us, choose_us(networks, policy, node_count, network_count));
    }
    for (guint i = 0; i < node_count; i++)
        g_free(texts[i]);
    return best;
}

static gboolean report(const char *what, Cost cost, Cost base)
{
    double choice_ratio = cost.choice_us / base.choice_us, build_ratio = cost.build_us / base.build_us;

    printf("%-26s %8.1f us a choice (x%.2f) %9.0f us to read all nodes (x%.2f)\n", what, cost.choice_us,
           choice_ratio, cost.build_us, build_ratio);
    return choice_ratio <= RATIO_MOST && build_ratio <= RATIO_MOST;
}

int main(void)
{
    measure(NODES, NETWORKS); /* warms up */
    Cost base = measure(NODES, NETWORKS);
    gboolean good = base.choice_us < LIMIT_US;

    good = report("64 nodes, 16 networks", base, base) && good;
    good = report("128 nodes, 16 networks", measure(2 * NODES, NETWORKS), base) && good;
    good = report("64 nodes, 32 networks", measure(NODES, 2 * NETWORKS), base) && good;
    printf("%s: %d VMs, under %.0f us a choice, linear\n", good ? "ok" : "not ok", VMS, LIMIT_US);
    return good ? 0 : 1;
}
