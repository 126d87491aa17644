/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bounded call, against libvirt's own test driver: a real connection without a daemon. A libvirtd that
 * does not answer is played by work that waits.
 */
#include "tests/unit/unit.h"

#include "agent/domain.h"
#include "agent/hypervisor.h"

#define URI "test:///default"

typedef struct {
    gint64 wait_ms;
    char *text; /* owned by the task: it must live as long as the work */
    char *result;
    gboolean *cleared; /* told when the task goes; may be NULL */
    GThread *thread;
} Task;

static void task_clear(gpointer data)
{
    Task *task = data;

    if (task->cleared != NULL)
        g_atomic_int_set(task->cleared, TRUE);
    g_free(task->text);
    g_free(task->result);
}

static Task *task_new(gint64 wait_ms, gboolean *cleared)
{
    Task *task = g_atomic_rc_box_new0(Task);

    task->wait_ms = wait_ms;
    task->text = g_strdup("text");
    task->cleared = cleared;
    return task;
}

static void task_release(Task *task)
{
    g_atomic_rc_box_release_full(task, task_clear);
}

static gboolean wait_work(virConnectPtr connection, gpointer data, GError **error)
{
    Task *task = data;
    (void)error;

    g_usleep((gulong)task->wait_ms * 1000);
    task->thread = g_thread_self();
    task->result = g_strdup_printf("%s of %s", task->text, virConnectGetType(connection));
    return TRUE;
}

static gboolean refusing_work(virConnectPtr connection, gpointer data, GError **error)
{
    g_autoptr(virDomain) domain = virDomainLookupByName(connection, "no-such-guest");
    (void)data;

    assert_null(domain);
    hypervisor_set_error(error, "cannot find %s", "no-such-guest");
    return FALSE;
}

static gboolean call(Hypervisor *hypervisor, gint64 patience_ms, HypervisorWork work, Task *task,
                     GError **error)
{
    return hypervisor_call(hypervisor, ocf_deadline_in(patience_ms), work, task, task_clear, error);
}

/* Waits until the worker has let go of a task that the caller gave up. */
static void await_cleared(gboolean *cleared)
{
    OcfDeadline deadline = ocf_deadline_in(UNIT_PATIENCE_MS);

    while (!g_atomic_int_get(cleared))
        assert_true(ocf_deadline_sleep(deadline, 10));
}

/* ---- calls that are answered --------------------------------------------------------------------- */

static void a_call_is_answered_by_the_worker(void **state)
{
    g_autoptr(Hypervisor) hypervisor = hypervisor_new(URI);
    g_autoptr(GError) error = NULL;
    gboolean cleared = FALSE;
    Task *task = task_new(0, &cleared);
    (void)state;

    assert_true(call(hypervisor, UNIT_PATIENCE_MS, wait_work, task, &error));
    assert_null(error);
    assert_false(hypervisor_is_away(hypervisor));
    assert_string_equal(task->result, "text of TEST");
    assert_true(task->thread != g_thread_self());
    assert_false(cleared);
    task_release(task);
    await_cleared(&cleared); /* the worker may still be letting go of its own reference */
}

static void one_connection_serves_many_calls(void **state)
{
    g_autoptr(Hypervisor) hypervisor = hypervisor_new(URI);
    GThread *thread = NULL;
    (void)state;

    for (int i = 0; i < 100; i++) {
        Task *task = task_new(0, NULL);
        assert_true(call(hypervisor, UNIT_PATIENCE_MS, wait_work, task, NULL));
        assert_true(thread == NULL || thread == task->thread);
        thread = task->thread;
        task_release(task);
    }
}

static void a_call_that_is_refused_is_not_an_absence(void **state)
{
    g_autoptr(Hypervisor) hypervisor = hypervisor_new(URI);
    g_autoptr(GError) error = NULL;
    Task *task = task_new(0, NULL);
    (void)state;

    assert_false(call(hypervisor, UNIT_PATIENCE_MS, refusing_work, task, &error));
    unit_expect_error(&error, OCF_ERR_GENERIC, "cannot find no-such-guest: ");
    assert_false(hypervisor_is_away(hypervisor));
    assert_true(call(hypervisor, UNIT_PATIENCE_MS, wait_work, task, NULL));
    task_release(task);
}

static void a_hypervisor_that_is_never_asked_costs_nothing(void **state)
{
    (void)state;
    hypervisor_free(hypervisor_new("nonsense://"));
    hypervisor_free(NULL);
}

static void it_is_called_by_its_uri(void **state)
{
    g_autoptr(Hypervisor) named = hypervisor_new("qemu+tcp://a2/system");
    g_autoptr(Hypervisor) plain = hypervisor_new("");
    (void)state;

    assert_string_equal(hypervisor_name(named), "qemu+tcp://a2/system");
    assert_string_equal(hypervisor_name(plain), "the default hypervisor");
}

/* ---- hypervisors that are away ------------------------------------------------------------------- */

