/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/unit.h"

#include "agent/announcement.h"

#define UUID "11111111-2222-3333-4444-555555555555"

static void expect(const char *text, const char *source, const char *target, gint64 since_s)
{
    g_autoptr(Announcement) announcement = announcement_parse(text);

    assert_non_null(announcement);
    assert_string_equal(announcement->source, source);
    assert_string_equal(announcement->target, target);
    assert_int_equal(announcement->since_s, since_s);
}

static void expect_refused(const char *text)
{
    g_autoptr(Announcement) announcement = announcement_parse(text);

    if (announcement != NULL)
        fail_msg("\"%s\" is taken for an announcement", text);
}

static void both_ends_and_the_time_are_told(void **state)
{
    (void)state;
    expect("a1 a2 17000000 " UUID, "a1", "a2", 17000000);
    expect("node-1.example.org node_2 1 " UUID, "node-1.example.org", "node_2", 1);
    expect("gr\xc3\xbcn %s 1 " UUID, "gr\xc3\xbcn", "%s", 1);
}

static void any_time_is_told_that_there_may_be(void **state)
{
    (void)state;
    expect("a1 a2 0 " UUID, "a1", "a2", 0);
    expect("a1 a2 9223372036854775807 " UUID, "a1", "a2", G_MAXINT64);
}

static void a_time_that_is_none_is_refused(void **state)
{
    static const char *const wrong[] = {
        "",    "-1", "+1", "1.5", "0x1", "1s", "now", "9223372036854775808", "18446744073709551616",
        "1\n", "\t1"};
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autofree char *text = g_strdup_printf("a1 a2 %s " UUID, wrong[i]);
        expect_refused(text);
    }
}

static void a_node_without_a_name_is_refused(void **state)
{
    (void)state;
    expect_refused(" a2 1 " UUID);
    expect_refused("a1  1 " UUID);
    expect_refused("  1 " UUID);
}

static void more_or_fewer_words_are_refused(void **state)
{
    (void)state;
    expect_refused("");
    expect_refused(" ");
    expect_refused("   ");
    expect_refused("a1");
    expect_refused("a1 a2");
    expect_refused("a1 a2 1");
    expect_refused("a1 a2 1 " UUID " ");
    expect_refused(" a1 a2 1 " UUID);
    expect_refused("a1  a2 1 " UUID);
    expect_refused("a1 a2 1 " UUID " more");
    expect_refused("a1\ta2\t1\t" UUID);
    expect_refused("form=1 node=a1 boot=x pid=1 start=2");
}

static void every_prefix_of_an_announcement_is_refused(void **state)
{
    static const char text[] = "a1 a2 17000000 " UUID;
    (void)state;

    /* the UUID is there for people: what is cut off of that costs nothing */
    for (size_t length = 0; length < strlen("a1 a2 17000000 "); length++) {
        g_autofree char *prefix = g_strndup(text, length);
        expect_refused(prefix);
    }
}

static void none_is_freed_as_well(void **state)
{
    (void)state;
    announcement_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_ends_and_the_time_are_told),
        cmocka_unit_test(any_time_is_told_that_there_may_be),
        cmocka_unit_test(a_time_that_is_none_is_refused),
        cmocka_unit_test(a_node_without_a_name_is_refused),
        cmocka_unit_test(more_or_fewer_words_are_refused),
        cmocka_unit_test(every_prefix_of_an_announcement_is_refused),
        cmocka_unit_test(none_is_freed_as_well),
    };

    unit_log_start();
    return cmocka_run_group_tests_name("agent/announcement", tests, NULL, NULL);
}
