/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/unit.h"

#include "agent/hypervisor.h"
#include "agent/parameters.h"

static GString *said;

typedef struct {
    char *text, *plain, *word, *secret;
    gint64 number, seconds, any;
    gboolean flag, other_flag;
} Values;

static const char *const words[] = {"stay", "restart", NULL};

static const OcfParameter table[] = {
    {.name = "text", .flags = OCF_PARAMETER_REQUIRED, .offset = offsetof(Values, text)},
    {.name = "plain", .offset = offsetof(Values, plain), .default_text = "as it is"},
    {.name = "word", .offset = offsetof(Values, word), .default_text = "stay", .words = words},
    {.name = "secret",
     .offset = offsetof(Values, secret),
     .default_text = "stay",
     .words = words,
     .cautious_text = "restart"},
    {.name = "number",
     .type = OCF_TYPE_INTEGER,
     .offset = offsetof(Values, number),
     .default_text = "7",
     .min = 1,
     .max = 255},
    {.name = "seconds",
     .type = OCF_TYPE_SECONDS,
     .offset = offsetof(Values, seconds),
     .default_text = "5s",
     .min = 1,
     .max = 3600},
    {.name = "any", .type = OCF_TYPE_INTEGER, .offset = offsetof(Values, any), .max = G_MAXINT64},
    {.name = "flag", .type = OCF_TYPE_BOOLEAN, .offset = offsetof(Values, flag), .default_text = "true"},
    {.name = "other_flag", .type = OCF_TYPE_BOOLEAN, .offset = offsetof(Values, other_flag)},
    {.name = NULL},
};

static const char *const not_decimal[] = {"",    " ",   "abc", "1a",  "a1",   "0x10", "1e3",      "1.5",
                                          "1,5", " 1",  "1 ",  "1\n", "+1",   "-1",   "--1",      "1-",
                                          "NaN", "inf", "²",   "١",   "1\t2", "'1'",  "\xff\xfe", NULL};

/* ---- single values ------------------------------------------------------------------------------- */

static void booleans_are_understood_in_every_spelling(void **state)
{
    static const char *const yes[] = {"1",  "yes", "YES", "Yes", "true", "TRUE", "tRuE", "on",
                                      "ON", "y",   "Y",   "ja",  "JA",   "Ja",   NULL};
    static const char *const no[] = {"0",   "no", "NO", "No",   "false", "FALSE", "fAlSe", "off",
                                     "OFF", "n",  "N",  "nein", "NEIN",  "Nein",  NULL};
    (void)state;

    for (const char *const *word = yes; *word != NULL; word++) {
        gboolean result = FALSE;
        assert_true(ocf_parse_boolean(*word, &result));
        assert_true(result);
    }
    for (const char *const *word = no; *word != NULL; word++) {
        gboolean result = TRUE;
        assert_true(ocf_parse_boolean(*word, &result));
        assert_false(result);
    }
}

static void what_is_no_boolean_leaves_the_result_untouched(void **state)
{
    static const char *const neither[] = {"",     " ",         "2",   "-1",     "10",  "01",    "yess",
                                          "ye",   "t",         "f",   "j",      "oui", " true", "true ",
                                          "on\n", "truefalse", "ÿes", "yes no", "0x1", NULL};
    (void)state;

    for (const char *const *word = neither; *word != NULL; word++) {
        gboolean result = 42;
        assert_false(ocf_parse_boolean(*word, &result));
        assert_int_equal(result, 42);
    }
}

static void what_is_no_decimal_number_is_refused(void **state)
{
    (void)state;
    for (const char *const *text = not_decimal; *text != NULL; text++) {
        gint64 result = 42;
        assert_false(ocf_parse_integer(*text, G_MININT64, G_MAXINT64, &result));
        assert_int_equal(result, 42);
    }
}

