/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/unit.h"

static const OcfAction monitor = {"monitor", 30, 10, 0, OCF_PARSE_LENIENT, NULL};
static const OcfAction migrate_to = {"migrate_to", 120, 0, -1, OCF_PARSE_LENIENT, NULL};
static const OcfAction migrate_from = {"migrate_from", 60, 0, -1, OCF_PARSE_LENIENT, NULL};

/* A call with up to two variables; the text has to outlive it. */
static OcfCall read_with(const OcfAction *action, const char *one, const char *two)
{
    char *environment[] = {(char *)one, one != NULL ? (char *)two : NULL, NULL};
    OcfCall call;

    memset(&call, 0xa5, sizeof call);
    ocf_call_read(&call, action, "LiveDomain", environment);
    return call;
}

static void an_empty_environment_is_enough(void **state)
{
    OcfCall call = read_with(&monitor, NULL, NULL);
    (void)state;

    assert_string_equal(call.action, "monitor");
    assert_string_equal(call.resource, "LiveDomain");
    assert_null(call.peer);
    assert_true(call.probe);
    assert_int_equal(call.check_level, 0);
    assert_int_equal(call.timeout_ms, 30000);
    assert_in_range(ocf_deadline_left_ms(call.deadline), 1, 27000);
}

static void the_resource_is_named_by_its_instance(void **state)
{
    (void)state;
    assert_string_equal(read_with(&monitor, "OCF_RESOURCE_INSTANCE=web1", NULL).resource, "web1");
    assert_string_equal(read_with(&monitor, "OCF_RESOURCE_INSTANCE=web1:0", NULL).resource, "web1:0");
    assert_string_equal(read_with(&monitor, "OCF_RESOURCE_INSTANCE=", NULL).resource, "LiveDomain");
}

/* facts P8: --force-check sets no interval; a monitor is a probe unless it surely recurs */
static void a_monitor_is_a_probe_unless_it_surely_recurs(void **state)
{
    static const struct {
        const char *interval;
        gboolean probe;
    } cases[] = {
        {"0", TRUE},  {"", TRUE},       {"000", TRUE},   {"soon", TRUE},
        {"-1", TRUE}, {"10s", TRUE},    {"10.5", TRUE},  {" 10", TRUE},
        {"1", FALSE}, {"10000", FALSE}, {"0010", FALSE}, {"99999999999999999999", TRUE},
    };
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *entry = g_strconcat("OCF_RESKEY_CRM_meta_interval=", cases[i].interval, NULL);
        assert_int_equal(read_with(&monitor, entry, NULL).probe, cases[i].probe);
    }
}

static void the_check_level_is_read_or_zero(void **state)
{
    static const struct {
        const char *text;
        int level;
    } cases[] = {{"0", 0},   {"10", 10},  {"20", 20}, {"", 0},
                 {"-10", 0}, {"deep", 0}, {"1e1", 0}, {"4294967306", 0}};
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *entry = g_strconcat("OCF_CHECK_LEVEL=", cases[i].text, NULL);
        assert_int_equal(read_with(&monitor, entry, NULL).check_level, cases[i].level);
    }
}

static void the_timeout_is_the_clusters_or_else_the_suggested_one(void **state)
{
    static const struct {
        const char *text;
        gint64 timeout_ms;
    } cases[] = {
        {"20000", 20000}, {"1", 1},       {"2147483647", 2147483647}, {"", 30000},
        {"0", 30000},     {"000", 30000}, {"-5000", 30000},           {"20s", 30000},
        {"junk", 30000},  {"1e9", 30000}, {"2147483648", 30000},      {"18446744073709551617", 30000},
    };
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *entry = g_strconcat("OCF_RESKEY_CRM_meta_timeout=", cases[i].text, NULL);
        OcfCall call = read_with(&monitor, entry, NULL);
        assert_int_equal(call.timeout_ms, cases[i].timeout_ms);
        gint64 most = MAX(call.timeout_ms - ocf_deadline_margin_ms(call.timeout_ms), 0);
        assert_true(ocf_deadline_left_ms(call.deadline) <= most);
        assert_true(ocf_deadline_left_ms(call.deadline) >= most - UNIT_PATIENCE_MS);
    }
}

/* SIGKILL comes at the timeout, so the deadline lies before it, or has come where there is no time at all. */
static void the_deadline_lies_before_the_timeout(void **state)
{
    (void)state;
    for (int timeout_ms = 1; timeout_ms < 1000000; timeout_ms = timeout_ms * 3 / 2 + 1) {
        g_autofree char *entry = g_strdup_printf("OCF_RESKEY_CRM_meta_timeout=%d", timeout_ms);
        gint64 before = g_get_monotonic_time();
        OcfCall call = read_with(&monitor, entry, NULL);
        gint64 after = g_get_monotonic_time();
        assert_true(call.deadline >= before);
        assert_true(call.deadline <= after + MAX(timeout_ms - 500, 0) * 1000);
    }
}

static void the_peer_is_the_other_node_of_the_migration(void **state)
{
    static const char to[] = "OCF_RESKEY_CRM_meta_migrate_target=a2";
    static const char from[] = "OCF_RESKEY_CRM_meta_migrate_source=a1";
    (void)state;

    assert_string_equal(read_with(&migrate_to, to, from).peer, "a2");
    assert_string_equal(read_with(&migrate_from, to, from).peer, "a1");
    assert_null(read_with(&migrate_to, from, NULL).peer);
    assert_null(read_with(&migrate_from, to, NULL).peer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_environment_is_enough),
        cmocka_unit_test(the_resource_is_named_by_its_instance),
        cmocka_unit_test(a_monitor_is_a_probe_unless_it_surely_recurs),
        cmocka_unit_test(the_check_level_is_read_or_zero),
        cmocka_unit_test(the_timeout_is_the_clusters_or_else_the_suggested_one),
        cmocka_unit_test(the_deadline_lies_before_the_timeout),
        cmocka_unit_test(the_peer_is_the_other_node_of_the_migration),
    };

    return cmocka_run_group_tests_name("ocf/call", tests, NULL, NULL);
}
