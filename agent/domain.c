/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/domain.h"

#include <stdlib.h>

/* One task serves all calls; each uses what it needs. */
typedef struct {
    char *name; /* or NULL, where there is no domain yet */
    char *text; /* XML or path */
    guint64 number;
    guint flags;
    char *result; /* of malloc */
    DomainLook look;
    DomainJob job;
} DomainTask;

typedef DomainTask DomainTaskBox;

static void task_clear(gpointer data)
{
    DomainTask *task = data;

    g_free(task->name);
    g_free(task->text);
    free(task->result);
}

static void task_release(DomainTaskBox *task)
{
    g_atomic_rc_box_release_full(task, task_clear);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(DomainTaskBox, task_release)

static DomainTaskBox *task_new(const char *name, const char *text)
{
    DomainTask *task = g_atomic_rc_box_new0(DomainTask);

    task->name = g_strdup(name);
    task->text = g_strdup(text);
    return task;
}

static gboolean call(Hypervisor *hypervisor, OcfDeadline deadline, HypervisorWork work, DomainTask *task,
                     GError **error)
{
    return hypervisor_call(hypervisor, deadline, work, task, task_clear, error);
}

/* The usual call: a task with a name and a text, nothing to bring back. */
static gboolean do_call(Hypervisor *hypervisor, const char *name, const char *text, guint flags,
                        OcfDeadline deadline, HypervisorWork work, GError **error)
{
    g_autoptr(DomainTaskBox) task = task_new(name, text);

    task->flags = flags;
    return call(hypervisor, deadline, work, task, error);
}

static virDomainPtr lookup(virConnectPtr connection, const DomainTask *task, GError **error)
{
    virDomainPtr domain = virDomainLookupByName(connection, task->name);

    if (domain == NULL)
        hypervisor_set_error(error, "cannot find guest %s", task->name);
    return domain;
}

/* ---- looking ------------------------------------------------------------------------------------- */

/* The receiving end has no statistics and says so with an error of its own (libvirt 9.0,
 * qemuDomainGetJobStats); should a later one have them, they name the operation. */
static gboolean job_is_incoming(virDomainPtr domain)
{
    virTypedParameterPtr params = NULL;
    int count = 0, type = 0, operation = 0;

    if (virDomainGetJobStats(domain, &type, &params, &count, 0) < 0)
        return virGetLastErrorCode() == VIR_ERR_OPERATION_UNSUPPORTED;
    gboolean incoming = virTypedParamsGetInt(params, count, VIR_DOMAIN_JOB_OPERATION, &operation) == 1 &&
                        operation == VIR_DOMAIN_JOB_OPERATION_MIGRATION_IN;
    virTypedParamsFree(params, count);
    return incoming;
}

static gboolean look_work(virConnectPtr connection, gpointer data, GError **error)
{
    DomainTask *task = data;
    DomainLook *look = &task->look;
    virDomainInfo info;
    g_autoptr(virDomain) domain = virDomainLookupByName(connection, task->name);

    if (domain == NULL && virGetLastErrorCode() == VIR_ERR_NO_DOMAIN)
        return TRUE;
    if (domain == NULL || virDomainGetState(domain, &look->state, &look->reason, 0) < 0) {
        if (domain != NULL && virGetLastErrorCode() == VIR_ERR_NO_DOMAIN)
            return TRUE; /* a transient domain that ended between the two calls */
        hypervisor_set_error(error, "cannot tell the state of %s", task->name);
        return FALSE;
    }
    look->present = TRUE;
    virDomainGetUUIDString(domain, look->uuid);
    look->active = look->state != VIR_DOMAIN_SHUTOFF;
    if (look->state == VIR_DOMAIN_PAUSED && look->reason == VIR_DOMAIN_PAUSED_MIGRATION)
        look->incoming = job_is_incoming(domain);
    if (look->active && virDomainGetInfo(domain, &info) == 0) {
        look->cpus = info.nrVirtCpu;
        look->memory_mib = info.maxMem / 1024;
    }
    return TRUE;
}

gboolean domain_look(Hypervisor *hypervisor, const char *name, OcfDeadline deadline, DomainLook *look,
                     GError **error)
{
    g_autoptr(DomainTaskBox) task = task_new(name, NULL);

    if (!call(hypervisor, deadline, look_work, task, error))
        return FALSE;
    *look = task->look;
    return TRUE;
}

static gboolean uri_work(virConnectPtr connection, gpointer data, GError **error)
{
    DomainTask *task = data;

    task->result = virConnectGetURI(connection);
    if (task->result == NULL)
        hypervisor_set_error(error, "the hypervisor does not tell its URI");
    return task->result != NULL;
}

gboolean hypervisor_uri(Hypervisor *hypervisor, OcfDeadline deadline, char **uri, GError **error)
{
    g_autoptr(DomainTaskBox) task = task_new(NULL, NULL);

    if (!call(hypervisor, deadline, uri_work, task, error))
        return FALSE;
    *uri = g_strdup(task->result);
    return TRUE;
}

static gboolean inactive_xml_work(virConnectPtr connection, gpointer data, GError **error)
{
    DomainTask *task = data;
    g_autoptr(virDomain) domain = lookup(connection, task, error);

    if (domain == NULL)
        return FALSE;
    task->result = virDomainGetXMLDesc(domain, VIR_DOMAIN_XML_INACTIVE | VIR_DOMAIN_XML_SECURE);
    if (task->result == NULL)
        hypervisor_set_error(error, "cannot read the definition of %s", task->name);
    return task->result != NULL;
}

gboolean domain_inactive_xml(Hypervisor *hypervisor, const char *name, OcfDeadline deadline, char **xml,
                             GError **error)
{
    g_autoptr(DomainTaskBox) task = task_new(name, NULL);

    if (!call(hypervisor, deadline, inactive_xml_work, task, error))
        return FALSE;
    *xml = g_strdup(task->result);
    return TRUE;
}

/* ---- changing ------------------------------------------------------------------------------------ */

static gboolean create_work(virConnectPtr connection, gpointer data, GError **error)
{
    DomainTask *task = data;
    g_autoptr(virDomain) domain = virDomainCreateXML(connection, task->text, 0);

    if (domain == NULL)
        hypervisor_set_error(error, "cannot start the guest");
    return domain != NULL;
}

gboolean domain_create(Hypervisor *hypervisor, const char *xml, OcfDeadline deadline, GError **error)
{
    return do_call(hypervisor, NULL, xml, 0, deadline, create_work, error);
}

static gboolean undefine_work(virConnectPtr connection, gpointer data, GError **error)
{
    DomainTask *task = data;
    guint flags = VIR_DOMAIN_UNDEFINE_KEEP_NVRAM;
    g_autoptr(virDomain) domain = lookup(connection, task, error);

#if LIBVIR_VERSION_NUMBER >= 8009000
    flags |= VIR_DOMAIN_UNDEFINE_KEEP_TPM;
#endif
    if (domain == NULL)
        return FALSE;
    if (virDomainUndefineFlags(domain, flags) == 0)
        return TRUE;
    hypervisor_set_error(error, "cannot undefine %s", task->name);
    return FALSE;
}

gboolean domain_undefine(Hypervisor *hypervisor, const char *name, OcfDeadline deadline, GError **error)
{
    return do_call(hypervisor, name, NULL, 0, deadline, undefine_work, error);
}

static int read_max_downtime(virDomainPtr domain, DomainTask *task)
{
    unsigned long long downtime_ms = 0;
    int result = virDomainMigrateGetMaxDowntime(domain, &downtime_ms, 0);

    task->number = downtime_ms;
    return result;
}

/* A call of libvirt that takes a domain and flags, as a work function called NAME. */
#define DOMAIN_WORK(work_name, expression, what)                                                             \
    static gboolean work_name(virConnectPtr connection, gpointer data, GError **error)                       \
    {                                                                                                        \
        DomainTask *task = data;                                                                             \
        g_autoptr(virDomain) domain = lookup(connection, task, error);                                       \
                                                                                                             \
        if (domain == NULL)                                                                                  \
            return FALSE;                                                                                    \
        if ((expression) == 0)                                                                               \
            return TRUE;                                                                                     \
        hypervisor_set_error(error, what " %s", task->name);                                                 \
        return FALSE;                                                                                        \
    }

DOMAIN_WORK(disable_autostart_work, virDomainSetAutostart(domain, 0), "cannot take the autostart from")
DOMAIN_WORK(shutdown_work, virDomainShutdownFlags(domain, task->flags), "cannot ask for the shutdown of")
DOMAIN_WORK(destroy_work, virDomainDestroyFlags(domain, 0), "cannot force off")
DOMAIN_WORK(resume_work, virDomainResume(domain), "cannot resume")
DOMAIN_WORK(suspend_work, virDomainSuspend(domain), "cannot suspend")
DOMAIN_WORK(start_postcopy_work, virDomainMigrateStartPostCopy(domain, 0), "cannot switch to post-copy:")
DOMAIN_WORK(save_work, virDomainSaveFlags(domain, task->text, NULL, 0), "cannot save")
DOMAIN_WORK(abort_work, virDomainAbortJob(domain), "cannot abort the job of")
DOMAIN_WORK(get_max_downtime_work, read_max_downtime(domain, task), "cannot read the largest downtime of")
DOMAIN_WORK(max_downtime_work, virDomainMigrateSetMaxDowntime(domain, task->number, 0),
            "cannot set the largest downtime of")

gboolean domain_disable_autostart(Hypervisor *hypervisor, const char *name, OcfDeadline deadline,
                                  GError **error)
{
    return do_call(hypervisor, name, NULL, 0, deadline, disable_autostart_work, error);
}

gboolean domain_shutdown(Hypervisor *hypervisor, const char *name, guint flags, OcfDeadline deadline,
                         GError **error)
{
    return do_call(hypervisor, name, NULL, flags, deadline, shutdown_work, error);
}

gboolean domain_destroy(Hypervisor *hypervisor, const char *name, OcfDeadline deadline, GError **error)
{
    return do_call(hypervisor, name, NULL, 0, deadline, destroy_work, error);
}

gboolean domain_resume(Hypervisor *hypervisor, const char *name, OcfDeadline deadline, GError **error)
{
    return do_call(hypervisor, name, NULL, 0, deadline, resume_work, error);
}

gboolean domain_save(Hypervisor *hypervisor, const char *name, const char *path, OcfDeadline deadline,
                     GError **error)
{
    return do_call(hypervisor, name, path, 0, deadline, save_work, error);
}

static gboolean restore_work(virConnectPtr connection, gpointer data, GError **error)
{
    DomainTask *task = data;

    if (virDomainRestoreFlags(connection, task->text, NULL, 0) == 0)
        return TRUE;
    hypervisor_set_error(error, "cannot restore from %s", task->text);
    return FALSE;
}

gboolean domain_restore(Hypervisor *hypervisor, const char *path, OcfDeadline deadline, GError **error)
{
    return do_call(hypervisor, NULL, path, 0, deadline, restore_work, error);
}

/* ---- migration ----------------------------------------------------------------------------------- */

static void read_job(virTypedParameterPtr params, int count, DomainJob *job)
{
    unsigned long long value, dirty_pages_s = 0, page_bytes = 0;
    const struct {
        const char *key;
        guint64 *place;
    } fields[] = {
        {VIR_DOMAIN_JOB_DATA_PROCESSED, &job->processed}, {VIR_DOMAIN_JOB_DATA_REMAINING, &job->remaining},
        {VIR_DOMAIN_JOB_DATA_TOTAL, &job->total},         {VIR_DOMAIN_JOB_TIME_ELAPSED, &job->elapsed_ms},
        {VIR_DOMAIN_JOB_DOWNTIME, &job->downtime_ms},     {VIR_DOMAIN_JOB_MEMORY_ITERATION, &job->iteration},
        {VIR_DOMAIN_JOB_MEMORY_BPS, &job->rate_bytes_s},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(fields); i++)
        if (virTypedParamsGetULLong(params, count, fields[i].key, &value) == 1)
            *fields[i].place = value;
    if (virTypedParamsGetULLong(params, count, VIR_DOMAIN_JOB_MEMORY_DIRTY_RATE, &dirty_pages_s) == 1 &&
        virTypedParamsGetULLong(params, count, VIR_DOMAIN_JOB_MEMORY_PAGE_SIZE, &page_bytes) == 1)
        job->dirty_bytes_s = dirty_pages_s * page_bytes;
}

static gboolean job_work(virConnectPtr connection, gpointer data, GError **error)
{
    DomainTask *task = data;
    virTypedParameterPtr params = NULL;
    int count = 0, type = VIR_DOMAIN_JOB_NONE;
    g_autoptr(virDomain) domain = lookup(connection, task, error);

    if (domain == NULL)
        return FALSE;
    if (virDomainGetJobStats(domain, &type, &params, &count, task->flags) < 0) {
        hypervisor_set_error(error, "cannot read the job of %s", task->name);
        return FALSE;
    }
    task->job.active = type == VIR_DOMAIN_JOB_BOUNDED || type == VIR_DOMAIN_JOB_UNBOUNDED;
    read_job(params, count, &task->job);
    virTypedParamsFree(params, count);
    return TRUE;
}

static gboolean read_job_with(Hypervisor *hypervisor, const char *name, guint flags, OcfDeadline deadline,
                              DomainJob *job, GError **error)
{
    g_autoptr(DomainTaskBox) task = task_new(name, NULL);

    task->flags = flags;
    if (!call(hypervisor, deadline, job_work, task, error))
        return FALSE;
    *job = task->job;
    return TRUE;
}

gboolean domain_job(Hypervisor *hypervisor, const char *name, OcfDeadline deadline, DomainJob *job,
                    GError **error)
{
    return read_job_with(hypervisor, name, 0, deadline, job, error);
}

gboolean domain_completed_job(Hypervisor *hypervisor, const char *name, OcfDeadline deadline, DomainJob *job,
                              GError **error)
{
    /* kept: whoever asks next sees it too */
    guint flags = VIR_DOMAIN_JOB_STATS_COMPLETED | VIR_DOMAIN_JOB_STATS_KEEP_COMPLETED;

    return read_job_with(hypervisor, name, flags, deadline, job, error);
}

gboolean domain_abort_job(Hypervisor *hypervisor, const char *name, OcfDeadline deadline, GError **error)
{
    return do_call(hypervisor, name, NULL, 0, deadline, abort_work, error);
}

gboolean domain_set_max_downtime(Hypervisor *hypervisor, const char *name, guint64 downtime_ms,
                                 OcfDeadline deadline, GError **error)
{
    g_autoptr(DomainTaskBox) task = task_new(name, NULL);

    task->number = downtime_ms;
    return call(hypervisor, deadline, max_downtime_work, task, error);
}

gboolean domain_suspend(Hypervisor *hypervisor, const char *name, OcfDeadline deadline, GError **error)
{
    return do_call(hypervisor, name, NULL, 0, deadline, suspend_work, error);
}

gboolean domain_start_postcopy(Hypervisor *hypervisor, const char *name, OcfDeadline deadline, GError **error)
{
    return do_call(hypervisor, name, NULL, 0, deadline, start_postcopy_work, error);
}

gboolean domain_get_max_downtime(Hypervisor *hypervisor, const char *name, OcfDeadline deadline,
                                 guint64 *downtime_ms, GError **error)
{
    g_autoptr(DomainTaskBox) task = task_new(name, NULL);

    if (!call(hypervisor, deadline, get_max_downtime_work, task, error))
        return FALSE;
    *downtime_ms = task->number;
    return TRUE;
}