static void numbers_are_kept_to_their_range_and_never_overflow(void **state)
{
    static const struct {
        const char *text;
        gint64 min, max;
        gboolean good;
        gint64 value;
    } cases[] = {
        {"0", 0, 0, TRUE, 0},
        {"1", 2, 3, FALSE, 0},
        {"2", 2, 3, TRUE, 2},
        {"3", 2, 3, TRUE, 3},
        {"4", 2, 3, FALSE, 0},
        {"007", 0, 10, TRUE, 7}, /* decimal, not octal */
        {"010", 0, 10, TRUE, 10},
        {"9223372036854775807", 0, G_MAXINT64, TRUE, G_MAXINT64},
        {"9223372036854775808", 0, G_MAXINT64, FALSE, 0},
        {"18446744073709551616", 0, G_MAXINT64, FALSE, 0},
        {"18446744073709551617", 0, G_MAXINT64, FALSE, 0}, /* 1, were it cut to 64 bits */
        {"99999999999999999999999999999999999999999999", 0, G_MAXINT64, FALSE, 0},
        {"4294967297", 0, G_MAXINT, FALSE, 0},
    };
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        gint64 result = 42;
        assert_int_equal(ocf_parse_integer(cases[i].text, cases[i].min, cases[i].max, &result),
                         cases[i].good);
        assert_int_equal(result, cases[i].good ? cases[i].value : 42);
    }
}

static void every_number_in_range_is_read_as_printed(void **state)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(20240601);
    (void)state;

    for (int i = 0; i < 2000; i++) {
        gint64 number = (gint64)((((guint64)g_rand_int(random) << 32) | g_rand_int(random)) >>
                                 g_rand_int_range(random, 1, 64));
        g_autofree char *text = g_strdup_printf("%" G_GINT64_FORMAT, number);
        gint64 result = -1;
        assert_true(ocf_parse_integer(text, 0, G_MAXINT64, &result));
        assert_int_equal(result, number);
        if (number > 0)
            assert_false(ocf_parse_integer(text, 0, number - 1, &result));
    }
}

/* ---- tables -------------------------------------------------------------------------------------- */

static gboolean parse(OcfParseMode mode, Values *values, GError **error, const char *first, ...)
{
    g_autoptr(GPtrArray) environment = g_ptr_array_new();
    va_list more;

    va_start(more, first);
    for (const char *entry = first; entry != NULL; entry = va_arg(more, const char *))
        g_ptr_array_add(environment, (gpointer)entry);
    va_end(more);
    g_ptr_array_add(environment, NULL);
    g_string_truncate(said, 0);
    *values = (Values){0};
    return ocf_parameters_parse(table, (char **)environment->pdata, mode, values, error);
}

static void what_is_unset_has_its_default(void **state)
{
    Values values;
    (void)state;

    assert_true(parse(OCF_PARSE_STRICT, &values, NULL, "OCF_RESKEY_text=x", NULL));
    assert_string_equal(values.text, "x");
    assert_string_equal(values.plain, "as it is");
    assert_string_equal(values.word, "stay");
    assert_int_equal(values.number, 7);
    assert_int_equal(values.seconds, 5);
    assert_int_equal(values.any, 0);
    assert_true(values.flag);
    assert_false(values.other_flag);
    ocf_parameters_clear(table, &values);
}

static void empty_counts_as_unset(void **state)
{
    Values values;
    (void)state;

    assert_true(parse(OCF_PARSE_STRICT, &values, NULL, "OCF_RESKEY_text=x",
                      "OCF_RESKEY_plain=", "OCF_RESKEY_word=", "OCF_RESKEY_number=", "OCF_RESKEY_seconds=",
                      "OCF_RESKEY_flag=", NULL));
    assert_string_equal(values.plain, "as it is");
    assert_string_equal(values.word, "stay");
    assert_int_equal(values.number, 7);
    assert_true(values.flag);
    ocf_parameters_clear(table, &values);
}

static void what_is_set_is_read(void **state)
{
    Values values;
    (void)state;

    assert_true(parse(OCF_PARSE_STRICT, &values, NULL, "OCF_RESKEY_text=a=b \"c\" $(d)",
                      "OCF_RESKEY_word=restart", "OCF_RESKEY_number=255", "OCF_RESKEY_seconds=90s",
                      "OCF_RESKEY_any=9223372036854775807", "OCF_RESKEY_flag=Off", "OCF_RESKEY_other_flag=ja",
                      NULL));
    assert_string_equal(values.text, "a=b \"c\" $(d)");
    assert_string_equal(values.word, "restart");
    assert_int_equal(values.number, 255);
    assert_int_equal(values.seconds, 90);
    assert_int_equal(values.any, G_MAXINT64);
    assert_false(values.flag);
    assert_true(values.other_flag);
    ocf_parameters_clear(table, &values);
}

