/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the settler does next is walked through for everything that it can see. What must hold of each view is
 * asserted in terms of its own, not in the function's words; the usual ways are then followed by name.
 */
#include "tests/unit/unit.h"

#include "moves/settle.h"

enum { STEPS = JOURNAL_STOPPED + 1, NO_JOURNAL = -1 };

/* Whose drop it is. */
typedef enum { NONE, OURS, ORPHAN, ANOTHERS } Whose;

static const char *const whose_names[] = {"none", "ours", "an orphan", "another's"};

static ClusterDrop the_drop;

typedef struct {
    Journal journal;
    int step; /* or NO_JOURNAL */
    Whose whose;
    SettleView view;
} Case;

static SettleStep next(int step, gboolean stay, gboolean driven, Whose whose, gboolean idle)
{
    Journal journal = {.step = step == NO_JOURNAL ? JOURNAL_PREPARING : (JournalStep)step, .stay = stay};
    SettleView view = {.journal = step == NO_JOURNAL ? NULL : &journal,
                       .driven = driven,
                       .drop = whose == NONE ? NULL : &the_drop,
                       .drop_is_ours = whose == OURS,
                       .drop_is_orphan = whose == ORPHAN,
                       .cluster_is_idle = idle};

    return settle_next(&view);
}

static void for_all(void (*check)(const Case *seen, SettleStep step))
{
    for (int step = NO_JOURNAL; step < STEPS; step++)
        for (int bits = 0; bits < 8; bits++)
            for (Whose whose = NONE; whose <= ANOTHERS; whose++) {
                gboolean stay = (bits & 1) != 0, driven = (bits & 2) != 0, idle = (bits & 4) != 0;
                if (step == NO_JOURNAL && (stay || driven)) /* what no journal says is not so */
                    continue;
                Case seen = {.step = step, .whose = whose};
                seen.journal.stay = stay;
                seen.view.driven = driven;
                seen.view.cluster_is_idle = idle;
                check(&seen, next(step, stay, driven, whose, idle));
            }
}

#define HOLDS(condition)                                                                                     \
    do {                                                                                                     \
        if (!(condition))                                                                                    \
            fail_msg("%s: %s, stay %d, driven %d, drop %s, idle %d: next is %d", #condition,                 \
                     seen->step == NO_JOURNAL ? "no journal" : journal_step_name((JournalStep)seen->step),   \
                     seen->journal.stay, seen->view.driven, whose_names[seen->whose],                        \
                     seen->view.cluster_is_idle, (int)step);                                                 \
    } while (0)

/* The guest may be at either end. */
static gboolean is_open(const Case *seen)
{
    return seen->step == JOURNAL_SENDING || seen->step == JOURNAL_UNSETTLED;
}

/* ---- what holds of every view -------------------------------------------------------------------- */

static void check_driven(const Case *seen, SettleStep step)
{
    if (seen->view.driven)
        HOLDS(step == SETTLE_WAIT);
}

static void i5_beside_a_driver_nothing_is_done_but_wait(void **state)
{
    (void)state;
    for_all(check_driven);
}

static void check_open(const Case *seen, SettleStep step)
{
    if (!is_open(seen)) {
        HOLDS(step != SETTLE_GUEST);
        return;
    }
    HOLDS(step != SETTLE_CLUSTER && step != SETTLE_FORGET && step != SETTLE_TAKE_OVER);
    if (!seen->view.driven && seen->whose != ANOTHERS)
        HOLDS(step == SETTLE_GUEST);
}

static void i1_the_guest_comes_before_the_cluster(void **state)
{
    (void)state;
    for_all(check_open);
}

static void check_anothers(const Case *seen, SettleStep step)
{
    if (seen->whose == ANOTHERS)
        HOLDS(step == (seen->view.driven ? SETTLE_WAIT : SETTLE_NOTHING));
}

static void a_drop_of_another_that_lives_is_never_touched(void **state)
{
    (void)state;
    for_all(check_anothers);
}

static void check_take_over(const Case *seen, SettleStep step)
{
    if (step == SETTLE_TAKE_OVER)
        HOLDS(seen->whose == ORPHAN);
    /* nothing is done to the cluster, or said to be over, under another's name */
    if (seen->whose == ORPHAN)
        HOLDS(step != SETTLE_CLUSTER && step != SETTLE_FORGET && step != SETTLE_NOTHING);
    if (seen->whose == ORPHAN && !seen->view.driven && !is_open(seen))
        HOLDS(step == SETTLE_TAKE_OVER);
}

static void an_orphan_is_taken_over_before_it_is_brought_to_its_end(void **state)
{
    (void)state;
    for_all(check_take_over);
}

static void check_not_left_behind(const Case *seen, SettleStep step)
{
    if (seen->whose == OURS)
        HOLDS(step != SETTLE_NOTHING);
}

