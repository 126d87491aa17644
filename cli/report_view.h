/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reports of migrations (agent/report.h), read from the cluster and put into words. */
#ifndef WHERRY_CLI_REPORT_VIEW_H
#define WHERRY_CLI_REPORT_VIEW_H

#include "agent/report.h"

#include <jansson.h>

/* Those of all nodes that run or have just ended, the oldest first; of Report. Errors are CLI_FAILURE. */
GPtrArray *report_view_read(GError **error);

/* Of REPORTS the one of VM that runs; NULL: none does. */
const Report *report_view_running(const GPtrArray *reports, const char *vm);

/* What keeps a verb from a VM of which that is the report: CLI_TRY_AGAIN. Always FALSE. */
gboolean report_view_refuse(const Report *running, GError **error);

/* "web from a2 to a1 by mig: 42 %, 61 MiB left at 8.3 MiB/s, about 7 s" */
char *report_view_line(const Report *report);

/* "web has moved from a2 to a1 by mig in 10.7 s: 64.8 MiB, downtime 481 ms", or why it has not. */
char *report_view_end(const Report *report);

json_t *report_view_json(const Report *report);

/* "61 MiB". */
char *report_view_bytes(gint64 bytes);

#endif
