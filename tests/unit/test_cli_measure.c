/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/unit.h"

#include "cli/measure.h"

static void the_round_trip_is_pings_average(void **state)
{
    (void)state;
    double value = measure_parse_ping("3 packets transmitted, 3 received, 0% packet loss, time 403ms\n"
                                      "rtt min/avg/max/mdev = 0.031/0.250/0.061/0.012 ms\n");

    assert_true(value > 0.249 && value < 0.251);
}

static void what_ping_did_not_say_is_not_measured(void **state)
{
    (void)state;
    static const char *const outputs[] = {"", "3 packets transmitted, 0 received", "rtt = ", "rtt = 1",
                                          "rtt = 1/x/2"};

    for (size_t i = 0; i < G_N_ELEMENTS(outputs); i++)
        assert_true(measure_parse_ping(outputs[i]) < 0);
}

static void the_throughput_is_what_arrived(void **state)
{
    (void)state;
    double value = measure_parse_iperf("{\"end\": {\"sum_sent\": {\"bits_per_second\": 9e9},"
                                       " \"sum_received\": {\"bits_per_second\": 2.5e9}}}");

    assert_true(value > 2499 && value < 2501);
}

static void what_iperf_did_not_say_is_not_measured(void **state)
{
    (void)state;
    static const char *const outputs[] = {"", "{}", "[]", "{\"error\": \"unable to connect\"}",
                                          "{\"end\": {\"sum_received\": {\"bits_per_second\": \"x\"}}}"};

    for (size_t i = 0; i < G_N_ELEMENTS(outputs); i++)
        assert_true(measure_parse_iperf(outputs[i]) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_round_trip_is_pings_average),
        cmocka_unit_test(what_ping_did_not_say_is_not_measured),
        cmocka_unit_test(the_throughput_is_what_arrived),
        cmocka_unit_test(what_iperf_did_not_say_is_not_measured),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
