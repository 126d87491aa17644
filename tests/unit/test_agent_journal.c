/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/unit.h"

#include "agent/journal.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define UUID "11111111-2222-3333-4444-555555555555"
#define OTHER_UUID "99999999-8888-7777-6666-555555555555"

static GString *said;

static Journal *make_journal(const char *resource)
{
    Journal *journal = journal_new();

    journal_set(&journal->resource, resource);
    journal_set(&journal->name, "web1");
    journal_set(&journal->uuid, UUID);
    journal_set(&journal->source, "a1");
    journal_set(&journal->target, "a2");
    journal_set(&journal->hypervisor, "qemu:///system");
    journal_set(&journal->remote_uri, "qemu+tls://10.99.2.2/system");
    journal_set(&journal->network, "mig");
    journal->step = JOURNAL_SENDING;
    journal->retry_delay_s = 600;
    return journal;
}

static void expect_same(const Journal *one, const Journal *two)
{
    assert_non_null(one);
    assert_string_equal(one->id, two->id);
    assert_string_equal(one->resource, two->resource);
    assert_string_equal(one->name, two->name);
    assert_string_equal(one->uuid, two->uuid);
    assert_string_equal(one->source, two->source);
    assert_string_equal(one->target, two->target);
    assert_string_equal(one->hypervisor, two->hypervisor);
    assert_string_equal(one->remote_uri, two->remote_uri);
    assert_string_equal(one->network, two->network);
    assert_string_equal(one->reason, two->reason);
    assert_string_equal(one->driver.boot_id, two->driver.boot_id);
    assert_int_equal(one->step, two->step);
    assert_int_equal(one->driver.pid, two->driver.pid);
    assert_int_equal(one->driver.start_time, two->driver.start_time);
    assert_int_equal(one->began_s, two->began_s);
    assert_int_equal(one->retry_delay_s, two->retry_delay_s);
}

static void expect_loaded(const char *directory, const Journal *saved)
{
    g_autoptr(Journal) loaded = NULL;
    g_autoptr(GError) error = NULL;

    assert_true(journal_load(directory, saved->resource, &loaded, &error));
    expect_same(loaded, saved);
}

static void expect_none(const char *directory, const char *resource)
{
    Journal *loaded = (Journal *)&said; /* anything but NULL */

    assert_true(journal_load(directory, resource, &loaded, NULL));
    assert_null(loaded);
}

/* There is one, it is not understood, and the error names the file and says PART. */
static void expect_not_understood(const char *directory, const char *resource, const char *part)
{
    g_autofree char *path = journal_path(directory, resource);
    Journal *const untouched = (Journal *)&said;
    Journal *loaded = untouched;
    g_autoptr(GError) error = NULL;

    assert_false(journal_load(directory, resource, &loaded, &error));
    assert_ptr_equal(loaded, untouched);
    assert_non_null(error);
    assert_non_null(strstr(error->message, path));
    unit_expect_error(&error, OCF_ERR_GENERIC, part);
}

/* BODY with the sum that belongs to it: what only another program than this one could have written. */
static char *with_sum(const char *body)
{
    g_autofree char *sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, body, -1);

    return g_strdup_printf("%ssum=%s\n", body, sum);
}

static char *body_of(const Journal *journal)
{
    gsize length = 0;
    char *text = journal_print(journal, &length);

    *strstr(text, "sum=") = '\0';
    return text;
}

/* The body with the line of KEY replaced by LINE, or taken out where that is NULL. */
static char *with_line(const char *body, const char *key, const char *line)
{
    g_auto(GStrv) lines = g_strsplit(body, "\n", 0);
    g_autofree char *start = g_strdup_printf("%s=", key);
    GString *text = g_string_new(NULL);
    gboolean found = FALSE;

    for (guint i = 0; lines[i] != NULL && *lines[i] != '\0'; i++) {
        gboolean it = g_str_has_prefix(lines[i], start);
        found |= it;
        if (!it)
            g_string_append_printf(text, "%s\n", lines[i]);
        else if (line != NULL)
            g_string_append_printf(text, "%s\n", line);
    }
    assert_true(found);
    return g_string_free(text, FALSE);
}

static void expect_refused(const char *text, const char *part)
{
    g_autoptr(GError) error = NULL;

    assert_null(journal_parse(text, strlen(text), &error));
    unit_expect_error(&error, OCF_ERR_GENERIC, part);
}

/* ---- what is written ----------------------------------------------------------------------------- */

