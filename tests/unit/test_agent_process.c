/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guests are played by this program itself, started anew with QEMU's arguments: a real process with a real
 * command line, which is all that agent/process.c goes by.
 */
#include "tests/unit/unit.h"

#include "agent/process.h"

#include <signal.h>
#include <sys/prctl.h>

#define UUID "11111111-2222-3333-4444-555555555555"
#define OTHER_UUID "11111111-2222-3333-4444-555555555556"
#define ROLE "WHERRY_UNIT_GUEST"

/* A command line as in /proc, of literals with a NUL between the arguments. */
#define MATCHES(line, name, uuid) guest_process_matches(line, sizeof(line), name, uuid)

/* ---- command lines ------------------------------------------------------------------------------- */

static void a_guest_is_known_by_its_uuid(void **state)
{
    static const char line[] =
        "/usr/bin/qemu-system-x86_64\0-name\0guest=web1,debug-threads=on\0-S\0-uuid\0" UUID;
    (void)state;

    assert_true(MATCHES(line, "web1", UUID));
    assert_false(MATCHES(line, "web1", OTHER_UUID));
    assert_false(MATCHES(line, "web1", "11111111-2222-3333-4444-55555555555"));
}

static void uuid_beats_name(void **state)
{
    static const char line[] = "qemu\0-name\0guest=web1\0-uuid\0" UUID;
    (void)state;

    assert_true(MATCHES(line, "renamed", UUID));
    assert_false(MATCHES(line, "web1", OTHER_UUID));
}

static void uuids_are_compared_in_any_case(void **state)
{
    static const char line[] = "qemu\0-uuid\0ABCDEF01-2222-3333-4444-555555555555";
    (void)state;

    assert_true(MATCHES(line, "", "abcdef01-2222-3333-4444-555555555555"));
}

static void a_name_matches_whole(void **state)
{
    static const char line[] = "qemu\0-name\0guest=web1,debug-threads=on\0-S";
    (void)state;

    assert_true(MATCHES(line, "web1", ""));
    assert_false(MATCHES(line, "web", ""));
    assert_false(MATCHES(line, "web11", ""));
    assert_false(MATCHES(line, "eb1", ""));
    assert_false(MATCHES(line, "WEB1", ""));
    assert_false(MATCHES(line, "web1,debug-threads=on", ""));
    assert_false(MATCHES(line, "web.", ""));
    assert_false(MATCHES(line, ".*", ""));
    assert_false(MATCHES(line, "", ""));
}

static void a_comma_in_a_name_is_doubled(void **state)
{
    static const char line[] = "qemu\0-name\0guest=a,,b,debug-threads=on";
    static const char tail[] = "qemu\0-name\0guest=a,,";
    (void)state;

    assert_true(MATCHES(line, "a,b", ""));
    assert_false(MATCHES(line, "a", ""));
    assert_false(MATCHES(line, "a,", ""));
    assert_false(MATCHES(line, "a,,b", ""));
    assert_true(MATCHES(tail, "a,", ""));
    assert_false(MATCHES(tail, "a", ""));
}

static void only_the_option_itself_counts(void **state)
{
    static const char in_value[] = "qemu\0-append\0-name guest=web1 -uuid " UUID;
    static const char no_option[] = "qemu\0guest=web1\0" UUID;
    static const char other_option[] = "qemu\0-smbios\0guest=web1\0-device\0" UUID;
    static const char long_option[] = "qemu\0--uuid=" UUID "\0-uuidx\0" UUID;
    static const char old_name[] = "qemu\0-name\0web1";
    static const char shell[] = "sh\0-c\0qemu -name guest=web1 -uuid " UUID;
    static const char last[] = "qemu\0-uuid";
    (void)state;

    assert_false(MATCHES(in_value, "web1", ""));
    assert_false(MATCHES(in_value, "web1", UUID));
    assert_false(MATCHES(no_option, "web1", ""));
    assert_false(MATCHES(no_option, "web1", UUID));
    assert_false(MATCHES(other_option, "web1", ""));
    assert_false(MATCHES(other_option, "web1", UUID));
    assert_false(MATCHES(long_option, "web1", UUID));
    assert_false(MATCHES(old_name, "web1", ""));
    assert_false(MATCHES(shell, "web1", UUID));
    assert_false(MATCHES(last, "web1", UUID));
}

static void a_kernel_thread_is_no_guest(void **state)
{
    (void)state;
    assert_false(guest_process_matches("", 0, "web1", ""));
    assert_false(guest_process_matches("", 0, "web1", UUID));
    assert_false(guest_process_matches("", 0, "", ""));
    assert_false(guest_process_matches("\0\0\0", 3, "", ""));
}

