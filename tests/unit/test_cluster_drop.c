/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/unit.h"

#include "cluster/cluster.h"

#include <signal.h>
#include <sys/prctl.h>

#define BOOT "11111111-2222-3333-4444-555555555555"

/* One that is understood, in parts that are left out or replaced below. */
static const char *const words[] = {
    "form=1",         "node=a1",   "boot=" BOOT, "pid=4242",  "start=987654321987",
    "since=17000000", "source=a1", "target=a2",  "avoid=600", "reason=too%20slow"};

/* Names and reasons as people and other programs may have made them. */
static const char *const texts[] = {
    "a1",
    "node-1.example.org",
    "with space",
    " leading and trailing ",
    "two  spaces",
    "\ttab\t",
    "a=b",
    "=",
    "pid=1 start=2",
    "x node=a9",
    "node=",
    "100%",
    "%",
    "%20",
    "%%n%s%",
    "a+b&c;d",
    "\"quoted\" and 'quoted'",
    "<tag attribute=\"x\"/> ]]> &amp;",
    "back\\slash\\n",
    "one\ntwo\r\nthree",
    "\n",
    "gr\xc3\xbc\xc3\x9f von \xe4\xbb\xae\xe6\x83\xb3",
    "broken \xff\xc3 UTF-8",
    "\x01\x7f",
    "#?[]@!$*",
    "(mig): a2 (10.99.2.2), a/b",
};

static void set_text(char **field, const char *text)
{
    g_free(*field);
    *field = g_strdup(text);
}

static ClusterDrop *make_drop(const char *node, const char *text)
{
    ClusterDrop *drop = cluster_drop_new("web1", node, 0);

    set_text(&drop->source, text);
    set_text(&drop->target, text);
    set_text(&drop->former_agent, text);
    set_text(&drop->reason, text);
    return drop;
}

static void expect_same(const ClusterDrop *one, const ClusterDrop *two)
{
    assert_non_null(one);
    assert_string_equal(one->resource, two->resource);
    assert_string_equal(one->node, two->node);
    assert_string_equal(one->boot_id, two->boot_id);
    assert_int_equal(one->pid, two->pid);
    assert_int_equal(one->start_time, two->start_time);
    assert_int_equal(one->since_s, two->since_s);
    assert_int_equal(one->avoid_s, two->avoid_s);
    assert_string_equal(one->source, two->source);
    assert_string_equal(one->target, two->target);
    assert_string_equal(one->former_agent, two->former_agent);
    assert_string_equal(one->reason, two->reason);
}

static void expect_kept(const ClusterDrop *drop)
{
    g_autofree char *text = cluster_drop_print(drop);
    g_autoptr(ClusterDrop) parsed = cluster_drop_parse(drop->resource, text);

    expect_same(parsed, drop);
    g_autofree char *again = cluster_drop_print(parsed);
    assert_string_equal(again, text);
}

/* ---- printed and parsed -------------------------------------------------------------------------- */

static void what_is_printed_is_parsed(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        for (size_t j = 0; j < G_N_ELEMENTS(texts); j++) {
            g_autoptr(ClusterDrop) drop = make_drop(texts[i], texts[j]);
            expect_kept(drop);
        }
}

static void a_long_reason_and_an_odd_resource_are_kept_whole(void **state)
{
    g_autofree char *reason = g_strnfill(8000, '%');
    g_autoptr(ClusterDrop) drop = make_drop("a1", "");
    (void)state;

    set_text(&drop->reason, reason);
    set_text(&drop->resource, "node=x reason=%zz");
    expect_kept(drop);
}

static void the_largest_numbers_are_kept(void **state)
{
    g_autoptr(ClusterDrop) drop = make_drop("a1", "");
    (void)state;

    drop->pid = G_MAXINT32;
    drop->start_time = G_MAXINT64;
    drop->since_s = G_MAXINT64;
    drop->avoid_s = G_MAXINT64;
    expect_kept(drop);
    drop->pid = 0;
    drop->start_time = 0;
    drop->since_s = 0;
    drop->avoid_s = 0;
    expect_kept(drop);
}

/* cibadmin gets it in XML and in an XPath, where hand_over and regain find it again by its every byte. */
static void what_is_printed_needs_no_quoting_anywhere(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(ClusterDrop) drop = make_drop(texts[i], texts[i]);
        g_autofree char *text = cluster_drop_print(drop);
        assert_true(g_str_is_ascii(text));
        for (const char *byte = text; *byte != '\0'; byte++)
            assert_true(*byte >= ' ' && *byte <= '~' && strchr("<>&\"'\\`$", *byte) == NULL);
    }
}