/* Nobody else would regain its HA status. */
static void a_drop_of_ours_is_never_left_behind(void **state)
{
    (void)state;
    for_all(check_not_left_behind);
}

static void check_restart(const Case *seen, SettleStep step)
{
    if (step == SETTLE_CLUSTER && seen->step != NO_JOURNAL && !seen->journal.stay)
        HOLDS(seen->whose == OURS);
    if (seen->step != NO_JOURNAL && !seen->journal.stay && seen->whose == NONE && !is_open(seen) &&
        !seen->view.driven)
        HOLDS(step == SETTLE_NOTHING || step == SETTLE_FORGET);
}

static void without_stay_the_cluster_decides(void **state)
{
    (void)state;
    for_all(check_restart);
}

static void check_forget(const Case *seen, SettleStep step)
{
    if (step != SETTLE_FORGET)
        return;
    HOLDS(seen->step == JOURNAL_PREPARING || seen->step == JOURNAL_STAYED);
    HOLDS(!seen->view.driven);
    HOLDS(!seen->journal.stay); /* the cluster has to see it first */
}

static void i7_a_journal_is_forgotten_only_where_the_guest_surely_is_here(void **state)
{
    (void)state;
    for_all(check_forget);
}

static void check_moved(const Case *seen, SettleStep step)
{
    if (seen->step != JOURNAL_MOVED || !seen->journal.stay || seen->whose != NONE || seen->view.driven)
        return;
    HOLDS(step == (seen->view.cluster_is_idle ? SETTLE_CLUSTER : SETTLE_WAIT));
}

static void what_has_moved_is_left_to_the_cluster_while_that_is_at_work(void **state)
{
    (void)state;
    for_all(check_moved);
}

static void check_idle(const Case *seen, SettleStep step)
{
    if (seen->step == JOURNAL_MOVED && seen->journal.stay && seen->whose == NONE)
        return;
    HOLDS(step ==
          next(seen->step, seen->journal.stay, seen->view.driven, seen->whose, !seen->view.cluster_is_idle));
}

static void nothing_else_waits_for_the_cluster(void **state)
{
    (void)state;
    for_all(check_idle);
}

static void check_wait(const Case *seen, SettleStep step)
{
    if (step == SETTLE_WAIT)
        HOLDS(seen->view.driven || (seen->step == JOURNAL_MOVED && !seen->view.cluster_is_idle));
}

static void it_waits_only_for_what_ends(void **state)
{
    (void)state;
    for_all(check_wait);
}

static void check_stopped(const Case *seen, SettleStep step)
{
    if (seen->step != JOURNAL_STOPPED || seen->view.driven)
        return;
    HOLDS(step != SETTLE_GUEST && step != SETTLE_FORGET); /* the next start needs the journal */
    if (seen->whose == NONE)
        HOLDS(step == SETTLE_NOTHING);
}

static void a_guest_that_was_stopped_is_the_next_starts_business(void **state)
{
    (void)state;
    for_all(check_stopped);
}

static void check_stay(const Case *seen, SettleStep step)
{
    if (seen->step == NO_JOURNAL || seen->step == JOURNAL_STOPPED || !seen->journal.stay ||
        seen->whose == ANOTHERS)
        return;
    HOLDS(step != SETTLE_NOTHING && step != SETTLE_FORGET);
}

/* Only SETTLE_CLUSTER ends such a migration: it alone has the cluster see where the guest is. */
static void i2_with_stay_no_migration_ends_unseen(void **state)
{
    (void)state;
    for_all(check_stay);
}

static void check_nothing_open(const Case *seen, SettleStep step)
{
    if (seen->step != NO_JOURNAL)
        return;
    HOLDS(step == (seen->whose == OURS     ? SETTLE_CLUSTER
                   : seen->whose == ORPHAN ? SETTLE_TAKE_OVER
                                           : SETTLE_NOTHING));
}

static void without_a_journal_only_the_drop_counts(void **state)
{
    (void)state;
    for_all(check_nothing_open);
}

/* ---- the usual ways, by name --------------------------------------------------------------------- */

/* What comes after STEP, where that succeeds and the guest is found to be as FOUND says. FALSE: it is over.
 */
static gboolean follow(SettleStep done, int *step, Whose *whose, gboolean stay, JournalStep found)
{
    switch (done) {
    case SETTLE_NOTHING:
        return FALSE;
    case SETTLE_GUEST:
        *step = (int)found;
        if (stay && *whose == NONE)
            *whose = OURS;
        return TRUE;
    case SETTLE_FORGET:
        *step = NO_JOURNAL;
        return TRUE;
    case SETTLE_TAKE_OVER:
        *whose = OURS;
        return TRUE;
    case SETTLE_CLUSTER:
        *step = NO_JOURNAL;
        *whose = NONE;
        return TRUE;
    case SETTLE_WAIT:
        break;
    }
    fail_msg("it waits for nobody");
    return FALSE;
}