/* What ends within an argument was cut off, and half a name or UUID proves nothing. */
static void a_line_that_is_cut_off_is_no_proof(void **state)
{
    static const char line[] = "qemu\0-uuid\0" UUID "\0-name\0guest=web1\0-S\0-incoming\0defer";
    (void)state;

    for (gsize length = 1; length < sizeof line; length++) {
        g_autofree char *copy = g_malloc(length); /* exactly: a read past its end is seen by ASan */
        memcpy(copy, line, length);
        if (line[length - 1] == '\0')
            continue;
        assert_false(guest_process_matches(copy, length, "web1", ""));
        assert_false(guest_process_matches(copy, length, "web1", UUID));
        assert_false(guest_process_matches(copy, length, "", UUID));
    }
    assert_true(guest_process_matches(line, sizeof line, "web1", UUID));
}

static char *random_name(GRand *random)
{
    static const char letters[] = "ab,= g";
    char *name = g_new0(char, 6);

    for (int i = g_rand_int_range(random, 1, 6); i > 0; i--)
        name[i - 1] = letters[g_rand_int_range(random, 0, sizeof letters - 1)];
    return name;
}

static void every_name_matches_itself_and_no_other(void **state)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(1);
    (void)state;

    for (int i = 0; i < 20000; i++) {
        g_autofree char *name = random_name(random);
        g_autofree char *other = random_name(random);
        g_autoptr(GString) line = g_string_new(name);
        g_string_replace(line, ",", ",,", 0); /* as libvirt's virQEMUBuildBufferEscapeComma does */
        g_string_prepend(line, "guest=");
        g_string_append(line, i % 2 == 0 ? ",debug-threads=on" : "");
        g_string_prepend_len(line, "qemu\0-name\0", 11);
        g_string_append_len(line, "\0-S\0", 4);
        assert_true(guest_process_matches(line->str, line->len, name, ""));
        assert_int_equal(guest_process_matches(line->str, line->len, other, ""), strcmp(name, other) == 0);
    }
}

/* ---- processes ----------------------------------------------------------------------------------- */

/* What the program does when it is started as a guest: "FD MODE", where FD is told that it is ready. */
static int play_guest(const char *role)
{
    int ready = atoi(role);
    const char *mode = strchr(role, ' ') + 1;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    alarm(120);
    if (strcmp(mode, "deaf") == 0)
        signal(SIGTERM, SIG_IGN);
    if (strcmp(mode, "odd") == 0)
        prctl(PR_SET_NAME, ") Z 1 (a b");
    if (write(ready, "", 1) != 1)
        return 1;
    close(ready);
    if (strcmp(mode, "brief") == 0)
        return 0;
    for (;;)
        pause();
}

typedef struct {
    char *name, *uuid;
    pid_t pid;
} Played;

/* Starts a guest with the given name, or one of its own, and a UUID that no other process has. */
static Played play(const char *mode, const char *name, const char *further)
{
    Played played = {.name =
                         name != NULL ? g_strdup(name) : g_strdup_printf("wherry-unit-%ld,x", (long)getpid()),
                     .uuid = g_uuid_string_random()};
    g_autoptr(GString) option = g_string_new(played.name);
    int ready[2];

    g_string_replace(option, ",", ",,", 0);
    g_string_prepend(option, "guest=");
    g_string_append(option, ",debug-threads=on");
    assert_int_equal(pipe(ready), 0);
    g_autofree char *role = g_strdup_printf("%d %s", ready[1], mode);
    g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
    fflush(NULL);
    played.pid = fork();
    if (played.pid == 0) {
        g_setenv(ROLE, role, TRUE);
        execl(self, "/usr/bin/qemu-system-x86_64", "-name", option->str, "-S", "-uuid", played.uuid, further,
              NULL);
        _exit(127);
    }
    close(ready[1]);
    char byte;
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return played;
}

static int played_end(Played *played)
{
    int status = 0;

    kill(played->pid, SIGKILL);
    waitpid(played->pid, &status, 0);
    g_free(played->name);
    g_free(played->uuid);
    return status;
}