/* All text comes back as it was printed, whoever printed it: a drop that is found is found again. */
static void what_is_parsed_is_parsed_again(void **state)
{
    static const char *const boots[] = {"a%20b", "%25", "a%0Ab", "a%20node%3Db", "%22%3E"};
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(boots); i++) {
        g_autofree char *text = g_strdup_printf(
            "form=1 node=a1 boot=%s pid=1 start=2 since=3 source= target= avoid=0 reason=", boots[i]);
        g_autoptr(ClusterDrop) drop = cluster_drop_parse("web1", text);
        if (drop != NULL)
            expect_kept(drop);
    }
}

/* ---- refused ------------------------------------------------------------------------------------- */

/* The words, with that at INDEX replaced, or left out where REPLACEMENT is NULL. */
static char *replace_word(size_t index, const char *replacement)
{
    GString *text = g_string_new(NULL);

    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        const char *word = i == index ? replacement : words[i];
        if (word != NULL)
            g_string_append_printf(text, "%s%s", text->len > 0 ? " " : "", word);
    }
    return g_string_free(text, FALSE);
}

static void expect_refused(const char *text)
{
    g_autoptr(ClusterDrop) drop = cluster_drop_parse("web1", text);

    if (drop != NULL)
        fail_msg("\"%s\" is taken for a drop", text);
}

static void expect_word_refused(size_t index, const char *replacement)
{
    g_autofree char *text = replace_word(index, replacement);

    expect_refused(text);
}

static void what_was_written_by_another_process_is_understood(void **state)
{
    g_autofree char *text = replace_word(G_N_ELEMENTS(words), NULL);
    g_autoptr(ClusterDrop) drop = cluster_drop_parse("web1", text);
    (void)state;

    assert_non_null(drop);
    assert_string_equal(drop->resource, "web1");
    assert_string_equal(drop->node, "a1");
    assert_string_equal(drop->boot_id, BOOT);
    assert_int_equal(drop->pid, 4242);
    assert_int_equal(drop->start_time, 987654321987);
    assert_int_equal(drop->since_s, 17000000);
    assert_int_equal(drop->avoid_s, 600);
    assert_string_equal(drop->source, "a1");
    assert_string_equal(drop->target, "a2");
    assert_string_equal(drop->reason, "too slow");
}

static void anything_missing_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        expect_word_refused(i, NULL);
    expect_word_refused(1, "node=");
    expect_refused("");
    expect_refused(" ");
    expect_refused("=");
}

static void another_form_is_refused(void **state)
{
    static const char *const forms[] = {"form=", "form=0", "form=2", "form=11", "form=1x", "Form=1", "form"};
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(forms); i++)
        expect_word_refused(0, forms[i]);
    expect_refused("maintenance by admin, ask Eve");
    expect_refused("a1 a2 17000000 " BOOT);
    expect_refused("{\"form\": 1}");
}

static void a_key_must_match_whole(void **state)
{
    (void)state;
    expect_word_refused(1, "Node=a1");
    expect_word_refused(1, "xnode=a1");
    expect_word_refused(1, "nodes=a1");
    expect_word_refused(3, "apid=4242");
    expect_word_refused(9, "reason");
    expect_word_refused(9, "reason:x");
}

static void values_that_are_no_text_are_refused(void **state)
{
    static const char *const values[] = {"%", "%2", "%zz", "a%", "a%0", "%00", "a%00b", "%%20"};
    static const char *const keys[] = {"node", "boot", "source", "target", "reason"};
    static const size_t places[] = {1, 2, 6, 7, 9};
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
        for (size_t j = 0; j < G_N_ELEMENTS(values); j++) {
            g_autofree char *word = g_strdup_printf("%s=%s", keys[i], values[j]);
            expect_word_refused(places[i], word);
        }
}

static void numbers_out_of_range_are_refused(void **state)
{
    static const char *const wrong[] = {"",
                                        "-1",
                                        "+1",
                                        "0x10",
                                        "1.0",
                                        "1e3",
                                        "1s",
                                        "%201",
                                        "1%20",
                                        "one",
                                        "9223372036854775808",
                                        "-0",
                                        "1%0A",
                                        "1,",
                                        "18446744073709551616",
                                        "99999999999999999999999999999999"};
    static const char *const keys[] = {"pid", "start", "since", "avoid"};
    static const size_t places[] = {3, 4, 5, 8};
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
        for (size_t j = 0; j < G_N_ELEMENTS(wrong); j++) {
            g_autofree char *word = g_strdup_printf("%s=%s", keys[i], wrong[j]);
            expect_word_refused(places[i], word);
        }
    expect_word_refused(3, "pid=2147483648");
    expect_word_refused(3, "pid=4294967297"); /* would be 1, which never ends */
}

static void every_prefix_of_a_drop_is_refused(void **state)
{
    g_autofree char *text = replace_word(G_N_ELEMENTS(words), NULL);
    const size_t most = strlen(text) - strlen("too%20slow");
    (void)state;

    for (size_t length = 0; length < most; length++) {
        g_autofree char *prefix = g_strndup(text, length);
        expect_refused(prefix);
    }
}

