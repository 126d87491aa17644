/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/unit.h"

#include "cluster/cluster.h"

enum { PENDING = -1 }; /* instead of an exit status */

static void operation_free(gpointer data)
{
    ClusterOperation *operation = data;

    g_free(operation->node);
    g_free(operation->task);
    g_free(operation);
}

static GPtrArray *make_history(void)
{
    return g_ptr_array_new_with_free_func(operation_free);
}

static void record(GPtrArray *history, const char *node, const char *task, gint64 interval_ms,
                   gint64 exit_status)
{
    ClusterOperation *operation = g_new0(ClusterOperation, 1);

    operation->node = g_strdup(node);
    operation->task = g_strdup(task);
    operation->interval_ms = interval_ms;
    operation->exit_status = exit_status;
    operation->pending = exit_status == PENDING;
    g_ptr_array_add(history, operation);
}

static void answer(GPtrArray *history, const char *node, gint64 exit_status)
{
    record(history, node, "monitor", 0, exit_status);
}

/* Judges HISTORY with the nodes NAMES ("a1 a2 a3") online. */
static void judge(const GPtrArray *history, const char *names, ClusterProbes *probes)
{
    g_auto(GStrv) each = g_strsplit(names, " ", -1);
    g_autoptr(GPtrArray) online = g_ptr_array_new();

    for (char **name = each; *name != NULL; name++)
        g_ptr_array_add(online, *name);
    cluster_probes_judge(history, online, probes);
}

/* ---- complete ------------------------------------------------------------------------------------ */

static void without_answers_nothing_is_complete(void **state)
{
    g_autoptr(GPtrArray) history = make_history();
    g_auto(ClusterProbes) probes = {0};
    (void)state;

    judge(history, "a1 a2 a3", &probes);
    assert_false(probes.complete);
    assert_false(probes.moving);
    assert_int_equal(probes.running, 0);
    assert_null(probes.node);
    assert_null(probes.unsure_node);
}

/* Where the cluster names no node, nobody has been asked. */
static void i7_where_nobody_is_online_nothing_is_complete(void **state)
{
    g_autoptr(GPtrArray) history = make_history(), online = g_ptr_array_new();
    g_auto(ClusterProbes) probes = {0};
    (void)state;

    cluster_probes_judge(history, online, &probes);
    assert_false(probes.complete);
    answer(history, "a1", OCF_NOT_RUNNING);
    cluster_probes_judge(history, online, &probes);
    assert_false(probes.complete);
}

static void each_node_must_have_answered(void **state)
{
    static const char *const nodes[] = {"a1", "a2", "a3"};
    (void)state;

    for (guint missing = 0; missing <= G_N_ELEMENTS(nodes); missing++) {
        g_autoptr(GPtrArray) history = make_history();
        g_auto(ClusterProbes) probes = {0};
        for (guint i = 0; i < G_N_ELEMENTS(nodes); i++)
            if (i != missing)
                answer(history, nodes[i], i == 1 ? OCF_SUCCESS : OCF_NOT_RUNNING);
        judge(history, "a1 a2 a3", &probes);
        assert_int_equal(probes.complete, missing == G_N_ELEMENTS(nodes));
        assert_true(probes.sure);
        assert_int_equal(probes.running, missing == 1 ? 0 : 1);
    }
}

static void a_probe_under_way_is_no_answer(void **state)
{
    g_autoptr(GPtrArray) history = make_history();
    g_auto(ClusterProbes) probes = {0};
    (void)state;

    answer(history, "a1", OCF_SUCCESS);
    answer(history, "a2", PENDING);
    judge(history, "a1 a2", &probes);
    assert_false(probes.complete);
    assert_false(probes.moving);
    assert_true(probes.sure); /* it is not an error either */
    assert_int_equal(probes.running, 1);
    assert_null(probes.unsure_node);
}

static void a_node_that_is_asked_anew_has_not_answered(void **state)
{
    (void)state;
    for (int new_first = 0; new_first < 2; new_first++) {
        g_autoptr(GPtrArray) history = make_history();
        g_auto(ClusterProbes) probes = {0};
        answer(history, "a1", new_first ? PENDING : OCF_NOT_RUNNING);
        answer(history, "a1", new_first ? OCF_NOT_RUNNING : PENDING);
        judge(history, "a1", &probes);
        assert_false(probes.complete);
    }
}

