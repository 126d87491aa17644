/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/unit.h"

/* An agent whose actions do as their parameters say. */
typedef struct {
    gint64 code;
    char *message;
    gboolean foreign;
    gint64 strict_number;
} Values;

static const OcfParameter parameters[] = {
    {.name = "code",
     .type = OCF_TYPE_INTEGER,
     .offset = offsetof(Values, code),
     .max = G_MAXINT,
     .shortdesc = "s",
     .longdesc = "l"},
    {.name = "message", .offset = offsetof(Values, message), .shortdesc = "s", .longdesc = "l"},
    {.name = "foreign",
     .type = OCF_TYPE_BOOLEAN,
     .offset = offsetof(Values, foreign),
     .shortdesc = "s",
     .longdesc = "l"},
    {.name = "number",
     .type = OCF_TYPE_INTEGER,
     .offset = offsetof(Values, strict_number),
     .default_text = "3",
     .max = 9,
     .shortdesc = "s",
     .longdesc = "l"},
    {.name = NULL},
};

static gboolean obey(const OcfCall *call, GError **error)
{
    const Values *values = call->parameters;

    printf("%s of %s\n", call->action, call->resource);
    if (values->code == 0)
        return TRUE;
    g_set_error(error, values->foreign ? G_FILE_ERROR : OCF_ERROR, (int)values->code, "%s", values->message);
    return FALSE;
}

static const OcfAction actions[] = {
    {"start", 20, 0, -1, OCF_PARSE_STRICT, obey},
    {"stop", 20, 0, -1, OCF_PARSE_LENIENT, obey},
    {"monitor", 20, 10, 0, OCF_PARSE_LENIENT, obey},
    {"validate-all", 20, 0, 0, OCF_PARSE_STRICT, obey},
    {"validate-all", 20, 0, 10, OCF_PARSE_STRICT, NULL},
    {"meta-data", 5, 0, -1, OCF_PARSE_LENIENT, NULL},
    {.name = NULL},
};

static const OcfAgent agent = {
    .name = "Obedient",
    .provider = "wherry",
    .version = "1",
    .shortdesc = "does as told",
    .longdesc = "Does as it is told.",
    .parameters = parameters,
    .parameters_size = sizeof(Values),
    .actions = actions,
};

typedef struct {
    const char *arguments[4];
    const char *environment[8];
} Invocation;

static int invoke(void *data)
{
    Invocation *invocation = data;
    int count = 0;
    char *argv[5] = {(char *)"Obedient"};

    while (count < 4 && invocation->arguments[count] != NULL) {
        argv[count + 1] = (char *)invocation->arguments[count];
        count++;
    }
    return ocf_agent_main(&agent, count + 1, argv, (char **)invocation->environment);
}

static UnitChild call(Invocation invocation)
{
    return unit_fork(invoke, &invocation);
}

static void expect_status(const UnitChild *child, int status)
{
    if (!WIFEXITED(child->status) || WEXITSTATUS(child->status) != status)
        fail_msg("status %d instead of %d; it said: %s", child->status, status << 8, child->err);
}

static void success_is_silent(void **state)
{
    g_auto(UnitChild) child = call((Invocation){{"start"}, {NULL}});
    (void)state;

    expect_status(&child, 0);
    assert_string_equal(child.out, "start of Obedient\n");
    assert_string_equal(child.err, "");
}

/* facts O2 */
static void no_exit_code_but_0_to_7_leaves_the_agent(void **state)
{
    static const int codes[] = {1,   2,   3,   4,   5,   6,   7,   8,     9,
                                124, 127, 137, 189, 255, 256, 257, 65536, G_MAXINT};
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(codes); i++) {
        g_autofree char *code = g_strdup_printf("OCF_RESKEY_code=%d", codes[i]);
        g_auto(UnitChild) ours = call((Invocation){{"start"}, {code, "OCF_RESKEY_message=broken"}});
        g_auto(UnitChild) foreign =
            call((Invocation){{"start"}, {code, "OCF_RESKEY_message=broken", "OCF_RESKEY_foreign=1"}});
        expect_status(&ours, codes[i] <= 7 ? codes[i] : 1);
        expect_status(&foreign, 1);
    }
}

