/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * After a migration the two ends are asked, and transfer_settlement says what their answers amount to. All
 * pairs of answers are walked through, and what must hold of each pair is asserted in terms of its own: a
 * simple model of who executes and who has the guest's memory, not the function's words again.
 */
#include "tests/unit/unit.h"

#include "agent/transfer.h"

#define OURS "11111111-2222-3333-4444-555555555555"
#define OTHER "99999999-2222-3333-4444-555555555555"

enum { MOST_REASONS = 16, MOST_ENDS = 2000 };

typedef struct {
    const DomainLook *look; /* NULL: no answer */
    DomainLook value;
} End;

static End ends[MOST_ENDS];
static size_t end_count;

static void add_end(gboolean present, int state, int reason, gboolean incoming, const char *uuid)
{
    End *end = &ends[end_count++];

    assert_true(end_count <= MOST_ENDS);
    end->value = (DomainLook){.present = present,
                              .active = present && state != VIR_DOMAIN_SHUTOFF,
                              .incoming = incoming,
                              .state = state,
                              .reason = reason};
    g_strlcpy(end->value.uuid, uuid, sizeof end->value.uuid);
    end->look = &end->value;
}

/* Every answer that an end can give: none, no such domain, and all states, reasons and owners, the ones that
 * libvirt does not have yet included. */
static int make_ends(void **state)
{
    (void)state;
    ends[end_count++] = (End){0};
    add_end(FALSE, 0, 0, FALSE, "");
    for (int domain_state = 0; domain_state <= 9; domain_state++)
        for (int reason = 0; reason < MOST_REASONS; reason++)
            for (int incoming = 0; incoming <= (domain_state == VIR_DOMAIN_PAUSED); incoming++) {
                add_end(TRUE, domain_state, reason, incoming, OURS);
                add_end(TRUE, domain_state, reason, incoming, OTHER);
            }
    return 0;
}

/* ---- the model ----------------------------------------------------------------------------------- */

static gboolean is_ours(const DomainLook *look)
{
    return look->present && look->active && strcmp(look->uuid, OURS) == 0;
}

static gboolean is_executing(const DomainLook *look)
{
    return is_ours(look) && (look->state == VIR_DOMAIN_RUNNING || look->state == VIR_DOMAIN_BLOCKED);
}

static gboolean is_half(const DomainLook *look)
{
    if (!is_ours(look))
        return FALSE;
    if (look->state == VIR_DOMAIN_RUNNING)
        return look->reason == VIR_DOMAIN_RUNNING_POSTCOPY ||
               look->reason == VIR_DOMAIN_RUNNING_POSTCOPY_FAILED;
    return look->state == VIR_DOMAIN_PAUSED &&
           (look->reason == VIR_DOMAIN_PAUSED_POSTCOPY || look->reason == VIR_DOMAIN_PAUSED_POSTCOPY_FAILED);
}

static gboolean is_held_by_migration(const DomainLook *look)
{
    return is_ours(look) && look->state == VIR_DOMAIN_PAUSED &&
           (look->reason == VIR_DOMAIN_PAUSED_MIGRATION || look->reason == VIR_DOMAIN_PAUSED_POSTCOPY);
}

/* Calls CHECK for every pair. */
static void for_all_pairs(void (*check)(const DomainLook *here, const DomainLook *there,
                                        Settlement settlement))
{
    for (size_t i = 0; i < end_count; i++)
        for (size_t j = 0; j < end_count; j++)
            check(ends[i].look, ends[j].look, transfer_settlement(ends[i].look, ends[j].look, OURS));
}

static void fail_pair(const char *what, const DomainLook *here, const DomainLook *there,
                      Settlement settlement)
{
    fail_msg("%s: here %d/%d%s%s, there %d/%d%s%s, settlement %d", what, here->state, here->reason,
             here->incoming ? " incoming" : "", is_ours(here) ? "" : " not ours", there->state, there->reason,
             there->incoming ? " incoming" : "", is_ours(there) ? "" : " not ours", (int)settlement);
}

