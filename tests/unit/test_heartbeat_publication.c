/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include "heartbeat/publication.h"

static void news_is_told_at_once(void **state)
{
    (void)state;
    g_autoptr(Publication) publication = publication_new();
    assert_true(publication_wait_ms(publication, 0) > 0);
    publication_want(publication, "a");
    assert_int_equal(publication_wait_ms(publication, 0), 0);
    publication_tried(publication, TRUE, 1);
    publication_want(publication, "b");
    assert_int_equal(publication_wait_ms(publication, 2), 0);
    assert_string_equal(publication_text(publication), "b");
}

static void what_is_known_is_told_again_only_to_refresh_it(void **state)
{
    (void)state;
    g_autoptr(Publication) publication = publication_new();
    publication_want(publication, "a");
    publication_tried(publication, TRUE, 1000);
    publication_want(publication, "a");
    assert_int_equal(publication_wait_ms(publication, 1000), PUBLICATION_REFRESH_MS);
    assert_int_equal(publication_wait_ms(publication, 2000), PUBLICATION_REFRESH_MS - 1000);
    assert_int_equal(publication_wait_ms(publication, 1000 + PUBLICATION_REFRESH_MS), 0);
    assert_int_equal(publication_wait_ms(publication, 9000 + PUBLICATION_REFRESH_MS), 0);
}

static void what_failed_is_tried_again_later_and_later_up_to_a_bound(void **state)
{
    (void)state;
    g_autoptr(Publication) publication = publication_new();
    gint64 expected = PUBLICATION_RETRY_FIRST_MS;

    publication_want(publication, "a");
    for (guint i = 1; i < 100; i++) {
        assert_int_equal(publication_tried(publication, FALSE, 500), i);
        assert_int_equal(publication_wait_ms(publication, 500), expected);
        assert_int_equal(publication_wait_ms(publication, 500 + expected), 0);
        expected = MIN(expected * 2, PUBLICATION_RETRY_MOST_MS);
    }
    assert_int_equal(expected, PUBLICATION_RETRY_MOST_MS);
    assert_int_equal(publication_tried(publication, TRUE, 500), 0);
    assert_int_equal(publication_wait_ms(publication, 500), PUBLICATION_REFRESH_MS);
    publication_want(publication, "b");
    publication_tried(publication, FALSE, 600);
    assert_int_equal(publication_wait_ms(publication, 600), PUBLICATION_RETRY_FIRST_MS);
}

static void news_does_not_shorten_the_pause_after_a_failure(void **state)
{
    (void)state;
    g_autoptr(Publication) publication = publication_new();
    publication_want(publication, "a");
    publication_tried(publication, FALSE, 0);
    publication_tried(publication, FALSE, 0);
    publication_want(publication, "b");
    assert_int_equal(publication_wait_ms(publication, 0), 2 * PUBLICATION_RETRY_FIRST_MS);
    assert_string_equal(publication_text(publication), "b");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(news_is_told_at_once),
        cmocka_unit_test(what_is_known_is_told_again_only_to_refresh_it),
        cmocka_unit_test(what_failed_is_tried_again_later_and_later_up_to_a_bound),
        cmocka_unit_test(news_does_not_shorten_the_pause_after_a_failure),
    };

    return cmocka_run_group_tests_name("heartbeat/publication", tests, NULL, NULL);
}
