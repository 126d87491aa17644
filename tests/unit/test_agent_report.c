/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/unit.h"

#include "agent/report.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define UUID "11111111-2222-3333-4444-555555555555"

enum { MOST_TEXT_BYTES = 512 };

/* Those that are understood, in parts that are left out or replaced below. */
static const char *const running[] = {
    "form=1",       "phase=sending", "id=" UUID,    "vm=web1",           "guest=web1-guest",
    "source=a1",    "target=a2",     "network=mig", "left=net:%20lost",  "began=17000000",
    "elapsed_ms=1", "total=2",       "processed=3", "remaining=4",       "rate=5",
    "dirty=6",      "pass=7",        "pid=4242",    "start=987654321987"};
static const char *const ended[] = {
    "form=1",         "phase=stayed",   "id=" UUID,    "vm=web1",           "guest=web1-guest",
    "source=a1",      "target=a2",      "network=mig", "reason=x%20y",      "began=17000000",
    "ended=17000010", "downtime_ms=38", "pid=4242",    "start=987654321987"};

/* Names and reasons as people and other programs may have made them. */
static const char *const texts[] = {
    "a1",
    "with space",
    " leading and trailing ",
    "two  spaces",
    "\ttab\t",
    "a=b",
    "=",
    "phase=moved ended=1",
    "100%",
    "%",
    "%20",
    "%%n%s%",
    "a|b",
    "|",
    "||form=1",
    "\"quoted\" and 'quoted'",
    "<tag attribute=\"x\"/> ]]> &amp;",
    "back\\slash\\n",
    "one\ntwo\r\nthree",
    "\n",
    "gr\xc3\xbc\xc3\x9f von \xe4\xbb\xae\xe6\x83\xb3",
    "broken \xff\xc3 UTF-8",
    "\x80",
    "\x01\x7f",
    "mig: a2 (10.99.2.2) does not answer, a/b",
};

static void set_text(char **field, const char *text)
{
    g_free(*field);
    *field = g_strdup(text);
}

static gint64 now_s(void)
{
    return g_get_real_time() / G_USEC_PER_SEC;
}

/* One that this process drives. */
static Report *make_running(const char *resource)
{
    return report_new(resource, "web1-guest", "a1", "a2");
}

static Report *make_ended(const char *resource, gint64 ended_s)
{
    Report *report = make_running(resource);

    report->phase = REPORT_MOVED;
    report->ended_s = ended_s;
    return report;
}

static Report *make_text(const char *text)
{
    Report *report = make_running(text);

    set_text(&report->guest, text);
    set_text(&report->source, text);
    set_text(&report->target, text);
    set_text(&report->network, text);
    set_text(&report->left, text);
    set_text(&report->reason, text);
    return report;
}

/* What is not UTF-8 is made so when it is written. */
static void expect_text(const char *got, const char *wanted)
{
    g_autofree char *valid = g_utf8_make_valid(wanted, -1);

    assert_string_equal(got, valid);
}

static void expect_same(const Report *got, const Report *wanted)
{
    assert_non_null(got);
    expect_text(got->id, wanted->id);
    expect_text(got->resource, wanted->resource);
    expect_text(got->guest, wanted->guest);
    expect_text(got->source, wanted->source);
    expect_text(got->target, wanted->target);
    expect_text(got->network, wanted->network);
    expect_text(got->left, wanted->left);
    expect_text(got->reason, wanted->reason);
    assert_int_equal(got->phase, wanted->phase);
    assert_int_equal(got->began_s, wanted->began_s);
    assert_int_equal(got->ended_s, wanted->ended_s);
    assert_int_equal(got->elapsed_ms, wanted->elapsed_ms);
    assert_int_equal(got->total_bytes, wanted->total_bytes);
    assert_int_equal(got->processed_bytes, wanted->processed_bytes);
    assert_int_equal(got->remaining_bytes, wanted->remaining_bytes);
    assert_int_equal(got->rate_bytes_s, wanted->rate_bytes_s);
    assert_int_equal(got->dirty_bytes_s, wanted->dirty_bytes_s);
    assert_int_equal(got->pass, wanted->pass);
    assert_int_equal(got->downtime_ms, wanted->downtime_ms);
    assert_int_equal(got->pid, wanted->pid);
    assert_int_equal(got->start_time, wanted->start_time);
}

static void expect_kept(const Report *report)
{
    g_autofree char *text = report_print(report);
    g_autoptr(Report) parsed = report_parse(text);

    expect_same(parsed, report);
    g_autofree char *again = report_print(parsed);
    assert_string_equal(again, text);
}

/* ---- printed and parsed -------------------------------------------------------------------------- */

static void a_new_report_is_of_this_process_and_of_now(void **state)
{
    gint64 before_s = now_s();
    g_autoptr(Report) report = make_running("web1");
    g_autoptr(Report) other = make_running("web1");
    guint64 start_time = 0;
    (void)state;

    assert_true(g_uuid_string_is_valid(report->id));
    assert_string_not_equal(report->id, other->id);
    assert_string_equal(report->resource, "web1");
    assert_string_equal(report->source, "a1");
    assert_string_equal(report->target, "a2");
    assert_string_equal(report->network, "");
    assert_string_equal(report->left, "");
    assert_string_equal(report->reason, "");
    assert_int_equal(report->phase, REPORT_PREPARING);
    assert_false(report_has_ended(report));
    assert_in_range((guint64)report->began_s, (guint64)before_s, (guint64)now_s());
    assert_int_equal(report->ended_s, 0);
    assert_int_equal(report->pid, getpid());
    assert_true(ocf_process_start_time(getpid(), &start_time));
    assert_int_equal(report->start_time, start_time);
    expect_kept(report);
}

