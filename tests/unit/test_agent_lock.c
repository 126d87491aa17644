/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/unit.h"

#include "agent/lock.h"
#include "agent/record.h"

#include <signal.h>

static GString *said;

static int take(const char *directory, const char *resource, gint64 patience_ms)
{
    g_autoptr(GError) error = NULL;
    int lock = guest_lock_take(directory, resource, ocf_deadline_in(patience_ms), &error);

    assert_true((lock >= 0) != (error != NULL));
    return lock;
}

/* A process that holds the lock of "r" until it is killed; returns once it has it. */
static pid_t start_holder(const char *directory)
{
    g_autofree char *path = g_build_filename(directory, "held", NULL);

    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        int lock = guest_lock_take(directory, "r", ocf_deadline_in(UNIT_PATIENCE_MS), NULL);
        g_file_set_contents(path, lock >= 0 ? "1\n" : "0\n", -1, NULL);
        for (;;)
            pause();
    }
    assert_true(pid > 0);
    assert_int_equal(unit_await_pid(path), 1);
    return pid;
}

static void end(pid_t pid)
{
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void a_lock_is_taken_and_released_again_and_again(void **state)
{
    for (int i = 0; i < 5; i++) {
        int lock = take(*state, "r", 0);
        assert_true(lock >= 0);
        guest_lock_release(lock);
    }
    guest_lock_release(-1);
}

static void i5_one_action_at_a_time(void **state)
{
    pid_t holder = start_holder(*state);
    g_autoptr(GError) error = NULL;

    assert_int_equal(guest_lock_take(*state, "r", ocf_deadline_in(150), &error), -1);
    unit_expect_error(&error, OCF_ERR_GENERIC, "another action of r is still at work");
    end(holder);
}

static void i5_also_within_one_process(void **state)
{
    int lock = take(*state, "r", 0);

    assert_true(lock >= 0);
    assert_int_equal(take(*state, "r", 100), -1);
    guest_lock_release(lock);
}

static void resources_do_not_wait_for_each_other(void **state)
{
    int one = take(*state, "r1", 0), two = take(*state, "r2", 0), three = take(*state, "r1:0", 0);

    assert_true(one >= 0 && two >= 0 && three >= 0);
    guest_lock_release(one);
    guest_lock_release(two);
    guest_lock_release(three);
}

/* facts P2: a late agent is ended with SIGKILL, no handler of it runs */
static void a_killed_action_frees_the_lock(void **state)
{
    pid_t holder = start_holder(*state);

    end(holder);
    int lock = take(*state, "r", UNIT_PATIENCE_MS);
    assert_true(lock >= 0);
    guest_lock_release(lock);
}

static void who_waits_gets_it_when_it_is_free(void **state)
{
    pid_t holder = start_holder(*state);

    fflush(NULL);
    pid_t killer = fork();
    if (killer == 0) {
        g_usleep(200 * 1000);
        kill(holder, SIGKILL);
        _exit(0);
    }
    int lock = take(*state, "r", UNIT_PATIENCE_MS);
    assert_true(lock >= 0);
    guest_lock_release(lock);
    waitpid(killer, NULL, 0);
    waitpid(holder, NULL, 0);
}

static void a_lock_that_is_free_is_had_even_without_time(void **state)
{
    int lock = guest_lock_take(*state, "r", 0, NULL);

    assert_true(lock >= 0);
    guest_lock_release(lock);
}

/* A program that the agent starts must not go on holding the lock. */
static void a_started_program_does_not_inherit_the_lock(void **state)
{
    int lock = take(*state, "r", 0);
    g_autofree char *script = g_strdup_printf("test -e /proc/$$/fd/%d", lock);
    const char *const argv[] = {"sh", "-c", script, NULL};
    g_auto(OcfChild) child = {0};

    assert_true(ocf_child_run(argv, OCF_CHILD_ALL_OUTPUT, ocf_deadline_in(UNIT_PATIENCE_MS), &child, NULL));
    assert_int_equal(child.status, 1);
    guest_lock_release(lock);
}

static void no_two_of_many_hold_it_at_once(void **state)
{
    enum { WORKERS = 6, TURNS = 10 };
    g_autofree char *path = g_build_filename(*state, "inside", NULL);
    pid_t workers[WORKERS];

    fflush(NULL);
    for (int i = 0; i < WORKERS; i++) {
        workers[i] = fork();
        if (workers[i] != 0)
            continue;
        for (int turn = 0; turn < TURNS; turn++) {
            int lock = guest_lock_take(*state, "r", ocf_deadline_in(UNIT_PATIENCE_MS), NULL);
            if (lock < 0 || g_mkdir(path, 0700) < 0)
                _exit(1);
            g_usleep(1000);
            if (g_rmdir(path) < 0)
                _exit(2);
            guest_lock_release(lock);
        }
        _exit(0);
    }
    for (int i = 0; i < WORKERS; i++) {
        int status = -1;
        assert_int_equal(waitpid(workers[i], &status, 0), workers[i]);
        assert_int_equal(status, 0);
    }
}

static void i8_where_no_lock_can_be_made_the_guest_is_served_without(void **state)
{
    g_autofree char *file = unit_write(*state, "file", "x", -1);
    g_autofree char *below = g_build_filename(file, "wherry", NULL);
    g_autofree char *long_name = g_strnfill(300, 'x');
    const struct {
        const char *directory, *resource;
    } cases[] = {{below, "r"}, {"/proc/wherry", "r"}, {*state, long_name}};

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_string_truncate(said, 0);
        assert_int_equal(
            guest_lock_take(cases[i].directory, cases[i].resource, ocf_deadline_in(1000), &error), -1);
        assert_null(error);
        assert_non_null(strstr(said->str, "going on without"));
    }
}

#define WITH_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, unit_directory_new, unit_directory_free)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_DIRECTORY(a_lock_is_taken_and_released_again_and_again),
        WITH_DIRECTORY(i5_one_action_at_a_time),
        WITH_DIRECTORY(i5_also_within_one_process),
        WITH_DIRECTORY(resources_do_not_wait_for_each_other),
        WITH_DIRECTORY(a_killed_action_frees_the_lock),
        WITH_DIRECTORY(who_waits_gets_it_when_it_is_free),
        WITH_DIRECTORY(a_lock_that_is_free_is_had_even_without_time),
        WITH_DIRECTORY(a_started_program_does_not_inherit_the_lock),
        WITH_DIRECTORY(no_two_of_many_hold_it_at_once),
        WITH_DIRECTORY(i8_where_no_lock_can_be_made_the_guest_is_served_without),
    };

    said = unit_log_start();
    return cmocka_run_group_tests_name("agent/lock", tests, NULL, NULL);
}