static void a_hypervisor_that_cannot_be_reached_is_away(void **state)
{
    static const char *const uris[] = {
        "qemu+unix:///system?socket=/nonexistent/libvirt-sock",
        "qemu+tcp://127.0.0.1:1/system",
        "nonsense:///system",
        "://",
        "qemu+nonsense://h/system",
    };
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(uris); i++) {
        g_autoptr(Hypervisor) hypervisor = hypervisor_new(uris[i]);
        g_autoptr(GError) error = NULL;
        Task *task = task_new(0, NULL);
        assert_false(call(hypervisor, UNIT_PATIENCE_MS, wait_work, task, &error));
        assert_true(hypervisor_is_away(hypervisor));
        assert_null(task->result);
        assert_non_null(strstr(error->message, uris[i]));
        assert_in_range(ocf_error_exit(error), 1, 7);
        g_clear_error(&error);
        /* it is asked again each time, it may come back */
        assert_false(call(hypervisor, UNIT_PATIENCE_MS, wait_work, task, &error));
        assert_non_null(strstr(error->message, "cannot connect"));
        task_release(task);
    }
}

static void i7_work_that_hangs_is_left_at_the_deadline(void **state)
{
    g_autoptr(Hypervisor) hypervisor = hypervisor_new(URI);
    g_autoptr(GError) error = NULL;
    gboolean cleared = FALSE, cleared_later = FALSE;
    Task *task = task_new(1500, &cleared), *later = task_new(0, &cleared_later);
    gint64 before = g_get_monotonic_time();
    (void)state;

    assert_false(call(hypervisor, 200, wait_work, task, &error));
    gint64 took_us = g_get_monotonic_time() - before;
    unit_expect_error(&error, OCF_ERR_GENERIC, "test:///default does not answer within 0.2 s");
    assert_true(hypervisor_is_away(hypervisor));

    /* the work goes on; what it needs is there although the caller lets it go */
    assert_false(g_atomic_int_get(&cleared));
    task_release(task);
    assert_false(g_atomic_int_get(&cleared));

    /* and who asks meanwhile does not wait at all, or there would be no time left for doing without */
    before = g_get_monotonic_time();
    assert_false(call(hypervisor, UNIT_PATIENCE_MS, wait_work, later, &error));
    assert_true(g_get_monotonic_time() - before < took_us + G_USEC_PER_SEC);
    unit_expect_error(&error, OCF_ERR_GENERIC, "does not answer");
    assert_true(hypervisor_is_away(hypervisor));
    assert_null(later->result);
    task_release(later);
    assert_true(cleared_later);
    g_clear_pointer(&hypervisor, hypervisor_free);
    await_cleared(&cleared);
}

/* A libvirtd that was slow once, or stopped and continued, is asked again. */
static void a_worker_that_comes_back_late_serves_again(void **state)
{
    g_autoptr(Hypervisor) hypervisor = hypervisor_new(URI);
    gboolean cleared = FALSE;
    Task *slow = task_new(300, &cleared), *next = task_new(0, NULL);
    (void)state;

    assert_false(call(hypervisor, 50, wait_work, slow, NULL));
    task_release(slow);
    OcfDeadline deadline = ocf_deadline_in(UNIT_PATIENCE_MS);
    while (!call(hypervisor, UNIT_PATIENCE_MS, wait_work, next, NULL))
        assert_true(ocf_deadline_sleep(deadline, 10));
    assert_true(g_atomic_int_get(&cleared));
    assert_false(hypervisor_is_away(hypervisor));
    assert_string_equal(next->result, "text of TEST");
    task_release(next);
}

static int hang_and_leave(void *data)
{
    Hypervisor *hypervisor = hypervisor_new(URI);
    Task *task = task_new(3600 * 1000, NULL);
    gint64 before = g_get_monotonic_time();
    (void)data;

    if (call(hypervisor, 100, wait_work, task, NULL))
        return 1;
    task_release(task);
    hypervisor_free(hypervisor);
    /* the worker is left behind by design: it and its task go with the process, unseen by LeakSanitizer */
    _exit(g_get_monotonic_time() - before < UNIT_PATIENCE_MS * 1000 ? 0 : 2);
}

static void a_worker_that_never_comes_back_holds_nobody(void **state)
{
    g_auto(UnitChild) child = unit_fork(hang_and_leave, NULL);
    (void)state;

    assert_int_equal(child.status, 0);
}

/* A question that could not even be put says nothing about the hypervisor: the next one may have time. */
static void a_call_without_time_does_not_make_the_hypervisor_absent(void **state)
{
    g_autoptr(Hypervisor) hypervisor = hypervisor_new(URI);
    g_autoptr(GError) error = NULL;
    Task *task = task_new(0, NULL);
    (void)state;

    for (int i = 0; i < 20; i++) {
        if (!call(hypervisor, 0, wait_work, task, &error))
            g_clear_error(&error);
        Task *next = task_new(0, NULL);
        assert_true(call(hypervisor, UNIT_PATIENCE_MS, wait_work, next, &error));
        task_release(next);
    }
    task_release(task);
}

