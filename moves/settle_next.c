/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "moves/settle.h"

static gboolean guest_is_open(const Journal *journal)
{
    return journal->step == JOURNAL_SENDING || journal->step == JOURNAL_UNSETTLED;
}

/* Whether the drop is one that this process is to bring to its end. */
static gboolean has_drop(const SettleView *view)
{
    return view->drop != NULL && (view->drop_is_ours || view->drop_is_orphan);
}

static SettleStep next_of_journal(const SettleView *view)
{
    const Journal *journal = view->journal;

    if (view->driven)
        return SETTLE_WAIT;
    if (guest_is_open(journal))
        return SETTLE_GUEST;
    if (journal->step == JOURNAL_STOPPED) /* the next start asks the other end */
        return has_drop(view) ? SETTLE_CLUSTER : SETTLE_NOTHING;
    if (!journal->stay && !has_drop(view))
        return journal->step == JOURNAL_MOVED ? SETTLE_NOTHING : SETTLE_FORGET;
    /* what went well ends with the source's stop, which comes by itself while the cluster is at work */
    if (journal->step == JOURNAL_MOVED && !has_drop(view) && !view->cluster_is_idle)
        return SETTLE_WAIT;
    return SETTLE_CLUSTER;
}

SettleStep settle_next(const SettleView *view)
{
    if (view->drop != NULL && !view->drop_is_ours && !view->drop_is_orphan)
        return view->journal != NULL && view->driven ? SETTLE_WAIT : SETTLE_NOTHING;
    if (view->journal != NULL && (view->driven || guest_is_open(view->journal)))
        return next_of_journal(view);
    if (view->drop != NULL && !view->drop_is_ours)
        return SETTLE_TAKE_OVER;
    if (view->journal != NULL)
        return next_of_journal(view);
    return view->drop != NULL ? SETTLE_CLUSTER : SETTLE_NOTHING;
}