static void a_longer_name_does_not_answer_for_a_node(void **state)
{
    g_autoptr(GPtrArray) history = make_history();
    g_auto(ClusterProbes) probes = {0};
    (void)state;

    answer(history, "a11", OCF_SUCCESS);
    answer(history, "A1", OCF_SUCCESS);
    judge(history, "a1", &probes);
    assert_false(probes.complete);
    assert_int_equal(probes.running, 0);
}

/* ---- answers ------------------------------------------------------------------------------------- */

static void running_not_running_and_not_installed_are_answers(void **state)
{
    g_autoptr(GPtrArray) history = make_history();
    g_auto(ClusterProbes) probes = {0};
    (void)state;

    answer(history, "a1", OCF_NOT_RUNNING);
    answer(history, "a2", OCF_SUCCESS);
    answer(history, "a3", OCF_ERR_INSTALLED);
    judge(history, "a1 a2 a3", &probes);
    assert_true(probes.complete);
    assert_true(probes.sure);
    assert_false(probes.moving);
    assert_int_equal(probes.running, 1);
    assert_string_equal(probes.node, "a2");
    assert_null(probes.unsure_node);
}

static void a_guest_that_runs_nowhere_is_sure_to_run_nowhere(void **state)
{
    g_autoptr(GPtrArray) history = make_history();
    g_auto(ClusterProbes) probes = {0};
    (void)state;

    answer(history, "a1", OCF_NOT_RUNNING);
    answer(history, "a2", OCF_NOT_RUNNING);
    judge(history, "a1 a2", &probes);
    assert_true(probes.complete);
    assert_true(probes.sure);
    assert_int_equal(probes.running, 0);
    assert_null(probes.node);
}

static void i7_any_other_answer_is_not_sure_and_names_the_node(void **state)
{
    (void)state;
    for (gint64 exit_status = -2; exit_status <= 256; exit_status++) {
        gboolean known = exit_status == OCF_SUCCESS || exit_status == OCF_NOT_RUNNING ||
                         exit_status == OCF_ERR_INSTALLED || exit_status == PENDING;
        g_autoptr(GPtrArray) history = make_history();
        g_auto(ClusterProbes) probes = {0};

        answer(history, "a1", OCF_SUCCESS);
        answer(history, "a2", exit_status);
        answer(history, "a3", OCF_NOT_RUNNING);
        judge(history, "a1 a2 a3", &probes);
        assert_int_equal(probes.sure, known);
        if (!known)
            assert_string_equal(probes.unsure_node, "a2");
        else
            assert_null(probes.unsure_node);
        assert_int_equal(probes.complete, exit_status != PENDING);
    }
}

/* What no answer could be read of; the number is that of a pending one, which it is not. */
static void i7_an_answer_that_cannot_be_read_is_not_sure(void **state)
{
    g_autoptr(GPtrArray) history = make_history();
    g_auto(ClusterProbes) probes = {0};
    (void)state;

    answer(history, "a1", PENDING);
    ((ClusterOperation *)history->pdata[0])->pending = FALSE;
    judge(history, "a1", &probes);
    assert_false(probes.sure);
    assert_string_equal(probes.unsure_node, "a1");
}

static void of_several_nodes_that_cannot_tell_one_is_named(void **state)
{
    g_autoptr(GPtrArray) history = make_history();
    g_auto(ClusterProbes) probes = {0};
    (void)state;

    answer(history, "a3", OCF_ERR_GENERIC);
    answer(history, "a2", OCF_ERR_GENERIC);
    answer(history, "a1", OCF_NOT_RUNNING);
    judge(history, "a1 a2 a3", &probes);
    assert_false(probes.sure);
    assert_string_equal(probes.unsure_node, "a2");
}

static void i1_two_that_run_are_counted(void **state)
{
    g_autoptr(GPtrArray) history = make_history();
    g_auto(ClusterProbes) probes = {0};
    (void)state;

    answer(history, "a3", OCF_SUCCESS);
    answer(history, "a2", OCF_NOT_RUNNING);
    answer(history, "a1", OCF_SUCCESS);
    judge(history, "a1 a2 a3", &probes);
    assert_true(probes.complete);
    assert_int_equal(probes.running, 2);
    assert_string_equal(probes.node, "a1");
}

/* A probe that finds a guest is recorded as its last_0 and, since that was not expected, its last_failure_0.
 */