static const char *const names[] = {
    "web1",
    "with space",
    " leading and trailing ",
    "\tTab\t",
    "a=b",
    "[migration]",
    "#comment",
    "sum=0",
    "semi;colon",
    "back\\slash\\n",
    "x\\",
    "\"quoted\"",
    "'",
    "gr\xc3\xbc\xc3\x9f",
    "\xe4\xbb\xae\xe6\x83\xb3",
    "%n %s",
    "a\nb\r\nc",
    "\x01\x7f",
    "../../etc/passwd",
};

static void what_is_saved_is_loaded(void **state)
{
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autoptr(Journal) journal = make_journal(names[i]);
        g_autofree char *another = g_strconcat(names[i], "2", NULL);
        g_autoptr(GError) error = NULL;
        journal_set(&journal->name, names[i]);
        journal_set(&journal->source, names[i]);
        journal_set(&journal->target, another);
        journal_set(&journal->hypervisor, names[i]);
        journal_set(&journal->remote_uri, names[i]);
        journal_set(&journal->network, names[i]);
        journal_set(&journal->reason, names[i]);
        assert_true(journal_save(journal, *state, &error));
        expect_loaded(*state, journal);
    }
}

static void every_step_has_a_name_and_is_loaded_as_itself(void **state)
{
    g_autoptr(Journal) journal = make_journal("r");

    assert_string_equal(journal_step_name(JOURNAL_PREPARING), "preparing");
    assert_string_equal(journal_step_name(JOURNAL_SENDING), "sending");
    assert_string_equal(journal_step_name(JOURNAL_MOVED), "moved");
    assert_string_equal(journal_step_name(JOURNAL_STAYED), "stayed");
    assert_string_equal(journal_step_name(JOURNAL_UNSETTLED), "unsettled");
    assert_string_equal(journal_step_name(JOURNAL_STOPPED), "stopped");
    for (journal->step = JOURNAL_PREPARING; journal->step <= JOURNAL_STOPPED; journal->step++) {
        assert_true(journal_save(journal, *state, NULL));
        expect_loaded(*state, journal);
    }
}

static void the_largest_numbers_are_kept(void **state)
{
    g_autoptr(Journal) journal = make_journal("r");

    journal->driver.pid = G_MAXINT32;
    journal->driver.start_time = G_MAXINT64;
    journal->began_s = journal->retry_delay_s = G_MAXINT64;
    assert_true(journal_save(journal, *state, NULL));
    expect_loaded(*state, journal);
    journal->driver.pid = 0;
    journal->driver.start_time = 0;
    journal->began_s = journal->retry_delay_s = 0;
    assert_true(journal_save(journal, *state, NULL));
    expect_loaded(*state, journal);
}

static void a_new_journal_has_an_id_of_its_own_and_is_driven_by_who_made_it(void **state)
{
    g_autoptr(Journal) one = journal_new();
    g_autoptr(Journal) two = journal_new();
    (void)state;

    assert_true(g_uuid_string_is_valid(one->id));
    assert_string_not_equal(one->id, two->id);
    assert_int_equal(one->step, JOURNAL_PREPARING);
    assert_int_equal(one->driver.pid, getpid());
    assert_true(journal_is_driven(one));
    assert_string_equal(one->resource, "");
    assert_string_equal(one->reason, "");
    assert_true(one->began_s > 1700000000);
    journal_set(&one->reason, "why");
    journal_set(&one->reason, one->reason);
    assert_string_equal(one->reason, "why");
    journal_set(&one->reason, NULL);
    assert_string_equal(one->reason, "");
    journal_free(NULL);
}

