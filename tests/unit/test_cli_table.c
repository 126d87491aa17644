/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/unit.h"

#include "cli/table.h"

static const char *const headings[] = {"NAME", "STATE", NULL};

static char *one_row(const char *name, const char *state)
{
    g_autoptr(Table) table = table_new(headings);
    const char *const cells[] = {name, state};

    table_add(table, cells);
    return table_text(table);
}

static void assert_row(const char *name, const char *state, const char *expected)
{
    g_autofree char *text = one_row(name, state);

    assert_string_equal(text, expected);
}

static void columns_are_as_wide_as_their_widest_cell(void **state)
{
    (void)state;
    assert_row("migration", "up", "NAME       STATE\nmigration  up\n");
}

static void lines_end_at_their_text(void **state)
{
    (void)state;
    assert_row("m", "x", "NAME  STATE\nm     x\n");
}

static void an_empty_cell_is_a_dash(void **state)
{
    (void)state;
    assert_row(NULL, "", "NAME  STATE\n-     -\n");
}

static void width_is_what_a_terminal_shows(void **state)
{
    (void)state;
    assert_int_equal(table_width(""), 0);
    assert_int_equal(table_width("ü"), 1);
    assert_int_equal(table_width("u\xcc\x88"), 1); /* a combining diaeresis */
    assert_int_equal(table_width("移行"), 4);
    assert_row("移行x", "up", "NAME   STATE\n移行x  up\n");
}

static void text_from_elsewhere_moves_no_cursor(void **state)
{
    (void)state;
    assert_row("a\x1b[2Jb\n", "up", "NAME           STATE\na\\x1b[2Jb\\x0a  up\n");
}

static void what_is_no_utf8_is_shown_all_the_same(void **state)
{
    (void)state;
    g_autofree char *text = one_row("a\xff\xfe", "up");

    assert_true(g_utf8_validate(text, -1, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_as_wide_as_their_widest_cell),
        cmocka_unit_test(lines_end_at_their_text),
        cmocka_unit_test(an_empty_cell_is_a_dash),
        cmocka_unit_test(width_is_what_a_terminal_shows),
        cmocka_unit_test(text_from_elsewhere_moves_no_cursor),
        cmocka_unit_test(what_is_no_utf8_is_shown_all_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
