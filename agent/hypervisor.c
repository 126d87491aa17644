/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/hypervisor.h"

enum { CLOSE_WAIT_MS = 1000 };

/* One call on its way to the worker; caller and worker hold a reference each. */
typedef struct {
    HypervisorWork work; /* NULL: close the connection and end */
    gpointer task;
    GDestroyNotify clear;
    gboolean abandoned; /* this and the rest under the mutex: its caller has given up */
    gboolean done;
    gboolean ok;
    gboolean away;
    GError *error;
} Job;

/* What caller and worker share; outlives the Hypervisor when the worker does not come back. */
typedef struct {
    GAsyncQueue *queue;
    GMutex mutex;
    GCond done;
    char *uri;
} Shared;

struct Hypervisor {
    Shared *shared;
    GThread *worker;
    Job *unanswered; /* a call that its caller gave up; until it is done the worker is not free */
    gboolean away;
};

static void ignore_error(void *data G_GNUC_UNUSED, virErrorPtr error G_GNUC_UNUSED)
{
}

void hypervisor_library_init(void)
{
    virSetErrorFunc(NULL, ignore_error);
    if (virInitialize() < 0)
        g_warning("libvirt cannot be set up: %s", virGetLastErrorMessage());
}

void hypervisor_set_error(GError **error, const char *what_format, ...)
{
    va_list arguments;

    va_start(arguments, what_format);
    g_autofree char *what = g_strdup_vprintf(what_format, arguments);
    va_end(arguments);
    /* libvirt quotes the XML that it refuses, over several lines */
    g_autofree char *why = g_strdelimit(g_strdup(virGetLastErrorMessage()), "\r\n", ' ');
    int code = virGetLastErrorCode() == VIR_ERR_AUTH_FAILED ? OCF_ERR_PERM : OCF_ERR_GENERIC;
    g_set_error(error, OCF_ERROR, code, "%s: %s", what, why);
}

virConnectPtr hypervisor_open(const char *uri, GError **error)
{
    virConnectPtr connection = virConnectOpen(uri != NULL && *uri != '\0' ? uri : NULL);

    if (connection == NULL)
        hypervisor_set_error(error, "cannot connect to %s",
                             uri != NULL && *uri != '\0' ? uri : "the default hypervisor");
    return connection;
}

/* ---- shared -------------------------------------------------------------------------------------- */

static void job_clear(gpointer data)
{
    Job *job = data;

    if (job->task != NULL && job->clear != NULL)
        g_atomic_rc_box_release_full(job->task, job->clear);
    else if (job->task != NULL)
        g_atomic_rc_box_release(job->task);
    g_clear_error(&job->error);
}

static void job_release(Job *job)
{
    g_atomic_rc_box_release_full(job, job_clear);
}

static void shared_clear(gpointer data)
{
    Shared *shared = data;

    g_async_queue_unref(shared->queue);
    g_mutex_clear(&shared->mutex);
    g_cond_clear(&shared->done);
    g_free(shared->uri);
}

static void shared_release(Shared *shared)
{
    g_atomic_rc_box_release_full(shared, shared_clear);
}

/* ---- worker -------------------------------------------------------------------------------------- */

static void finish(Shared *shared, Job *job, gboolean ok, gboolean away, GError *error)
{
    g_mutex_lock(&shared->mutex);
    job->ok = ok;
    job->away = away;
    job->error = error;
    job->done = TRUE;
    g_cond_broadcast(&shared->done);
    g_mutex_unlock(&shared->mutex);
    job_release(job);
}

static gboolean is_abandoned(Shared *shared, const Job *job)
{
    g_mutex_lock(&shared->mutex);
    gboolean abandoned = job->abandoned;
    g_mutex_unlock(&shared->mutex);
    return abandoned;
}

static void work_off(Shared *shared, Job *job, virConnectPtr *connection)
{
    GError *error = NULL;

    if (*connection == NULL)
        *connection = hypervisor_open(shared->uri, &error);
    if (*connection == NULL) {
        finish(shared, job, FALSE, TRUE, error);
        return;
    }
    /* opening took too long: a guest must not be destroyed or resumed when nobody expects it any more */
    gboolean ok = !is_abandoned(shared, job) && job->work(*connection, job->task, &error);
    gboolean away = !ok && virConnectIsAlive(*connection) != 1;
    if (away)
        g_clear_pointer(connection, virConnectClose); /* libvirtd was restarted: open again next time */
    finish(shared, job, ok, away, error);
}

static gpointer worker_main(gpointer data)
{
    Shared *shared = data;
    virConnectPtr connection = NULL;

    for (;;) {
        Job *job = g_async_queue_pop(shared->queue);

        if (job->work == NULL) {
            g_clear_pointer(&connection, virConnectClose);
            finish(shared, job, TRUE, FALSE, NULL);
            break;
        }
        work_off(shared, job, &connection);
    }
    shared_release(shared);
    return NULL;
}

/* ---- caller -------------------------------------------------------------------------------------- */

