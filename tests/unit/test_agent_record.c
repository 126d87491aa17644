/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/unit.h"

#include "agent/record.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

static GString *said;

static GuestRecord *make_record(const char *name)
{
    GuestRecord *record = guest_record_new();

    record->config = g_strdup("/shared/web1.xml");
    record->name = g_strdup(name);
    record->uuid = g_strdup("11111111-2222-3333-4444-555555555555");
    record->type = g_strdup("kvm");
    record->process.pid = 4242;
    record->process.start_time = 987654321987;
    record->cpus = 4;
    record->memory_mib = 2048;
    record->utilization_checked_s = 77;
    return record;
}

static void expect_same(const GuestRecord *one, const GuestRecord *two)
{
    assert_non_null(one);
    assert_string_equal(one->config, two->config);
    assert_string_equal(one->name, two->name);
    assert_string_equal(one->uuid, two->uuid);
    assert_string_equal(one->type, two->type);
    assert_int_equal(one->process.pid, two->process.pid);
    assert_int_equal(one->process.start_time, two->process.start_time);
    assert_int_equal(one->cpus, two->cpus);
    assert_int_equal(one->memory_mib, two->memory_mib);
    assert_int_equal(one->utilization_checked_s, two->utilization_checked_s);
}

/* Without the care of g_file_set_contents, which takes its time. */
static void overwrite(const char *path, const char *text, gsize length)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

static void what_is_saved_is_loaded(void **state)
{
    static const char *const names[] = {
        "web1",
        "with space",
        " leading and trailing ",
        "\tTab\t",
        "a=b",
        "[guest]",
        "#comment",
        "semi;colon",
        "back\\slash\\n",
        "\"quoted\"",
        "'",
        "gr\xc3\xbc\xc3\x9f",
        "\xe4\xbb\xae\xe6\x83\xb3",
        "%n %s",
        ",comma,",
        "x\\",
        "a\nb\r\nc",
        "\x01\x7f",
    };

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autoptr(GuestRecord) record = make_record(names[i]);
        g_free(record->config);
        record->config = g_strdup_printf("/%s/%s", names[i], names[i]);
        g_autoptr(GError) error = NULL;
        assert_true(guest_record_save(record, *state, "web1", &error));
        g_autoptr(GuestRecord) loaded = guest_record_load(*state, "web1");
        expect_same(loaded, record);
        assert_false(loaded->process.incoming);
    }
}

static void a_record_not_yet_filled_knows_no_process_and_no_utilization(void **state)
{
    g_autoptr(GuestRecord) record = guest_record_new();

    assert_int_equal(record->process.pid, 0);
    assert_int_equal(record->cpus, -1);
    assert_int_equal(record->memory_mib, -1);
    assert_int_equal(record->utilization_checked_s, -1);
    record->config = g_strdup("");
    record->name = g_strdup("a");
    record->uuid = g_strdup("");
    record->type = g_strdup("");
    assert_true(guest_record_save(record, *state, "r", NULL));
    g_autoptr(GuestRecord) loaded = guest_record_load(*state, "r");
    expect_same(loaded, record);
}

static void a_new_record_replaces_the_old_one(void **state)
{
    g_autoptr(GuestRecord) first = make_record("one with a very much longer name than the second");
    g_autoptr(GuestRecord) second = make_record("two");

    assert_true(guest_record_save(first, *state, "r", NULL));
    assert_true(guest_record_save(second, *state, "r", NULL));
    g_autoptr(GuestRecord) loaded = guest_record_load(*state, "r");
    expect_same(loaded, second);
}

static void no_record_is_no_warning(void **state)
{
    g_string_truncate(said, 0);
    assert_null(guest_record_load(*state, "r"));
    assert_null(guest_record_load("/nonexistent/wherry", "r"));
    assert_string_equal(said->str, "");
}

static void a_removed_record_is_gone_and_removing_none_is_fine(void **state)
{
    g_autoptr(GuestRecord) record = make_record("a");

    assert_true(guest_record_save(record, *state, "r", NULL));
    guest_record_remove(*state, "r");
    assert_null(guest_record_load(*state, "r"));
    guest_record_remove(*state, "r");
    guest_record_remove("/nonexistent/wherry", "r");
}

static void a_missing_directory_is_made(void **state)
{
    g_autoptr(GuestRecord) record = make_record("a");
    g_autofree char *inner = g_build_filename(*state, "run", "wherry", NULL);

    assert_true(guest_record_save(record, inner, "r", NULL));
    g_autoptr(GuestRecord) loaded = guest_record_load(inner, "r");
    expect_same(loaded, record);
}

static void the_record_is_for_root_alone(void **state)
{
    g_autoptr(GuestRecord) record = make_record("a");
    g_autofree char *path = guest_record_path(*state, "r", "guest");
    struct stat status;

    assert_true(guest_record_save(record, *state, "r", NULL));
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
}

