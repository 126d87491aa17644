/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/unit.h"

#include "cli/edit.h"

/* "mig" stands for itself, "eth1=a+b" is written eth1 and stands for a and b. */
static GPtrArray *words_of(const char *text)
{
    g_auto(GStrv) parts = g_strsplit(text, " ", -1);
    GPtrArray *words = edit_words_new();

    for (char **part = parts; *part != NULL; part++) {
        g_auto(GStrv) pair = g_strsplit(*part, "=", 2);
        g_auto(GStrv) names = g_strsplit(pair[0] != NULL && pair[1] != NULL ? pair[1] : "", "+", -1);
        if (**part != '\0')
            edit_words_add(words, pair[0], (const char *const *)names);
    }
    return words;
}

static void assert_words(GPtrArray *words, const char *expected)
{
    g_autofree char *text = words != NULL ? edit_words_text(words) : NULL;

    assert_string_equal(text != NULL ? text : "", expected);
    if (words != NULL)
        g_ptr_array_unref(words);
}

static GPtrArray *moved(const char *order, const char *visible, const char *name, int step)
{
    g_autoptr(GPtrArray) words = words_of(order);
    g_auto(GStrv) names = g_strsplit(visible, " ", -1);

    return edit_move(words, (const char *const *)names, name, step);
}

/* ---- up and down ----------------------------------------------------------------------------------- */

static void a_network_changes_places_with_the_one_before_it(void **state)
{
    (void)state;
    assert_words(moved("a b c", "a b c", "c", -1), "a c b");
    assert_words(moved("a b c", "a b c", "b", -1), "b a c");
}

static void a_network_changes_places_with_the_one_after_it(void **state)
{
    (void)state;
    assert_words(moved("a b c", "a b c", "a", 1), "b a c");
}

static void the_first_has_none_before_it_and_the_last_none_behind(void **state)
{
    (void)state;
    assert_null(moved("a b", "a b", "a", -1));
    assert_null(moved("a b", "a b", "b", 1));
    assert_null(moved("a b", "a b", "nowhere", 1));
    assert_null(moved("", "", "a", 1));
}

static void the_order_becomes_explicit_only_as_far_as_needed(void **state)
{
    (void)state;
    assert_words(moved("", "a b c d", "b", -1), "b a");
    assert_words(moved("", "a b c d", "b", 1), "a c b");
    assert_words(moved("a", "a b c d", "d", -1), "a b d c");
}

static void what_was_placed_before_stays_placed(void **state)
{
    (void)state;
    assert_words(moved("a b c", "a b c d", "a", 1), "b a c");
}

static void a_network_stays_written_as_it_was(void **state)
{
    (void)state;
    assert_words(moved("eth1=a 10.0.0.0/8=b", "a b c", "c", -1), "eth1 c 10.0.0.0/8");
}

static void a_word_for_several_networks_is_taken_apart(void **state)
{
    (void)state;
    assert_words(moved("eth1=a+b", "a b c", "a", 1), "b a");
    assert_words(moved("eth1=a+b", "a b c", "c", -1), "a c b");
}

static void words_for_networks_not_in_use_stay_behind_their_neighbour(void **state)
{
    (void)state;
    assert_words(moved("x a y b", "a b", "b", -1), "x b a y");
    assert_words(moved("a b x", "a b c", "c", -1), "a c b x");
    assert_words(moved("eth1=a+z x b", "a b", "b", -1), "b a x");
}

static void every_move_can_be_undone(void **state)
{
    (void)state;
    g_autoptr(GPtrArray) once = moved("a b c", "a b c", "b", 1);
    const char *const visible[] = {"a", "c", "b", NULL};

    assert_words(edit_move(once, visible, "b", -1), "a b c");
}

/* ---- exclude and include ---------------------------------------------------------------------------- */

static GPtrArray *without(const char *list, const char *gone)
{
    g_autoptr(GPtrArray) words = words_of(list), less = words_of(gone);

    return edit_without(words, less);
}

static GPtrArray *with(const char *list, const char *more)
{
    g_autoptr(GPtrArray) words = words_of(list), new = words_of(more);

    return edit_with(words, new);
}