static void other_variables_are_not_looked_at(void **state)
{
    Values values;
    (void)state;

    assert_true(parse(OCF_PARSE_STRICT, &values, NULL, "number=9", "OCF_RESKEY_numberx=9",
                      "ocf_reskey_number=9", "xOCF_RESKEY_number=9", "OCF_RESKEY_CRM_meta_number=9",
                      "OCF_RESKEY_text=x", "no equals sign", NULL));
    assert_int_equal(values.number, 7);
    ocf_parameters_clear(table, &values);
}

static void required_and_missing_is_a_configuration_error(void **state)
{
    g_autoptr(GError) error = NULL;
    Values values;
    (void)state;

    assert_false(parse(OCF_PARSE_STRICT, &values, &error, "OCF_RESKEY_number=9", NULL));
    unit_expect_error(&error, OCF_ERR_CONFIGURED, "parameter text is missing");
    ocf_parameters_clear(table, &values);
    assert_false(parse(OCF_PARSE_STRICT, &values, &error, "OCF_RESKEY_text=", NULL));
    unit_expect_error(&error, OCF_ERR_CONFIGURED, "parameter text is missing");
    ocf_parameters_clear(table, &values);
}

static void required_and_missing_never_costs_a_running_guest(void **state)
{
    Values values;
    (void)state;

    assert_true(parse(OCF_PARSE_LENIENT, &values, NULL, NULL));
    assert_string_equal(values.text, "");
    assert_int_equal(values.number, 7);
    ocf_parameters_clear(table, &values);
}

static const struct {
    const char *entry, *expected;
} wrong[] = {
    {"OCF_RESKEY_number=abc", "number=\"abc\" must be a whole number from 1 to 255"},
    {"OCF_RESKEY_number=0", "must be a whole number from 1 to 255"},
    {"OCF_RESKEY_number=256", "number=\"256\""},
    {"OCF_RESKEY_number=-1", "number=\"-1\""},
    {"OCF_RESKEY_number=5s", "number=\"5s\""},
    {"OCF_RESKEY_number=18446744073709551617", "must be a whole number"},
    {"OCF_RESKEY_seconds=s", "seconds=\"s\" must be seconds from 1 to 3600"},
    {"OCF_RESKEY_seconds=5ss", "seconds=\"5ss\""},
    {"OCF_RESKEY_seconds=5m", "seconds=\"5m\""},
    {"OCF_RESKEY_seconds=5 s", "seconds=\"5 s\""},
    {"OCF_RESKEY_seconds=0s", "seconds=\"0s\""},
    {"OCF_RESKEY_seconds=3601s", "seconds=\"3601s\""},
    {"OCF_RESKEY_seconds=-5s", "seconds=\"-5s\""},
    {"OCF_RESKEY_flag=maybe", "flag=\"maybe\" must be true or false"},
    {"OCF_RESKEY_word=stop", "word=\"stop\" must be one of stay, restart"},
    {"OCF_RESKEY_word=Stay", "word=\"Stay\""},
    {"OCF_RESKEY_word=stay ", "word=\"stay \""},
};

static void what_does_not_parse_is_named_where_parsing_is_strict(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autoptr(GError) error = NULL;
        Values values;
        assert_false(parse(OCF_PARSE_STRICT, &values, &error, "OCF_RESKEY_text=x", wrong[i].entry, NULL));
        unit_expect_error(&error, OCF_ERR_CONFIGURED, wrong[i].expected);
        ocf_parameters_clear(table, &values);
    }
}

static void what_does_not_parse_is_warned_of_and_defaulted_where_parsing_is_lenient(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        Values values;
        assert_true(parse(OCF_PARSE_LENIENT, &values, NULL, wrong[i].entry, NULL));
        assert_non_null(strstr(said->str, wrong[i].expected));
        assert_non_null(strstr(said->str, "; using "));
        assert_string_equal(values.word, "stay");
        assert_int_equal(values.number, 7);
        assert_int_equal(values.seconds, 5);
        assert_true(values.flag);
        ocf_parameters_clear(table, &values);
    }
}

