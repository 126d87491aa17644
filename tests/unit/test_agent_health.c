/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/unit.h"

#include "agent/health.h"

#include <libvirt/libvirt.h>

typedef struct {
    int state, reason;
    Health health;
} Case;

/* Every state and reason of libvirt-domain.h, and what each means to a cluster. */
static const Case cases[] = {
    {VIR_DOMAIN_NOSTATE, VIR_DOMAIN_NOSTATE_UNKNOWN, HEALTH_FAILED},
    {VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_UNKNOWN, HEALTH_RUNNING},
    {VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_BOOTED, HEALTH_RUNNING},
    {VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_MIGRATED, HEALTH_RUNNING},
    {VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_RESTORED, HEALTH_RUNNING},
    {VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_FROM_SNAPSHOT, HEALTH_RUNNING},
    {VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_UNPAUSED, HEALTH_RUNNING},
    {VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_MIGRATION_CANCELED, HEALTH_RUNNING},
    {VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_SAVE_CANCELED, HEALTH_RUNNING},
    {VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_WAKEUP, HEALTH_RUNNING},
    {VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_CRASHED, HEALTH_RUNNING},
    {VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_POSTCOPY, HEALTH_RUNNING},
    {VIR_DOMAIN_BLOCKED, VIR_DOMAIN_BLOCKED_UNKNOWN, HEALTH_RUNNING},
    {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_UNKNOWN, HEALTH_FAILED},
    {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_USER, HEALTH_RUNNING},
    {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_MIGRATION, HEALTH_RUNNING},
    {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_SAVE, HEALTH_RUNNING},
    {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_DUMP, HEALTH_RUNNING},
    {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_IOERROR, HEALTH_FAILED},
    {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_WATCHDOG, HEALTH_FAILED},
    {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_FROM_SNAPSHOT, HEALTH_RUNNING},
    {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_SHUTTING_DOWN, HEALTH_RUNNING},
    {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_SNAPSHOT, HEALTH_RUNNING},
    {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_CRASHED, HEALTH_FAILED},
    {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_STARTING_UP, HEALTH_STARTING},
    {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_POSTCOPY, HEALTH_RUNNING},
    {VIR_DOMAIN_SHUTDOWN, VIR_DOMAIN_SHUTDOWN_UNKNOWN, HEALTH_RUNNING},
    {VIR_DOMAIN_SHUTDOWN, VIR_DOMAIN_SHUTDOWN_USER, HEALTH_RUNNING},
    {VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_UNKNOWN, HEALTH_STOPPED},
    {VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_SHUTDOWN, HEALTH_STOPPED},
    {VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_DESTROYED, HEALTH_STOPPED},
    {VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_CRASHED, HEALTH_STOPPED},
    {VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_MIGRATED, HEALTH_STOPPED},
    {VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_SAVED, HEALTH_STOPPED},
    {VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_FAILED, HEALTH_STOPPED},
    {VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_FROM_SNAPSHOT, HEALTH_STOPPED},
    {VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_DAEMON, HEALTH_STOPPED},
    {VIR_DOMAIN_CRASHED, VIR_DOMAIN_CRASHED_UNKNOWN, HEALTH_FAILED},
    {VIR_DOMAIN_CRASHED, VIR_DOMAIN_CRASHED_PANICKED, HEALTH_FAILED},
    {VIR_DOMAIN_PMSUSPENDED, VIR_DOMAIN_PMSUSPENDED_UNKNOWN, HEALTH_RUNNING},
    {VIR_DOMAIN_PMSUSPENDED, VIR_DOMAIN_PMSUSPENDED_DISK_UNKNOWN, HEALTH_RUNNING},
#if LIBVIR_VERSION_NUMBER >= 8005000
    {VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_POSTCOPY_FAILED, HEALTH_FAILED},
    {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_POSTCOPY_FAILED, HEALTH_FAILED},
#endif
#if LIBVIR_VERSION_NUMBER >= 9002000
    {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_API_ERROR, HEALTH_FAILED},
#endif
};

static void every_state_and_reason_has_its_meaning(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        const char *why = NULL;
        Health health = health_judge(cases[i].state, cases[i].reason, FALSE, &why);
        if (health != cases[i].health)
            fail_msg("state %d reason %d: %d (%s)", cases[i].state, cases[i].reason, (int)health, why);
        assert_non_null(why);
        assert_true(*why != '\0');
    }
}

static void i7_only_a_domain_that_is_shut_off_is_stopped(void **state)
{
    (void)state;
    for (int domain_state = -2; domain_state < 64; domain_state++)
        for (int reason = -2; reason < 64; reason++)
            for (gboolean incoming = FALSE; incoming <= TRUE; incoming++)
                assert_int_equal(health_judge(domain_state, reason, incoming, NULL) == HEALTH_STOPPED,
                                 domain_state == VIR_DOMAIN_SHUTOFF);
}

static void i7_unknown_state_is_never_stopped(void **state)
{
    static const int unknown[] = {-1, 8, 9, 100, G_MAXINT, G_MININT};
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(unknown); i++) {
        const char *why = NULL;
        assert_int_equal(health_judge(unknown[i], 0, FALSE, &why), HEALTH_FAILED);
        assert_non_null(why);
    }
}

static void unknown_reason_of_a_pause_is_never_healthy(void **state)
{
    (void)state;
    for (int reason = VIR_DOMAIN_PAUSED_POSTCOPY + 1; reason < 64; reason++)
        assert_int_equal(health_judge(VIR_DOMAIN_PAUSED, reason, FALSE, NULL), HEALTH_FAILED);
    assert_int_equal(health_judge(VIR_DOMAIN_PAUSED, -1, FALSE, NULL), HEALTH_FAILED);
}

static void i1_a_paused_incoming_guest_is_arriving_whatever_the_reason(void **state)
{
    (void)state;
    for (int reason = -1; reason < 20; reason++)
        assert_int_equal(health_judge(VIR_DOMAIN_PAUSED, reason, TRUE, NULL), HEALTH_ARRIVING);
}

static void only_a_paused_guest_can_be_arriving(void **state)
{
    (void)state;
    for (int domain_state = -1; domain_state < 16; domain_state++)
        for (int reason = -1; reason < 20; reason++)
            if (domain_state != VIR_DOMAIN_PAUSED)
                assert_int_equal(health_judge(domain_state, reason, TRUE, NULL),
                                 health_judge(domain_state, reason, FALSE, NULL));
}

static void a_failure_says_why_in_words(void **state)
{
    const char *why = NULL;
    (void)state;

    health_judge(VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_IOERROR, FALSE, &why);
    assert_string_equal(why, "paused by an I/O error");
    health_judge(VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_MIGRATION, TRUE, &why);
    assert_string_equal(why, "arriving from another node");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_state_and_reason_has_its_meaning),
        cmocka_unit_test(i7_only_a_domain_that_is_shut_off_is_stopped),
        cmocka_unit_test(i7_unknown_state_is_never_stopped),
        cmocka_unit_test(unknown_reason_of_a_pause_is_never_healthy),
        cmocka_unit_test(i1_a_paused_incoming_guest_is_arriving_whatever_the_reason),
        cmocka_unit_test(only_a_paused_guest_can_be_arriving),
        cmocka_unit_test(a_failure_says_why_in_words),
    };

    return cmocka_run_group_tests_name("agent/health", tests, NULL, NULL);
}
