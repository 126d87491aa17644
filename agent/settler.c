/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/settler.h"

#include "agent/lock.h"

#define PROGRAM WHERRY_LIBEXECDIR "/wherry/wherry-settle"
#define LOCKS WHERRY_RUNDIR "/settle"

pid_t settler_start(const char *resource, GError **error)
{
    const char *const argv[] = {PROGRAM, "--resource", resource, NULL};

    return ocf_detach(argv, error);
}

gboolean settler_claim(const char *resource, OcfDeadline deadline)
{
    g_autoptr(GError) busy = NULL;

    guest_lock_take(LOCKS, resource, deadline, &busy);
    return busy == NULL;
}

gboolean settler_is_at_work(const char *resource)
{
    g_autoptr(GError) busy = NULL;

    guest_lock_release(guest_lock_take(LOCKS, resource, ocf_deadline_in(0), &busy));
    return busy != NULL;
}