static void a_network_leaves_a_list_however_it_is_written(void **state)
{
    (void)state;
    assert_words(without("a eth1=b c", "b"), "a c");
    assert_words(without("a", "mig=a"), "");
    assert_words(without("a b", "x"), "a b");
}

static void of_a_word_for_several_the_others_stay(void **state)
{
    (void)state;
    assert_words(without("eth1=a+b+c x", "b"), "a c x");
    assert_words(without("eth1=a+b", "a b"), "");
}

static void a_network_is_added_once(void **state)
{
    (void)state;
    assert_words(with("a", "b"), "a b");
    assert_words(with("a", "mig=a"), "a");
    assert_words(with("a", "eth1=a+b"), "a eth1");
    assert_words(with("", "a b"), "a b");
}

static void an_empty_list_is_no_value(void **state)
{
    (void)state;
    g_autoptr(GPtrArray) none = edit_words_new();

    assert_null(edit_words_text(none));
}

/* ---- labels ------------------------------------------------------------------------------------------ */

static void assert_label(const char *names, const char *label, const char *subnets, const char *expected,
                         const char *released, const char *gone)
{
    g_auto(GStrv) list = g_strsplit(subnets, ",", -1);
    g_autoptr(GPtrArray) lost = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) empty = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *text = edit_label(names, label, (const char *const *)list, lost, empty);

    assert_string_equal(text, expected);
    assert_int_equal(lost->len, *released != '\0');
    assert_int_equal(empty->len, *gone != '\0');
    if (lost->len > 0)
        assert_string_equal(lost->pdata[0], released);
    if (empty->len > 0)
        assert_string_equal(empty->pdata[0], gone);
}

static void a_first_label_is_all_there_is(void **state)
{
    (void)state;
    assert_label(NULL, "mig", "10.0.0.0/24,fd00::/64", "mig=10.0.0.0/24,fd00::/64", "", "");
    assert_label("a=10.1.0.0/24", "mig", "10.0.0.0/24", "a=10.1.0.0/24 mig=10.0.0.0/24", "", "");
}

static void a_new_label_takes_the_old_ones_place(void **state)
{
    (void)state;
    assert_label("old=10.0.0.0/24", "new", "10.0.0.0/24", "new=10.0.0.0/24", "", "old");
    assert_label("old=10.0.0.0/24,fd00::/64", "new", "10.0.0.0/24", "old=fd00::/64 new=10.0.0.0/24", "", "");
}

static void a_label_means_what_it_was_given_last(void **state)
{
    (void)state;
    assert_label("mig=10.0.0.0/24 b=10.2.0.0/24", "mig", "10.1.0.0/24", "mig=10.1.0.0/24 b=10.2.0.0/24",
                 "10.0.0.0/24", "");
    assert_label("mig=10.0.0.0/24 mig=10.2.0.0/24", "mig", "10.0.0.0/24", "mig=10.0.0.0/24", "10.2.0.0/24",
                 "");
}

static void what_is_no_label_is_left_as_it_is(void **state)
{
    (void)state;
    assert_label("  rubbish\ta= ", "mig", "10.0.0.0/24", "rubbish mig=10.0.0.0/24", "", "a");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_network_changes_places_with_the_one_before_it),
        cmocka_unit_test(a_network_changes_places_with_the_one_after_it),
        cmocka_unit_test(the_first_has_none_before_it_and_the_last_none_behind),
        cmocka_unit_test(the_order_becomes_explicit_only_as_far_as_needed),
        cmocka_unit_test(what_was_placed_before_stays_placed),
        cmocka_unit_test(a_network_stays_written_as_it_was),
        cmocka_unit_test(a_word_for_several_networks_is_taken_apart),
        cmocka_unit_test(words_for_networks_not_in_use_stay_behind_their_neighbour),
        cmocka_unit_test(every_move_can_be_undone),
        cmocka_unit_test(a_network_leaves_a_list_however_it_is_written),
        cmocka_unit_test(of_a_word_for_several_the_others_stay),
        cmocka_unit_test(a_network_is_added_once),
        cmocka_unit_test(an_empty_list_is_no_value),
        cmocka_unit_test(a_first_label_is_all_there_is),
        cmocka_unit_test(a_new_label_takes_the_old_ones_place),
        cmocka_unit_test(a_label_means_what_it_was_given_last),
        cmocka_unit_test(what_is_no_label_is_left_as_it_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