#define HOLDS(condition)                                                                                     \
    do {                                                                                                     \
        if (!(condition))                                                                                    \
            fail_pair(#condition, here, there, settlement);                                                  \
    } while (0)

/* ---- what holds of every pair -------------------------------------------------------------------- */

static void check_no_answer(const DomainLook *here, const DomainLook *there, Settlement settlement)
{
    if (here == NULL || there == NULL)
        assert_int_equal(settlement, SETTLE_UNKNOWN);
}

static void i7_an_end_that_does_not_answer_makes_nothing_certain(void **state)
{
    (void)state;
    for_all_pairs(check_no_answer);
}

static void check_at_most_one(const DomainLook *here, const DomainLook *there, Settlement settlement)
{
    if (here == NULL || there == NULL)
        return;
    gboolean runs_here = is_executing(here), runs_there = is_executing(there);
    switch (settlement) {
    case SETTLE_RESUME_HERE:
        runs_here = TRUE;
        break;
    case SETTLE_DISCARD_HERE:
        runs_here = FALSE;
        break;
    case SETTLE_DISCARD_THERE:
        runs_there = FALSE;
        break;
    default:
        break;
    }
    /* advice followed, one at most is left; an end result is none where two run. UNKNOWN touches nothing. */
    if (settlement != SETTLE_UNKNOWN)
        HOLDS(!(runs_here && runs_there));
}

static void i1_no_advice_leaves_two_running(void **state)
{
    (void)state;
    for_all_pairs(check_at_most_one);
}

static void check_resume(const DomainLook *here, const DomainLook *there, Settlement settlement)
{
    if (settlement != SETTLE_RESUME_HERE)
        return;
    HOLDS(is_held_by_migration(here));
    HOLDS(!is_half(here));  /* post-copy has begun: the guest went on elsewhere */
    HOLDS(!is_ours(there)); /* not even paused: it could go on any moment */
}

static void i1_it_is_resumed_here_only_when_surely_nothing_is_there(void **state)
{
    (void)state;
    for_all_pairs(check_resume);
}

static void check_owner(const DomainLook *here, const DomainLook *there, Settlement settlement)
{
    if (settlement == SETTLE_DISCARD_HERE || settlement == SETTLE_RESUME_HERE)
        HOLDS(is_ours(here));
    if (settlement == SETTLE_DISCARD_THERE)
        HOLDS(is_ours(there));
}

static void another_guest_of_the_same_name_is_never_touched(void **state)
{
    (void)state;
    for_all_pairs(check_owner);
}

static void check_only_copy(const DomainLook *here, const DomainLook *there, Settlement settlement)
{
    if (settlement == SETTLE_DISCARD_HERE) {
        HOLDS(is_held_by_migration(here));
        HOLDS(is_ours(there) && !is_held_by_migration(there) && !is_half(there) && !there->incoming);
    }
    if (settlement == SETTLE_DISCARD_THERE) {
        HOLDS(is_ours(here));
        HOLDS(!is_executing(there) || is_executing(here));
    }
}

static void i2_the_only_copy_that_works_is_never_discarded(void **state)
{
    (void)state;
    for_all_pairs(check_only_copy);
}

/* Each end of a post-copy has memory that the other lacks: to take one away is to lose the guest (facts L3).
 */
static void check_half(const DomainLook *here, const DomainLook *there, Settlement settlement)
{
    if (here == NULL || there == NULL)
        return;
    if (is_half(there) || (is_half(here) && is_ours(there) && !is_executing(there)))
        HOLDS(settlement != SETTLE_DISCARD_HERE && settlement != SETTLE_DISCARD_THERE &&
              settlement != SETTLE_RESUME_HERE);
}

static void i2_neither_half_of_a_postcopy_is_taken_away(void **state)
{
    (void)state;
    for_all_pairs(check_half);
}

static void check_result(const DomainLook *here, const DomainLook *there, Settlement settlement)
{
    if (here == NULL || there == NULL)
        return;
    if (settlement == SETTLE_MOVED) {
        HOLDS(!is_ours(here));
        HOLDS(is_ours(there) && !is_held_by_migration(there) && !there->incoming);
    }
    if (settlement == SETTLE_STAYED)
        HOLDS(is_ours(here) && !is_held_by_migration(here) && !is_ours(there));
    if (settlement == SETTLE_LOST)
        HOLDS(!is_ours(here) && !is_ours(there));
}

static void a_result_is_what_both_ends_say(void **state)
{
    (void)state;
    for_all_pairs(check_result);
}

static void check_stranger(const DomainLook *here, const DomainLook *there, Settlement settlement)
{
    static const DomainLook absent = {0};

    if (here == NULL || there == NULL || !there->present || is_half(here))
        return;
    if (strcmp(there->uuid, OTHER) == 0 && there->reason < VIR_DOMAIN_RUNNING_POSTCOPY_FAILED)
        HOLDS(settlement == transfer_settlement(here, &absent, OURS));
}

static void a_stranger_at_the_target_counts_as_nothing_there(void **state)
{
    (void)state;
    for_all_pairs(check_stranger);
}

/* Advice that is followed leads on: what is looked at next time is settled, or nobody's to settle. */
static void check_progress(const DomainLook *here, const DomainLook *there, Settlement settlement)
{
    static const DomainLook absent = {0};
    DomainLook resumed = {0};

    if (settlement == SETTLE_DISCARD_HERE)
        HOLDS(transfer_settlement(&absent, there, OURS) == SETTLE_MOVED);
    if (settlement == SETTLE_DISCARD_THERE) {
        Settlement next = transfer_settlement(here, &absent, OURS);
        HOLDS(next == SETTLE_STAYED || next == SETTLE_RESUME_HERE);
    }
    if (settlement == SETTLE_RESUME_HERE) {
        resumed = *here;
        resumed.state = VIR_DOMAIN_RUNNING;
        resumed.reason = VIR_DOMAIN_RUNNING_UNPAUSED;
        resumed.incoming = FALSE;
        HOLDS(transfer_settlement(&resumed, there, OURS) == SETTLE_STAYED);
    }
}

static void advice_leads_to_a_result(void **state)
{
    (void)state;
    for_all_pairs(check_progress);
}

/* ---- the usual cases, by name -------------------------------------------------------------------- */

static Settlement settle(int here, int here_reason, int there, int there_reason, gboolean incoming)
{
    DomainLook one = {.present = here >= 0, .active = here >= 0 && here != VIR_DOMAIN_SHUTOFF, .uuid = OURS};
    DomainLook two = {
        .present = there >= 0, .active = there >= 0 && there != VIR_DOMAIN_SHUTOFF, .uuid = OURS};

    one.state = here;
    one.reason = here_reason;
    two.state = there;
    two.reason = there_reason;
    two.incoming = incoming;
    return transfer_settlement(&one, &two, OURS);
}

static void the_usual_ends_are_told_apart(void **state)
{
    enum { ABSENT = -1 };
    (void)state;

    assert_int_equal(settle(ABSENT, 0, VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_MIGRATED, FALSE), SETTLE_MOVED);
    assert_int_equal(settle(VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_MIGRATED, VIR_DOMAIN_RUNNING,
                            VIR_DOMAIN_RUNNING_MIGRATED, FALSE),
                     SETTLE_MOVED);
    assert_int_equal(settle(VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_BOOTED, ABSENT, 0, FALSE), SETTLE_STAYED);
    assert_int_equal(settle(VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_MIGRATION_CANCELED, VIR_DOMAIN_SHUTOFF,
                            VIR_DOMAIN_SHUTOFF_FAILED, FALSE),
                     SETTLE_STAYED);
    assert_int_equal(settle(VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_BOOTED, VIR_DOMAIN_PAUSED,
                            VIR_DOMAIN_PAUSED_MIGRATION, TRUE),
                     SETTLE_DISCARD_THERE);
    assert_int_equal(settle(VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_MIGRATION, VIR_DOMAIN_PAUSED,
                            VIR_DOMAIN_PAUSED_MIGRATION, TRUE),
                     SETTLE_DISCARD_THERE);
    assert_int_equal(settle(VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_MIGRATION, ABSENT, 0, FALSE),
                     SETTLE_RESUME_HERE);
    assert_int_equal(settle(VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_MIGRATION, VIR_DOMAIN_RUNNING,
                            VIR_DOMAIN_RUNNING_MIGRATED, FALSE),
                     SETTLE_DISCARD_HERE);
    assert_int_equal(settle(ABSENT, 0, ABSENT, 0, FALSE), SETTLE_LOST);
    assert_int_equal(settle(ABSENT, 0, VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_MIGRATION, TRUE), SETTLE_UNKNOWN);
    /* a guest that an administrator had paused moves paused */
    assert_int_equal(settle(ABSENT, 0, VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_USER, FALSE), SETTLE_MOVED);
    assert_int_equal(settle(VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_USER, ABSENT, 0, FALSE), SETTLE_STAYED);
    /* two running copies: the cluster's stays */
    assert_int_equal(settle(VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_BOOTED, VIR_DOMAIN_RUNNING,
                            VIR_DOMAIN_RUNNING_MIGRATED, FALSE),
                     SETTLE_DISCARD_THERE);
}

static void a_postcopy_is_waited_for_until_its_last_page(void **state)
{
    (void)state;
    assert_int_equal(settle(VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_POSTCOPY, VIR_DOMAIN_RUNNING,
                            VIR_DOMAIN_RUNNING_POSTCOPY, FALSE),
                     SETTLE_UNKNOWN);
    assert_int_equal(settle(VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_POSTCOPY, VIR_DOMAIN_RUNNING,
                            VIR_DOMAIN_RUNNING_MIGRATED, FALSE),
                     SETTLE_DISCARD_HERE);
    assert_int_equal(settle(VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_POSTCOPY, -1, 0, FALSE), SETTLE_UNKNOWN);
#if LIBVIR_VERSION_NUMBER >= 8005000
    assert_int_equal(settle(VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_POSTCOPY_FAILED, VIR_DOMAIN_RUNNING,
                            VIR_DOMAIN_RUNNING_POSTCOPY_FAILED, FALSE),
                     SETTLE_UNKNOWN);
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(i7_an_end_that_does_not_answer_makes_nothing_certain),
        cmocka_unit_test(i1_no_advice_leaves_two_running),
        cmocka_unit_test(i1_it_is_resumed_here_only_when_surely_nothing_is_there),
        cmocka_unit_test(another_guest_of_the_same_name_is_never_touched),
        cmocka_unit_test(i2_the_only_copy_that_works_is_never_discarded),
        cmocka_unit_test(i2_neither_half_of_a_postcopy_is_taken_away),
        cmocka_unit_test(a_result_is_what_both_ends_say),
        cmocka_unit_test(a_stranger_at_the_target_counts_as_nothing_there),
        cmocka_unit_test(advice_leads_to_a_result),
        cmocka_unit_test(the_usual_ends_are_told_apart),
        cmocka_unit_test(a_postcopy_is_waited_for_until_its_last_page),
    };

    unit_log_start();
    return cmocka_run_group_tests_name("agent/settlement", tests, make_ends, NULL);
}