static void a_damaged_record_counts_as_none_and_is_named(void **state)
{
    static const char *const damaged[] = {
        "",
        "\n\n",
        "garbage",
        "[guest]\n",
        "[guest]\nname=\n",
        "[guest]\nuuid=11111111-2222-3333-4444-555555555555\npid=1\n",
        "[other]\nname=a\n",
        "name=a\n",
        "[guest\nname=a\n",
        "[guest]\nname=\xff\xfe\n",
        "\x7f"
        "ELF\x02\x01\x01",
        "{\"name\": \"a\"}",
    };
    g_autofree char *path = guest_record_path(*state, "r", "guest");

    for (size_t i = 0; i < G_N_ELEMENTS(damaged); i++) {
        overwrite(path, damaged[i], strlen(damaged[i]));
        g_string_truncate(said, 0);
        assert_null(guest_record_load(*state, "r"));
        assert_non_null(strstr(said->str, path));
    }
    overwrite(path, "[guest]\0name=a\n", 15);
    assert_null(guest_record_load(*state, "r"));
}

static void what_is_missing_or_no_number_counts_as_unknown(void **state)
{
    static const char *const odd[] = {
        "[guest]\nname=a\n",
        "[guest]\nname=a\npid=\nstart_time=\ncpus=\nmemory_mib=\nutilization_checked_s=\n",
        "[guest]\nname=a\npid=x\nstart_time=-1\ncpus=1.5\nmemory_mib=0x10\nutilization_checked_s=abc\n",
        "[guest]\nname=a\npid=-7\nstart_time=99999999999999999999\ncpus=99999999999999999999\nmemory_mib=1 "
        "2\n",
    };
    g_autofree char *path = guest_record_path(*state, "r", "guest");

    for (size_t i = 0; i < G_N_ELEMENTS(odd); i++) {
        overwrite(path, odd[i], strlen(odd[i]));
        g_autoptr(GuestRecord) record = guest_record_load(*state, "r");
        assert_non_null(record);
        assert_string_equal(record->name, "a");
        assert_string_equal(record->uuid, "");
        assert_string_equal(record->type, "");
        assert_string_equal(record->config, "");
        assert_int_equal(record->process.pid, 0);
        assert_int_equal(record->process.start_time, 0);
        assert_int_equal(record->cpus, -1);
        assert_int_equal(record->memory_mib, -1);
        assert_int_equal(record->utilization_checked_s, -1);
    }
}

/* A record cut off anywhere is none, or one whose guest is named; it never proves a process that is not its
 * own. */
static void a_truncated_record_never_points_at_another_guest(void **state)
{
    g_autoptr(GuestRecord) record = make_record("web1");
    g_autofree char *path = guest_record_path(*state, "r", "guest");
    g_autofree char *text = NULL;
    gsize length = 0;

    assert_true(guest_record_save(record, *state, "r", NULL));
    assert_true(g_file_get_contents(path, &text, &length, NULL));
    for (gsize cut = 0; cut <= length; cut++) {
        overwrite(path, text, cut);
        g_autoptr(GuestRecord) loaded = guest_record_load(*state, "r");
        assert_true(loaded == NULL || g_str_has_prefix("web1", loaded->name));
        assert_true(loaded == NULL || g_str_has_prefix(record->uuid, loaded->uuid));
        assert_true(loaded == NULL || *loaded->name != '\0');
    }
}

static void damage_anywhere_breaks_nothing(void **state)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(99);
    g_autoptr(GuestRecord) record = make_record("web1");
    g_autofree char *path = guest_record_path(*state, "r", "guest");
    g_autofree char *text = NULL;
    gsize length = 0;

    assert_true(guest_record_save(record, *state, "r", NULL));
    assert_true(g_file_get_contents(path, &text, &length, NULL));
    for (int i = 0; i < 500; i++) {
        g_autofree char *copy = g_strndup(text, length);
        for (int change = g_rand_int_range(random, 1, 6); change > 0; change--)
            copy[g_rand_int_range(random, 0, (gint32)length)] = (char)g_rand_int_range(random, 0, 256);
        overwrite(path, copy, length);
        g_autoptr(GuestRecord) loaded = guest_record_load(*state, "r");
        assert_true(loaded == NULL || (*loaded->name != '\0' && loaded->process.pid >= 0));
    }
}

/* ---- resource names ------------------------------------------------------------------------------ */

static const char *const hostile[] = {
    "web1",
    "web1:0",
    "../../etc/passwd",
    "/etc/passwd",
    ".",
    "..",
    "a b",
    "a\nb",
    "%2F",
    "a/b",
    "a%2Fb",
    "*",
    "~",
    "$(id)",
    "gr\xc3\xbc\xc3\x9f",
    "\xff\xfe",
    "-rf",
    "",
    "LiveDomain-x.lock",
    "a.guest",
    "A",
};

