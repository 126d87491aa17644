/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wherry cancel VM */
#include "agent/cancel.h"
#include "cli/cancel.h"
#include "cli/cli.h"
#include "cli/json.h"
#include "cli/report_view.h"
#include "cli/vm.h"

#include <stdio.h>
#include <string.h>

enum { ASK_MS = 10000, END_MS = 20000, LOOK_MS = 250 };

/* Where Pacemaker's own way with a failed migration would stop it, a cancelled one would, too. */
static gboolean check_agent(const Vm *vm, GError **error)
{
    const char *failure = vm_parameter(vm, "migration_failure");

    if (!vm_is_live_domain(vm))
        g_set_error(error, CLI_FAILURE, CLI_UNSAFE,
                    "%s is of %s: the cluster stops and restarts a VM whose migration is cancelled", vm->id,
                    vm->agent);
    else if (g_strcmp0(failure, "restart") == 0)
        g_set_error(error, CLI_FAILURE, CLI_UNSAFE,
                    "%s has migration_failure=restart: the cluster stops and restarts it if its migration is "
                    "cancelled",
                    vm->id);
    else
        return TRUE;
    return FALSE;
}

/* The report with the id of REPORT as it is now; NULL: not to be had. */
static Report *read_again(const Report *report)
{
    g_autoptr(GPtrArray) reports = report_view_read(NULL);

    for (guint i = 0; reports != NULL && i < reports->len; i++)
        if (strcmp(((const Report *)reports->pdata[i])->id, report->id) == 0)
            return g_ptr_array_steal_index(reports, i);
    return NULL;
}

static Report *await_end(const Report *report)
{
    OcfDeadline deadline = ocf_deadline_in(END_MS);
    Report *now = NULL;

    do {
        report_free(now);
        now = read_again(report);
    } while ((now == NULL || !report_has_ended(now)) && ocf_deadline_sleep(deadline, LOOK_MS));
    return now;
}

Report *cancel_run(const Vm *vm, const Report *report, GError **error)
{
    g_autofree char *local_node = cluster_local_node(ocf_deadline_in(ASK_MS), error);
    gboolean done = FALSE;

    if (local_node == NULL || !check_agent(vm, error))
        return NULL;
    if (*report->guest == '\0') {
        g_set_error(error, CLI_FAILURE, CLI_ERROR,
                    "%s does not tell the VM's name in libvirt: run virsh domjobabort there", report->source);
        return NULL;
    }
    if (!cancel_migration(vm, report, local_node, ocf_deadline_in(ASK_MS), &done, error))
        return NULL;
    Report *now = await_end(report);
    cancel_forget(report, ocf_deadline_in(ASK_MS));
    if (now == NULL || !report_has_ended(now))
        g_set_error(error, CLI_FAILURE, CLI_LATE,
                    done ? "%s: the migration is cancelled, but has not ended yet: wherry status"
                         : "%s: there was no migration to cancel yet, and it has not ended: wherry status",
                    vm->id);
    if (now == NULL || report_has_ended(now))
        return now;
    report_free(now);
    return NULL;
}

gboolean cli_cancel(CliCall *call, GError **error)
{
    g_autoptr(Vm) vm = vm_read(call->arguments[0], error);
    g_autoptr(GPtrArray) reports = vm != NULL ? report_view_read(error) : NULL;
    const Report *report = reports != NULL ? report_view_running(reports, vm->id) : NULL;

    if (reports == NULL)
        return FALSE;
    if (report == NULL) {
        g_set_error(error, CLI_FAILURE, CLI_NO_SUCH, "no migration of %s is known: wherry status", vm->id);
        return FALSE;
    }
    if (call->dry_run && call->json) {
        json_answer(report_view_json(report));
        return TRUE;
    }
    if (call->dry_run) {
        printf("would cancel the migration of %s from %s to %s\n", vm->id, report->source, report->target);
        return TRUE;
    }
    g_autoptr(Report) end = cancel_run(vm, report, error);
    if (end == NULL)
        return FALSE;
    g_autofree char *words = report_view_end(end);
    if (call->json)
        json_answer(report_view_json(end));
    else
        puts(words);
    call->status = end->phase == REPORT_STAYED ? CLI_OK : CLI_ERROR; /* it was done before */
    return TRUE;
}
