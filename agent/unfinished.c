/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/unfinished.h"

#include "agent/announcement.h"
#include "agent/other_end.h"
#include "agent/transfer.h"

#include <string.h>

enum { ASK_MS = 5000, CONNECT_MS = 6000, AGAIN_MS = 2000, POLL_MS = 100 };

/* ---- where it may be --------------------------------------------------------------------------------- */

/* Another node that may have the guest. */
typedef struct {
    char *node;
    char *uri;      /* by which it was reached, or NULL */
    gint64 since_s; /* when it is known to have been there, or about to come */
} Suspect;

static void suspect_free(gpointer data)
{
    Suspect *suspect = data;

    g_free(suspect->node);
    g_free(suspect->uri);
    g_free(suspect);
}

static void add_suspect(GPtrArray *suspects, const Guest *guest, const char *node, const char *uri,
                        gint64 since_s)
{
    if (g_strcmp0(node, guest->call->local_node) == 0 || *node == '\0')
        return;
    for (guint i = 0; i < suspects->len; i++)
        if (strcmp(((const Suspect *)suspects->pdata[i])->node, node) == 0)
            return;
    Suspect *suspect = g_new0(Suspect, 1);
    suspect->node = g_strdup(node);
    suspect->uri = uri != NULL && *uri != '\0' ? g_strdup(uri) : NULL;
    suspect->since_s = since_s;
    g_ptr_array_add(suspects, suspect);
}

static void add_of_journal(GPtrArray *suspects, const Guest *guest, const Journal *journal)
{
    if (journal->step != JOURNAL_PREPARING && journal->step != JOURNAL_STAYED)
        add_suspect(suspects, guest, journal->target, journal->remote_uri, journal->began_s);
}

/* A journal that cannot be understood may be of any migration: then every node may have the guest. */
static gboolean suspect_everybody(GPtrArray *suspects, const Guest *guest, OcfDeadline deadline,
                                  GError **error)
{
    g_autoptr(GPtrArray) nodes = cluster_nodes_online(ocf_deadline_within(deadline, ASK_MS), error);

    for (guint i = 0; nodes != NULL && i < nodes->len; i++)
        add_suspect(suspects, guest, nodes->pdata[i], NULL, 0);
    return nodes != NULL;
}

static gboolean add_of_journals(GPtrArray *suspects, const Guest *guest, gboolean *unreadable,
                                OcfDeadline deadline, GError **error)
{
    g_autoptr(GPtrArray) others =
        journal_find_guest(WHERRY_STATEDIR, guest->record->uuid, guest->call->resource);
    g_autoptr(Journal) journal = NULL;
    g_autoptr(GError) why = NULL;

    for (guint i = 0; i < others->len; i++)
        add_of_journal(suspects, guest, others->pdata[i]);
    *unreadable = !journal_load(WHERRY_STATEDIR, guest->call->resource, &journal, &why);
    if (journal != NULL)
        add_of_journal(suspects, guest, journal);
    if (!*unreadable)
        return TRUE;
    g_warning("%s; asking all nodes for %s", why->message, guest_name(guest));
    return suspect_everybody(suspects, guest, deadline, error);
}

static gboolean add_announced(GPtrArray *suspects, const Guest *guest, OcfDeadline deadline, GError **error)
{
    if (guest->call->local_node == NULL) /* called by hand, without a cluster */
        return TRUE;
    g_autoptr(GPtrArray) announcements =
        announcements_read(guest->call->resource, ocf_deadline_within(deadline, ASK_MS), error);
    if (announcements == NULL) {
        g_prefix_error(error, "cannot tell whether %s is being migrated: ", guest_name(guest));
        return FALSE;
    }
    for (guint i = 0; i < announcements->len; i++) {
        const Announcement *announcement = announcements->pdata[i];
        add_suspect(suspects, guest, announcement->source, NULL, announcement->since_s);
        add_suspect(suspects, guest, announcement->target, NULL, announcement->since_s);
    }
    return TRUE;
}

/* ---- asking ------------------------------------------------------------------------------------------ */

static gboolean is_this_guest(const Guest *guest, const DomainLook *look)
{
    return look->present && look->active &&
           (*guest->record->uuid == '\0' || strcmp(look->uuid, guest->record->uuid) == 0);
}

/* An unfinished copy whose other end is here, where no guest is, will never run: libvirt discards it. */
static gboolean runs_there(const Guest *guest, const DomainLook *look)
{
    return is_this_guest(guest, look) &&
           health_judge(look->state, look->reason, look->incoming, NULL) != HEALTH_ARRIVING;
}

static gboolean look_there(Guest *guest, const Suspect *suspect, OcfDeadline deadline, DomainLook *look,
                           GError **error)
{
    g_auto(OtherEnd) there = {0};
    gboolean done = FALSE;

    if (suspect->uri != NULL) {
        done = other_end_open(suspect->uri, guest_name(guest), deadline, &there, error);
    } else {
        g_autofree char *local_uri = other_end_local_uri(guest->parameters, guest->here, deadline, error);
        done = local_uri != NULL && other_end_connect(guest->parameters, local_uri, NULL, suspect->node,
                                                      guest_name(guest), deadline, &there, error);
    }
    if (done)
        *look = there.look;
    return done;
}