static void a_surprise_is_counted_once(void **state)
{
    g_autoptr(GPtrArray) history = make_history();
    g_auto(ClusterProbes) probes = {0};
    (void)state;

    answer(history, "a1", OCF_SUCCESS);
    answer(history, "a1", OCF_SUCCESS);
    answer(history, "a2", OCF_NOT_RUNNING);
    judge(history, "a1 a2", &probes);
    assert_true(probes.complete);
    assert_true(probes.sure);
    assert_int_equal(probes.running, 1);
    assert_string_equal(probes.node, "a1");
}

static void i1_surprises_on_two_nodes_are_two(void **state)
{
    g_autoptr(GPtrArray) history = make_history();
    g_auto(ClusterProbes) probes = {0};
    (void)state;

    for (int i = 0; i < 2; i++) {
        answer(history, "a1", OCF_SUCCESS);
        answer(history, "a2", OCF_SUCCESS);
    }
    judge(history, "a1 a2", &probes);
    assert_true(probes.complete);
    assert_int_equal(probes.running, 2);
}

/* Two records of one node that contradict each other, as a surprise that was left behind: neither is known to
 * be the later one. */
static void i7_a_node_that_contradicts_itself_is_not_sure(void **state)
{
    static const gint64 others[] = {OCF_NOT_RUNNING, OCF_ERR_GENERIC};
    (void)state;

    for (guint i = 0; i < 2 * G_N_ELEMENTS(others); i++) {
        g_autoptr(GPtrArray) history = make_history();
        g_auto(ClusterProbes) probes = {0};
        answer(history, "a1", i % 2 == 0 ? OCF_SUCCESS : others[i / 2]);
        answer(history, "a1", i % 2 == 0 ? others[i / 2] : OCF_SUCCESS);
        judge(history, "a1", &probes);
        assert_false(probes.complete && probes.sure);
    }
}

/* ---- what else is recorded ----------------------------------------------------------------------- */

/* All answers are there, and one thing more. */
static void judge_with(const char *task, gint64 interval_ms, gint64 exit_status, ClusterProbes *probes)
{
    g_autoptr(GPtrArray) history = make_history();

    answer(history, "a1", OCF_SUCCESS);
    record(history, "a1", task, interval_ms, exit_status);
    answer(history, "a2", OCF_NOT_RUNNING);
    judge(history, "a1 a2", probes);
    assert_int_equal(probes->running, 1);
    assert_true(probes->sure);
}

static void a_failed_migration_left_in_the_history_is_not_complete(void **state)
{
    g_auto(ClusterProbes) probes = {0};
    (void)state;

    judge_with("migrate_to", 0, OCF_ERR_GENERIC, &probes);
    assert_false(probes.complete);
    assert_false(probes.moving);
    judge_with("migrate_from", 0, OCF_ERR_GENERIC, &probes);
    assert_false(probes.complete);
    assert_false(probes.moving);
    judge_with("migrate_to", 0, OCF_SUCCESS, &probes);
    assert_false(probes.complete);
    assert_false(probes.moving);
}

static void a_half_of_a_migration_under_way_is_moving(void **state)
{
    g_auto(ClusterProbes) probes = {0};
    (void)state;

    judge_with("migrate_to", 0, PENDING, &probes);
    assert_true(probes.moving);
    assert_false(probes.complete);
    judge_with("migrate_from", 0, PENDING, &probes);
    assert_true(probes.moving);
    assert_false(probes.complete);
}

static void a_migration_is_moving_whoever_is_online(void **state)
{
    g_autoptr(GPtrArray) history = make_history();
    g_auto(ClusterProbes) probes = {0};
    (void)state;

    answer(history, "a1", OCF_SUCCESS);
    record(history, "a2", "migrate_from", 0, PENDING);
    judge(history, "a1", &probes);
    assert_true(probes.moving);
    assert_false(probes.complete);
}

/* The cluster monitors it: it has not been erased since. */
static void a_recurring_monitor_is_no_probe(void **state)
{
    g_autoptr(GPtrArray) history = make_history();
    g_auto(ClusterProbes) probes = {0};
    (void)state;

    judge_with("monitor", 10000, OCF_SUCCESS, &probes);
    assert_false(probes.complete);
    judge_with("monitor", 1, OCF_SUCCESS, &probes);
    assert_false(probes.complete);
    record(history, "a1", "monitor", 10000, OCF_SUCCESS);
    judge(history, "a1", &probes);
    assert_false(probes.complete);
    assert_int_equal(probes.running, 0);
}