static void every_text_is_kept_whatever_it_holds(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(Report) report = make_text(texts[i]);
        expect_kept(report);
    }
}

static void texts_are_kept_apart(void **state)
{
    g_autoptr(Report) report = make_running("the resource");
    (void)state;

    set_text(&report->guest, "the guest");
    set_text(&report->source, "the source");
    set_text(&report->target, "the target");
    set_text(&report->network, "the network");
    set_text(&report->left, "what was left");
    set_text(&report->reason, "the reason");
    expect_kept(report);
}

static void every_number_is_kept(void **state)
{
    g_autoptr(Report) report = make_ended("web1", 2);
    (void)state;

    report->began_s = 1;
    report->elapsed_ms = 3;
    report->total_bytes = 4;
    report->processed_bytes = 5;
    report->remaining_bytes = 6;
    report->rate_bytes_s = 7;
    report->dirty_bytes_s = 8;
    report->pass = 9;
    report->downtime_ms = 10;
    report->pid = 11;
    report->start_time = 12;
    expect_kept(report);
    report->began_s = report->ended_s = report->elapsed_ms = G_MAXINT64;
    report->total_bytes = report->processed_bytes = report->remaining_bytes = G_MAXINT64;
    report->rate_bytes_s = report->dirty_bytes_s = report->pass = report->downtime_ms = G_MAXINT64;
    report->pid = G_MAXINT32;
    report->start_time = G_MAXINT64;
    expect_kept(report);
}

static void every_phase_has_a_name_and_is_kept(void **state)
{
    static const char *const names[] = {
        [REPORT_PREPARING] = "preparing", [REPORT_WAITING] = "waiting", [REPORT_SENDING] = "sending",
        [REPORT_POSTCOPY] = "post-copy",  [REPORT_MOVED] = "moved",     [REPORT_STAYED] = "stayed",
        [REPORT_FAILED] = "failed"};
    g_autoptr(Report) report = make_running("web1");
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        report->phase = (ReportPhase)i;
        report->ended_s = i >= REPORT_MOVED ? report->began_s + 1 : 0;
        assert_string_equal(report_phase_name(report->phase), names[i]);
        assert_int_equal(report_has_ended(report), i >= REPORT_MOVED);
        expect_kept(report);
    }
}

/* It becomes the value of a node attribute, and a line of a file. */
static void what_is_printed_needs_no_quoting_anywhere(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(Report) report = make_text(texts[i]);
        g_autofree char *line = report_print(report);
        for (const char *byte = line; *byte != '\0'; byte++)
            assert_true(*byte >= ' ' && *byte <= '~' && strchr("<>&\"'\\`$|", *byte) == NULL);
    }
}

/* A long text of FILLER's bytes, ODD of them shifted, so that a cut falls anywhere in a character. */
static void expect_cut(const char *filler, size_t odd)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(Report) report = make_running("web1");

    while (text->len < odd)
        g_string_append_c(text, 'x');
    while (text->len < 8000)
        g_string_append(text, filler);
    set_text(&report->reason, text->str);
    g_autofree char *valid = g_utf8_make_valid(text->str, -1);
    g_autofree char *line = report_print(report);
    g_autoptr(Report) parsed = report_parse(line);
    assert_non_null(parsed);
    assert_true(g_utf8_validate(parsed->reason, -1, NULL));
    assert_true(g_str_has_prefix(valid, parsed->reason));
    assert_in_range(strlen(parsed->reason), MOST_TEXT_BYTES - 3, MOST_TEXT_BYTES);
    expect_kept(parsed);
}

static void a_long_text_is_cut_between_characters_and_only_once(void **state)
{
    static const char *const fillers[] = {"x",    "%",   "\xc3\xbc", "\xe4\xbb\xae", "\xf0\x9f\x9a\xa2",
                                          "\xff", "\xc3"};
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(fillers); i++)
        for (size_t odd = 0; odd < 4; odd++)
            expect_cut(fillers[i], odd);
}

/* ---- understood and refused ---------------------------------------------------------------------- */

/* WORDS with that at INDEX replaced, or left out where REPLACEMENT is NULL. */
static char *replace_word(const char *const *words, size_t count, size_t index, const char *replacement)
{
    GString *line = g_string_new(NULL);

    for (size_t i = 0; i < count; i++) {
        const char *word = i == index ? replacement : words[i];
        if (word != NULL)
            g_string_append_printf(line, "%s%s", line->len > 0 ? " " : "", word);
    }
    return g_string_free(line, FALSE);
}

/* The same, with the word of REPLACEMENT's key replaced, or added at the end. */
static char *with_word(const char *const *words, size_t count, const char *replacement)
{
    size_t length = strcspn(replacement, "=") + 1, index = 0;

    while (index < count && strncmp(words[index], replacement, length) != 0)
        index++;
    g_autofree char *line = replace_word(words, count, index, replacement);
    return index < count ? g_steal_pointer(&line) : g_strdup_printf("%s %s", line, replacement);
}

static char *without_word(const char *const *words, size_t count, const char *key)
{
    size_t index = 0;

    while (!g_str_has_prefix(words[index], key))
        assert_true(++index < count);
    return replace_word(words, count, index, NULL);
}

static char *line_running(void)
{
    return replace_word(running, G_N_ELEMENTS(running), G_N_ELEMENTS(running), NULL);
}

static char *line_ended(void)
{
    return replace_word(ended, G_N_ELEMENTS(ended), G_N_ELEMENTS(ended), NULL);
}

static void expect_refused(const char *line)
{
    g_autoptr(Report) report = report_parse(line);

    if (report != NULL)
        fail_msg("\"%s\" is taken for a report", line);
}

static void expect_refused_with(const char *word)
{
    g_autofree char *one = with_word(running, G_N_ELEMENTS(running), word);
    g_autofree char *two = with_word(ended, G_N_ELEMENTS(ended), word);

    expect_refused(one);
    expect_refused(two);
}