static void a_missing_directory_is_made_for_root_alone(void **state)
{
    g_autoptr(Journal) journal = make_journal("r");
    g_autofree char *inner = g_build_filename(*state, "lib", "wherry", NULL);
    g_autofree char *path = journal_path(inner, "r");
    struct stat status;

    assert_true(journal_save(journal, inner, NULL));
    expect_loaded(inner, journal);
    assert_int_equal(stat(inner, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0700);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
}

static void a_new_journal_replaces_the_old_one_and_leaves_nothing_beside_it(void **state)
{
    g_autoptr(Journal) first = make_journal("r"), second = make_journal("r");
    g_autoptr(GDir) directory = NULL;

    journal_set(&first->reason, "a very much longer reason than the one of the second");
    assert_true(journal_save(first, *state, NULL));
    assert_true(journal_save(second, *state, NULL));
    expect_loaded(*state, second);
    directory = g_dir_open(*state, 0, NULL);
    assert_string_equal(g_dir_read_name(directory), "LiveDomain-r.migration");
    assert_null(g_dir_read_name(directory));
}

/* A reason may be what another program said: any bytes, of any length. It must not keep a step from the disk.
 */
static void any_reason_can_be_saved(void **state)
{
    g_autoptr(Journal) journal = make_journal("r");
    g_autofree char *long_text = g_strnfill(1000000, 'x');
    g_autoptr(GString) wide = g_string_new("x");

    while (wide->len < 5000)
        g_string_append(wide, "\xe4\xbb\xae");
    const char *const reasons[] = {long_text, wide->str, "\xff\xfe\x80 broken", "two\nlines\r", "\xe4\xbb"};
    for (size_t i = 0; i < G_N_ELEMENTS(reasons); i++) {
        g_autoptr(Journal) loaded = NULL;
        journal_set(&journal->reason, reasons[i]);
        journal_set(&journal->network, reasons[i]);
        assert_true(journal_save(journal, *state, NULL));
        assert_true(journal_load(*state, "r", &loaded, NULL));
        assert_true(strlen(loaded->reason) > 0 && strlen(loaded->reason) <= 1024);
        assert_true(g_utf8_validate(loaded->reason, -1, NULL));
        assert_string_equal(loaded->network, loaded->reason);
    }
}

static void what_would_not_be_understood_is_not_saved(void **state)
{
    g_autoptr(Journal) good = make_journal("r");
    g_autofree char *long_text = g_strnfill(100000, 'x');
    char **const fields[] = {&good->id,     &good->name,   &good->uuid,
                             &good->source, &good->target, &good->driver.boot_id};
    const char *const wrong[] = {"", "\xff", long_text};

    assert_true(journal_save(good, *state, NULL));
    g_autoptr(Journal) saved = NULL;
    assert_true(journal_load(*state, "r", &saved, NULL));
    for (size_t i = 0; i < G_N_ELEMENTS(fields); i++)
        for (size_t j = 0; j < G_N_ELEMENTS(wrong); j++) {
            g_autofree char *right = g_strdup(*fields[i]);
            g_autoptr(GError) error = NULL;
            journal_set(fields[i], wrong[j]);
            assert_false(journal_save(good, *state, &error));
            unit_expect_error(&error, OCF_ERR_GENERIC, "LiveDomain-r.migration");
            journal_set(fields[i], right);
        }
    good->retry_delay_s = -1;
    assert_false(journal_save(good, *state, NULL));
    expect_loaded(*state, saved);
}

/* ---- what is read -------------------------------------------------------------------------------- */

static void no_journal_is_no_error(void **state)
{
    g_autofree char *long_name = g_strnfill(300, 'x');

    g_string_truncate(said, 0);
    expect_none(*state, "r");
    expect_none("/nonexistent/wherry", "r");
    expect_none(*state, long_name);
    assert_string_equal(said->str, "");
}

static void every_prefix_of_a_journal_is_refused(void **state)
{
    g_autoptr(Journal) journal = make_journal("r");
    gsize length = 0;
    g_autofree char *text = journal_print(journal, &length);
    g_autoptr(Journal) whole = journal_parse(text, length, NULL);
    (void)state;

    expect_same(whole, journal);
    for (gsize cut = 0; cut < length; cut++) {
        g_autofree char *copy = g_memdup2(text, cut); /* exactly: a read past its end is seen by ASan */
        g_autoptr(GError) error = NULL;
        assert_null(journal_parse(cut > 0 ? copy : "", cut, &error));
        unit_expect_error(&error, OCF_ERR_GENERIC, "cut off or damaged");
    }
}

static void a_change_of_any_byte_is_noticed(void **state)
{
    g_autoptr(Journal) journal = make_journal("r");
    gsize length = 0;
    g_autofree char *text = journal_print(journal, &length);
    (void)state;

    for (gsize at = 0; at < length; at++)
        for (int flip = 1; flip < 256; flip++) {
            g_autoptr(GError) error = NULL;
            text[at] = (char)(text[at] ^ flip);
            assert_null(journal_parse(text, length, &error));
            text[at] = (char)(text[at] ^ flip);
            unit_expect_error(&error, OCF_ERR_GENERIC, "cut off or damaged");
        }
}

static void what_follows_the_sum_is_noticed(void **state)
{
    g_autoptr(Journal) journal = make_journal("r");
    gsize length = 0;
    g_autofree char *text = journal_print(journal, &length);
    static const char *const tails[] = {"\n", " ", "#", "step=moved\n", "[migration]\nstep=moved\n"};
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(tails); i++) {
        g_autofree char *more = g_strconcat(text, tails[i], NULL);
        expect_refused(more, "cut off or damaged");
    }
    g_autofree char *twice = g_strconcat(text, text, NULL);
    expect_refused(twice, "cut off or damaged");
    assert_null(journal_parse(text, length + 1, NULL)); /* its NUL */
}