static void any_resource_name_makes_a_file_in_the_directory(void **state)
{
    for (size_t i = 0; i < G_N_ELEMENTS(hostile); i++) {
        g_autoptr(GuestRecord) record = make_record("web1");
        g_autofree char *path = guest_record_path(*state, hostile[i], "guest");
        g_autofree char *directory = g_path_get_dirname(path);
        assert_string_equal(directory, *state);
        assert_true(g_str_is_ascii(path));
        assert_true(guest_record_save(record, *state, hostile[i], NULL));
        assert_true(g_file_test(path, G_FILE_TEST_IS_REGULAR));
        g_autoptr(GuestRecord) loaded = guest_record_load(*state, hostile[i]);
        expect_same(loaded, record);
    }
}

static void no_two_resources_share_a_file(void **state)
{
    g_autoptr(GHashTable) paths = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(hostile); i++) {
        assert_true(g_hash_table_add(paths, guest_record_path("/run", hostile[i], "guest")));
        assert_true(g_hash_table_add(paths, guest_record_path("/run", hostile[i], "lock")));
    }
}

/* ---- where nothing can be written ---------------------------------------------------------------- */

static void i8_a_directory_that_cannot_be_written_is_an_error_to_warn_of(void **state)
{
    g_autoptr(GuestRecord) record = make_record("a");
    g_autofree char *file = unit_write(*state, "file", "x", -1);
    g_autofree char *below = g_build_filename(file, "wherry", NULL);
    g_autofree char *long_name = g_strnfill(300, 'x');
    g_autoptr(GError) error = NULL;

    assert_false(guest_record_save(record, below, "r", &error));
    unit_expect_error(&error, OCF_ERR_GENERIC, "cannot write ");
    assert_false(guest_record_save(record, "/proc/wherry", "r", &error));
    unit_expect_error(&error, OCF_ERR_GENERIC, "cannot write ");
    assert_false(guest_record_save(record, *state, long_name, &error));
    unit_expect_error(&error, OCF_ERR_GENERIC, "cannot write ");
    assert_null(guest_record_load(below, "r"));
    assert_null(guest_record_load(*state, long_name));
}

static int save_without_room(void *directory)
{
    struct rlimit most, none = {.rlim_cur = 16};
    g_autoptr(GuestRecord) record = make_record("second");
    g_autoptr(GError) error = NULL;

    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &most);
    none.rlim_max = most.rlim_max;
    setrlimit(RLIMIT_FSIZE, &none);
    gboolean saved = guest_record_save(record, directory, "r", &error);
    setrlimit(RLIMIT_FSIZE, &most);
    return !saved && error->code == OCF_ERR_GENERIC ? 0 : 1;
}

/* A full disk is played by a limit on the size of files. */
static void i8_a_full_disk_leaves_the_old_record_as_it_was(void **state)
{
    g_autoptr(GuestRecord) first = make_record("first");

    assert_true(guest_record_save(first, *state, "r", NULL));
    g_auto(UnitChild) child = unit_fork(save_without_room, *state);
    if (child.status != 0)
        fail_msg("%s", child.err);
    g_autoptr(GuestRecord) loaded = guest_record_load(*state, "r");
    expect_same(loaded, first);
}

#define WITH_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, unit_directory_new, unit_directory_free)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_DIRECTORY(what_is_saved_is_loaded),
        WITH_DIRECTORY(a_record_not_yet_filled_knows_no_process_and_no_utilization),
        WITH_DIRECTORY(a_new_record_replaces_the_old_one),
        WITH_DIRECTORY(no_record_is_no_warning),
        WITH_DIRECTORY(a_removed_record_is_gone_and_removing_none_is_fine),
        WITH_DIRECTORY(a_missing_directory_is_made),
        WITH_DIRECTORY(the_record_is_for_root_alone),
        WITH_DIRECTORY(a_damaged_record_counts_as_none_and_is_named),
        WITH_DIRECTORY(what_is_missing_or_no_number_counts_as_unknown),
        WITH_DIRECTORY(a_truncated_record_never_points_at_another_guest),
        WITH_DIRECTORY(damage_anywhere_breaks_nothing),
        WITH_DIRECTORY(any_resource_name_makes_a_file_in_the_directory),
        cmocka_unit_test(no_two_resources_share_a_file),
        WITH_DIRECTORY(i8_a_directory_that_cannot_be_written_is_an_error_to_warn_of),
        WITH_DIRECTORY(i8_a_full_disk_leaves_the_old_record_as_it_was),
    };

    said = unit_log_start();
    return cmocka_run_group_tests_name("agent/record", tests, NULL, NULL);
}