static void expect_refused_without(const char *key)
{
    g_autofree char *one = without_word(running, G_N_ELEMENTS(running), key);
    g_autofree char *two = without_word(ended, G_N_ELEMENTS(ended), key);

    expect_refused(one);
    expect_refused(two);
}

static void what_another_process_wrote_is_understood(void **state)
{
    g_autofree char *line = line_running();
    g_autoptr(Report) report = report_parse(line);
    (void)state;

    assert_non_null(report);
    assert_int_equal(report->phase, REPORT_SENDING);
    assert_string_equal(report->id, UUID);
    assert_string_equal(report->resource, "web1");
    assert_string_equal(report->guest, "web1-guest");
    assert_string_equal(report->source, "a1");
    assert_string_equal(report->target, "a2");
    assert_string_equal(report->network, "mig");
    assert_string_equal(report->left, "net: lost");
    assert_string_equal(report->reason, "");
    assert_int_equal(report->began_s, 17000000);
    assert_int_equal(report->ended_s, 0);
    assert_int_equal(report->elapsed_ms, 1);
    assert_int_equal(report->total_bytes, 2);
    assert_int_equal(report->processed_bytes, 3);
    assert_int_equal(report->remaining_bytes, 4);
    assert_int_equal(report->rate_bytes_s, 5);
    assert_int_equal(report->dirty_bytes_s, 6);
    assert_int_equal(report->pass, 7);
    assert_int_equal(report->downtime_ms, 0);
    assert_int_equal(report->pid, 4242);
    assert_int_equal(report->start_time, 987654321987);
}

static void what_has_ended_is_understood(void **state)
{
    g_autofree char *line = line_ended();
    g_autoptr(Report) report = report_parse(line);
    (void)state;

    assert_non_null(report);
    assert_int_equal(report->phase, REPORT_STAYED);
    assert_string_equal(report->reason, "x y");
    assert_int_equal(report->ended_s, 17000010);
    assert_int_equal(report->downtime_ms, 38);
}

static void words_of_a_newer_version_are_skipped(void **state)
{
    static const char *const more[] = {"colour=red", "more=-1", "more=%zz", "more",
                                       "=",          "",        "forms=2",  "vms=x"};
    g_autofree char *line = line_running();
    g_autoptr(Report) plain = report_parse(line);
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(more); i++) {
        g_autofree char *before = g_strdup_printf("%s %s", more[i], line);
        g_autofree char *after = g_strdup_printf("%s %s", line, more[i]);
        g_autoptr(Report) one = report_parse(before);
        g_autoptr(Report) two = report_parse(after);
        expect_same(one, plain);
        expect_same(two, plain);
    }
}

static void words_may_stand_in_any_order(void **state)
{
    g_autofree char *line = line_running();
    g_autoptr(Report) plain = report_parse(line);
    g_autoptr(GString) reversed = g_string_new(NULL);
    (void)state;

    for (size_t i = G_N_ELEMENTS(running); i-- > 0;)
        g_string_append_printf(reversed, "%s ", running[i]);
    g_autoptr(Report) report = report_parse(reversed->str);
    expect_same(report, plain);
}

static void another_form_is_refused(void **state)
{
    static const char *const forms[] = {"form=", "form=0", "form=2", "form=11", "form=1x", "form=%zz"};
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(forms); i++)
        expect_refused_with(forms[i]);
    expect_refused_without("form=");
    expect_refused("");
    expect_refused(" ");
    expect_refused("=");
    expect_refused("a1 a2 17000000 " UUID);
    expect_refused("{\"form\": 1}");
}

static void a_phase_that_nobody_knows_is_refused(void **state)
{
    static const char *const phases[] = {"phase=",       "phase=paused", "phase=Sending", "phase=sending%20",
                                         "phase=sendin", "phase=0",      "phase=%zz",     "phase=movedx"};
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(phases); i++)
        expect_refused_with(phases[i]);
    expect_refused_without("phase=");
}

static void who_and_where_must_be_told(void **state)
{
    static const char *const keys[] = {"id=", "vm=", "source=", "target="};
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
        g_autofree char *damaged = g_strdup_printf("%s%%zz", keys[i]);
        expect_refused_without(keys[i]);
        expect_refused_with(keys[i]);
        expect_refused_with(damaged);
    }
}

static void an_end_and_its_time_go_together(void **state)
{
    static const char *const going[] = {"preparing", "sending", "post-copy"};
    static const char *const over[] = {"moved", "stayed", "failed"};
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(going); i++) {
        g_autofree char *runs = g_strdup_printf("phase=%s", going[i]);
        g_autofree char *runs_and_ended = with_word(ended, G_N_ELEMENTS(ended), runs);
        expect_refused(runs_and_ended);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(over); i++) {
        g_autofree char *ends = g_strdup_printf("phase=%s", over[i]);
        g_autofree char *ends_without_time = with_word(running, G_N_ELEMENTS(running), ends);
        expect_refused(ends_without_time);
    }
    g_autofree char *at_no_time = with_word(ended, G_N_ELEMENTS(ended), "ended=0");
    expect_refused(at_no_time);
}

static void numbers_that_are_none_are_refused(void **state)
{
    static const char *const keys[] = {"began",     "ended",       "elapsed_ms", "total",
                                       "processed", "remaining",   "rate",       "dirty",
                                       "pass",      "downtime_ms", "pid",        "start"};
    static const char *const wrong[] = {"",
                                        "-1",
                                        "+1",
                                        "-0",
                                        "0x10",
                                        "1.0",
                                        "1e3",
                                        "%201",
                                        "one",
                                        "9223372036854775808",
                                        "-9223372036854775808",
                                        "18446744073709551616",
                                        "99999999999999999999999999999999"};
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
        for (size_t j = 0; j < G_N_ELEMENTS(wrong); j++) {
            g_autofree char *word = g_strdup_printf("%s=%s", keys[i], wrong[j]);
            expect_refused_with(word);
        }
    expect_refused_with("pid=2147483648");
    expect_refused_with("pid=4294967297"); /* would be 1, which never ends */
}