/* Both would hide what follows from a reader of lines or of strings. */
static void a_nul_or_a_broken_last_line_is_refused_with_the_right_sum_too(void **state)
{
    g_autoptr(Journal) journal = make_journal("r");
    g_autofree char *body = body_of(journal);
    g_autofree char *broken = g_strndup(body, strlen(body) - 1);
    g_autofree char *broken_text = with_sum(broken);
    g_autoptr(GString) nul = g_string_new(body);
    (void)state;

    expect_refused(broken_text, "cut off or damaged");
    g_string_append_len(nul, "#\0\n", 3);
    g_autofree char *sum = g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)nul->str, nul->len);
    g_string_append_printf(nul, "sum=%s\n", sum);
    assert_null(journal_parse(nul->str, nul->len, NULL));
}

static void a_future_version_is_named(void **state)
{
    g_autoptr(Journal) journal = make_journal("r");
    g_autofree char *body = body_of(journal);
    g_autofree char *newer = with_line(body, "version", "version=2");
    g_autofree char *unlike = with_sum("[migration]\nversion=17\nall=else is new\n");
    g_autofree char *older = with_line(body, "version", "version=0");
    g_autofree char *text = with_sum(newer);
    g_autofree char *old_text = with_sum(older);
    g_autofree char *path = journal_path(*state, "r");

    expect_refused(text, "version is 2, of a newer Wherry");
    expect_refused(unlike, "version is 17, of a newer Wherry");
    expect_refused(old_text, "version is 0");
    assert_true(g_file_set_contents(path, unlike, -1, NULL));
    expect_not_understood(*state, "r", "version is 17, of a newer Wherry");
}

/* Even with the right sum: a program that was wrong about itself may have written it. */
static void what_makes_no_sense_is_refused_and_the_key_named(void **state)
{
    static const struct {
        const char *key, *line;
    } wrong[] = {
        {"version", "version=one"},
        {"version", "version="},
        {"version", "version=-1"},
        {"version", "version=1.0"},
        {"step", "step="},
        {"step", "step=flying"},
        {"step", "step=Moved"},
        {"step", "step=moved "
                 "x"},
        {"step", "step=\xff"},
        {"id", "id="},
        {"id", "id=1"},
        {"uuid", "uuid="},
        {"uuid", "uuid=11111111-2222-3333-4444-55555555555"},
        {"resource", "resource="},
        {"name", "name="},
        {"name", "name=\xff\xfe"},
        {"name", "name=a\\q"},
        {"source", "source="},
        {"target", "target="},
        {"target", "target=a1"},
        {"hypervisor", "hypervisor=\xff"},
        {"boot_id", "boot_id="},
        {"pid", "pid="},
        {"pid", "pid=x"},
        {"pid", "pid=-7"},
        {"pid", "pid=+7"},
        {"pid", "pid=0x10"},
        {"pid", "pid=2147483648"},
        {"pid", "pid=99999999999999999999"},
        {"start_time", "start_time=-1"},
        {"start_time", "start_time=99999999999999999999"},
        {"began_s", "began_s=1.5"},
        {"began_s", "began_s=9223372036854775808"},
        {"retry_delay_s", "retry_delay_s=10s"},
        {"retry_delay_s", "retry_delay_s=1 2"},
    };
    g_autoptr(Journal) journal = make_journal("r");
    g_autofree char *body = body_of(journal);
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autofree char *changed = with_line(body, wrong[i].key, wrong[i].line);
        g_autofree char *text = with_sum(changed);
        g_autofree char *named = g_strdup_printf("its \"%s\" ", wrong[i].key);
        expect_refused(text, named);
    }
}

