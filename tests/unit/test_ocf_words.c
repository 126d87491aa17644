/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/unit.h"

/* Values as people and other programs may have made them. */
static const char *const texts[] = {
    "a1",
    "",
    " ",
    " leading and trailing ",
    "two  spaces",
    "\ttab\t",
    "a=b",
    "=",
    "other=1 next=2",
    "100%",
    "%",
    "%20",
    "%00",
    "%%n%s%",
    "a+b&c;d",
    "a|b",
    "\"quoted\" and 'quoted'",
    "<tag attribute=\"x\"/> ]]> &amp;",
    "back\\slash\\n",
    "one\ntwo\r\nthree",
    "gr\xc3\xbc\xc3\x9f von \xe4\xbb\xae\xe6\x83\xb3",
    "broken \xff\xc3 UTF-8 \xed\xa0\x80",
    "\x01\x7f",
    "#?[]@!$*`~^{}",
    "(mig): a2 (10.99.2.2, [fd00::2]), a/b",
};

static GString *make_line(const char *value)
{
    GString *line = g_string_new(NULL);

    ocf_words_add(line, "first", value);
    ocf_words_add_number(line, "number", 42);
    ocf_words_add(line, "last", value);
    return line;
}

static void expect(const char *line, const char *key, const char *value)
{
    g_auto(GStrv) words = g_strsplit(line, " ", -1);
    g_autofree char *got = ocf_words_get(words, key);

    if (g_strcmp0(got, value) != 0)
        fail_msg("\"%s\" has %s=%s", line, key, got != NULL ? got : "(none)");
}

static void expect_number(const char *line, const char *key, gint64 most, gint64 value)
{
    g_auto(GStrv) words = g_strsplit(line, " ", -1);
    gint64 number = -7;

    assert_true(ocf_words_get_number(words, key, most, &number));
    assert_int_equal(number, value);
}

static void expect_no_number(const char *line, const char *key, gint64 most)
{
    g_auto(GStrv) words = g_strsplit(line, " ", -1);
    gint64 number = -7;

    if (ocf_words_get_number(words, key, most, &number))
        fail_msg("\"%s\" is taken for a number", line);
    assert_int_equal(number, -7);
}

/* ---- added --------------------------------------------------------------------------------------- */

static void words_stand_in_their_order_with_a_blank_between(void **state)
{
    g_autoptr(GString) line = make_line("a1");
    (void)state;

    assert_string_equal(line->str, "first=a1 number=42 last=a1");
}

static void a_line_is_continued_whatever_it_begins_with(void **state)
{
    g_autoptr(GString) line = g_string_new("form=1");
    (void)state;

    ocf_words_add(line, "node", "a1");
    assert_string_equal(line->str, "form=1 node=a1");
}

static void what_people_read_stays_readable(void **state)
{
    g_autoptr(GString) line = g_string_new(NULL);
    (void)state;

    ocf_words_add(line, "why", "(mig):a2,fd00::2/64-1_2.3~");
    assert_string_equal(line->str, "why=(mig):a2,fd00::2/64-1_2.3~");
}

static void what_is_added_is_got(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(GString) line = make_line(texts[i]);
        expect(line->str, "first", texts[i]);
        expect(line->str, "number", "42");
        expect(line->str, "last", texts[i]);
    }
}

static void no_value_needs_quoting_or_ends_its_word(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(GString) line = make_line(texts[i]);
        g_auto(GStrv) words = g_strsplit(line->str, " ", -1);
        assert_int_equal(g_strv_length(words), 3);
        for (const char *byte = line->str; *byte != '\0'; byte++)
            assert_true(*byte >= ' ' && *byte <= '~' && strchr("<>&\"'\\`$|;", *byte) == NULL);
    }
}

/* Who finds a line by its every byte must be able to print it again. */
static void every_byte_comes_back_the_same(void **state)
{
    (void)state;
    for (int byte = 1; byte < 256; byte++) {
        const char value[] = {'a', (char)byte, 'b', '\0'};
        g_autoptr(GString) line = make_line(value);
        g_auto(GStrv) words = g_strsplit(line->str, " ", -1);
        g_autofree char *got = ocf_words_get(words, "first");
        g_autoptr(GString) again = make_line(got);
        assert_string_equal(got, value);
        assert_string_equal(again->str, line->str);
    }
}