static void a_report_that_is_cut_off_early_is_refused(void **state)
{
    g_autofree char *line = line_running();
    const size_t most = (size_t)(strstr(line, " target=") - line) + strlen(" target=");
    (void)state;

    for (size_t length = 0; length <= most; length++) {
        g_autofree char *prefix = g_strndup(line, length);
        expect_refused(prefix);
    }
}

/* ---- several ------------------------------------------------------------------------------------- */

static GPtrArray *make_list(void)
{
    return g_ptr_array_new_with_free_func((GDestroyNotify)report_free);
}

static void several_are_kept_in_their_order(void **state)
{
    g_autoptr(GPtrArray) reports = make_list();
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        g_ptr_array_add(reports, make_text(texts[i]));
    g_autofree char *text = report_print_all(reports);
    g_autoptr(GPtrArray) parsed = report_parse_all(text);
    assert_int_equal(parsed->len, reports->len);
    for (guint i = 0; i < reports->len; i++)
        expect_same(parsed->pdata[i], reports->pdata[i]);
    assert_null(strchr(text, '\n'));
    g_autofree char *again = report_print_all(parsed);
    assert_string_equal(again, text);
}

static void none_and_one_are_printed_and_parsed_as_well(void **state)
{
    g_autoptr(GPtrArray) reports = make_list();
    g_autofree char *nothing = report_print_all(reports);
    g_autoptr(GPtrArray) none = report_parse_all(nothing);
    (void)state;

    assert_string_equal(nothing, "");
    assert_int_equal(none->len, 0);
    g_ptr_array_add(reports, make_running("web1"));
    g_autofree char *text = report_print_all(reports);
    g_autofree char *line = report_print(reports->pdata[0]);
    assert_string_equal(text, line);
    g_autoptr(GPtrArray) one = report_parse_all(text);
    assert_int_equal(one->len, 1);
    expect_same(one->pdata[0], reports->pdata[0]);
}

static void bars_and_line_breaks_part_reports_and_what_is_none_is_left_out(void **state)
{
    static const char *const formats[] = {"%s|%s",
                                          "%s\n%s",
                                          "%s\n%s\n",
                                          "\n%s\n\n%s\n",
                                          "||%s||%s||",
                                          "%s|\n|%s",
                                          "nonsense|%s|form=1 phase=sending|%s",
                                          "%s\nform=1 phase=moved id=x vm=y source=a1 target=a2\n%s",
                                          "form=2 phase=moved|%s\n\xff\xfe|%s|%%"};
    g_autofree char *one = line_running();
    g_autofree char *two = line_ended();
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(formats); i++) {
        g_auto(GStrv) parts = g_strsplit(formats[i], "%s", 3);
        g_autofree char *text = g_strconcat(parts[0], one, parts[1], two, parts[2], NULL);
        g_autoptr(GPtrArray) reports = report_parse_all(text);
        assert_int_equal(reports->len, 2);
        assert_int_equal(((const Report *)reports->pdata[0])->phase, REPORT_SENDING);
        assert_int_equal(((const Report *)reports->pdata[1])->phase, REPORT_STAYED);
    }
}

/* ---- how far, how long --------------------------------------------------------------------------- */

static void expect_percent(ReportPhase phase, gint64 total, gint64 remaining, gint percent)
{
    const Report report = {.phase = phase, .total_bytes = total, .remaining_bytes = remaining};

    assert_int_equal(report_percent(&report), percent);
}

static void how_far_it_is_may_not_be_known(void **state)
{
    (void)state;
    expect_percent(REPORT_PREPARING, 0, 0, -1);
    expect_percent(REPORT_SENDING, 0, 0, -1);
    expect_percent(REPORT_SENDING, 0, 5, -1);
    expect_percent(REPORT_SENDING, 100, 101, -1);
    expect_percent(REPORT_SENDING, -1, 0, -1);
    expect_percent(REPORT_STAYED, 0, 0, -1);
    expect_percent(REPORT_FAILED, 0, 0, -1);
}

static void a_hundred_percent_are_only_of_one_that_has_moved(void **state)
{
    static const ReportPhase others[] = {REPORT_PREPARING, REPORT_SENDING, REPORT_POSTCOPY, REPORT_STAYED,
                                         REPORT_FAILED};
    (void)state;

    expect_percent(REPORT_MOVED, 0, 0, 100);
    expect_percent(REPORT_MOVED, 100, 100, 100);
    expect_percent(REPORT_MOVED, 100, 101, 100);
    for (size_t i = 0; i < G_N_ELEMENTS(others); i++) {
        expect_percent(others[i], 100, 0, 99);
        expect_percent(others[i], G_MAXINT64, 0, 99);
        expect_percent(others[i], G_MAXINT64, 1, 99);
        expect_percent(others[i], 100, 100, 0);
    }
}

static void every_percent_is_told_in_its_turn(void **state)
{
    static const gint64 units[] = {1, 7, 4096, 1000003, G_GINT64_CONSTANT(1) << 40};
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(units); i++)
        for (gint percent = 0; percent < 100; percent++)
            expect_percent(REPORT_SENDING, 100 * units[i], (100 - percent) * units[i], percent);
}

