/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef WHERRY_CLI_CANCEL_H
#define WHERRY_CLI_CANCEL_H

#include "agent/report.h"
#include "cli/vm.h"

/* Cancels the migration of VM that REPORT is about, and waits until it has ended. Returns its last report,
 * which may also say that it was done before; NULL with ERROR. */
Report *cancel_run(const Vm *vm, const Report *report, GError **error);

#endif