/* ---- orphans ------------------------------------------------------------------------------------- */

static pid_t start_process(void)
{
    fflush(NULL);
    pid_t pid = fork();

    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        alarm(120);
        for (;;)
            pause();
    }
    assert_true(pid > 0);
    return pid;
}

static void a_drop_of_this_very_process_is_no_orphan(void **state)
{
    g_autoptr(ClusterDrop) drop = make_drop("a1", "");
    (void)state;

    assert_int_equal(drop->pid, getpid());
    assert_true(drop->start_time > 0);
    assert_string_not_equal(drop->boot_id, "");
    assert_false(cluster_drop_is_orphan(drop, "a1"));
    g_autofree char *text = cluster_drop_print(drop);
    g_autoptr(ClusterDrop) parsed = cluster_drop_parse("web1", text);
    assert_false(cluster_drop_is_orphan(parsed, "a1"));
}

static void a_drop_is_an_orphan_once_its_process_has_ended(void **state)
{
    pid_t pid = start_process();
    g_autoptr(ClusterDrop) drop = cluster_drop_new("web1", "a1", pid);
    siginfo_t info;
    (void)state;

    assert_int_equal(drop->pid, pid);
    assert_false(cluster_drop_is_orphan(drop, "a1"));
    kill(pid, SIGKILL);
    assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
    assert_true(cluster_drop_is_orphan(drop, "a1")); /* a zombie brings nothing to its end */
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_true(cluster_drop_is_orphan(drop, "a1"));
    g_autoptr(ClusterDrop) late = cluster_drop_new("web1", "a1", pid);
    assert_true(cluster_drop_is_orphan(late, "a1"));
}

static void a_drop_of_another_boot_is_an_orphan(void **state)
{
    g_autoptr(ClusterDrop) drop = make_drop("a1", "");
    (void)state;

    set_text(&drop->boot_id, BOOT);
    assert_true(cluster_drop_is_orphan(drop, "a1"));
    set_text(&drop->boot_id, "");
    assert_true(cluster_drop_is_orphan(drop, "a1"));
}

static void a_reused_pid_owns_no_drop(void **state)
{
    g_autoptr(ClusterDrop) drop = make_drop("a1", "");
    const guint64 start_time = drop->start_time;
    (void)state;

    drop->start_time = start_time - 1;
    assert_true(cluster_drop_is_orphan(drop, "a1"));
    drop->start_time = start_time + 1;
    assert_true(cluster_drop_is_orphan(drop, "a1"));
    drop->start_time = start_time;
    assert_false(cluster_drop_is_orphan(drop, "a1"));
    drop->pid = 0;
    assert_true(cluster_drop_is_orphan(drop, "a1"));
    drop->pid = G_MAXINT32;
    assert_true(cluster_drop_is_orphan(drop, "a1"));
}

/* What another node's processes do cannot be seen from here. */
static void a_drop_of_another_node_is_never_an_orphan_here(void **state)
{
    g_autoptr(ClusterDrop) drop = make_drop("a1", "");
    (void)state;

    set_text(&drop->boot_id, BOOT);
    drop->pid = G_MAXINT32;
    assert_true(cluster_drop_is_orphan(drop, "a1"));
    assert_false(cluster_drop_is_orphan(drop, "a2"));
    assert_false(cluster_drop_is_orphan(drop, "A1"));
    assert_false(cluster_drop_is_orphan(drop, "a1.example.org"));
    assert_false(cluster_drop_is_orphan(drop, "a"));
    assert_false(cluster_drop_is_orphan(drop, ""));
    assert_false(cluster_drop_is_orphan(drop, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_printed_is_parsed),
        cmocka_unit_test(a_long_reason_and_an_odd_resource_are_kept_whole),
        cmocka_unit_test(the_largest_numbers_are_kept),
        cmocka_unit_test(what_is_printed_needs_no_quoting_anywhere),
        cmocka_unit_test(what_is_parsed_is_parsed_again),
        cmocka_unit_test(what_was_written_by_another_process_is_understood),
        cmocka_unit_test(anything_missing_is_refused),
        cmocka_unit_test(another_form_is_refused),
        cmocka_unit_test(a_key_must_match_whole),
        cmocka_unit_test(values_that_are_no_text_are_refused),
        cmocka_unit_test(numbers_out_of_range_are_refused),
        cmocka_unit_test(every_prefix_of_a_drop_is_refused),
        cmocka_unit_test(a_drop_of_this_very_process_is_no_orphan),
        cmocka_unit_test(a_drop_is_an_orphan_once_its_process_has_ended),
        cmocka_unit_test(a_drop_of_another_boot_is_an_orphan),
        cmocka_unit_test(a_reused_pid_owns_no_drop),
        cmocka_unit_test(a_drop_of_another_node_is_never_an_orphan_here),
    };

    unit_log_start();
    return cmocka_run_group_tests_name("cluster/drop", tests, NULL, NULL);
}
