/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/ends.h"

#include "agent/transfer.h"

static Ends ends_of(TransferOutcome outcome)
{
    switch (outcome) {
    case TRANSFER_MOVED:
        return ENDS_MOVED;
    case TRANSFER_STAYED:
    case TRANSFER_CANCELLED:
        return ENDS_STAYED;
    case TRANSFER_LOST:
        return ENDS_LOST;
    case TRANSFER_BROKEN:
        return ENDS_UNKNOWN;
    }
    g_assert_not_reached();
}

Ends ends_settle(const Journal *journal, gboolean target_is_down, OcfDeadline deadline, char **why)
{
    g_autoptr(Hypervisor) here = hypervisor_new(journal->hypervisor);
    g_autoptr(Hypervisor) there = hypervisor_new(journal->remote_uri);
    const Transfer plan = {.name = journal->name,
                           .uuid = journal->uuid,
                           .node = journal->target,
                           .target_is_down = target_is_down,
                           .deadline = deadline};

    hypervisor_library_init();
    return ends_of(transfer_settle(&plan, here, there, why));
}
