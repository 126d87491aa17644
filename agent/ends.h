/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The two ends of a migration that a journal tells of, brought to one answer without its driver.
 */
#ifndef WHERRY_AGENT_ENDS_H
#define WHERRY_AGENT_ENDS_H

#include "agent/journal.h"

typedef enum {
    ENDS_MOVED,  /* the guest runs there, and not here */
    ENDS_STAYED, /* it runs here, and nothing of it is there */
    ENDS_LOST,   /* it runs at neither end */
    ENDS_UNKNOWN /* nobody can tell yet; *WHY says what is known */
} Ends;

/* Aborts a job that is left here, asks both ends, and takes away what must not be there. TARGET_IS_DOWN: it
 * is surely off, and is not asked. To be called with the guest's lock held; tries until DEADLINE. */
Ends ends_settle(const Journal *journal, gboolean target_is_down, OcfDeadline deadline, char **why);

#endif