static void the_largest_guest_has_percent_as_well(void **state)
{
    (void)state;
    expect_percent(REPORT_SENDING, G_MAXINT64, G_MAXINT64, 0);
    expect_percent(REPORT_SENDING, G_MAXINT64, G_MAXINT64 - 1, 0);
    expect_percent(REPORT_SENDING, G_MAXINT64, G_MAXINT64 / 4 * 3, 25);
    expect_percent(REPORT_SENDING, G_MAXINT64, G_MAXINT64 / 10, 90);
    expect_percent(REPORT_SENDING, G_MAXINT64 - 1, G_MAXINT64, -1);
}

static void expect_left(ReportPhase phase, gint64 remaining, gint64 rate, gint64 dirty, gint64 left_s)
{
    const Report report = {.phase = phase,
                           .total_bytes = G_MAXINT64,
                           .remaining_bytes = remaining,
                           .rate_bytes_s = rate,
                           .dirty_bytes_s = dirty};

    assert_int_equal(report_left_s(&report), left_s);
}

static void what_is_left_is_sent_as_fast_as_the_guest_does_not_write(void **state)
{
    (void)state;
    expect_left(REPORT_SENDING, 1000, 100, 0, 11);
    expect_left(REPORT_SENDING, 1000, 100, 50, 21);
    expect_left(REPORT_SENDING, 1000, 100, 99, 1001);
    expect_left(REPORT_SENDING, 99, 100, 0, 1);
    expect_left(REPORT_SENDING, 0, 100, 0, 1);
}

static void it_never_ends_where_the_guest_writes_as_fast(void **state)
{
    (void)state;
    expect_left(REPORT_SENDING, 1000, 100, 100, -1);
    expect_left(REPORT_SENDING, 1000, 100, 101, -1);
    expect_left(REPORT_SENDING, 1000, 100, G_MAXINT64, -1);
    expect_left(REPORT_SENDING, 1000, 0, 0, -1);
    expect_left(REPORT_POSTCOPY, 1000, 0, 0, -1);
}

static void in_post_copy_nothing_is_sent_twice(void **state)
{
    (void)state;
    expect_left(REPORT_POSTCOPY, 1000, 100, 0, 11);
    expect_left(REPORT_POSTCOPY, 1000, 100, 99, 11);
    expect_left(REPORT_POSTCOPY, 1000, 100, G_MAXINT64, 11);
}

static void what_has_ended_takes_no_time(void **state)
{
    (void)state;
    expect_left(REPORT_MOVED, 0, 100, 0, -1);
    expect_left(REPORT_MOVED, 1000, 100, 0, -1);
    expect_left(REPORT_STAYED, 1000, 100, 0, -1);
    expect_left(REPORT_FAILED, 1000, 100, 0, -1);
}

static void the_time_left_is_not_known_before_the_size_is(void **state)
{
    const Report report = {.phase = REPORT_SENDING, .rate_bytes_s = 100};
    (void)state;

    assert_int_equal(report_left_s(&report), -1);
}

static void the_longest_time_is_told_as_well(void **state)
{
    (void)state;
    expect_left(REPORT_SENDING, G_MAXINT64 - 1, 1, 0, G_MAXINT64);
    expect_left(REPORT_SENDING, G_MAXINT64, 1, 0, G_MAXINT64);
    expect_left(REPORT_POSTCOPY, G_MAXINT64, 1, G_MAXINT64, G_MAXINT64);
    expect_left(REPORT_SENDING, G_MAXINT64, G_MAXINT64, G_MAXINT64 - 1, G_MAXINT64);
    expect_left(REPORT_SENDING, G_MAXINT64, G_MAXINT64, 0, 2);
}

/* ---- files --------------------------------------------------------------------------------------- */

static void save(const char *directory, const Report *report)
{
    g_autoptr(GError) error = NULL;

    if (!report_save(report, directory, &error))
        fail_msg("%s", error->message);
}

static guint count_files(const char *directory)
{
    g_autoptr(GDir) files = g_dir_open(directory, 0, NULL);
    guint count = 0;

    while (g_dir_read_name(files) != NULL)
        count++;
    return count;
}

/* It is found, and its file stays. */
static void expect_collected(const char *directory, const Report *report)
{
    for (int i = 0; i < 2; i++) {
        g_autoptr(GPtrArray) reports = report_collect(directory);
        assert_int_equal(reports->len, 1);
        expect_same(reports->pdata[0], report);
        assert_int_equal(count_files(directory), 1);
    }
}

static void expect_removed(const char *directory)
{
    g_autoptr(GPtrArray) reports = report_collect(directory);

    assert_int_equal(reports->len, 0);
    assert_int_equal(count_files(directory), 0);
}

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

static void a_report_of_a_living_agent_is_found(void **state)
{
    g_autoptr(Report) report = make_running("web1");

    save(*state, report);
    expect_collected(*state, report);
    report->phase = REPORT_SENDING;
    report->remaining_bytes = 42;
    set_text(&report->reason, "a|b\nc \xff");
    save(*state, report);
    expect_collected(*state, report);
}

static void any_resource_has_a_file_of_its_own(void **state)
{
    static const char *const names[] = {"web1", "web1:0",  "a/b",         "a b", "a%20b",
                                        "..",   "../../x", "gr\xc3\xbcn", "%s"};

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autoptr(Report) report = make_running(names[i]);
        save(*state, report);
    }
    g_autoptr(GPtrArray) reports = report_collect(*state);
    assert_int_equal(reports->len, G_N_ELEMENTS(names));
    assert_int_equal(count_files(*state), G_N_ELEMENTS(names));
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        guint found = 0;
        for (guint j = 0; j < reports->len; j++)
            found += strcmp(((const Report *)reports->pdata[j])->resource, names[i]) == 0;
        assert_int_equal(found, 1);
    }
}