/* facts P7 */
static void the_exit_reason_is_one_line_with_the_prefix(void **state)
{
    g_auto(UnitChild) child = call((Invocation){
        {"start"}, {"OCF_RESKEY_code=5", "OCF_RESKEY_message=first\nsecond\r\nocf-exit-reason:third %s %n"}});
    (void)state;

    expect_status(&child, 5);
    assert_string_equal(child.err, "ocf-exit-reason:first second  ocf-exit-reason:third %s %n\n");
}

static void the_prefix_is_the_resource_managers(void **state)
{
    g_auto(UnitChild) child = call((Invocation){
        {"start"},
        {"OCF_RESKEY_code=1", "OCF_RESKEY_message=broken", "OCF_EXIT_REASON_PREFIX=because-%s: "}});
    (void)state;

    assert_string_equal(child.err, "because-%s: broken\n");
}

static void a_probe_that_finds_nothing_explains_nothing(void **state)
{
    g_auto(UnitChild) probe =
        call((Invocation){{"monitor"}, {"OCF_RESKEY_code=7", "OCF_RESKEY_message=gone"}});
    g_auto(UnitChild) recurring = call((Invocation){
        {"monitor"}, {"OCF_RESKEY_code=7", "OCF_RESKEY_message=gone", "OCF_RESKEY_CRM_meta_interval=10000"}});
    g_auto(UnitChild) failed =
        call((Invocation){{"monitor"}, {"OCF_RESKEY_code=1", "OCF_RESKEY_message=gone"}});
    (void)state;

    expect_status(&probe, 7);
    assert_string_equal(probe.err, "");
    expect_status(&recurring, 7);
    assert_string_equal(recurring.err, "ocf-exit-reason:gone\n");
    expect_status(&failed, 1);
    assert_string_equal(failed.err, "ocf-exit-reason:gone\n");
}

/* facts O1 */
static void an_unknown_action_is_not_implemented(void **state)
{
    static const char *const unknown[] = {"startx",  "star",   "START",   "",       " start", "start ",
                                          "promote", "--help", "start\n", "status", "usage"};
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(unknown); i++) {
        g_auto(UnitChild) child = call((Invocation){{unknown[i]}, {NULL}});
        expect_status(&child, 3);
        assert_string_equal(child.out, "");
        assert_string_equal(child.err, "usage: Obedient {start|stop|monitor|validate-all|meta-data}\n");
    }
}

static void no_argument_is_not_implemented_whatever_the_environment_says(void **state)
{
    /* facts O4: only argv[1] is believed */
    g_auto(UnitChild) child = call((Invocation){{NULL}, {"__OCF_ACTION=start"}});
    (void)state;

    expect_status(&child, 3);
    assert_string_equal(child.out, "");
}

static int invoke_without_a_name(void *data)
{
    char *argv[] = {NULL};
    char *environment[] = {NULL};
    (void)data;

    return ocf_agent_main(&agent, 0, argv, environment);
}

static void not_even_a_program_name_is_not_implemented(void **state)
{
    g_auto(UnitChild) child = unit_fork(invoke_without_a_name, NULL);
    (void)state;

    expect_status(&child, 3);
}

static void further_arguments_are_ignored(void **state)
{
    g_auto(UnitChild) child = call((Invocation){{"start", "stop", "nonsense"}, {"__OCF_ACTION=stop"}});
    (void)state;

    expect_status(&child, 0);
    assert_string_equal(child.out, "start of Obedient\n");
}

static void a_bad_parameter_stops_a_start_but_no_stop(void **state)
{
    g_auto(UnitChild) start = call((Invocation){{"start"}, {"OCF_RESKEY_number=ten"}});
    g_auto(UnitChild) stop = call((Invocation){{"stop"}, {"OCF_RESKEY_number=ten"}});
    (void)state;

    expect_status(&start, 6);
    assert_string_equal(start.out, "");
    assert_string_equal(start.err, "ocf-exit-reason:number=\"ten\" must be a whole number from 0 to 9\n");
    expect_status(&stop, 0);
    assert_string_equal(stop.out, "stop of Obedient\n");
    assert_string_equal(
        stop.err,
        "Obedient(Obedient): WARNING: number=\"ten\" must be a whole number from 0 to 9; using 3\n");
}