static void no_key_may_be_missing(void **state)
{
    g_autoptr(Journal) journal = make_journal("r");
    g_autofree char *body = body_of(journal);
    g_auto(GStrv) lines = g_strsplit(body, "\n", 0);
    guint keys = 0;
    (void)state;

    for (guint i = 1; lines[i] != NULL && *lines[i] != '\0'; i++, keys++) {
        g_autofree char *key = g_strndup(lines[i], strcspn(lines[i], "="));
        g_autofree char *less = with_line(body, key, NULL);
        g_autofree char *text = with_sum(less);
        g_autofree char *named = g_strdup_printf("its \"%s\" is missing", key);
        expect_refused(text, named);
    }
    assert_int_equal(keys, 18);
}

static void an_error_is_one_line_whatever_the_file_holds(void **state)
{
    static const char *const bodies[] = {
        "",       "\n", "\r\n", "x\ny\rz\n", "[\r]\n", "[migration]\n\r=\r\n", "[migration]\nversion=1\r2\n",
        "\xff\n",
    };
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(bodies); i++) {
        g_autofree char *text = with_sum(bodies[i]);
        g_autoptr(GError) error = NULL;
        assert_null(journal_parse(text, strlen(text), &error));
        assert_null(strpbrk(error->message, "\r\n"));
        unit_expect_error(&error, OCF_ERR_GENERIC, "it");
    }
}

static void a_file_that_is_not_understood_is_not_no_journal(void **state)
{
    static const char *const files[] = {"",
                                        "\n",
                                        "garbage",
                                        "[migration]\n",
                                        "{}",
                                        "\x7f"
                                        "ELF\x02\x01\x01"};
    g_autofree char *path = journal_path(*state, "r");
    g_autofree char *long_text = g_strnfill(64 * 1024 + 1, '#');

    for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
        assert_true(g_file_set_contents(path, files[i], -1, NULL));
        expect_not_understood(*state, "r", "cut off or damaged");
    }
    assert_true(g_file_set_contents(path, long_text, -1, NULL));
    expect_not_understood(*state, "r", "too long");
    assert_true(g_file_set_contents(path, long_text, 64 * 1024, NULL));
    expect_not_understood(*state, "r", "cut off or damaged");
}

static void what_is_no_regular_file_is_an_error_and_holds_up_nobody(void **state)
{
    g_autoptr(Journal) journal = make_journal("r");
    g_autofree char *path = journal_path(*state, "r");
    g_autofree char *elsewhere = g_build_filename(*state, "elsewhere", NULL);
    g_autofree char *file = unit_write(*state, "file", "x", -1);

    assert_int_equal(g_mkdir(path, 0700), 0);
    expect_not_understood(*state, "r", "no regular file");
    assert_false(journal_save(journal, *state, NULL));
    assert_int_equal(g_rmdir(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    alarm(UNIT_PATIENCE_MS / 1000);
    expect_not_understood(*state, "r", "no regular file");
    alarm(0);
    assert_int_equal(g_unlink(path), 0);
    assert_int_equal(symlink(elsewhere, path), 0);
    expect_not_understood(*state, "r", "cannot read");
    assert_true(journal_save(journal, *state, NULL));
    expect_loaded(*state, journal);
    assert_false(g_file_test(elsewhere, G_FILE_TEST_EXISTS));
    expect_not_understood(file, "r", "cannot read");
}

static void a_journal_of_another_resource_than_its_name_says_is_an_error(void **state)
{
    g_autoptr(Journal) journal = make_journal("r");
    g_autofree char *path = journal_path(*state, "r");
    g_autofree char *other = journal_path(*state, "R");

    assert_true(journal_save(journal, *state, NULL));
    assert_int_equal(g_rename(path, other), 0);
    expect_not_understood(*state, "R", "of another resource");
    expect_none(*state, "r");
}

/* ---- where nothing can be written ---------------------------------------------------------------- */

static void a_directory_that_cannot_be_written_is_an_error_that_names_the_file(void **state)
{
    g_autofree char *long_name = g_strnfill(300, 'x');
    g_autoptr(Journal) journal = make_journal("r");
    g_autoptr(Journal) long_journal = make_journal(long_name);
    g_autofree char *file = unit_write(*state, "file", "x", -1);
    g_autofree char *below = g_build_filename(file, "wherry", NULL);
    g_autoptr(GError) error = NULL;

    assert_false(journal_save(journal, below, &error));
    unit_expect_error(&error, OCF_ERR_GENERIC, "/file/wherry/LiveDomain-r.migration");
    assert_false(journal_save(journal, file, &error));
    unit_expect_error(&error, OCF_ERR_GENERIC, "/file/LiveDomain-r.migration");
    assert_false(journal_save(journal, "/proc/wherry", &error));
    unit_expect_error(&error, OCF_ERR_GENERIC, "cannot write /proc/wherry/LiveDomain-r.migration");
    assert_false(journal_save(long_journal, *state, &error));
    unit_expect_error(&error, OCF_ERR_GENERIC, "cannot write ");
}

static int save_without_room(void *directory)
{
    struct rlimit most, none = {.rlim_cur = 16};
    g_autoptr(Journal) journal = make_journal("r");
    g_autoptr(GError) error = NULL;

    journal->step = JOURNAL_MOVED;
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &most);
    none.rlim_max = most.rlim_max;
    setrlimit(RLIMIT_FSIZE, &none);
    gboolean saved = journal_save(journal, directory, &error);
    setrlimit(RLIMIT_FSIZE, &most);
    return !saved && error->code == OCF_ERR_GENERIC &&
                   strstr(error->message, "LiveDomain-r.migration") != NULL &&
                   strchr(error->message, '\n') == NULL
               ? 0
               : 1;
}

/* A full disk is played by a limit on the size of files. */
static void a_full_disk_is_an_error_and_the_old_journal_stays(void **state)
{
    g_autoptr(Journal) first = make_journal("r");

    assert_true(journal_save(first, *state, NULL));
    g_auto(UnitChild) child = unit_fork(save_without_room, *state);
    if (child.status != 0)
        fail_msg("%s", child.err);
    expect_loaded(*state, first);
}

/* ---- the driver ---------------------------------------------------------------------------------- */

/* A process that waits to be killed, as the driver of JOURNAL. */
static pid_t drive(Journal *journal)
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
    journal->driver.pid = pid;
    assert_true(ocf_process_start_time(pid, &journal->driver.start_time));
    assert_true(journal->driver.start_time > 0);
    return pid;
}