static void a_guest_is_found_and_proven(void **state)
{
    Played played = play("plain", NULL, NULL);
    GuestProcess by_uuid = {0}, by_name = {0};
    (void)state;

    assert_true(guest_process_find("another name", played.uuid, &by_uuid, NULL));
    assert_int_equal(by_uuid.pid, played.pid);
    assert_true(by_uuid.start_time > 0);
    assert_false(by_uuid.incoming);
    assert_true(guest_process_find(played.name, "", &by_name, NULL));
    assert_int_equal(by_name.pid, played.pid);
    assert_int_equal(by_name.start_time, by_uuid.start_time);
    assert_true(guest_process_is_alive(&by_uuid, played.name, played.uuid));
    assert_true(guest_process_is_alive(&by_uuid, played.name, ""));
    played_end(&played);
    assert_false(guest_process_is_alive(&by_uuid, "another name", ""));
}

static void i7_none_is_found_only_where_there_is_none(void **state)
{
    Played played = play("plain", NULL, NULL);
    g_autofree char *nobody = g_uuid_string_random();
    g_autofree char *prefix = g_strndup(played.name, strlen(played.name) - 1);
    GuestProcess found = {.pid = 77, .start_time = 77, .incoming = TRUE};
    (void)state;

    assert_true(guest_process_find(played.name, nobody, &found, NULL));
    assert_int_equal(found.pid, 0);
    assert_false(found.incoming);
    assert_true(guest_process_find(prefix, "", &found, NULL));
    assert_int_equal(found.pid, 0);
    played_end(&played);
}

static void an_incoming_guest_is_marked(void **state)
{
    Played played = play("plain", NULL, "-incoming");
    GuestProcess found = {0};
    (void)state;

    assert_true(guest_process_find(played.name, played.uuid, &found, NULL));
    assert_int_equal(found.pid, played.pid);
    assert_true(found.incoming);
    played_end(&played);
}

/* The command's name in /proc/PID/stat may hold anything, parentheses and states included. */
static void an_odd_command_name_does_not_hide_a_guest(void **state)
{
    Played plain = play("plain", NULL, NULL), odd = play("odd", NULL, NULL);
    GuestProcess one = {0}, two = {0};
    (void)state;

    assert_true(guest_process_find("", plain.uuid, &one, NULL));
    assert_true(guest_process_find("", odd.uuid, &two, NULL));
    assert_int_equal(two.pid, odd.pid);
    assert_true(two.start_time >= one.start_time);
    assert_true(two.start_time - one.start_time < 100 * UNIT_PATIENCE_MS / 1000);
    assert_true(guest_process_is_alive(&two, "", odd.uuid));
    played_end(&plain);
    played_end(&odd);
}

static void a_used_again_process_id_is_not_proven(void **state)
{
    Played played = play("plain", NULL, NULL);
    GuestProcess found = {0};
    (void)state;

    assert_true(guest_process_find(played.name, played.uuid, &found, NULL));
    GuestProcess earlier = found, unknown = found, none = {0}, negative = {.pid = -1, .start_time = 1};
    earlier.start_time--;
    unknown.start_time = 0;
    assert_false(guest_process_is_alive(&earlier, played.name, played.uuid));
    assert_false(guest_process_is_alive(&unknown, played.name, played.uuid));
    assert_false(guest_process_is_alive(&none, played.name, played.uuid));
    assert_false(guest_process_is_alive(&negative, played.name, played.uuid));
    assert_false(guest_process_is_alive(&found, played.name, OTHER_UUID));
    played_end(&played);
}

static void a_used_again_process_id_is_not_ended(void **state)
{
    Played played = play("plain", NULL, NULL);
    GuestProcess found = {0};
    (void)state;

    assert_true(guest_process_find(played.name, played.uuid, &found, NULL));
    found.start_time--;
    assert_true(guest_process_end(&found, played.name, played.uuid, ocf_deadline_in(2000), NULL));
    assert_true(unit_process_lives(played.pid));
    played_end(&played);
}

static void another_guest_is_never_ended(void **state)
{
    Played played = play("plain", NULL, NULL);
    GuestProcess found = {0};
    g_autoptr(GError) error = NULL;
    (void)state;

    assert_true(guest_process_find(played.name, played.uuid, &found, NULL));
    assert_false(guest_process_end(&found, played.name, OTHER_UUID, ocf_deadline_in(2000), &error));
    unit_expect_error(&error, OCF_ERR_GENERIC, "cannot be ended");
    assert_false(guest_process_end(&found, "another", "", ocf_deadline_in(2000), &error));
    g_clear_error(&error);
    assert_true(unit_process_lives(played.pid));
    assert_int_equal(waitpid(played.pid, NULL, WNOHANG), 0);
    played_end(&played);
}