Hypervisor *hypervisor_new(const char *uri)
{
    Hypervisor *hypervisor = g_new0(Hypervisor, 1);
    Shared *shared = g_atomic_rc_box_new0(Shared);

    shared->queue = g_async_queue_new();
    g_mutex_init(&shared->mutex);
    g_cond_init(&shared->done);
    shared->uri = g_strdup(uri);
    hypervisor->shared = shared;
    return hypervisor;
}

static gboolean job_is_done(Shared *shared, Job *job)
{
    g_mutex_lock(&shared->mutex);
    gboolean done = job->done;
    g_mutex_unlock(&shared->mutex);
    return done;
}

/* Whether the worker is still at a call that its caller gave up. */
static gboolean is_stuck(Hypervisor *hypervisor)
{
    if (hypervisor->unanswered != NULL && job_is_done(hypervisor->shared, hypervisor->unanswered))
        g_clear_pointer(&hypervisor->unanswered, job_release);
    return hypervisor->unanswered != NULL;
}

/* Hands a job to the worker and waits. Returns the caller's reference of it; NULL where it is not done. */
static Job *submit(Hypervisor *hypervisor, OcfDeadline deadline, HypervisorWork work, gpointer task,
                   GDestroyNotify clear)
{
    Shared *shared = hypervisor->shared;
    Job *job = g_atomic_rc_box_new0(Job);

    job->work = work;
    job->task = task != NULL ? g_atomic_rc_box_acquire(task) : NULL;
    job->clear = clear;
    if (hypervisor->worker == NULL)
        hypervisor->worker = g_thread_new("libvirt", worker_main, g_atomic_rc_box_acquire(shared));
    g_async_queue_push(shared->queue, g_atomic_rc_box_acquire(job));

    g_mutex_lock(&shared->mutex);
    while (!job->done && g_cond_wait_until(&shared->done, &shared->mutex, deadline))
        ;
    if (!job->done) {
        job->abandoned = TRUE;
        hypervisor->unanswered = job;
    }
    g_mutex_unlock(&shared->mutex);
    return hypervisor->unanswered == NULL ? job : NULL;
}

gboolean hypervisor_call(Hypervisor *hypervisor, OcfDeadline deadline, HypervisorWork work, gpointer task,
                         GDestroyNotify clear, GError **error)
{
    gint64 patience_ms = ocf_deadline_left_ms(deadline);

    hypervisor->away = TRUE;
    if (is_stuck(hypervisor)) {
        g_set_error(error, OCF_ERROR, OCF_ERR_GENERIC, "%s does not answer", hypervisor_name(hypervisor));
        return FALSE;
    }
    if (patience_ms == 0) {
        /* not even asked: giving up at once would say that it does not answer */
        g_set_error(error, OCF_ERROR, OCF_ERR_GENERIC, "no time is left to ask %s",
                    hypervisor_name(hypervisor));
        return FALSE;
    }
    Job *job = submit(hypervisor, deadline, work, task, clear);
    if (job == NULL) {
        g_set_error(error, OCF_ERROR, OCF_ERR_GENERIC, "%s does not answer within %.1f s",
                    hypervisor_name(hypervisor), (double)patience_ms / 1000.0);
        return FALSE;
    }
    gboolean ok = job->ok;
    hypervisor->away = job->away;
    if (!ok)
        g_propagate_error(error, g_steal_pointer(&job->error));
    job_release(job);
    return ok;
}

static gboolean version_work(virConnectPtr connection, gpointer task, GError **error)
{
    gulong *version = task;

    if (virConnectGetLibVersion(connection, version) == 0)
        return TRUE;
    hypervisor_set_error(error, "cannot learn libvirt's version");
    return FALSE;
}

gboolean hypervisor_version(Hypervisor *hypervisor, OcfDeadline deadline, gulong *version, GError **error)
{
    gulong *task = g_atomic_rc_box_new0(gulong);
    gboolean done = hypervisor_call(hypervisor, deadline, version_work, task, NULL, error);

    if (done)
        *version = *task;
    g_atomic_rc_box_release(task);
    return done;
}

gboolean hypervisor_is_away(const Hypervisor *hypervisor)
{
    return hypervisor->away;
}

const char *hypervisor_name(const Hypervisor *hypervisor)
{
    return *hypervisor->shared->uri != '\0' ? hypervisor->shared->uri : "the default hypervisor";
}

void hypervisor_free(Hypervisor *hypervisor)
{
    if (hypervisor == NULL)
        return;
    if (hypervisor->worker != NULL) {
        Job *closed = is_stuck(hypervisor)
                          ? NULL
                          : submit(hypervisor, ocf_deadline_in(CLOSE_WAIT_MS), NULL, NULL, NULL);
        if (closed != NULL)
            g_thread_join(hypervisor->worker);
        else
            g_thread_unref(hypervisor->worker);
        g_clear_pointer(&closed, job_release);
    }
    g_clear_pointer(&hypervisor->unanswered, job_release);
    shared_release(hypervisor->shared);
    g_free(hypervisor);
}