static void a_driver_is_at_work_until_its_process_has_ended(void **state)
{
    g_autoptr(Journal) journal = make_journal("r");
    pid_t pid = drive(journal);
    siginfo_t info;

    assert_true(journal_save(journal, *state, NULL));
    g_autoptr(Journal) loaded = NULL;
    assert_true(journal_load(*state, "r", &loaded, NULL));
    assert_true(journal_is_driven(loaded));
    kill(pid, SIGKILL);
    assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
    assert_false(journal_is_driven(loaded)); /* a zombie drives nothing */
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_false(journal_is_driven(loaded));
}

static void a_driver_of_another_boot_is_gone(void **state)
{
    g_autoptr(Journal) journal = make_journal("r");
    (void)state;

    assert_true(journal_is_driven(journal));
    journal_set(&journal->driver.boot_id, OTHER_UUID);
    assert_false(journal_is_driven(journal));
    journal_set(&journal->driver.boot_id, "");
    assert_false(journal_is_driven(journal));
}

static void a_reused_pid_is_no_driver(void **state)
{
    g_autoptr(Journal) journal = make_journal("r");
    const guint64 start_time = journal->driver.start_time;
    (void)state;

    journal->driver.start_time = start_time - 1;
    assert_false(journal_is_driven(journal));
    journal->driver.start_time = start_time + 1;
    assert_false(journal_is_driven(journal));
    journal->driver.start_time = 0;
    assert_false(journal_is_driven(journal));
    journal->driver.start_time = start_time;
    assert_true(journal_is_driven(journal));
    journal->driver.pid = 1;
    assert_false(journal_is_driven(journal));
    journal->driver.pid = 0;
    assert_false(journal_is_driven(journal));
}

static void no_process_drives_where_none_is_named(void **state)
{
    g_autoptr(Journal) journal = make_journal("r");
    (void)state;

    journal->driver.pid = 0;
    journal->driver.start_time = 0;
    assert_false(journal_is_driven(journal));
    journal->driver.pid = G_MAXINT32;
    assert_false(journal_is_driven(journal));
}

/* ---- removed, set aside, listed ------------------------------------------------------------------ */

static void a_removed_journal_is_gone_and_removing_none_is_fine(void **state)
{
    g_autoptr(Journal) journal = make_journal("r");
    g_autofree char *long_name = g_strnfill(300, 'x');
    g_autofree char *path = journal_path(*state, "directory");
    g_autoptr(GError) error = NULL;

    assert_true(journal_save(journal, *state, NULL));
    assert_true(journal_remove(*state, "r", NULL));
    expect_none(*state, "r");
    assert_true(journal_remove(*state, "r", NULL));
    assert_true(journal_remove("/nonexistent/wherry", "r", NULL));
    assert_true(journal_remove(*state, long_name, NULL));
    assert_int_equal(g_mkdir(path, 0700), 0);
    assert_false(journal_remove(*state, "directory", &error));
    unit_expect_error(&error, OCF_ERR_GENERIC, "LiveDomain-directory.migration");
}