static void a_guest_is_asked_to_end_with_sigterm(void **state)
{
    Played played = play("plain", NULL, NULL);
    GuestProcess found = {0};
    (void)state;

    assert_true(guest_process_find(played.name, played.uuid, &found, NULL));
    assert_true(guest_process_end(&found, played.name, played.uuid, ocf_deadline_in(UNIT_PATIENCE_MS), NULL));
    assert_false(unit_process_lives(played.pid));
    assert_false(guest_process_is_alive(&found, played.name, played.uuid));
    int status = played_end(&played);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGTERM);
}

static void a_guest_that_does_not_hear_is_killed_before_the_deadline(void **state)
{
    Played played = play("deaf", NULL, NULL);
    GuestProcess found = {0};
    OcfDeadline deadline = ocf_deadline_in(3000);
    (void)state;

    assert_true(guest_process_find(played.name, played.uuid, &found, NULL));
    assert_true(guest_process_end(&found, played.name, played.uuid, deadline, NULL));
    assert_false(unit_process_lives(played.pid));
    int status = played_end(&played);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGKILL);
}

static void a_guest_that_is_gone_has_ended(void **state)
{
    Played played = play("plain", NULL, NULL);
    GuestProcess found = {0};
    (void)state;

    assert_true(guest_process_find(played.name, played.uuid, &found, NULL));
    g_autofree char *name = g_strdup(played.name);
    g_autofree char *uuid = g_strdup(played.uuid);
    played_end(&played);
    assert_true(guest_process_end(&found, name, uuid, ocf_deadline_in(0), NULL));
}

static void a_zombie_is_no_guest_and_has_ended(void **state)
{
    Played played = play("plain", NULL, NULL);
    GuestProcess found = {0}, again = {0};
    siginfo_t info;
    (void)state;

    assert_true(guest_process_find(played.name, played.uuid, &found, NULL));
    kill(played.pid, SIGKILL);
    assert_int_equal(waitid(P_PID, (id_t)played.pid, &info, WEXITED | WNOWAIT), 0);
    assert_false(guest_process_is_alive(&found, played.name, played.uuid));
    assert_true(guest_process_find(played.name, played.uuid, &again, NULL));
    assert_int_equal(again.pid, 0);
    assert_true(guest_process_end(&found, played.name, played.uuid, ocf_deadline_in(0), NULL));
    played_end(&played);
}

static void what_is_no_process_id_is_an_error(void **state)
{
    const GuestProcess none = {0}, negative = {.pid = -5, .start_time = 1};
    g_autoptr(GError) error = NULL;
    (void)state;

    assert_false(guest_process_end(&none, "a", "", ocf_deadline_in(100), &error));
    unit_expect_error(&error, OCF_ERR_GENERIC, "cannot hold on to");
    assert_false(guest_process_end(&negative, "a", "", ocf_deadline_in(100), &error));
    unit_expect_error(&error, OCF_ERR_GENERIC, "cannot hold on to");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_guest_is_known_by_its_uuid),
        cmocka_unit_test(uuid_beats_name),
        cmocka_unit_test(uuids_are_compared_in_any_case),
        cmocka_unit_test(a_name_matches_whole),
        cmocka_unit_test(a_comma_in_a_name_is_doubled),
        cmocka_unit_test(only_the_option_itself_counts),
        cmocka_unit_test(a_kernel_thread_is_no_guest),
        cmocka_unit_test(a_line_that_is_cut_off_is_no_proof),
        cmocka_unit_test(every_name_matches_itself_and_no_other),
        cmocka_unit_test(a_guest_is_found_and_proven),
        cmocka_unit_test(i7_none_is_found_only_where_there_is_none),
        cmocka_unit_test(an_incoming_guest_is_marked),
        cmocka_unit_test(an_odd_command_name_does_not_hide_a_guest),
        cmocka_unit_test(a_used_again_process_id_is_not_proven),
        cmocka_unit_test(a_used_again_process_id_is_not_ended),
        cmocka_unit_test(another_guest_is_never_ended),
        cmocka_unit_test(a_guest_is_asked_to_end_with_sigterm),
        cmocka_unit_test(a_guest_that_does_not_hear_is_killed_before_the_deadline),
        cmocka_unit_test(a_guest_that_is_gone_has_ended),
        cmocka_unit_test(a_zombie_is_no_guest_and_has_ended),
        cmocka_unit_test(what_is_no_process_id_is_an_error),
    };
    const char *role = getenv(ROLE);

    if (role != NULL)
        return play_guest(role);
    unit_log_start();
    return cmocka_run_group_tests_name("agent/process", tests, NULL, NULL);
}