static void any_number_is_added(void **state)
{
    g_autoptr(GString) line = g_string_new(NULL);
    (void)state;

    ocf_words_add_number(line, "least", G_MININT64);
    ocf_words_add_number(line, "none", 0);
    ocf_words_add_number(line, "most", G_MAXINT64);
    assert_string_equal(line->str, "least=-9223372036854775808 none=0 most=9223372036854775807");
}

/* ---- got ----------------------------------------------------------------------------------------- */

static void what_is_missing_is_not_got(void **state)
{
    static const char *const lines[] = {"", " ", "   ", "=", "a=1", "a=1 b=2 c=3", "=key", "a=key=1"};
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
        expect(lines[i], "key", NULL);
        expect_no_number(lines[i], "key", G_MAXINT64);
    }
}

static void a_key_must_match_whole(void **state)
{
    static const char *const lines[] = {"Key=1", "KEY=1", "xkey=1", "keys=1",
                                        "key",   "key:1", "k=1",    "ke y=1"};
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(lines); i++)
        expect(lines[i], "key", NULL);
    expect("keys=1 key key=2", "key", "2");
}

static void a_value_reaches_to_the_end_of_its_word(void **state)
{
    (void)state;
    expect("key= next=1", "key", "");
    expect("key=a=b next=1", "key", "a=b");
    expect("key== next=1", "key", "=");
    expect("  key=1  next=2  ", "key", "1");
    expect("  key=1  next=2  ", "next", "2");
}

static void the_first_of_two_counts(void **state)
{
    (void)state;
    expect("key=1 key=2", "key", "1");
    expect("key=%zz key=2", "key", NULL);
}

static void a_damaged_value_is_not_got_and_harms_no_other(void **state)
{
    static const char *const values[] = {"%", "%2", "%zz", "a%", "a%0", "%00", "a%00b", "%%20", "%-1"};
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(values); i++) {
        g_autofree char *line = g_strdup_printf("before=1 key=%s after=2", values[i]);
        expect(line, "key", NULL);
        expect_no_number(line, "key", G_MAXINT64);
        expect(line, "before", "1");
        expect(line, "after", "2");
    }
}

static void numbers_are_got_up_to_the_most(void **state)
{
    (void)state;
    expect_number("key=0", "key", G_MAXINT64, 0);
    expect_number("key=0", "key", 0, 0);
    expect_number("a=1 key=100 b=2", "key", 100, 100);
    expect_number("key=007", "key", 100, 7);
    expect_number("key=9223372036854775807", "key", G_MAXINT64, G_MAXINT64);
    expect_no_number("key=1", "key", 0);
    expect_no_number("key=101", "key", 100);
    expect_no_number("key=2147483648", "key", G_MAXINT32);
}

static void what_is_no_number_leaves_the_old_one(void **state)
{
    static const char *const wrong[] = {"",
                                        "-1",
                                        "+1",
                                        "-0",
                                        "0x10",
                                        "1.0",
                                        "1e3",
                                        "1s",
                                        "%201",
                                        "1%20",
                                        "1%0A",
                                        "one",
                                        "1,",
                                        "9223372036854775808",
                                        "18446744073709551616",
                                        "99999999999999999999999999999999"};
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autofree char *line = g_strdup_printf("before=1 key=%s after=2", wrong[i]);
        expect_no_number(line, "key", G_MAXINT64);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_stand_in_their_order_with_a_blank_between),
        cmocka_unit_test(a_line_is_continued_whatever_it_begins_with),
        cmocka_unit_test(what_people_read_stays_readable),
        cmocka_unit_test(what_is_added_is_got),
        cmocka_unit_test(no_value_needs_quoting_or_ends_its_word),
        cmocka_unit_test(every_byte_comes_back_the_same),
        cmocka_unit_test(any_number_is_added),
        cmocka_unit_test(what_is_missing_is_not_got),
        cmocka_unit_test(a_key_must_match_whole),
        cmocka_unit_test(a_value_reaches_to_the_end_of_its_word),
        cmocka_unit_test(the_first_of_two_counts),
        cmocka_unit_test(a_damaged_value_is_not_got_and_harms_no_other),
        cmocka_unit_test(numbers_are_got_up_to_the_most),
        cmocka_unit_test(what_is_no_number_leaves_the_old_one),
    };

    unit_log_start();
    return cmocka_run_group_tests_name("ocf/words", tests, NULL, NULL);
}
