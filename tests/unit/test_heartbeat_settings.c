/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which wrong settings may start all the same, and which may not. */
#include "unit.h"

#include "heartbeat/settings.h"

static GString *said;

typedef struct {
    NetprefSettings settings;
    const char *part; /* of the error */
} Row;

/* Errors that forbid less than was meant. */
static const Row dangerous[] = {
    {{.exclude = "10.99.2.0/33"}, "exclude: \"10.99.2.0/33\""},
    {{.exclude = "mig,stor"}, "exclude: \"mig,stor\""},
    {{.exclude = "::ffff:10.99.2.0/90"}, "IPv4-mapped with a prefix below 96"},
    {{.order = "mig", .exclude = "10.99.3.0/24 10.99.2./24"}, "exclude: \"10.99.2./24\""},
    {{.exclude = "stor", .names = "stor=10.99.3.0/33"}, "names: stor: \"10.99.3.0/33\""},
    {{.exclude = "stor", .names = "stor"}, "names: \"stor\""},
    {{.exclude = "10.3", .names = "10.3=10.99.3.0/24"}, "10.3"},
    {{.exclude = "stor", .names = "stor=10.99.3.1/32"}, "is one address"},
    {{.ring = "exclud"}, "ring: \"exclud\" is not one of last, allow, exclude"},
    {{.ring = "Exclude"}, "ring: \"Exclude\""},
    {{.unlisted = "deny"}, "unlisted: \"deny\" is not one of allow, exclude"},
};

/* Errors that have no effect, or forbid more. */
static const Row harmless[] = {
    {{.order = "10.99.2.0/33"}, "order: \"10.99.2.0/33\""},
    {{.order = "10.99.2.1/32"}, "is one address"},
    {{.order = "0.0.0.0/0"}, "is every address"},
    {{.exclude = "0.0.0.0/0"}, "is excluded all the same"},
    {{.exclude = "10.99.2.1/32"}, "every network that holds it is excluded"},
    {{.exclude = "10.99.2.1"}, "is an address, not a network"},
    {{.names = "mig=10.99.2.0/33"}, "names: mig: \"10.99.2.0/33\""},
    {{.names = "10.99.2.0/24=10.99.2.0/24"}, "looks like an address"},
    {{.exclude = "mig", .names = "mig=10.99.2.0/24 mig=10.99.3.0/24"}, "mig is used twice"},
    {{.exclude = "a", .names = "a=10.99.2.0/24 b=10.99.2.0/24"}, "is given to a and to b"},
};

/* Not even an error: said in the log. */
static const Row warned[] = {
    {{.order = "10.99.2.7/24"}, "has host bits set: read as 10.99.2.0/24"},
    {{.exclude = "10.99.2.7/24"}, "exclude: \"10.99.2.7/24\" has host bits set"},
    {{.exclude = "::ffff:10.99.2.0/120"}, "is IPv4-mapped: read as 10.99.2.0/24"},
    {{.order = "mig", .exclude = "mig"}, "mig is in order and in exclude: it is excluded"},
    {{.order = "mig mig"}, "mig is listed twice"},
    {{.unlisted = "exclude"}, "unlisted=exclude without order"},
};

static void settings_that_forbid_less_than_they_say_do_not_start(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(dangerous); i++) {
        g_autoptr(GError) error = NULL;
        assert_false(settings_exclude_what_they_say(&dangerous[i].settings, &error));
        unit_expect_error(&error, OCF_ERR_CONFIGURED, dangerous[i].part);
        assert_false(settings_are_right(&dangerous[i].settings, &error));
        unit_expect_error(&error, OCF_ERR_CONFIGURED, dangerous[i].part);
    }
}

static void settings_that_are_wrong_but_safe_start_and_do_not_validate(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(harmless); i++) {
        g_autoptr(GError) error = NULL;
        assert_true(settings_exclude_what_they_say(&harmless[i].settings, &error));
        assert_null(error);
        assert_false(settings_are_right(&harmless[i].settings, &error));
        unit_expect_error(&error, OCF_ERR_CONFIGURED, harmless[i].part);
    }
}

static void settings_that_are_odd_are_said_and_no_more(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(warned); i++) {
        g_autoptr(GError) error = NULL;
        assert_true(settings_exclude_what_they_say(&warned[i].settings, &error));
        assert_true(settings_are_right(&warned[i].settings, &error));
        assert_null(error);
        g_string_truncate(said, 0);
        settings_log(&warned[i].settings);
        if (strstr(said->str, warned[i].part) == NULL)
            fail_msg("\"%s\" does not say \"%s\"", said->str, warned[i].part);
    }
}

static void right_settings_are_silent(void **state)
{
    (void)state;
    const NetprefSettings rows[] = {
        {.order = NULL},
        {"", "", "", "", ""},
        {"mig 10.99.4.0/24 eth7", "stor", "mig=10.99.2.0/24,fd99:2::/64 stor=10.99.3.0/24", "last",
         "exclude"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_string_truncate(said, 0);
        assert_true(settings_exclude_what_they_say(&rows[i], NULL));
        assert_true(settings_are_right(&rows[i], NULL));
        settings_log(&rows[i]);
        assert_string_equal(said->str, "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(settings_that_forbid_less_than_they_say_do_not_start),
        cmocka_unit_test(settings_that_are_wrong_but_safe_start_and_do_not_validate),
        cmocka_unit_test(settings_that_are_odd_are_said_and_no_more),
        cmocka_unit_test(right_settings_are_silent),
    };

    said = unit_log_start();
    return cmocka_run_group_tests_name("heartbeat/settings", tests, NULL, NULL);
}
