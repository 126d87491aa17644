/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>

/* Runs SCRIPT in a shell with $1 = ARGUMENT. */
static OcfChild run_script(const char *script, const char *argument, OcfChildOutput what, gint64 patience_ms)
{
    const char *const argv[] = {"sh", "-c", script, "sh", argument, NULL};
    OcfChild child = {0};
    g_autoptr(GError) error = NULL;

    assert_true(ocf_child_run(argv, what, ocf_deadline_in(patience_ms), &child, &error));
    assert_null(error);
    assert_non_null(child.output);
    return child;
}

static OcfChild run_all(const char *script)
{
    return run_script(script, NULL, OCF_CHILD_ALL_OUTPUT, UNIT_PATIENCE_MS);
}

static void output_is_what_a_person_would_see(void **state)
{
    g_auto(OcfChild) child = run_all("echo one; echo two >&2; printf 'three \\n\\t \\n'");
    (void)state;

    assert_string_equal(child.output, "one\ntwo\nthree");
    assert_int_equal(child.status, 0);
    assert_false(child.late);
    assert_false(child.absent);
}

static int plain_output(void *data)
{
    g_auto(OcfChild) child =
        run_script("echo value; echo warning >&2", NULL, OCF_CHILD_PLAIN_OUTPUT, UNIT_PATIENCE_MS);
    (void)data;

    return strcmp(child.output, "value") == 0 ? 0 : 1;
}

static void a_value_is_standard_output_alone(void **state)
{
    g_auto(UnitChild) child = unit_fork(plain_output, NULL);
    (void)state;

    assert_int_equal(child.status, 0);
    assert_string_equal(child.err, "");
    assert_string_equal(child.out, "");
}

static void status_is_the_exit_status(void **state)
{
    (void)state;
    for (int status = 0; status < 256; status += 17) {
        g_autofree char *script = g_strdup_printf("exit %d", status);
        g_auto(OcfChild) child = run_all(script);
        assert_int_equal(child.status, status);
        assert_string_equal(child.output, "");
    }
}

static void status_of_a_killed_program_is_128_and_its_signal(void **state)
{
    static const int signals[] = {SIGHUP, SIGKILL, SIGTERM, SIGUSR1};
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(signals); i++) {
        g_autofree char *script = g_strdup_printf("kill -%d $$", signals[i]);
        g_auto(OcfChild) child = run_all(script);
        assert_int_equal(child.status, 128 + signals[i]);
        assert_false(child.late);
    }
}

static void there_is_no_standard_input(void **state)
{
    g_auto(OcfChild) child = run_all("cat; echo end");
    (void)state;

    assert_string_equal(child.output, "end");
}

static void a_program_asked_for_a_value_does_not_see_the_call(void **state)
{
    const char *const argv[] = {"env", NULL};
    g_auto(OcfChild) value = {0};
    g_auto(OcfChild) all = {0};
    (void)state;

    g_setenv("OCF_RESKEY_CRM_meta_on_node", "a1", TRUE);
    g_setenv("OCF_RESKEY_CRM_meta_timeout", "20000", TRUE);
    assert_true(ocf_child_run(argv, OCF_CHILD_PLAIN_OUTPUT, ocf_deadline_in(UNIT_PATIENCE_MS), &value, NULL));
    assert_true(ocf_child_run(argv, OCF_CHILD_ALL_OUTPUT, ocf_deadline_in(UNIT_PATIENCE_MS), &all, NULL));
    g_unsetenv("OCF_RESKEY_CRM_meta_on_node");
    g_unsetenv("OCF_RESKEY_CRM_meta_timeout");
    assert_null(strstr(value.output, "CRM_meta"));
    assert_non_null(strstr(value.output, "PATH="));
    assert_non_null(strstr(all.output, "OCF_RESKEY_CRM_meta_on_node=a1"));
}