static void whatever_else_is_recorded_is_not_complete(void **state)
{
    static const char *const tasks[] = {"start",     "stop",    "reload", "reload-agent", "demote",
                                        "meta-data", "Monitor", "",       "monitor_0"};
    static const gint64 ends[] = {OCF_SUCCESS, OCF_ERR_GENERIC, OCF_NOT_RUNNING, PENDING};
    (void)state;

    for (guint i = 0; i < G_N_ELEMENTS(tasks); i++)
        for (guint j = 0; j < G_N_ELEMENTS(ends); j++) {
            g_auto(ClusterProbes) probes = {0};
            judge_with(tasks[i], 0, ends[j], &probes);
            assert_false(probes.complete);
            assert_false(probes.moving);
        }
}

/* ---- who is asked -------------------------------------------------------------------------------- */

static void nodes_offline_are_not_asked(void **state)
{
    g_autoptr(GPtrArray) history = make_history();
    g_auto(ClusterProbes) probes = {0};
    (void)state;

    answer(history, "a1", OCF_SUCCESS);
    answer(history, "a2", OCF_NOT_RUNNING);
    judge(history, "a1 a2", &probes);
    assert_true(probes.complete);
    /* nor does what they once said count */
    answer(history, "a3", OCF_ERR_GENERIC);
    answer(history, "a4", OCF_SUCCESS);
    judge(history, "a1 a2", &probes);
    assert_true(probes.complete);
    assert_true(probes.sure);
    assert_int_equal(probes.running, 1);
    assert_string_equal(probes.node, "a1");
    judge(history, "a1 a2 a3 a4", &probes);
    assert_false(probes.sure);
    assert_int_equal(probes.running, 2);
}

static void an_earlier_judgement_is_forgotten(void **state)
{
    g_autoptr(GPtrArray) history = make_history(), empty = make_history();
    g_auto(ClusterProbes) probes = {0};
    (void)state;

    answer(history, "a1", OCF_SUCCESS);
    answer(history, "a2", OCF_ERR_GENERIC);
    record(history, "a1", "migrate_to", 0, PENDING);
    judge(history, "a1 a2", &probes);
    judge(empty, "a1 a2", &probes);
    assert_false(probes.moving);
    assert_true(probes.sure);
    assert_int_equal(probes.running, 0);
    assert_null(probes.node);
    assert_null(probes.unsure_node);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_answers_nothing_is_complete),
        cmocka_unit_test(i7_where_nobody_is_online_nothing_is_complete),
        cmocka_unit_test(each_node_must_have_answered),
        cmocka_unit_test(a_probe_under_way_is_no_answer),
        cmocka_unit_test(a_node_that_is_asked_anew_has_not_answered),
        cmocka_unit_test(a_longer_name_does_not_answer_for_a_node),
        cmocka_unit_test(running_not_running_and_not_installed_are_answers),
        cmocka_unit_test(a_guest_that_runs_nowhere_is_sure_to_run_nowhere),
        cmocka_unit_test(i7_any_other_answer_is_not_sure_and_names_the_node),
        cmocka_unit_test(i7_an_answer_that_cannot_be_read_is_not_sure),
        cmocka_unit_test(of_several_nodes_that_cannot_tell_one_is_named),
        cmocka_unit_test(i1_two_that_run_are_counted),
        cmocka_unit_test(a_surprise_is_counted_once),
        cmocka_unit_test(i1_surprises_on_two_nodes_are_two),
        cmocka_unit_test(i7_a_node_that_contradicts_itself_is_not_sure),
        cmocka_unit_test(a_failed_migration_left_in_the_history_is_not_complete),
        cmocka_unit_test(a_half_of_a_migration_under_way_is_moving),
        cmocka_unit_test(a_migration_is_moving_whoever_is_online),
        cmocka_unit_test(a_recurring_monitor_is_no_probe),
        cmocka_unit_test(whatever_else_is_recorded_is_not_complete),
        cmocka_unit_test(nodes_offline_are_not_asked),
        cmocka_unit_test(an_earlier_judgement_is_forgotten),
    };

    unit_log_start();
    return cmocka_run_group_tests_name("cluster/probes", tests, NULL, NULL);
}