/* ---- domains ------------------------------------------------------------------------------------- */

static void a_domain_is_looked_at(void **state)
{
    g_autoptr(Hypervisor) hypervisor = hypervisor_new(URI);
    DomainLook look = {0};
    (void)state;

    assert_true(domain_look(hypervisor, "test", ocf_deadline_in(UNIT_PATIENCE_MS), &look, NULL));
    assert_true(look.present);
    assert_true(look.active);
    assert_false(look.incoming);
    assert_int_equal(look.state, VIR_DOMAIN_RUNNING);
    assert_true(g_uuid_string_is_valid(look.uuid));
    assert_true(look.cpus > 0);
    assert_true(look.memory_mib > 0);
}

static void i7_a_domain_that_is_not_known_is_an_answer_not_an_error(void **state)
{
    static const char *const names[] = {"no-such-guest", "", "tes", "test*", "te\"st", "gr\xc3\xbc\xc3\x9f"};
    g_autoptr(Hypervisor) hypervisor = hypervisor_new(URI);
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        DomainLook look = {.present = TRUE};
        g_autoptr(GError) error = NULL;
        if (domain_look(hypervisor, names[i], ocf_deadline_in(UNIT_PATIENCE_MS), &look, &error))
            assert_false(look.present);
        else
            assert_non_null(error);
    }
}

static void a_look_that_fails_leaves_the_result_untouched(void **state)
{
    g_autoptr(Hypervisor) hypervisor = hypervisor_new("nonsense://");
    DomainLook look = {.present = TRUE, .cpus = 42};
    (void)state;

    assert_false(domain_look(hypervisor, "test", ocf_deadline_in(UNIT_PATIENCE_MS), &look, NULL));
    assert_true(look.present);
    assert_int_equal(look.cpus, 42);
}

static void a_domains_life_is_run_through(void **state)
{
    static const char xml[] =
        "<domain type='test'><name>w x</name><memory>8192</memory><os><type>hvm</type></os></domain>";
    g_autoptr(Hypervisor) hypervisor = hypervisor_new(URI);
    OcfDeadline deadline = ocf_deadline_in(UNIT_PATIENCE_MS);
    g_autoptr(GError) error = NULL;
    DomainLook look = {0};
    (void)state;

    assert_true(domain_create(hypervisor, xml, deadline, NULL));
    assert_false(domain_create(hypervisor, xml, deadline, &error));
    unit_expect_error(&error, OCF_ERR_GENERIC, "cannot start the guest");
    assert_true(domain_suspend(hypervisor, "w x", deadline, NULL));
    assert_true(domain_look(hypervisor, "w x", deadline, &look, NULL));
    assert_int_equal(look.state, VIR_DOMAIN_PAUSED);
    assert_int_equal(look.reason, VIR_DOMAIN_PAUSED_USER);
    assert_true(domain_resume(hypervisor, "w x", deadline, NULL));
    g_autofree char *definition = NULL;
    assert_true(domain_inactive_xml(hypervisor, "w x", deadline, &definition, NULL));
    assert_non_null(strstr(definition, "<name>w x</name>"));
    assert_true(domain_destroy(hypervisor, "w x", deadline, NULL));
    assert_true(domain_look(hypervisor, "w x", deadline, &look, NULL));
    assert_false(look.present);
    assert_false(domain_destroy(hypervisor, "w x", deadline, &error));
    unit_expect_error(&error, OCF_ERR_GENERIC, "cannot find guest w x");
    assert_false(domain_create(hypervisor, "<no domain", deadline, &error));
    unit_expect_error(&error, OCF_ERR_GENERIC, "cannot start the guest");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_is_answered_by_the_worker),
        cmocka_unit_test(one_connection_serves_many_calls),
        cmocka_unit_test(a_call_that_is_refused_is_not_an_absence),
        cmocka_unit_test(a_hypervisor_that_is_never_asked_costs_nothing),
        cmocka_unit_test(it_is_called_by_its_uri),
        cmocka_unit_test(a_hypervisor_that_cannot_be_reached_is_away),
        cmocka_unit_test(i7_work_that_hangs_is_left_at_the_deadline),
        cmocka_unit_test(a_worker_that_comes_back_late_serves_again),
        cmocka_unit_test(a_worker_that_never_comes_back_holds_nobody),
        cmocka_unit_test(a_call_without_time_does_not_make_the_hypervisor_absent),
        cmocka_unit_test(a_domain_is_looked_at),
        cmocka_unit_test(i7_a_domain_that_is_not_known_is_an_answer_not_an_error),
        cmocka_unit_test(a_look_that_fails_leaves_the_result_untouched),
        cmocka_unit_test(a_domains_life_is_run_through),
    };

    unit_log_start();
    hypervisor_library_init();
    return cmocka_run_group_tests_name("agent/hypervisor", tests, NULL, NULL);
}