static void a_report_whose_agent_is_gone_is_removed(void **state)
{
    pid_t pid = start_process();
    g_autoptr(Report) report = make_running("web1");
    guint64 start_time = 0;
    siginfo_t info;

    assert_true(ocf_process_start_time(pid, &start_time));
    report->pid = pid;
    report->start_time = (gint64)start_time;
    save(*state, report);
    expect_collected(*state, report);
    kill(pid, SIGKILL);
    assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
    expect_removed(*state); /* a zombie ends nothing */
    save(*state, report);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    expect_removed(*state);
}

static void a_reused_pid_drives_no_report(void **state)
{
    static const gint64 apart[] = {-1, 1};

    for (size_t i = 0; i < G_N_ELEMENTS(apart); i++) {
        g_autoptr(Report) report = make_running("web1");
        report->start_time += apart[i];
        save(*state, report);
        expect_removed(*state);
    }
    g_autoptr(Report) report = make_running("web1");
    report->pid = 0;
    save(*state, report);
    expect_removed(*state);
}

static void an_ended_report_is_kept_for_a_while(void **state)
{
    static const gint64 ages_s[] = {0, REPORT_KEPT_S / 2};
    static const ReportPhase phases[] = {REPORT_MOVED, REPORT_STAYED, REPORT_FAILED};

    for (size_t i = 0; i < G_N_ELEMENTS(phases); i++)
        for (size_t j = 0; j < G_N_ELEMENTS(ages_s); j++) {
            g_autoptr(Report) report = make_ended("web1", now_s() - ages_s[j]);
            report->phase = phases[i];
            report->pid = 0; /* and nobody has to live for it */
            save(*state, report);
            expect_collected(*state, report);
        }
}

static void an_ended_report_is_removed_after_that(void **state)
{
    static const gint64 ages_s[] = {REPORT_KEPT_S, REPORT_KEPT_S + 1, 1000000};

    for (size_t i = 0; i < G_N_ELEMENTS(ages_s); i++) {
        g_autoptr(Report) report = make_ended("web1", now_s() - ages_s[i]);
        save(*state, report);
        expect_removed(*state);
    }
}

/* Nobody would remove it before the clock comes there again. */
static void a_report_that_ends_in_the_future_is_removed(void **state)
{
    g_autoptr(Report) late = make_ended("web1", now_s() + 10 * REPORT_KEPT_S);
    g_autoptr(Report) never = make_ended("web2", G_MAXINT64);

    save(*state, late);
    save(*state, never);
    expect_removed(*state);
}

static void a_damaged_report_is_removed(void **state)
{
    static const char *const damaged[] = {"", "nonsense", "form=1 phase=sending", "\xff\xfe", "\n"};

    for (size_t i = 0; i < G_N_ELEMENTS(damaged); i++) {
        g_autofree char *path = unit_write(*state, "LiveDomain-web1.report", damaged[i], -1);
        expect_removed(*state);
    }
}

static void files_that_are_no_reports_are_left_alone(void **state)
{
    static const char *const names[] = {
        "LiveDomain-web1.guest",  "LiveDomain-web1.journal", "LiveDomain-web1.report.X1", "history", "report",
        "LiveDomain-web1.reports"};
    g_autoptr(Report) report = make_running("web2");
    g_autofree char *line = report_print(report);

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *damaged = unit_write(*state, names[i], i % 2 == 0 ? "nonsense" : line, -1);
    }
    g_autofree char *inner = g_build_filename(*state, "inner.report", NULL);
    assert_int_equal(g_mkdir(inner, 0700), 0);
    save(*state, report);
    g_autoptr(GPtrArray) reports = report_collect(*state);
    assert_int_equal(reports->len, 1);
    expect_same(reports->pdata[0], report);
    assert_int_equal(count_files(*state), G_N_ELEMENTS(names) + 2);
}

static void the_others_are_found_beside_one_that_is_removed(void **state)
{
    g_autoptr(Report) old = make_ended("web1", now_s() - REPORT_KEPT_S);
    g_autoptr(Report) report = make_running("web2");
    g_autofree char *damaged = unit_write(*state, "LiveDomain-web0.report", "nonsense", -1);

    save(*state, old);
    save(*state, report);
    expect_collected(*state, report);
}

static void where_there_is_no_directory_there_is_no_report(void **state)
{
    g_autofree char *inner = g_build_filename(*state, "one", "two", NULL);
    g_autoptr(GPtrArray) none = report_collect(inner);
    g_autoptr(Report) report = make_running("web1");

    assert_int_equal(none->len, 0);
    save(inner, report); /* and it is made when it is needed */
    expect_collected(inner, report);
}

static void a_report_that_cannot_be_saved_says_so(void **state)
{
    g_autofree char *file = unit_write(*state, "file", "", -1);
    g_autoptr(Report) report = make_running("web1");
    g_autoptr(GError) error = NULL;

    assert_false(report_save(report, file, &error));
    unit_expect_error(&error, OCF_ERR_GENERIC, "cannot write");
}

/* ---- the history --------------------------------------------------------------------------------- */

static void remember(const char *directory, const Report *report)
{
    g_autoptr(GError) error = NULL;

    if (!report_remember(report, directory, &error))
        fail_msg("%s", error->message);
}

static GPtrArray *read_history(const char *directory)
{
    g_autoptr(GError) error = NULL;
    GPtrArray *reports = report_history(directory, &error);

    if (reports == NULL)
        fail_msg("%s", error->message);
    return reports;
}

static void expect_two(const char *directory, const Report *one, const Report *two)
{
    g_autoptr(GPtrArray) reports = read_history(directory);

    assert_int_equal(reports->len, 2);
    expect_same(reports->pdata[0], one);
    expect_same(reports->pdata[1], two);
}

static goffset size_of(const char *directory, const char *name)
{
    g_autofree char *path = g_build_filename(directory, name, NULL);
    GStatBuf status;

    return g_stat(path, &status) == 0 ? status.st_size : -1;
}

