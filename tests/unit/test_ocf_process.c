/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is detached is a real shell. It says its number, becomes a sleep that ends by itself, and is ended by
 * each test by its number.
 */
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

enum { UNTOUCHED = 4711, HIGH_FD = 700 };

/* $1: a file for its number. */
#define SCRIPT "echo $$ >\"$1\"; exec sleep 120"

/* ---- processes ----------------------------------------------------------------------------------- */

static void this_boot_has_an_id_that_stays(void **state)
{
    g_autofree char *id = ocf_boot_id();
    g_autofree char *again = ocf_boot_id();
    (void)state;

    assert_true(g_uuid_string_is_valid(id));
    assert_string_equal(id, again);
}

static guint64 start_time_of(pid_t pid)
{
    guint64 start_time = 0;

    assert_true(ocf_process_start_time(pid, &start_time));
    return start_time;
}

static void expect_none(pid_t pid)
{
    guint64 start_time = UNTOUCHED;

    assert_false(ocf_process_start_time(pid, &start_time));
    assert_int_equal(start_time, UNTOUCHED);
}

/* A process that waits to be killed, by the name NAME (of 15 bytes at most). */
static pid_t start_process(const char *name)
{
    int line[2];
    char ready;

    assert_int_equal(pipe(line), 0);
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        prctl(PR_SET_NAME, name);
        alarm(120);
        if (write(line[1], "x", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    assert_true(pid > 0);
    close(line[1]);
    assert_int_equal(read(line[0], &ready, 1), 1);
    close(line[0]);
    return pid;
}

static void end_process(pid_t pid)
{
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void a_process_has_one_time_of_its_start(void **state)
{
    guint64 mine = start_time_of(getpid());
    pid_t pid = start_process("later");
    guint64 its = start_time_of(pid);
    (void)state;

    assert_true(mine > 0);
    assert_int_equal(start_time_of(getpid()), mine);
    assert_true(its >= mine);
    assert_true(its - mine < (guint64)sysconf(_SC_CLK_TCK) * 600);
    assert_int_equal(start_time_of(pid), its);
    end_process(pid);
}

static void a_child_has_not_its_parents_time(void **state)
{
    (void)state;
    ocf_deadline_sleep(ocf_deadline_in(UNIT_PATIENCE_MS), 100); /* a tick is 10 ms */
    pid_t pid = start_process("later");
    assert_true(start_time_of(pid) > start_time_of(getpid()));
    end_process(pid);
}

/* Anyone may give a process any name. */
static void an_odd_name_hides_no_time(void **state)
{
    static const char *const names[] = {") Z 1 1 1 1 1", "(",        ")",        " ) X",
                                        "a b c",         "1) R 2\n", "\xff\xfe", ""};
    guint64 mine = start_time_of(getpid());
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        pid_t pid = start_process(names[i]);
        guint64 its = start_time_of(pid);
        assert_true(its >= mine && its - mine < (guint64)sysconf(_SC_CLK_TCK) * 600);
        end_process(pid);
    }
}

static void a_zombie_and_what_is_gone_have_no_time(void **state)
{
    pid_t pid = start_process("mortal");
    siginfo_t info;
    (void)state;

    kill(pid, SIGKILL);
    assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
    expect_none(pid);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    expect_none(pid);
}

static void a_stopped_process_has_not_ended(void **state)
{
    pid_t pid = start_process("stopped");
    guint64 its = start_time_of(pid);
    (void)state;

    kill(pid, SIGSTOP);
    assert_int_equal(waitpid(pid, NULL, WUNTRACED), pid);
    assert_int_equal(start_time_of(pid), its);
    end_process(pid);
}

static void what_is_no_process_id_has_no_time(void **state)
{
    (void)state;
    expect_none(0);
    expect_none(-1);
    expect_none(-getpid());
    expect_none(G_MAXINT32);
    expect_none(G_MININT32);
}

/* ---- detached ------------------------------------------------------------------------------------ */

static pid_t detach(const char *script, const char *argument)
{
    const char *const argv[] = {"/bin/sh", "-c", script, "sh", argument, NULL};
    g_autoptr(GError) error = NULL;
    pid_t pid = ocf_detach(argv, &error);

    if (pid <= 0)
        fail_msg("%s", error->message);
    assert_null(error);
    return pid;
}

static void end_detached(pid_t pid)
{
    kill(pid, SIGKILL);
    assert_true(unit_process_ends(pid));
}

/* Waits for it to have become the sleep. */
static void await_sleep(pid_t pid)
{
    g_autofree char *path = g_strdup_printf("/proc/%ld/comm", (long)pid);
    OcfDeadline deadline = ocf_deadline_in(UNIT_PATIENCE_MS);

    do {
        g_autofree char *name = NULL;
        if (g_file_get_contents(path, &name, NULL, NULL) && strcmp(name, "sleep\n") == 0)
            return;
    } while (ocf_deadline_sleep(deadline, 10));
    fail_msg("process %ld never slept", (long)pid);
}

static void the_number_is_that_of_the_program_itself(void **state)
{
    g_autofree char *file = g_build_filename(*state, "pid", NULL);
    pid_t pid = detach(SCRIPT, file);

    assert_int_equal(unit_await_pid(file), pid);
    await_sleep(pid);
    assert_true(start_time_of(pid) > 0);
    end_detached(pid);
}

static void it_is_no_child_of_the_caller(void **state)
{
    g_autofree char *file = g_build_filename(*state, "pid", NULL);
    pid_t pid = detach(SCRIPT, file);

    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
    end_detached(pid);
}

static void it_has_a_session_and_a_group_of_its_own(void **state)
{
    g_autofree char *file = g_build_filename(*state, "pid", NULL);
    pid_t pid = detach(SCRIPT, file);

    assert_int_equal(unit_await_pid(file), pid);
    assert_true(getsid(pid) > 0);
    assert_int_not_equal(getsid(pid), getsid(0));
    assert_true(getpgid(pid) > 0);
    assert_int_not_equal(getpgid(pid), getpgid(0));
    end_detached(pid);
}

static gboolean is_null_device(const char *path)
{
    struct stat info;
    struct stat null_info;

    return stat(path, &info) == 0 && stat("/dev/null", &null_info) == 0 && info.st_rdev == null_info.st_rdev;
}

/* Whether nothing is open but 0, 1 and 2, and these are nobody's; *OTHER: what else is. */
static gboolean has_no_files(pid_t pid, char **other)
{
    g_autofree char *path = g_strdup_printf("/proc/%ld/fd", (long)pid);
    g_autoptr(GDir) directory = g_dir_open(path, 0, NULL);
    const char *name;
    guint count = 0;

    while (directory != NULL && (name = g_dir_read_name(directory)) != NULL) {
        g_autofree char *link = g_build_filename(path, name, NULL);
        count++;
        if (strlen(name) == 1 && *name <= '2' && is_null_device(link))
            continue;
        g_free(*other);
        *other = g_file_read_link(link, NULL);
        return FALSE;
    }
    return count == 3;
}

/* What the program itself opens at its start is soon closed. */
static void expect_no_files(pid_t pid)
{
    OcfDeadline deadline = ocf_deadline_in(UNIT_PATIENCE_MS);
    g_autofree char *other = NULL;

    while (!has_no_files(pid, &other))
        if (!ocf_deadline_sleep(deadline, 10))
            fail_msg("it holds %s", other != NULL ? other : "too few files");
}

static void it_holds_no_file_of_the_callers(void **state)
{
    g_autofree char *file = g_build_filename(*state, "pid", NULL);
    g_autofree char *lock_file = unit_write(*state, "lock", "", 0);
    int line[2], lock = open(lock_file, O_RDWR);

    assert_true(lock >= 0);
    assert_int_equal(flock(lock, LOCK_EX), 0);
    assert_int_equal(pipe(line), 0);
    assert_int_equal(dup2(line[1], HIGH_FD), HIGH_FD);
    pid_t pid = detach(SCRIPT, file);
    await_sleep(pid);
    expect_no_files(pid);
    close(lock);
    close(line[1]);
    close(HIGH_FD);
    /* Pacemaker would wait for the end of such a pipe, and the next action for the lock */
    char byte;
    assert_int_equal(read(line[0], &byte, 1), 0);
    close(line[0]);
    lock = open(lock_file, O_RDWR);
    assert_int_equal(flock(lock, LOCK_EX | LOCK_NB), 0);
    close(lock);
    end_detached(pid);
}

static int detach_without_standard_files(void *file)
{
    const char *const argv[] = {"/bin/sh", "-c", SCRIPT, "sh", file, NULL};

    for (int fd = 0; fd <= 2; fd++)
        close(fd);
    return ocf_detach(argv, NULL) > 0 ? 0 : 1;
}

static void a_caller_without_standard_files_can_start_it_too(void **state)
{
    g_autofree char *file = g_build_filename(*state, "pid", NULL);
    g_auto(UnitChild) child = unit_fork(detach_without_standard_files, file);

    assert_int_equal(child.status, 0);
    pid_t pid = unit_await_pid(file);
    assert_true(pid > 0);
    await_sleep(pid);
    expect_no_files(pid);
    end_detached(pid);
}

static int detach_and_end_the_group(void *file)
{
    const char *const argv[] = {"/bin/sh", "-c", SCRIPT, "sh", file, NULL};

    setpgid(0, 0);
    if (ocf_detach(argv, NULL) <= 0 || unit_await_pid(file) <= 0)
        return 1;
    kill(0, SIGKILL);
    return 2;
}

/* As Pacemaker ends an agent whose time is over. */
static void it_outlives_the_end_of_the_callers_group(void **state)
{
    g_autofree char *file = g_build_filename(*state, "pid", NULL);
    g_auto(UnitChild) child = unit_fork(detach_and_end_the_group, file);

    assert_true(WIFSIGNALED(child.status));
    assert_int_equal(WTERMSIG(child.status), SIGKILL);
    pid_t pid = unit_await_pid(file);
    assert_true(pid > 0);
    await_sleep(pid);
    g_usleep(100 * 1000);
    assert_true(unit_process_lives(pid));
    end_detached(pid);
}

static int detach_deaf(void *file)
{
    const char *const argv[] = {"/bin/sh", "-c", "grep SigBlk /proc/self/status >\"$1.mask\";" SCRIPT,
                                "sh",      file, NULL};
    sigset_t all;

    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    return ocf_detach(argv, NULL) > 0 ? 0 : 1;
}

static void it_hears_signals_that_the_caller_had_blocked(void **state)
{
    g_autofree char *file = g_build_filename(*state, "pid", NULL);
    g_autofree char *mask_file = g_strconcat(file, ".mask", NULL);
    g_autofree char *mask = NULL;
    g_auto(UnitChild) child = unit_fork(detach_deaf, file);

    if (child.status != 0)
        fail_msg("%s", child.err);
    pid_t pid = unit_await_pid(file);
    assert_true(pid > 0);
    assert_true(g_file_get_contents(mask_file, &mask, NULL, NULL));
    assert_string_equal(mask, "SigBlk:\t0000000000000000\n");
    kill(pid, SIGTERM);
    assert_true(unit_process_ends(pid));
}

static void it_keeps_no_directory_busy(void **state)
{
    g_autofree char *file = g_build_filename(*state, "pid", NULL);
    pid_t pid = detach(SCRIPT, file);
    g_autofree char *link = g_strdup_printf("/proc/%ld/cwd", (long)pid);

    await_sleep(pid);
    g_autofree char *directory = g_file_read_link(link, NULL);
    assert_string_equal(directory, "/");
    end_detached(pid);
}

/* The environment goes on, but what says on which node the agent's own call is. */
static void it_is_not_told_what_only_the_call_is_told(void **state)
{
    g_autofree char *file = g_build_filename(*state, "pid", NULL);
    g_autofree char *said_file = g_strconcat(file, ".said", NULL);
    g_autofree char *said = NULL;

    g_setenv("OCF_RESKEY_CRM_meta_on_node", "a1", TRUE);
    g_setenv("WHERRY_UNIT_KEPT", "kept", TRUE);
    pid_t pid = detach("echo \"$OCF_RESKEY_CRM_meta_on_node/$WHERRY_UNIT_KEPT\" >\"$1.said\"; " SCRIPT, file);
    assert_string_equal(g_getenv("OCF_RESKEY_CRM_meta_on_node"), "a1");
    g_unsetenv("OCF_RESKEY_CRM_meta_on_node");
    g_unsetenv("WHERRY_UNIT_KEPT");
    assert_int_equal(unit_await_pid(file), pid);
    assert_true(g_file_get_contents(said_file, &said, NULL, NULL));
    assert_string_equal(said, "/kept\n");
    end_detached(pid);
}

static guint count_files(void)
{
    g_autoptr(GDir) directory = g_dir_open("/proc/self/fd", 0, NULL);
    guint count = 0;

    while (g_dir_read_name(directory) != NULL)
        count++;
    return count;
}

static void the_caller_keeps_nothing_of_it(void **state)
{
    const guint before = count_files();
    const char *const absent[] = {"/nonexistent/wherry-settle", NULL};
    (void)state;

    for (int i = 0; i < 3; i++) {
        pid_t pid = detach("exit 0", "");
        assert_true(unit_process_ends(pid));
        assert_int_equal(ocf_detach(absent, NULL), 0);
    }
    assert_int_equal(count_files(), before);
}

static void an_absent_program_is_not_installed_and_is_named(void **state)
{
    g_autofree char *plain = unit_write(*state, "plain", "#!/bin/sh\n", -1);
    const char *const absent[] = {"/nonexistent/wherry-settle", NULL};
    const char *const not_executable[] = {plain, NULL};
    g_autoptr(GError) error = NULL;

    assert_int_equal(ocf_detach(absent, &error), 0);
    unit_expect_error(&error, OCF_ERR_INSTALLED, "cannot start /nonexistent/wherry-settle: No such file");
    assert_int_equal(g_chmod(plain, 0600), 0);
    assert_int_equal(ocf_detach(not_executable, &error), 0);
    unit_expect_error(&error, OCF_ERR_INSTALLED, plain);
}

static int detach_without_room(void *data)
{
    const char *const argv[] = {"/bin/sh", "-c", "exit 0", NULL};
    struct rlimit none = {.rlim_cur = 3};
    struct rlimit most;
    g_autoptr(GError) error = NULL;
    (void)data;

    getrlimit(RLIMIT_NOFILE, &most);
    none.rlim_max = most.rlim_max;
    setrlimit(RLIMIT_NOFILE, &none);
    pid_t pid = ocf_detach(argv, &error);
    setrlimit(RLIMIT_NOFILE, &most);
    if (pid != 0)
        return 2;
    return error->code == OCF_ERR_GENERIC && strstr(error->message, "Too many open files") != NULL ? 0 : 1;
}

/* "Not installed" would have Pacemaker never try this node again. */
static void a_want_of_descriptors_is_not_a_want_of_the_program(void **state)
{
    (void)state;
    g_auto(UnitChild) child = unit_fork(detach_without_room, NULL);
    assert_int_equal(child.status, 0);
}

#define WITH_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, unit_directory_new, unit_directory_free)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(this_boot_has_an_id_that_stays),
        cmocka_unit_test(a_process_has_one_time_of_its_start),
        cmocka_unit_test(a_child_has_not_its_parents_time),
        cmocka_unit_test(an_odd_name_hides_no_time),
        cmocka_unit_test(a_zombie_and_what_is_gone_have_no_time),
        cmocka_unit_test(a_stopped_process_has_not_ended),
        cmocka_unit_test(what_is_no_process_id_has_no_time),
        WITH_DIRECTORY(the_number_is_that_of_the_program_itself),
        WITH_DIRECTORY(it_is_no_child_of_the_caller),
        WITH_DIRECTORY(it_has_a_session_and_a_group_of_its_own),
        WITH_DIRECTORY(it_holds_no_file_of_the_callers),
        WITH_DIRECTORY(a_caller_without_standard_files_can_start_it_too),
        WITH_DIRECTORY(it_outlives_the_end_of_the_callers_group),
        WITH_DIRECTORY(it_hears_signals_that_the_caller_had_blocked),
        WITH_DIRECTORY(it_keeps_no_directory_busy),
        WITH_DIRECTORY(it_is_not_told_what_only_the_call_is_told),
        cmocka_unit_test(the_caller_keeps_nothing_of_it),
        WITH_DIRECTORY(an_absent_program_is_not_installed_and_is_named),
        cmocka_unit_test(a_want_of_descriptors_is_not_a_want_of_the_program),
    };

    unit_log_start();
    return cmocka_run_group_tests_name("ocf/process", tests, NULL, NULL);
}
