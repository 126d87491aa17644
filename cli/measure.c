/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/measure.h"

#include <jansson.h>
#include <string.h>
#include <sys/socket.h>

enum {
    PING_MS = 4000,
    IPERF_PORT = 5201,
    IPERF_MS = 12000,
    CONNECT_MS = 1000,
    BITS_PER_MEGABIT = 1000000,
    HEADERS_IPV4 = 28, /* IP and ICMP */
    HEADERS_IPV6 = 48
};

/* Tried after the links' own MTU, greatest first: jumbo frames, Ethernet, PPPoE, tunnels, the least for IPv6.
 */
static const guint usual_mtus[] = {9000, 8950, 4000, 1500, 1492, 1450, 1400, 1280};

void measure_clear(Measure *measure)
{
    g_clear_pointer(&measure->problem, g_free);
}

static void add_problem(Measure *measure, const char *what, const char *why)
{
    char *longer =
        g_strdup_printf("%s%s%s not measured: %s", measure->problem != NULL ? measure->problem : "",
                        measure->problem != NULL ? "; " : "", what, why);

    g_free(measure->problem);
    measure->problem = longer;
}

double measure_parse_ping(const char *output)
{
    const char *line = strstr(output, " = ");
    const char *average = line != NULL ? strchr(line, '/') : NULL;
    char *end = NULL;

    if (average == NULL)
        return -1;
    double value = g_ascii_strtod(average + 1, &end);
    return end != average + 1 && *end == '/' ? value : -1;
}

double measure_parse_iperf(const char *output)
{
    json_t *answer = json_loads(output, 0, NULL);
    json_t *received = json_object_get(json_object_get(answer, "end"), "sum_received");
    json_t *rate = json_object_get(received, "bits_per_second");
    double value = json_is_number(rate) ? json_number_value(rate) / BITS_PER_MEGABIT : -1;

    json_decref(answer);
    return value;
}

/* ---- ping ---------------------------------------------------------------------------------------- */

/* TRUE if COUNT packets of SIZE bytes of data (NULL: ping's own) went over PATH's interface and came back. */
static gboolean ping(const NetprefPath *path, const char *count, const char *size, OcfDeadline deadline,
                     OcfChild *child)
{
    g_autofree char *target = netpref_address_text(&path->target);
    const char *const argv[] = {"ping",
                                "-n",
                                "-q",
                                "-c",
                                count,
                                "-i",
                                "0.2",
                                "-W",
                                "1",
                                "-M",
                                "do",
                                "-I",
                                path->interface,
                                target,
                                size != NULL ? "-s" : NULL,
                                size,
                                NULL};

    return ocf_child_run(argv, OCF_CHILD_ALL_OUTPUT, ocf_deadline_within(deadline, PING_MS), child, NULL) &&
           child->status == 0;
}

static gboolean passes(const NetprefPath *path, guint mtu, OcfDeadline deadline)
{
    guint headers = path->target.family == AF_INET6 ? HEADERS_IPV6 : HEADERS_IPV4;
    g_autofree char *size = g_strdup_printf("%u", mtu - headers);
    g_auto(OcfChild) child = {0};

    return ping(path, "1", size, deadline, &child);
}

static void measure_mtu(Measure *measure, const NetprefPath *path, guint mtu, OcfDeadline deadline)
{
    if (mtu > HEADERS_IPV6 && passes(path, mtu, deadline))
        measure->path_mtu = mtu;
    for (guint i = 0; measure->path_mtu == 0 && i < G_N_ELEMENTS(usual_mtus); i++)
        if ((mtu == 0 || usual_mtus[i] < mtu) && passes(path, usual_mtus[i], deadline))
            measure->path_mtu = usual_mtus[i];
    if (measure->path_mtu == 0)
        add_problem(measure, "path MTU", "no size passed");
}

static gboolean measure_round_trip(Measure *measure, const NetprefPath *path, OcfDeadline deadline)
{
    g_auto(OcfChild) child = {0};
    gboolean answered = ping(path, "3", NULL, deadline, &child);

    measure->round_trip_ms = answered ? measure_parse_ping(child.output) : -1;
    if (measure->round_trip_ms >= 0)
        return TRUE;
    add_problem(measure, "round trip and path MTU",
                child.absent ? "ping is not installed here" : "no answer to ping");
    return FALSE;
}

/* ---- iperf3 -------------------------------------------------------------------------------------- */

/* A server that somebody has started there; none is started by this command, which has no door to the other
 * node. */
static gboolean server_listens(const NetprefPath *path)
{
    NetprefProbe probe = {.path = *path};

    return netpref_reach(&probe, 1, IPERF_PORT, CONNECT_MS, NULL) && probe.result == NETPREF_REACHABLE;
}

static void measure_rate(Measure *measure, const NetprefPath *path, OcfDeadline deadline)
{
    g_autofree char *program = g_find_program_in_path("iperf3");
    g_autofree char *source = netpref_address_text(&path->source);
    g_autofree char *target = netpref_address_text(&path->target);
    const char *const argv[] = {"iperf3", "--client", target, "--bind", source,
                                "--json", "--time",   "2",    NULL};
    g_auto(OcfChild) child = {0};

    if (program == NULL) {
        add_problem(measure, "throughput", "iperf3 is not installed here");
        return;
    }
    if (!server_listens(path)) {
        add_problem(measure, "throughput", "no iperf3 -s runs there");
        return;
    }
    if (ocf_child_run(argv, OCF_CHILD_PLAIN_OUTPUT, ocf_deadline_within(deadline, IPERF_MS), &child, NULL))
        measure->rate_mbits = measure_parse_iperf(child.output);
    if (measure->rate_mbits < 0)
        add_problem(measure, "throughput", "iperf3 gave no result");
}

void measure_path(Measure *measure, const NetprefPath *path, guint mtu, OcfDeadline deadline)
{
    measure->round_trip_ms = measure->rate_mbits = -1;
    if (measure_round_trip(measure, path, deadline))
        measure_mtu(measure, path, mtu, deadline);
    measure_rate(measure, path, deadline);
}