static void a_typo_in_one_parameter_leaves_the_others_alone(void **state)
{
    Values values;
    (void)state;

    assert_true(parse(OCF_PARSE_LENIENT, &values, NULL, "OCF_RESKEY_number=twelve", "OCF_RESKEY_text=x",
                      "OCF_RESKEY_flag=no", "OCF_RESKEY_seconds=9", NULL));
    assert_string_equal(values.text, "x");
    assert_false(values.flag);
    assert_int_equal(values.seconds, 9);
    ocf_parameters_clear(table, &values);
}

static void clear_frees_all_and_may_be_repeated(void **state)
{
    Values values;
    (void)state;

    assert_true(
        parse(OCF_PARSE_LENIENT, &values, NULL, "OCF_RESKEY_text=x", "OCF_RESKEY_word=restart", NULL));
    ocf_parameters_clear(table, &values);
    assert_null(values.text);
    assert_null(values.plain);
    assert_null(values.word);
    ocf_parameters_clear(table, &values);
}

/* ---- the agent's own table ----------------------------------------------------------------------- */

static void every_default_of_the_agent_parses(void **state)
{
    static char *environment[] = {(char *)"OCF_RESKEY_config=/x.xml", NULL};
    LiveDomainParameters values = {0};
    g_autoptr(GError) error = NULL;
    (void)state;

    assert_true(ocf_parameters_parse(live_domain_parameters, environment, OCF_PARSE_STRICT, &values, &error));
    assert_null(error);
    assert_true(live_domain_parameters_check(&values, &error));
    ocf_parameters_clear(live_domain_parameters, &values);
}

static void every_row_of_the_agent_is_whole(void **state)
{
    g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GHashTable) offsets = g_hash_table_new(NULL, NULL);
    (void)state;

    for (const OcfParameter *row = live_domain_parameters; row->name != NULL; row++) {
        assert_true(g_hash_table_add(names, (gpointer)row->name));
        assert_true(g_hash_table_add(offsets, GSIZE_TO_POINTER(row->offset)));
        assert_true(row->offset < sizeof(LiveDomainParameters));
        assert_non_null(row->shortdesc);
        assert_non_null(row->longdesc);
        if (row->type == OCF_TYPE_INTEGER || row->type == OCF_TYPE_SECONDS)
            assert_true(row->min < row->max);
    }
}

/* A value that ROW takes and that is not its default. */
static const char *another_value(const OcfParameter *row)
{
    if (row->words != NULL)
        return g_strcmp0(row->words[0], row->default_text) == 0 ? row->words[1] : row->words[0];
    if (row->type == OCF_TYPE_BOOLEAN)
        return g_strcmp0(row->default_text, "true") == 0 ? "no" : "on";
    return row->type == OCF_TYPE_STRING ? "/some/text" : "17";
}

/* Each row writes its own field and none beside it, whatever its type. */
static void every_parameter_of_the_agent_reaches_its_field(void **state)
{
    (void)state;
    for (const OcfParameter *row = live_domain_parameters; row->name != NULL; row++) {
        g_autofree char *entry = g_strdup_printf("OCF_RESKEY_%s=%s", row->name, another_value(row));
        char *environment[] = {entry, NULL};
        char *nothing[] = {NULL};
        LiveDomainParameters values = {0}, defaults = {0};
        assert_true(
            ocf_parameters_parse(live_domain_parameters, environment, OCF_PARSE_LENIENT, &values, NULL));
        assert_true(
            ocf_parameters_parse(live_domain_parameters, nothing, OCF_PARSE_LENIENT, &defaults, NULL));
        for (const OcfParameter *other = live_domain_parameters; other->name != NULL; other++) {
            const char *place = (const char *)&values + other->offset;
            const char *default_place = (const char *)&defaults + other->offset;
            gboolean same = other->type == OCF_TYPE_STRING
                                ? strcmp(*(char *const *)place, *(char *const *)default_place) == 0
                            : other->type == OCF_TYPE_BOOLEAN
                                ? *(const gboolean *)place == *(const gboolean *)default_place
                                : *(const gint64 *)place == *(const gint64 *)default_place;
            assert_int_equal(same, other != row);
        }
        ocf_parameters_clear(live_domain_parameters, &values);
        ocf_parameters_clear(live_domain_parameters, &defaults);
    }
}