static void a_journal_set_aside_is_kept_and_no_longer_in_the_way(void **state)
{
    g_autofree char *path = journal_path(*state, "r");
    g_autofree char *aside = g_strconcat(path, ".unreadable", NULL);
    g_autofree char *kept = NULL;
    g_autoptr(GPtrArray) resources = NULL;

    assert_true(g_file_set_contents(path, "first", -1, NULL));
    assert_true(journal_set_aside(*state, "r", NULL));
    assert_true(g_file_set_contents(path, "second", -1, NULL));
    assert_true(journal_set_aside(*state, "r", NULL));
    expect_none(*state, "r");
    assert_true(g_file_get_contents(aside, &kept, NULL, NULL));
    assert_string_equal(kept, "second");
    resources = journal_list(*state, NULL);
    assert_int_equal(resources->len, 0);
    assert_true(journal_set_aside(*state, "r", NULL));
    assert_true(g_file_test(aside, G_FILE_TEST_EXISTS));
}

static void what_cannot_be_set_aside_is_an_error_that_names_the_file(void **state)
{
    g_autofree char *path = journal_path(*state, "r");
    g_autofree char *aside = g_strconcat(path, ".unreadable", NULL);
    g_autoptr(GError) error = NULL;

    assert_true(g_file_set_contents(path, "x", -1, NULL));
    assert_int_equal(g_mkdir(aside, 0700), 0);
    assert_false(journal_set_aside(*state, "r", &error));
    unit_expect_error(&error, OCF_ERR_GENERIC, "LiveDomain-r.migration");
    expect_not_understood(*state, "r", "cut off or damaged");
}

static gint compare_texts(gconstpointer one, gconstpointer two)
{
    return strcmp(*(const char *const *)one, *(const char *const *)two);
}

static void any_resource_is_listed_by_its_own_name(void **state)
{
    g_autoptr(GPtrArray) expected = g_ptr_array_new();
    g_autoptr(GPtrArray) resources = NULL;
    g_autofree char *unreadable = journal_path(*state, "\xff unreadable");

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autoptr(Journal) journal = make_journal(names[i]);
        assert_true(journal_save(journal, *state, NULL));
        g_ptr_array_add(expected, (char *)names[i]);
    }
    assert_true(g_file_set_contents(unreadable, "garbage", -1, NULL));
    g_ptr_array_add(expected, (char *)"\xff unreadable");
    g_ptr_array_sort(expected, compare_texts);
    resources = journal_list(*state, NULL);
    assert_int_equal(resources->len, expected->len);
    for (guint i = 0; i < expected->len; i++)
        assert_string_equal(resources->pdata[i], expected->pdata[i]);
}

static void files_that_are_no_journals_are_not_listed(void **state)
{
    static const char *const others[] = {
        "migration",
        ".migration",
        "LiveDomain.migration",
        "LiveDomain-migration",
        "LiveDomain-r.guest",
        "LiveDomain-r.lock",
        "LiveDomain-r.migration.unreadable",
        "LiveDomain-r.migration.U5FMZ3",
        "LiveDomain-a b.migration",
        "LiveDomain-%zz.migration",
        "LiveDomain-%00.migration",
        "LiveDomain-%2f.migration",
        "LiveDomain-%61.migration",
        "OtherAgent-r.migration",
    };
    g_autoptr(GPtrArray) resources = NULL;

    for (size_t i = 0; i < G_N_ELEMENTS(others); i++) {
        g_autofree char *path = unit_write(*state, others[i], "x", -1);
        assert_non_null(path);
    }
    resources = journal_list(*state, NULL);
    assert_int_equal(resources->len, 0);
}

static void a_missing_directory_holds_none_and_a_wrong_one_is_an_error(void **state)
{
    g_autoptr(GPtrArray) resources = journal_list("/nonexistent/wherry", NULL);
    g_autofree char *file = unit_write(*state, "file", "x", -1);
    g_autoptr(GError) error = NULL;

    assert_int_equal(resources->len, 0);
    assert_null(journal_list(file, &error));
    unit_expect_error(&error, OCF_ERR_GENERIC, file);
    g_string_truncate(said, 0);
    g_autoptr(GPtrArray) found = journal_find_guest(file, UUID, "r");
    assert_int_equal(found->len, 0);
    assert_non_null(strstr(said->str, file));
}