/* Adds LENGTH bytes of TEXT to the history, as another version or a crash may have done. */
static void append(const char *directory, const char *text, size_t length)
{
    g_autofree char *path = g_build_filename(directory, "history", NULL);
    FILE *file = fopen(path, "a");

    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

static void what_is_remembered_is_told_oldest_first(void **state)
{
    g_autoptr(Report) one = make_ended("web1", now_s());
    g_autoptr(Report) two = make_ended("web0", now_s());

    two->began_s = one->began_s - 1000000;
    set_text(&one->reason, "a|b\nc \xff");
    remember(*state, one);
    remember(*state, two); /* it came from another node, and late */
    expect_two(*state, two, one);
}

static void nothing_remembered_is_an_empty_history(void **state)
{
    g_autofree char *inner = g_build_filename(*state, "one", "two", NULL);
    g_autoptr(GPtrArray) none = read_history(*state);
    g_autoptr(GPtrArray) nowhere = read_history(inner);
    g_autoptr(Report) report = make_ended("web1", now_s());

    assert_int_equal(none->len, 0);
    assert_int_equal(nowhere->len, 0);
    remember(inner, report); /* and the directory is made when it is needed */
    g_autoptr(GPtrArray) reports = read_history(inner);
    assert_int_equal(reports->len, 1);
}

/* Wherever it was torn. */
static void half_a_line_costs_only_itself(void **state)
{
    g_autoptr(Report) one = make_ended("web1", now_s());
    g_autoptr(Report) torn = make_ended("web2", now_s());
    g_autoptr(Report) two = make_ended("web3", now_s());
    g_autofree char *line = report_print(torn);
    g_autofree char *path = g_build_filename(*state, "history", NULL);
    const size_t most = (size_t)(strstr(line, "ended=") - line) + strlen("ended=");

    for (size_t length = 1; length <= most; length++) {
        g_unlink(path);
        remember(*state, one);
        append(*state, line, length);
        remember(*state, two);
        expect_two(*state, one, two);
    }
}

static void bytes_that_a_crash_left_cost_no_other_line(void **state)
{
    static const char hole[4096] = "";
    static const char *const damaged[] = {"nonsense\n", "\xff\xfe\n", "||||", "form=1 phase=moved"};
    g_autoptr(Report) one = make_ended("web1", now_s());
    g_autoptr(Report) two = make_ended("web2", now_s());

    remember(*state, one);
    for (size_t i = 0; i < G_N_ELEMENTS(damaged); i++)
        append(*state, damaged[i], strlen(damaged[i]));
    append(*state, hole, sizeof hole);
    remember(*state, two);
    expect_two(*state, one, two);
}

/* The file is filled up so that one more report just fits in, or just does not. */
static void the_history_is_never_larger_than_allowed(void **state)
{
    g_autoptr(Report) report = make_ended("web1", now_s());
    g_autofree char *filler = g_strnfill(REPORT_HISTORY_MOST_BYTES, 'x');
    g_autofree char *path = g_build_filename(*state, "history", NULL);
    g_autofree char *before = g_build_filename(*state, "history.1", NULL);

    remember(*state, report);
    const goffset size = size_of(*state, "history");
    for (goffset room = size - 3; room <= size + 3; room++) {
        g_unlink(path);
        g_unlink(before);
        append(*state, filler, (size_t)(REPORT_HISTORY_MOST_BYTES - room));
        remember(*state, report);
        assert_true(size_of(*state, "history") <= REPORT_HISTORY_MOST_BYTES);
        assert_true(size_of(*state, "history.1") <= REPORT_HISTORY_MOST_BYTES);
        assert_int_equal(size_of(*state, "history.1") >= 0, room < size);
        g_autoptr(GPtrArray) reports = read_history(*state);
        assert_int_equal(reports->len, 1);
        expect_same(reports->pdata[0], report);
    }
}

/* The newest ones are there, in their order and without a gap. Returns how many. */
static guint expect_newest(const char *directory, gint64 newest)
{
    g_autoptr(GPtrArray) reports = read_history(directory);

    for (guint i = 0; i < reports->len; i++)
        assert_int_equal(((const Report *)reports->pdata[reports->len - 1 - i])->pass, newest - i);
    return reports->len;
}

static void only_the_older_half_is_thrown_away(void **state)
{
    g_autofree char *reason = g_strnfill(MOST_TEXT_BYTES, '%');
    g_autoptr(Report) report = make_ended("web1", now_s());
    goffset last = 0;
    gint64 first = 1; /* of those in the newer file */

    set_text(&report->left, reason);
    set_text(&report->reason, reason);
    for (int rotations = 0; rotations < 3;) {
        report->pass++;
        remember(*state, report);
        goffset size = size_of(*state, "history");
        assert_true(size <= REPORT_HISTORY_MOST_BYTES);
        assert_true(size_of(*state, "history.1") <= REPORT_HISTORY_MOST_BYTES);
        if (size < last) {
            assert_int_equal(expect_newest(*state, report->pass), report->pass - first + 1);
            assert_true(report->pass - first > 100);
            first = report->pass;
            rotations++;
        }
        last = size;
    }
}

static void a_history_that_cannot_be_read_or_written_says_so(void **state)
{
    g_autofree char *path = g_build_filename(*state, "history", NULL);
    g_autoptr(Report) report = make_ended("web1", now_s());
    g_autoptr(GError) error = NULL;

    assert_int_equal(g_mkdir(path, 0700), 0);
    assert_null(report_history(*state, &error));
    unit_expect_error(&error, OCF_ERR_GENERIC, path);
    assert_false(report_remember(report, *state, &error));
    unit_expect_error(&error, OCF_ERR_GENERIC, path);
}

static void a_history_that_leads_elsewhere_is_not_followed(void **state)
{
    g_autofree char *elsewhere = unit_write(*state, "elsewhere", "precious", -1);
    g_autofree char *path = g_build_filename(*state, "history", NULL);
    g_autofree char *text = NULL;
    g_autoptr(Report) report = make_ended("web1", now_s());
    g_autoptr(GError) error = NULL;

    assert_int_equal(symlink(elsewhere, path), 0);
    assert_false(report_remember(report, *state, &error));
    unit_expect_error(&error, OCF_ERR_GENERIC, path);
    assert_true(g_file_get_contents(elsewhere, &text, NULL, NULL));
    assert_string_equal(text, "precious");
}

static int remember_without_room(void *directory)
{
    g_autoptr(Report) report = make_ended("web2", now_s());
    const rlim_t size = (rlim_t)size_of(directory, "history") + 20;
    const struct rlimit limit = {size, size};
    g_autoptr(GError) error = NULL;

    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &limit);
    return report_remember(report, directory, &error) || strstr(error->message, "Success") != NULL;
}