static void absent_program_is_told_from_one_that_fails(void **state)
{
    const char *const nowhere[] = {"/nonexistent/wherry-no-such-program", NULL};
    const char *const not_in_path[] = {"wherry-no-such-program", "-x", NULL};
    const char *const no_program[] = {"/etc/passwd", NULL};
    const char *const *all[] = {nowhere, not_in_path};
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
        g_auto(OcfChild) child = {0};
        assert_true(
            ocf_child_run(all[i], OCF_CHILD_ALL_OUTPUT, ocf_deadline_in(UNIT_PATIENCE_MS), &child, NULL));
        assert_true(child.absent);
        assert_int_equal(child.status, 127);
        assert_false(child.late);
    }
    g_auto(OcfChild) child = {0};
    assert_true(
        ocf_child_run(no_program, OCF_CHILD_ALL_OUTPUT, ocf_deadline_in(UNIT_PATIENCE_MS), &child, NULL));
    assert_false(child.absent);
    assert_int_equal(child.status, 126);
}

static void huge_output_is_cut_and_does_not_stop_the_program(void **state)
{
    g_auto(OcfChild) child = run_all("head -c 20000000 /dev/zero | tr '\\0' x; echo; echo end; exit 5");
    (void)state;

    assert_int_equal(child.status, 5);
    assert_false(child.late);
    assert_in_range(strlen(child.output), 1024, 64 * 1024);
    assert_int_equal(strspn(child.output, "x"), strlen(child.output));
}

static void output_is_always_utf8(void **state)
{
    g_auto(OcfChild) child = run_all("printf 'a\\377\\376b\\000c\\303'");
    (void)state;

    assert_true(g_utf8_validate(child.output, -1, NULL));
    assert_true(g_str_has_prefix(child.output, "a"));
    assert_non_null(strchr(child.output, 'b'));
    assert_non_null(strchr(child.output, 'c'));
}

static void late_child_is_killed(void **state)
{
    g_auto(OcfChild) child = run_script("trap '' TERM INT HUP; echo begun; while :; do sleep 0.05; done",
                                        NULL, OCF_CHILD_ALL_OUTPUT, 500);
    (void)state;

    assert_true(child.late);
    assert_false(child.absent);
    assert_int_equal(child.status, 128 + SIGKILL);
    assert_string_equal(child.output, "begun");
}

static void late_child_takes_its_own_children_along(void **state)
{
    g_autofree char *path = g_build_filename(*state, "pid", NULL);
    g_auto(OcfChild) child = run_script("sh -c 'trap \"\" TERM; echo $$ >\"$1.tmp\"; mv \"$1.tmp\" \"$1\"; "
                                        "while :; do sleep 0.05; done' sh \"$1\" & wait",
                                        path, OCF_CHILD_ALL_OUTPUT, 1500);

    assert_true(child.late);
    pid_t grandchild = unit_await_pid(path);
    assert_true(grandchild > 0);
    assert_true(unit_process_ends(grandchild));
}

static void a_deadline_that_has_come_ends_the_child_at_once(void **state)
{
    gint64 before = g_get_monotonic_time();
    g_auto(OcfChild) child = run_script("sleep 1000", NULL, OCF_CHILD_ALL_OUTPUT, -1);
    (void)state;

    assert_true(child.late);
    assert_true(g_get_monotonic_time() - before < UNIT_PATIENCE_MS * 1000);
}

/* A daemon that forgot to close its output must not make a program look as if it still ran. */
static void output_left_open_by_a_background_process_does_not_hang(void **state)
{
    g_auto(OcfChild) child = run_all("sleep 1000 & echo $!; exit 4");
    (void)state;

    assert_false(child.late);
    assert_int_equal(child.status, 4);
    assert_true(unit_process_ends((pid_t)atol(child.output)));
}

static void noise_of_a_background_process_does_not_hang(void **state)
{
    g_auto(OcfChild) child = run_all("cat /dev/zero & cat /dev/zero & cat /dev/zero & exit 4");
    (void)state;

    assert_false(child.late);
    assert_int_equal(child.status, 4);
}

static void last_words_of_a_program_are_not_lost(void **state)
{
    (void)state;
    for (int i = 0; i < 50; i++) {
        g_auto(OcfChild) child = run_all("head -c 5000 /dev/zero | tr '\\0' x; printf end");
        assert_int_equal(strlen(child.output), 5003);
        assert_true(g_str_has_suffix(child.output, "end"));
    }
}

static int count_descriptors(void)
{
    g_autoptr(GDir) directory = g_dir_open("/proc/self/fd", 0, NULL);
    int count = 0;

    while (g_dir_read_name(directory) != NULL)
        count++;
    return count;
}