/* Each way with no driver and an idle cluster: it ends, and what is left open is meant to be. */
static void every_way_ends_with_nothing_left_open(void **state)
{
    static const JournalStep ends[] = {JOURNAL_MOVED, JOURNAL_STAYED};
    enum { MOST_STEPS = 6 };
    (void)state;

    for (int first = NO_JOURNAL; first < STEPS; first++)
        for (Whose begun = NONE; begun <= ORPHAN; begun++)
            for (int way = 0; way < 4; way++) {
                gboolean stay = (way & 1) != 0;
                JournalStep found = ends[way >> 1];
                int step = first, steps = 0;
                Whose whose = begun;
                while (follow(next(step, stay, FALSE, whose, TRUE), &step, &whose, stay, found))
                    assert_true(++steps <= MOST_STEPS);
                /* the next start asks the other end; what has moved ends with the source's stop */
                gboolean kept = step == JOURNAL_STOPPED || (step == JOURNAL_MOVED && !stay);
                assert_true(step == NO_JOURNAL || kept);
                if (!(step == JOURNAL_MOVED && !stay)) /* see a_drop_of_ours_is_never_left_behind */
                    assert_int_equal(whose, NONE);
            }
}

static void a_killed_agent_is_followed_up_in_order(void **state)
{
    (void)state;
    assert_int_equal(next(JOURNAL_SENDING, TRUE, TRUE, NONE, FALSE), SETTLE_WAIT);
    assert_int_equal(next(JOURNAL_SENDING, TRUE, FALSE, NONE, FALSE), SETTLE_GUEST);
    assert_int_equal(next(JOURNAL_UNSETTLED, TRUE, FALSE, OURS, FALSE), SETTLE_GUEST);
    assert_int_equal(next(JOURNAL_STAYED, TRUE, FALSE, OURS, FALSE), SETTLE_CLUSTER);
    assert_int_equal(next(NO_JOURNAL, FALSE, FALSE, NONE, FALSE), SETTLE_NOTHING);
}

static void a_migration_that_went_well_is_left_alone(void **state)
{
    (void)state;
    assert_int_equal(next(JOURNAL_PREPARING, TRUE, TRUE, NONE, FALSE), SETTLE_WAIT);
    assert_int_equal(next(JOURNAL_SENDING, TRUE, TRUE, NONE, FALSE), SETTLE_WAIT);
    assert_int_equal(next(JOURNAL_MOVED, TRUE, TRUE, NONE, FALSE), SETTLE_WAIT);
    assert_int_equal(next(JOURNAL_MOVED, TRUE, FALSE, NONE, FALSE), SETTLE_WAIT);
    assert_int_equal(next(NO_JOURNAL, FALSE, FALSE, NONE, FALSE), SETTLE_NOTHING);
}

static void a_node_that_comes_back_settles_the_guest_before_its_old_drop(void **state)
{
    (void)state;
    assert_int_equal(next(JOURNAL_SENDING, TRUE, FALSE, ORPHAN, TRUE), SETTLE_GUEST);
    assert_int_equal(next(JOURNAL_STAYED, TRUE, FALSE, ORPHAN, TRUE), SETTLE_TAKE_OVER);
    assert_int_equal(next(JOURNAL_STAYED, TRUE, FALSE, OURS, TRUE), SETTLE_CLUSTER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(i5_beside_a_driver_nothing_is_done_but_wait),
        cmocka_unit_test(i1_the_guest_comes_before_the_cluster),
        cmocka_unit_test(a_drop_of_another_that_lives_is_never_touched),
        cmocka_unit_test(an_orphan_is_taken_over_before_it_is_brought_to_its_end),
        cmocka_unit_test(a_drop_of_ours_is_never_left_behind),
        cmocka_unit_test(without_stay_the_cluster_decides),
        cmocka_unit_test(i7_a_journal_is_forgotten_only_where_the_guest_surely_is_here),
        cmocka_unit_test(what_has_moved_is_left_to_the_cluster_while_that_is_at_work),
        cmocka_unit_test(nothing_else_waits_for_the_cluster),
        cmocka_unit_test(it_waits_only_for_what_ends),
        cmocka_unit_test(a_guest_that_was_stopped_is_the_next_starts_business),
        cmocka_unit_test(i2_with_stay_no_migration_ends_unseen),
        cmocka_unit_test(without_a_journal_only_the_drop_counts),
        cmocka_unit_test(every_way_ends_with_nothing_left_open),
        cmocka_unit_test(a_killed_agent_is_followed_up_in_order),
        cmocka_unit_test(a_migration_that_went_well_is_left_alone),
        cmocka_unit_test(a_node_that_comes_back_settles_the_guest_before_its_old_drop),
    };

    unit_log_start();
    return cmocka_run_group_tests_name("moves/settle", tests, NULL, NULL);
}