/* FALSE with *SURE: the guest runs there. FALSE without: nobody can tell. */
static gboolean is_not_on(Guest *guest, const Suspect *suspect, OcfDeadline deadline, gboolean *sure,
                          GError **error)
{
    ClusterNodeStanding standing = CLUSTER_NODE_UNCLEAN;
    DomainLook look = {0};

    *sure = TRUE;
    if (guest->call->local_node != NULL &&
        cluster_node_standing(suspect->node, suspect->since_s, ocf_deadline_within(deadline, ASK_MS),
                              &standing, NULL) &&
        standing == CLUSTER_NODE_DOWN)
        return TRUE;
    if (!look_there(guest, suspect, ocf_deadline_within(deadline, CONNECT_MS), &look, error)) {
        g_prefix_error(error, "cannot tell whether %s runs on %s, to where it was being migrated: ",
                       guest_name(guest), suspect->node);
        *sure = FALSE;
        return FALSE;
    }
    if (!runs_there(guest, &look))
        return TRUE;
    g_set_error(error, OCF_ERROR, OCF_ERR_GENERIC, "%s runs on %s, after a migration that was not confirmed",
                guest_name(guest), suspect->node);
    return FALSE;
}

/* FALSE with *SURE: it runs on another node. FALSE without: nobody can tell now. */
static gboolean ask_once(Guest *guest, OcfDeadline deadline, gboolean *sure, GError **error)
{
    g_autoptr(GPtrArray) suspects = g_ptr_array_new_with_free_func(suspect_free);
    gboolean unreadable = FALSE;

    *sure = FALSE;
    if (!add_of_journals(suspects, guest, &unreadable, deadline, error) ||
        !add_announced(suspects, guest, deadline, error))
        return FALSE;
    for (guint i = 0; i < suspects->len; i++)
        if (!is_not_on(guest, suspects->pdata[i], deadline, sure, error))
            return FALSE;
    if (unreadable)
        journal_set_aside(WHERRY_STATEDIR, guest->call->resource, NULL);
    else
        journal_remove(WHERRY_STATEDIR, guest->call->resource, NULL);
    for (guint i = 0; i < suspects->len; i++)
        announcement_withdraw(guest->call->resource, guest->call->local_node,
                              ((const Suspect *)suspects->pdata[i])->node, deadline);
    return TRUE;
}

gboolean unfinished_permits_start(Guest *guest, OcfDeadline deadline, GError **error)
{
    gboolean sure = FALSE;
    g_autoptr(GError) why = NULL;

    /* each question may take the time that it needs: half an answer would say less than the one before */
    do {
        g_clear_error(&why);
        if (ask_once(guest, guest->call->deadline, &sure, &why))
            return TRUE;
    } while (!sure && ocf_deadline_left_ms(deadline) > AGAIN_MS && ocf_deadline_sleep(deadline, AGAIN_MS));
    g_propagate_error(error, g_steal_pointer(&why));
    return FALSE;
}

gboolean unfinished_source_is_down(const Guest *guest, OcfDeadline deadline)
{
    g_autoptr(GPtrArray) suspects = g_ptr_array_new_with_free_func(suspect_free);

    if (guest->call->local_node == NULL || !add_announced(suspects, guest, deadline, NULL))
        return FALSE;
    for (guint i = 0; i < suspects->len; i++) {
        const Suspect *suspect = suspects->pdata[i];
        ClusterNodeStanding standing = CLUSTER_NODE_UNCLEAN;
        if (!cluster_node_standing(suspect->node, suspect->since_s, ocf_deadline_within(deadline, ASK_MS),
                                   &standing, NULL) ||
            standing != CLUSTER_NODE_DOWN)
            return FALSE;
    }
    return suspects->len > 0;
}

/* ---- ending ------------------------------------------------------------------------------------------ */

/* NULL where there is none, or none that can be understood. */
static Journal *load(const char *resource)
{
    Journal *journal = NULL;
    g_autoptr(GError) error = NULL;

    if (!journal_load(WHERRY_STATEDIR, resource, &journal, &error))
        g_warning("%s", error->message);
    return journal;
}

static gboolean is_open(const Journal *journal)
{
    return journal->step == JOURNAL_SENDING || journal->step == JOURNAL_UNSETTLED;
}

gboolean unfinished_abort(Guest *guest, OcfDeadline deadline)
{
    g_autoptr(Journal) journal = load(guest->call->resource);

    if (journal == NULL || !is_open(journal))
        return TRUE;
    g_message("ending what an abandoned migration of %s to %s has left", guest_name(guest), journal->target);
    return transfer_abort(guest->here, guest_name(guest), deadline);
}

void unfinished_note_stop(Guest *guest)
{
    g_autoptr(Journal) journal = load(guest->call->resource);
    g_autoptr(GError) error = NULL;

    if (journal == NULL)
        return;
    if (is_open(journal) || journal->step == JOURNAL_STOPPED) {
        journal->step = JOURNAL_STOPPED;
        journal_save(journal, WHERRY_STATEDIR, &error);
    } else {
        journal_remove(WHERRY_STATEDIR, guest->call->resource, &error);
    }
    if (error != NULL)
        g_warning("%s", error->message);
}

gboolean unfinished_is_driven(const char *resource)
{
    g_autoptr(Journal) journal = load(resource);

    return journal != NULL && journal_is_driven(journal);
}

void unfinished_await_driver(const char *resource, OcfDeadline deadline)
{
    while (unfinished_is_driven(resource) && ocf_deadline_sleep(deadline, POLL_MS))
        ;
}

gboolean unfinished_is_abandoned(const char *resource)
{
    g_autoptr(Journal) journal = load(resource);

    return journal != NULL && journal->step != JOURNAL_STOPPED && !journal_is_driven(journal);
}