static void nothing_is_left_open_and_no_zombie_stays(void **state)
{
    const char *const absent[] = {"/nonexistent", NULL};
    int before = count_descriptors();
    (void)state;

    for (int i = 0; i < 20; i++) {
        g_auto(OcfChild) good = run_all("exit 0");
        g_auto(OcfChild) late = run_script("sleep 1000", NULL, OCF_CHILD_ALL_OUTPUT, 1);
        g_auto(OcfChild) none = {0};
        assert_true(
            ocf_child_run(absent, OCF_CHILD_ALL_OUTPUT, ocf_deadline_in(UNIT_PATIENCE_MS), &none, NULL));
    }
    assert_int_equal(count_descriptors(), before);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

static void blocked_signals_of_the_agent_are_not_handed_down(void **state)
{
    sigset_t term, old;
    (void)state;

    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    sigprocmask(SIG_BLOCK, &term, &old);
    g_auto(OcfChild) child = run_all("kill -TERM $$; echo deaf");
    sigprocmask(SIG_SETMASK, &old, NULL);
    assert_int_equal(child.status, 128 + SIGTERM);
}

static void the_child_leads_a_group_of_its_own(void **state)
{
    g_auto(OcfChild) child = run_all("set -- $(cat /proc/$$/stat); echo $1 $5");
    g_auto(GStrv) ids = g_strsplit(child.output, " ", 2);
    (void)state;

    assert_string_equal(ids[0], ids[1]);
}

/* Pacemaker ends a late agent with SIGKILL, so that no handler of it runs (facts P2). */
static void the_child_dies_with_the_agent(void **state)
{
    g_autofree char *path = g_build_filename(*state, "pid", NULL);

    fflush(NULL);
    pid_t agent = fork();
    if (agent == 0) {
        int null_fd = open("/dev/null", O_WRONLY);
        dup2(null_fd, STDOUT_FILENO);
        run_script("echo $$ >\"$1.tmp\"; mv \"$1.tmp\" \"$1\"; exec sleep 1000", path, OCF_CHILD_ALL_OUTPUT,
                   UNIT_PATIENCE_MS * 2);
        _exit(0);
    }
    pid_t child = unit_await_pid(path);
    assert_true(child > 0);
    assert_true(unit_process_lives(child));
    kill(agent, SIGKILL);
    assert_int_equal(waitpid(agent, NULL, 0), agent);
    assert_true(unit_process_ends(child));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(output_is_what_a_person_would_see),
        cmocka_unit_test(a_value_is_standard_output_alone),
        cmocka_unit_test(status_is_the_exit_status),
        cmocka_unit_test(status_of_a_killed_program_is_128_and_its_signal),
        cmocka_unit_test(there_is_no_standard_input),
        cmocka_unit_test(a_program_asked_for_a_value_does_not_see_the_call),
        cmocka_unit_test(absent_program_is_told_from_one_that_fails),
        cmocka_unit_test(huge_output_is_cut_and_does_not_stop_the_program),
        cmocka_unit_test(output_is_always_utf8),
        cmocka_unit_test(late_child_is_killed),
        cmocka_unit_test_setup_teardown(late_child_takes_its_own_children_along, unit_directory_new,
                                        unit_directory_free),
        cmocka_unit_test(a_deadline_that_has_come_ends_the_child_at_once),
        cmocka_unit_test(output_left_open_by_a_background_process_does_not_hang),
        cmocka_unit_test(noise_of_a_background_process_does_not_hang),
        cmocka_unit_test(last_words_of_a_program_are_not_lost),
        cmocka_unit_test(nothing_is_left_open_and_no_zombie_stays),
        cmocka_unit_test(blocked_signals_of_the_agent_are_not_handed_down),
        cmocka_unit_test(the_child_leads_a_group_of_its_own),
        cmocka_unit_test_setup_teardown(the_child_dies_with_the_agent, unit_directory_new,
                                        unit_directory_free),
    };

    unit_log_start();
    /* in a container whose first process reaps nothing, an orphan would stay a zombie; that counts as gone */
    return cmocka_run_group_tests_name("ocf/child", tests, NULL, NULL);
}