static void a_disk_without_room_is_told_and_costs_only_one_line(void **state)
{
    g_autoptr(Report) one = make_ended("web1", now_s());
    g_autoptr(Report) two = make_ended("web3", now_s());

    remember(*state, one);
    g_auto(UnitChild) child = unit_fork(remember_without_room, *state);
    assert_int_equal(child.status, 0);
    remember(*state, two);
    expect_two(*state, one, two);
}

static void none_is_freed_as_well(void **state)
{
    (void)state;
    report_free(NULL);
}

int main(void)
{
#define WITH_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, unit_directory_new, unit_directory_free)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_report_is_of_this_process_and_of_now),
        cmocka_unit_test(every_text_is_kept_whatever_it_holds),
        cmocka_unit_test(texts_are_kept_apart),
        cmocka_unit_test(every_number_is_kept),
        cmocka_unit_test(every_phase_has_a_name_and_is_kept),
        cmocka_unit_test(what_is_printed_needs_no_quoting_anywhere),
        cmocka_unit_test(a_long_text_is_cut_between_characters_and_only_once),
        cmocka_unit_test(what_another_process_wrote_is_understood),
        cmocka_unit_test(what_has_ended_is_understood),
        cmocka_unit_test(words_of_a_newer_version_are_skipped),
        cmocka_unit_test(words_may_stand_in_any_order),
        cmocka_unit_test(another_form_is_refused),
        cmocka_unit_test(a_phase_that_nobody_knows_is_refused),
        cmocka_unit_test(who_and_where_must_be_told),
        cmocka_unit_test(an_end_and_its_time_go_together),
        cmocka_unit_test(numbers_that_are_none_are_refused),
        cmocka_unit_test(a_report_that_is_cut_off_early_is_refused),
        cmocka_unit_test(several_are_kept_in_their_order),
        cmocka_unit_test(none_and_one_are_printed_and_parsed_as_well),
        cmocka_unit_test(bars_and_line_breaks_part_reports_and_what_is_none_is_left_out),
        cmocka_unit_test(how_far_it_is_may_not_be_known),
        cmocka_unit_test(a_hundred_percent_are_only_of_one_that_has_moved),
        cmocka_unit_test(every_percent_is_told_in_its_turn),
        cmocka_unit_test(the_largest_guest_has_percent_as_well),
        cmocka_unit_test(what_is_left_is_sent_as_fast_as_the_guest_does_not_write),
        cmocka_unit_test(it_never_ends_where_the_guest_writes_as_fast),
        cmocka_unit_test(in_post_copy_nothing_is_sent_twice),
        cmocka_unit_test(what_has_ended_takes_no_time),
        cmocka_unit_test(the_time_left_is_not_known_before_the_size_is),
        cmocka_unit_test(the_longest_time_is_told_as_well),
        WITH_DIRECTORY(a_report_of_a_living_agent_is_found),
        WITH_DIRECTORY(any_resource_has_a_file_of_its_own),
        WITH_DIRECTORY(a_report_whose_agent_is_gone_is_removed),
        WITH_DIRECTORY(a_reused_pid_drives_no_report),
        WITH_DIRECTORY(an_ended_report_is_kept_for_a_while),
        WITH_DIRECTORY(an_ended_report_is_removed_after_that),
        WITH_DIRECTORY(a_report_that_ends_in_the_future_is_removed),
        WITH_DIRECTORY(a_damaged_report_is_removed),
        WITH_DIRECTORY(files_that_are_no_reports_are_left_alone),
        WITH_DIRECTORY(the_others_are_found_beside_one_that_is_removed),
        WITH_DIRECTORY(where_there_is_no_directory_there_is_no_report),
        WITH_DIRECTORY(a_report_that_cannot_be_saved_says_so),
        WITH_DIRECTORY(what_is_remembered_is_told_oldest_first),
        WITH_DIRECTORY(nothing_remembered_is_an_empty_history),
        WITH_DIRECTORY(half_a_line_costs_only_itself),
        WITH_DIRECTORY(bytes_that_a_crash_left_cost_no_other_line),
        WITH_DIRECTORY(the_history_is_never_larger_than_allowed),
        WITH_DIRECTORY(only_the_older_half_is_thrown_away),
        WITH_DIRECTORY(a_history_that_cannot_be_read_or_written_says_so),
        WITH_DIRECTORY(a_history_that_leads_elsewhere_is_not_followed),
        WITH_DIRECTORY(a_disk_without_room_is_told_and_costs_only_one_line),
        cmocka_unit_test(none_is_freed_as_well),
    };

    unit_log_start();
    return cmocka_run_group_tests_name("agent/report", tests, NULL, NULL);
}