static void one_guest_under_two_names_is_found_by_its_uuid(void **state)
{
    g_autoptr(Journal) mine = make_journal("mine"), other = make_journal("other name"),
                       stranger = make_journal("stranger");
    g_autofree char *unreadable = journal_path(*state, "unreadable");

    journal_set(&other->uuid, "ABCDEFAB-2222-3333-4444-555555555555");
    journal_set(&mine->uuid, "abcdefab-2222-3333-4444-555555555555");
    journal_set(&stranger->uuid, OTHER_UUID);
    assert_true(journal_save(mine, *state, NULL));
    assert_true(journal_save(other, *state, NULL));
    assert_true(journal_save(stranger, *state, NULL));
    assert_true(g_file_set_contents(unreadable, "garbage", -1, NULL));
    g_autoptr(GPtrArray) found = journal_find_guest(*state, mine->uuid, "mine");
    assert_int_equal(found->len, 1);
    expect_same(found->pdata[0], other);
    g_autoptr(GPtrArray) both = journal_find_guest(*state, mine->uuid, "neither");
    assert_int_equal(both->len, 2);
    g_autoptr(GPtrArray) none = journal_find_guest(*state, OTHER_UUID, "stranger");
    assert_int_equal(none->len, 0);
}

#define WITH_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, unit_directory_new, unit_directory_free)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_DIRECTORY(what_is_saved_is_loaded),
        WITH_DIRECTORY(every_step_has_a_name_and_is_loaded_as_itself),
        WITH_DIRECTORY(the_largest_numbers_are_kept),
        cmocka_unit_test(a_new_journal_has_an_id_of_its_own_and_is_driven_by_who_made_it),
        WITH_DIRECTORY(a_missing_directory_is_made_for_root_alone),
        WITH_DIRECTORY(a_new_journal_replaces_the_old_one_and_leaves_nothing_beside_it),
        WITH_DIRECTORY(any_reason_can_be_saved),
        WITH_DIRECTORY(what_would_not_be_understood_is_not_saved),
        WITH_DIRECTORY(no_journal_is_no_error),
        cmocka_unit_test(every_prefix_of_a_journal_is_refused),
        cmocka_unit_test(a_change_of_any_byte_is_noticed),
        cmocka_unit_test(what_follows_the_sum_is_noticed),
        cmocka_unit_test(a_nul_or_a_broken_last_line_is_refused_with_the_right_sum_too),
        WITH_DIRECTORY(a_future_version_is_named),
        cmocka_unit_test(what_makes_no_sense_is_refused_and_the_key_named),
        cmocka_unit_test(no_key_may_be_missing),
        cmocka_unit_test(an_error_is_one_line_whatever_the_file_holds),
        WITH_DIRECTORY(a_file_that_is_not_understood_is_not_no_journal),
        WITH_DIRECTORY(what_is_no_regular_file_is_an_error_and_holds_up_nobody),
        WITH_DIRECTORY(a_journal_of_another_resource_than_its_name_says_is_an_error),
        WITH_DIRECTORY(a_directory_that_cannot_be_written_is_an_error_that_names_the_file),
        WITH_DIRECTORY(a_full_disk_is_an_error_and_the_old_journal_stays),
        WITH_DIRECTORY(a_driver_is_at_work_until_its_process_has_ended),
        cmocka_unit_test(a_driver_of_another_boot_is_gone),
        cmocka_unit_test(a_reused_pid_is_no_driver),
        cmocka_unit_test(no_process_drives_where_none_is_named),
        WITH_DIRECTORY(a_removed_journal_is_gone_and_removing_none_is_fine),
        WITH_DIRECTORY(a_journal_set_aside_is_kept_and_no_longer_in_the_way),
        WITH_DIRECTORY(what_cannot_be_set_aside_is_an_error_that_names_the_file),
        WITH_DIRECTORY(any_resource_is_listed_by_its_own_name),
        WITH_DIRECTORY(files_that_are_no_journals_are_not_listed),
        WITH_DIRECTORY(a_missing_directory_holds_none_and_a_wrong_one_is_an_error),
        WITH_DIRECTORY(one_guest_under_two_names_is_found_by_its_uuid),
    };

    said = unit_log_start();
    return cmocka_run_group_tests_name("agent/journal", tests, NULL, NULL);
}