/* Whatever an administrator writes, a lenient parse yields values in range and does not fail. */
static void a_wrong_value_counts_as_the_cautious_one_and_only_then(void **state)
{
    static const char *const good[][2] = {{"OCF_RESKEY_secret=stay", "stay"}, {NULL, "stay"}};
    Values values = {0};
    (void)state;

    assert_true(
        parse(OCF_PARSE_LENIENT, &values, NULL, "OCF_RESKEY_text=x", "OCF_RESKEY_secret=restrat", NULL));
    assert_string_equal(values.secret, "restart");
    assert_non_null(strstr(said->str, "; using restart"));
    ocf_parameters_clear(table, &values);
    for (size_t i = 0; i < G_N_ELEMENTS(good); i++) {
        values = (Values){0};
        assert_true(parse(OCF_PARSE_LENIENT, &values, NULL, "OCF_RESKEY_text=x", good[i][0], NULL));
        assert_string_equal(values.secret, good[i][1]);
        ocf_parameters_clear(table, &values);
    }
}

static void no_text_makes_a_lenient_parse_fail(void **state)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(7);
    static const char letters[] = "0123456789abcdefsyno-+. \n\t%=\"'\\\xc3\xa4\xff";
    (void)state;

    for (int i = 0; i < 3000; i++) {
        char text[12] = "";
        int length = g_rand_int_range(random, 0, (gint32)sizeof text);
        for (int at = 0; at < length; at++)
            text[at] = letters[g_rand_int_range(random, 0, sizeof letters - 1)];
        text[MIN(length, (int)sizeof text - 1)] = '\0';
        g_autofree char *number = g_strconcat("OCF_RESKEY_number=", text, NULL);
        g_autofree char *seconds = g_strconcat("OCF_RESKEY_seconds=", text, NULL);
        g_autofree char *flag = g_strconcat("OCF_RESKEY_flag=", text, NULL);
        g_autofree char *word = g_strconcat("OCF_RESKEY_word=", text, NULL);
        Values values;
        assert_true(parse(OCF_PARSE_LENIENT, &values, NULL, number, seconds, flag, word, NULL));
        assert_in_range(values.number, 1, 255);
        assert_in_range(values.seconds, 1, 3600);
        assert_in_range(values.flag, 0, 1);
        assert_true(g_strv_contains(words, values.word));
        ocf_parameters_clear(table, &values);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(booleans_are_understood_in_every_spelling),
        cmocka_unit_test(what_is_no_boolean_leaves_the_result_untouched),
        cmocka_unit_test(what_is_no_decimal_number_is_refused),
        cmocka_unit_test(numbers_are_kept_to_their_range_and_never_overflow),
        cmocka_unit_test(every_number_in_range_is_read_as_printed),
        cmocka_unit_test(what_is_unset_has_its_default),
        cmocka_unit_test(empty_counts_as_unset),
        cmocka_unit_test(what_is_set_is_read),
        cmocka_unit_test(other_variables_are_not_looked_at),
        cmocka_unit_test(required_and_missing_is_a_configuration_error),
        cmocka_unit_test(required_and_missing_never_costs_a_running_guest),
        cmocka_unit_test(what_does_not_parse_is_named_where_parsing_is_strict),
        cmocka_unit_test(what_does_not_parse_is_warned_of_and_defaulted_where_parsing_is_lenient),
        cmocka_unit_test(a_typo_in_one_parameter_leaves_the_others_alone),
        cmocka_unit_test(clear_frees_all_and_may_be_repeated),
        cmocka_unit_test(every_default_of_the_agent_parses),
        cmocka_unit_test(every_row_of_the_agent_is_whole),
        cmocka_unit_test(every_parameter_of_the_agent_reaches_its_field),
        cmocka_unit_test(a_wrong_value_counts_as_the_cautious_one_and_only_then),
        cmocka_unit_test(no_text_makes_a_lenient_parse_fail),
    };

    said = unit_log_start();
    hypervisor_library_init();
    return cmocka_run_group_tests_name("ocf/parameter", tests, NULL, NULL);
}