static void another_api_version_is_refused_and_none_is_not(void **state)
{
    g_auto(UnitChild) two =
        call((Invocation){{"start"}, {"OCF_RA_VERSION_MAJOR=2", "OCF_RA_VERSION_MINOR=0"}});
    g_auto(UnitChild) one =
        call((Invocation){{"start"}, {"OCF_RA_VERSION_MAJOR=1", "OCF_RA_VERSION_MINOR=7"}});
    (void)state;

    expect_status(&two, 1);
    assert_true(g_str_has_prefix(two.err, "ocf-exit-reason:OCF RA API version 2"));
    expect_status(&one, 0);
}

/* facts P8, P12: whatever the environment, and without running anything */
static void metadata_comes_with_any_environment(void **state)
{
    g_auto(UnitChild) plain = call((Invocation){{"meta-data"}, {NULL}});
    g_auto(UnitChild) odd = call((Invocation){
        {"meta-data", "x"}, {"OCF_OUTPUT_FORMAT=text", "OCF_RESKEY_number=ten", "OCF_RA_VERSION_MAJOR=9"}});
    (void)state;

    expect_status(&plain, 0);
    assert_true(g_str_has_prefix(plain.out, "<?xml version=\"1.0\""));
    assert_true(g_str_has_suffix(plain.out, "</resource-agent>\n"));
    assert_string_equal(plain.err, "");
    expect_status(&odd, 0);
    assert_string_equal(odd.out, plain.out);
}

static int metadata_to_a_full_disk(void *data)
{
    FILE *full = freopen("/dev/full", "w", stdout);

    return full == NULL ? 99 : invoke(data);
}

static void metadata_that_cannot_be_written_is_a_failure(void **state)
{
    Invocation invocation = {{"meta-data"}, {NULL}};
    g_auto(UnitChild) child = unit_fork(metadata_to_a_full_disk, &invocation);
    (void)state;

    expect_status(&child, 1);
    assert_true(g_str_has_prefix(child.err, "ocf-exit-reason:cannot write"));
}

static void debug_messages_are_heard_when_asked_for(void **state)
{
    g_auto(UnitChild) quiet =
        call((Invocation){{"monitor"}, {"OCF_RESKEY_code=7", "OCF_RESKEY_message=gone"}});
    g_auto(UnitChild) loud = call((Invocation){
        {"monitor"},
        {"OCF_RESKEY_code=7", "OCF_RESKEY_message=gone", "HA_debug=1", "OCF_RESOURCE_INSTANCE=web1"}});
    (void)state;

    assert_string_equal(quiet.err, "");
    assert_string_equal(loud.err, "Obedient(web1): DEBUG: gone\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(success_is_silent),
        cmocka_unit_test(no_exit_code_but_0_to_7_leaves_the_agent),
        cmocka_unit_test(the_exit_reason_is_one_line_with_the_prefix),
        cmocka_unit_test(the_prefix_is_the_resource_managers),
        cmocka_unit_test(a_probe_that_finds_nothing_explains_nothing),
        cmocka_unit_test(an_unknown_action_is_not_implemented),
        cmocka_unit_test(no_argument_is_not_implemented_whatever_the_environment_says),
        cmocka_unit_test(not_even_a_program_name_is_not_implemented),
        cmocka_unit_test(further_arguments_are_ignored),
        cmocka_unit_test(a_bad_parameter_stops_a_start_but_no_stop),
        cmocka_unit_test(another_api_version_is_refused_and_none_is_not),
        cmocka_unit_test(metadata_comes_with_any_environment),
        cmocka_unit_test(metadata_that_cannot_be_written_is_a_failure),
        cmocka_unit_test(debug_messages_are_heard_when_asked_for),
    };

    return cmocka_run_group_tests_name("ocf/agent", tests, NULL, NULL);
}
