/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/unit.h"

#include "cli/network_json.h"

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

/* ---- what another node measured ------------------------------------------------------------------- */

#define RESULT                                                                                               \
    "{\"to\": \"a3\", \"name\": \"mig\", \"verdict\": \"usable\", \"reached\": true, \"round_trip_ms\": "    \
    "0.25,"                                                                                                  \
    " \"path_mtu_bytes\": 9000, \"throughput_mbits\": null, \"note\": \"no iperf3\"}"
#define ANSWER(results) "{\"from\": \"a2\", \"results\": [" results "]}"

static void what_another_node_measured_is_read_as_it_wrote_it(void **state)
{
    (void)state;
    static const char text[] =
        ANSWER(RESULT ", {\"to\": \"a1\", \"name\": \"10.0.0.0/8\", \"verdict\": \"excluded_by_cluster\","
                      " \"reached\": null, \"round_trip_ms\": null, \"path_mtu_bytes\": null,"
                      " \"throughput_mbits\": 1, \"note\": null, \"of_a_newer_version\": []}");
    g_autoptr(GPtrArray) results = json_test_parse(text, "a2", NULL, NULL);

    assert_non_null(results);
    assert_int_equal(results->len, 2);
    const TestResult *first = results->pdata[0], *second = results->pdata[1];
    assert_string_equal(first->to, "a3");
    assert_string_equal(first->name, "mig");
    assert_string_equal(first->verdict, "usable");
    assert_true(first->asked && first->reached);
    assert_true(first->measure.round_trip_ms > 0.24 && first->measure.round_trip_ms < 0.26);
    assert_int_equal(first->measure.path_mtu, 9000);
    assert_true(first->measure.rate_mbits < 0);
    assert_string_equal(first->note, "no iperf3");
    assert_string_equal(second->verdict, "excluded_by_cluster");
    assert_true(!second->asked && !second->reached && second->measure.round_trip_ms < 0);
    assert_int_equal(second->measure.path_mtu, 0);
    assert_null(second->note);

    json_auto_t *written = json_test("a2", results), *read = json_loads(text, 0, NULL);
    json_object_del(json_array_get(json_object_get(read, "results"), 1), "of_a_newer_version");
    json_object_set_new(json_array_get(json_object_get(read, "results"), 1), "throughput_mbits",
                        json_real(1));
    assert_true(json_equal(written, read));
}

static void a_damaged_answer_of_another_node_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"",
                                        "[]",
                                        "null",
                                        "Last login: today\n" ANSWER(RESULT),
                                        ANSWER(RESULT) "x",
                                        "{\"from\": \"a2\"}",
                                        "{\"results\": []}",
                                        "{\"from\": \"a2\", \"results\": {}}",
                                        "{\"from\": 2, \"results\": []}",
                                        "{\"from\": \"a2\", \"from\": \"a2\", \"results\": []}",
                                        ANSWER(RESULT ", 1"),
                                        ANSWER("{}")};

    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(GError) error = NULL;
        assert_null(json_test_parse(texts[i], "a2", NULL, &error));
        assert_non_null(error);
        assert_null(strchr(error->message, '\n'));
    }
    for (size_t length = 0; length < strlen(ANSWER(RESULT)); length++) {
        g_autofree char *cut = g_strndup(ANSWER(RESULT), length);
        assert_null(json_test_parse(cut, "a2", NULL, NULL));
    }
}

static void a_wrong_value_of_another_node_is_refused_by_its_key(void **state)
{
    (void)state;
    static const char *const wrong[][2] = {
        {"to", "1"},
        {"to", "\"\""},
        {"to", "\"a2\""},
        {"name", "null"},
        {"verdict", "\"\""},
        {"reached", "1"},
        {"round_trip_ms", "-1"},
        {"round_trip_ms", "\"1\""},
        {"path_mtu_bytes", "0"},
        {"path_mtu_bytes", "-1"},
        {"path_mtu_bytes", "1500.5"},
        {"path_mtu_bytes", "4294967296"},
        {"throughput_mbits", "true"},
        {"note", "{}"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autoptr(GError) error = NULL;
        json_auto_t *answer = json_loads(ANSWER(RESULT), 0, NULL);
        json_t *one = json_array_get(json_object_get(answer, "results"), 0);
        json_object_set_new(one, wrong[i][0], json_loads(wrong[i][1], JSON_DECODE_ANY, NULL));
        g_autofree char *text = json_dumps(answer, 0);
        assert_null(json_test_parse(text, "a2", NULL, &error));
        assert_non_null(strstr(error->message, wrong[i][0]));
    }
}

static void an_answer_about_other_nodes_is_refused(void **state)
{
    (void)state;
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) results = json_test_parse(ANSWER(RESULT), "a2", "a3", NULL);

    assert_non_null(results);
    assert_null(json_test_parse(ANSWER(RESULT), "a2", "a1", NULL));
    assert_null(json_test_parse(ANSWER(RESULT), "a1", NULL, &error));
    assert_non_null(strstr(error->message, "a2"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_round_trip_is_pings_average),
        cmocka_unit_test(what_ping_did_not_say_is_not_measured),
        cmocka_unit_test(the_throughput_is_what_arrived),
        cmocka_unit_test(what_iperf_did_not_say_is_not_measured),
        cmocka_unit_test(what_another_node_measured_is_read_as_it_wrote_it),
        cmocka_unit_test(a_damaged_answer_of_another_node_is_refused),
        cmocka_unit_test(a_wrong_value_of_another_node_is_refused_by_its_key),
        cmocka_unit_test(an_answer_about_other_nodes_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
