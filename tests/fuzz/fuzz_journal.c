/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A migration's journal, as a torn disk or another version may have left it: what is accepted must make sense
 * and be the same when it is written again, what is not must say why in one line. The input is tried as it
 * is, and with the right sum, without which nothing would get past the first check.
 */
#include "agent/journal.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_sense(const Journal *journal)
{
    g_assert_true(g_uuid_string_is_valid(journal->id));
    g_assert_true(g_uuid_string_is_valid(journal->uuid));
    g_assert_cmpstr(journal->resource, !=, "");
    g_assert_cmpstr(journal->name, !=, "");
    g_assert_cmpstr(journal->source, !=, "");
    g_assert_cmpstr(journal->target, !=, "");
    g_assert_cmpstr(journal->source, !=, journal->target);
    g_assert_cmpstr(journal->driver.boot_id, !=, "");
    g_assert_cmpstr(journal_step_name(journal->step), !=, "");
    g_assert_cmpint(journal->driver.pid, >=, 0);
    g_assert_cmpuint(journal->driver.start_time, <=, G_MAXINT64);
    g_assert_cmpint(journal->began_s, >=, 0);
    g_assert_cmpint(journal->retry_delay_s, >=, 0);
}

static void check_same(const Journal *one, const Journal *two)
{
    g_assert_cmpstr(one->id, ==, two->id);
    g_assert_cmpstr(one->resource, ==, two->resource);
    g_assert_cmpstr(one->name, ==, two->name);
    g_assert_cmpstr(one->uuid, ==, two->uuid);
    g_assert_cmpstr(one->source, ==, two->source);
    g_assert_cmpstr(one->target, ==, two->target);
    g_assert_cmpstr(one->hypervisor, ==, two->hypervisor);
    g_assert_cmpstr(one->remote_uri, ==, two->remote_uri);
    g_assert_true(g_str_has_prefix(one->network, two->network)); /* a long one is cut when it is written */
    g_assert_true(g_str_has_prefix(one->reason, two->reason));
    g_assert_cmpstr(one->driver.boot_id, ==, two->driver.boot_id);
    g_assert_cmpint(one->step, ==, two->step);
    g_assert_cmpint(one->driver.pid, ==, two->driver.pid);
    g_assert_cmpuint(one->driver.start_time, ==, two->driver.start_time);
    g_assert_cmpint(one->began_s, ==, two->began_s);
    g_assert_cmpint(one->retry_delay_s, ==, two->retry_delay_s);
}

/* What was written from what was read: nothing is lost but the end of a long text, and that only once. */
static void check_round(const Journal *journal)
{
    gsize length = 0;
    g_autofree char *text = journal_print(journal, &length);
    g_autoptr(GError) error = NULL;
    g_autoptr(Journal) again = journal_parse(text, length, &error);

    /* what is escaped grows, and may grow beyond what a journal may have */
    if (again == NULL && length > 64 * 1024)
        return;
    g_assert_no_error(error);
    check_same(journal, again);
    g_autofree char *again_text = journal_print(again, &length);
    g_assert_cmpstr(text, ==, again_text);
}

static void check(const char *text, gsize length)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Journal) journal = journal_parse(text, length, &error);

    g_assert_true((journal == NULL) == (error != NULL));
    if (journal == NULL) {
        g_assert_error(error, OCF_ERROR, OCF_ERR_GENERIC);
        g_assert_cmpstr(error->message, !=, "");
        g_assert_null(strpbrk(error->message, "\r\n"));
        g_assert_true(g_utf8_validate(error->message, -1, NULL));
        return;
    }
    check_sense(journal);
    check_round(journal);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *old_sum = g_strrstr_len((const char *)data, (gssize)size, "\nsum=");
    gsize length = old_sum != NULL ? (gsize)(old_sum - (const char *)data) + 1 : size;
    g_autofree char *sum = g_compute_checksum_for_data(G_CHECKSUM_SHA256, data, length);
    g_autoptr(GString) text = g_string_new_len((const char *)data, (gssize)length);

    check((const char *)data, size);
    g_string_append_printf(text, "sum=%s\n", sum);
    check(text->str, text->len);
    return 0;
}
