/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether wherryd is there, judged by the kernel; a child process plays the daemon. */
#include "unit.h"

#include "heartbeat/presence.h"

#include <signal.h>
#include <sys/prctl.h>

enum { ENDS_ON_TERM = 0, HEEDS_NOTHING = 1, BEATS_AT_MS = 1000 };

static GString *said;

/* A daemon in DIRECTORY that holds the lock when this returns. */
static pid_t daemon_start(const char *directory, int how)
{
    int ready[2];
    char byte = 0;

    assert_int_equal(pipe(ready), 0);
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (how == HEEDS_NOTHING)
            signal(SIGTERM, SIG_IGN);
        Presence *presence = presence_take(directory, NULL);
        if (presence != NULL && presence_beat(presence, BEATS_AT_MS))
            byte = 1;
        if (write(ready[1], &byte, 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    assert_int_equal(byte, 1);
    return pid;
}

static PresenceState look(const char *directory, gint64 now_ms)
{
    PresenceState state = {.pid = -1};
    g_autoptr(GError) error = NULL;

    assert_true(presence_look(directory, now_ms, &state, &error));
    assert_null(error);
    return state;
}

static void kill_and_reap(pid_t pid)
{
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void without_any_file_it_surely_does_not_run(void **state)
{
    g_autofree char *nowhere = g_build_filename(*state, "no", "such", NULL);
    assert_int_equal(look(*state, 0).pid, 0);
    assert_int_equal(look(nowhere, 0).pid, 0);
}

static void the_kernel_names_the_process_whatever_a_file_says(void **state)
{
    pid_t pid = daemon_start(*state, ENDS_ON_TERM);
    assert_int_equal(look(*state, 0).pid, pid);
    g_autofree char *path = g_build_filename(*state, "wherryd.lock", NULL);
    FILE *file = fopen(path, "r+"); /* the same file: g_file_set_contents would replace it */
    assert_non_null(file);
    fputs("1\n", file);
    fclose(file);
    assert_int_equal(look(*state, 0).pid, pid);
    kill_and_reap(pid);
    assert_int_equal(look(*state, 0).pid, 0);
}

static void to_look_takes_nothing_away(void **state)
{
    pid_t pid = daemon_start(*state, ENDS_ON_TERM);
    for (int i = 0; i < 100; i++)
        assert_int_equal(look(*state, 0).pid, pid);
    kill_and_reap(pid);
    look(*state, 0);
    g_autoptr(Presence) presence = presence_take(*state, NULL);
    assert_non_null(presence);
}

static void a_second_one_is_refused_with_the_number_of_the_first(void **state)
{
    g_autoptr(GError) error = NULL;
    pid_t pid = daemon_start(*state, ENDS_ON_TERM);
    g_autofree char *number = g_strdup_printf("already runs on this node (process %ld)", (long)pid);
    assert_null(presence_take(*state, &error));
    unit_expect_error(&error, OCF_ERR_GENERIC, number);
    kill_and_reap(pid);
}

static void its_silence_is_known(void **state)
{
    pid_t pid = daemon_start(*state, ENDS_ON_TERM);
    assert_int_equal(look(*state, BEATS_AT_MS + 4321).silent_ms, 4321);
    assert_int_equal(look(*state, BEATS_AT_MS - 1).silent_ms, 0);
    kill_and_reap(pid);
}

static void a_damaged_sign_of_life_counts_as_not_known(void **state)
{
    const char *const texts[] = {"", "x", "99999999999999999999999\n", "                     -5\n", "\xff"};
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autofree char *path = unit_write(*state, "wherryd.lock", texts[i], -1);
        assert_int_equal(look(*state, G_MAXINT64).silent_ms, 0);
        assert_int_equal(look(*state, G_MAXINT64).pid, 0);
    }
}

static void it_ends_when_asked(void **state)
{
    gboolean cleanly = FALSE;
    pid_t pid = daemon_start(*state, ENDS_ON_TERM);
    assert_true(presence_end(*state, ocf_deadline_in(UNIT_PATIENCE_MS), ocf_deadline_in(UNIT_PATIENCE_MS),
                             &cleanly, NULL));
    assert_true(cleanly);
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(WTERMSIG(status), SIGTERM);
    assert_int_equal(look(*state, 0).pid, 0);
}

static void one_that_does_not_listen_is_killed(void **state)
{
    gboolean cleanly = TRUE;
    pid_t pid = daemon_start(*state, HEEDS_NOTHING);
    assert_true(
        presence_end(*state, ocf_deadline_in(100), ocf_deadline_in(UNIT_PATIENCE_MS), &cleanly, NULL));
    assert_false(cleanly);
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(WTERMSIG(status), SIGKILL);
}

static void one_that_was_stopped_by_a_signal_is_killed(void **state)
{
    gboolean cleanly = TRUE;
    pid_t pid = daemon_start(*state, ENDS_ON_TERM);
    kill(pid, SIGSTOP);
    assert_int_equal(waitpid(pid, NULL, WUNTRACED), pid); /* it has stopped */
    assert_true(
        presence_end(*state, ocf_deadline_in(100), ocf_deadline_in(UNIT_PATIENCE_MS), &cleanly, NULL));
    assert_false(cleanly);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void to_end_what_does_not_run_succeeds(void **state)
{
    gboolean cleanly = TRUE;
    assert_true(presence_end(*state, ocf_deadline_in(0), ocf_deadline_in(0), &cleanly, NULL));
    assert_false(cleanly);
    assert_true(presence_end(*state, ocf_deadline_in(0), ocf_deadline_in(0), &cleanly, NULL));
}

static void one_whose_file_was_removed_hears_of_it(void **state)
{
    g_autoptr(Presence) first = presence_take(*state, NULL);
    g_autofree char *path = g_build_filename(*state, "wherryd.lock", NULL);
    assert_true(presence_beat(first, 0));
    g_remove(path);
    assert_false(presence_beat(first, 0));
    g_autofree char *other = unit_write(*state, "wherryd.lock", "", -1);
    assert_false(presence_beat(first, 0));
}

static void where_no_lock_can_be_had_it_is_an_error(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *file = unit_write(*state, "file", "", -1);
    PresenceState seen = {.pid = 42};
    assert_null(presence_take(file, &error));
    unit_expect_error(&error, OCF_ERR_GENERIC, "cannot make the lock");
    assert_false(presence_look(file, 0, &seen, &error));
    unit_expect_error(&error, OCF_ERR_GENERIC, "cannot open");
    assert_int_equal(seen.pid, 42);
    g_autofree char *path = g_build_filename(*state, "wherryd.lock", NULL);
    assert_int_equal(symlink("/etc/hostname", path), 0);
    assert_null(presence_take(*state, &error));
    unit_expect_error(&error, OCF_ERR_GENERIC, "cannot make the lock");
}

#define WITH_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, unit_directory_new, unit_directory_free)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_DIRECTORY(without_any_file_it_surely_does_not_run),
        WITH_DIRECTORY(the_kernel_names_the_process_whatever_a_file_says),
        WITH_DIRECTORY(to_look_takes_nothing_away),
        WITH_DIRECTORY(a_second_one_is_refused_with_the_number_of_the_first),
        WITH_DIRECTORY(its_silence_is_known),
        WITH_DIRECTORY(a_damaged_sign_of_life_counts_as_not_known),
        WITH_DIRECTORY(it_ends_when_asked),
        WITH_DIRECTORY(one_that_does_not_listen_is_killed),
        WITH_DIRECTORY(one_that_was_stopped_by_a_signal_is_killed),
        WITH_DIRECTORY(to_end_what_does_not_run_succeeds),
        WITH_DIRECTORY(one_whose_file_was_removed_hears_of_it),
        WITH_DIRECTORY(where_no_lock_can_be_had_it_is_an_error),
    };

    said = unit_log_start();
    return cmocka_run_group_tests_name("heartbeat/presence", tests, NULL, NULL);
}
