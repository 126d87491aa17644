/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wherryd: follows this node's links and tells the cluster of them, as a private node attribute, and of the
 * migrations that the node sends; and it has abandoned migrations settled. It never starts or stops a guest,
 * and nothing needs it to be there (I8).
 *
 * One thing happens at a time, always the same: see what the links are, pass them through the damping, tell
 * the cluster if it must be told, look for what was abandoned or moves, and sleep until the kernel reports a
 * change or the next of these is due.
 */
#include "cluster/cluster.h"
#include "heartbeat/arrivals.h"
#include "heartbeat/background.h"
#include "heartbeat/damping.h"
#include "heartbeat/guard.h"
#include "heartbeat/metrics.h"
#include "heartbeat/presence.h"
#include "heartbeat/publication.h"
#include "heartbeat/traffic.h"
#include "netpref/netpref.h"
#include "ocf/ocf.h"

#include <qb/qbdefs.h>
#include <qb/qbloop.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    US_PER_MS = 1000,
    TELL_MOST_MS = 2500, /* the loop stands still meanwhile */
    BEAT_MS = 10000,
    RECORDS_EVERY_MS = 10000,
    WATCH_AGAIN_MS = 1000,
    COMPLAIN_EVERY = 12 /* failures, of which the later ones are as a rule PUBLICATION_RETRY_MOST_MS apart */
};

typedef struct {
    gboolean foreground;
} Options;

typedef struct {
    qb_loop_t *loop;
    qb_loop_timer_handle timer;
    gboolean timer_runs;
    Presence *presence;
    NetprefWatch *watch;
    gboolean watch_failed; /* and is to be asked again without a message of the kernel's */
    Damping *damping;
    Publication *publication;
    Guard *guard;
    gint64 guard_due_ms;
    Traffic *traffic;
    gint64 traffic_due_ms;
    Arrivals *arrivals;
    Metrics *metrics;
    gint64 records_due_ms; /* both of these */
    gboolean replaced;     /* the lock is no longer ours to hold */
} Daemon;

static void work(Daemon *daemon);

static gint64 now_ms(void)
{
    return g_get_monotonic_time() / US_PER_MS;
}

/* ---- one round ----------------------------------------------------------------------------------- */

static void tell(Daemon *daemon)
{
    g_autoptr(GError) error = NULL;
    const char *text = publication_text(daemon->publication);
    gboolean done = cluster_links_publish(text, ocf_deadline_in(TELL_MOST_MS), &error);
    guint failures = publication_tried(daemon->publication, done, now_ms());

    if (done)
        g_debug("published: %s", text);
    else if (failures % COMPLAIN_EVERY == 1)
        g_warning("cannot tell the cluster of this node's links, trying again: %s", error->message);
}

/* A change that the kernel reported, or one that it may have reported when the links could not be read. */
static void look(Daemon *daemon)
{
    g_autoptr(GError) error = NULL;
    gboolean done = netpref_watch_dispatch(daemon->watch, &error);

    if (!done && !daemon->watch_failed)
        g_warning("%s; trying again", error->message);
    daemon->watch_failed = !done;
}

static void keep_records(Daemon *daemon)
{
    const char *local_node = guard_local_node(daemon->guard);

    if (now_ms() < daemon->records_due_ms)
        return;
    daemon->records_due_ms = now_ms() + RECORDS_EVERY_MS;
    arrivals_look(daemon->arrivals, local_node);
    metrics_update(daemon->metrics, local_node);
}

/* Milliseconds until the next round is due. */
static gint64 round_of_work(Daemon *daemon)
{
    gint64 held_ms = DAMPING_NOTHING_HELD;
    gint64 wait_ms = BEAT_MS;

    if (daemon->watch_failed)
        look(daemon);
    g_autoptr(GPtrArray) links =
        damping_pass(daemon->damping, netpref_watch_links(daemon->watch), now_ms(), &held_ms);
    g_autofree char *text = netpref_links_to_text(links);
    publication_want(daemon->publication, text);
    if (publication_wait_ms(daemon->publication, now_ms()) == 0)
        tell(daemon);
    if (now_ms() >= daemon->guard_due_ms)
        daemon->guard_due_ms = now_ms() + guard_round(daemon->guard, now_ms());
    if (now_ms() >= daemon->traffic_due_ms)
        daemon->traffic_due_ms = now_ms() + traffic_round(daemon->traffic, now_ms());
    keep_records(daemon);
    daemon->replaced = !presence_beat(daemon->presence, now_ms());

    wait_ms = MIN(wait_ms, MAX(daemon->guard_due_ms - now_ms(), 0));
    wait_ms = MIN(wait_ms, MAX(daemon->traffic_due_ms - now_ms(), 0));
    wait_ms = MIN(wait_ms, publication_wait_ms(daemon->publication, now_ms()));
    if (held_ms != DAMPING_NOTHING_HELD)
        wait_ms = MIN(wait_ms, held_ms);
    return daemon->watch_failed ? MIN(wait_ms, WATCH_AGAIN_MS) : wait_ms;
}

static void on_timer(void *data)
{
    Daemon *daemon = data;

    daemon->timer_runs = FALSE;
    work(daemon);
}

static void work(Daemon *daemon)
{
    gint64 wait_ms = round_of_work(daemon);

    if (daemon->replaced) {
        g_critical("the lock file of this daemon is gone, and another may take its place: ending");
        qb_loop_stop(daemon->loop);
        return;
    }
    if (daemon->timer_runs)
        qb_loop_timer_del(daemon->loop, daemon->timer);
    daemon->timer_runs = qb_loop_timer_add(daemon->loop, QB_LOOP_MED, (uint64_t)wait_ms * QB_TIME_NS_IN_MSEC,
                                           daemon, on_timer, &daemon->timer) == 0;
    if (!daemon->timer_runs) {
        g_critical("cannot set a timer: ending");
        qb_loop_stop(daemon->loop);
    }
}

static int32_t on_link_message(int32_t fd, int32_t events, void *data)
{
    (void)fd, (void)events;
    look(data);
    work(data);
    return 0;
}

/* The watch keeps the links, and work() passes them on after each message, changed or not. */
static void on_links_changed(const GPtrArray *links, gpointer data)
{
    (void)links, (void)data;
}

static int32_t on_end(int32_t signal_number, void *data)
{
    Daemon *daemon = data;

    g_message("ending: %s", g_strsignal(signal_number));
    qb_loop_stop(daemon->loop);
    return 0;
}

/* ---- from start to end --------------------------------------------------------------------------- */

static gboolean begin_loop(Daemon *daemon, GError **error)
{
    static const int ends[] = {SIGTERM, SIGINT, SIGHUP};

    daemon->loop = qb_loop_create();
    gboolean done =
        daemon->loop != NULL && qb_loop_poll_add(daemon->loop, QB_LOOP_MED, netpref_watch_fd(daemon->watch),
                                                 POLLIN, daemon, on_link_message) == 0;
    for (size_t i = 0; done && i < G_N_ELEMENTS(ends); i++)
        done = qb_loop_signal_add(daemon->loop, QB_LOOP_HIGH, ends[i], daemon, on_end, NULL) == 0;
    if (!done)
        g_set_error_literal(error, OCF_ERROR, OCF_ERR_GENERIC, "cannot set up the main loop");
    return done;
}

static gboolean begin(Daemon *daemon, GError **error)
{
    daemon->presence = presence_take(WHERRY_RUNDIR, error);
    if (daemon->presence == NULL)
        return FALSE;
    daemon->watch = netpref_watch_new(on_links_changed, daemon, error);
    if (daemon->watch == NULL)
        return FALSE;
    daemon->damping = damping_new();
    daemon->publication = publication_new();
    daemon->guard = guard_new();
    daemon->traffic = traffic_new();
    daemon->arrivals = arrivals_new();
    daemon->metrics = metrics_new();
    return begin_loop(daemon, error);
}

static void end(Daemon *daemon)
{
    g_clear_pointer(&daemon->loop, qb_loop_destroy);
    g_clear_pointer(&daemon->metrics, metrics_free);
    g_clear_pointer(&daemon->arrivals, arrivals_free);
    g_clear_pointer(&daemon->traffic, traffic_free);
    g_clear_pointer(&daemon->guard, guard_free);
    g_clear_pointer(&daemon->publication, publication_free);
    g_clear_pointer(&daemon->damping, damping_free);
    g_clear_pointer(&daemon->watch, netpref_watch_free);
    g_clear_pointer(&daemon->presence, presence_free);
}

/* Links that nobody watches any more are not to be believed. Whoever took our place tells its own. */
static void take_back(const Daemon *daemon)
{
    g_autoptr(GError) error = NULL;

    if (!daemon->replaced && !cluster_links_withdraw(ocf_deadline_in(TELL_MOST_MS), &error))
        g_warning("cannot take back what the cluster knows of this node's links: %s", error->message);
    if (!daemon->replaced)
        traffic_hand_over();
}

static gboolean run(const Options *options, GError **error)
{
    Daemon daemon = {0};
    int ready = -1;

    if (!options->foreground && !background_begin(&ready, error))
        return FALSE;
    background_clean_environment();
    gboolean done = begin(&daemon, error);
    if (done) {
        work(&daemon);
        done = options->foreground || background_ready(ready, error);
    }
    if (done) {
        g_message("following this node's links");
        qb_loop_run(daemon.loop);
        take_back(&daemon);
    }
    end(&daemon);
    return done;
}

static gboolean read_options(int *argc, char ***argv, Options *options, GError **error)
{
    gboolean version = FALSE;
    const GOptionEntry entries[] = {
        {"foreground", 'f', 0, G_OPTION_ARG_NONE, &options->foreground,
         "Stay in the foreground, and log to standard error", NULL},
        {"version", 0, 0, G_OPTION_ARG_NONE, &version, "Show the version", NULL},
        {.long_name = NULL},
    };
    GOptionContext *context = g_option_context_new("- follow this node's links and tell the cluster");

    g_option_context_set_description(
        context, "Started and stopped by the resource ocf:wherry:MigrationNetworks. Without --foreground it\n"
                 "returns as soon as it works, and logs to the system log.");
    g_option_context_add_main_entries(context, entries, NULL);
    gboolean done = g_option_context_parse(context, argc, argv, error);
    g_option_context_free(context);
    if (done && version) {
        printf("wherryd %s\n", WHERRY_VERSION);
        exit(EXIT_SUCCESS);
    }
    if (done && *argc > 1) {
        g_set_error(error, OCF_ERROR, OCF_ERR_GENERIC, "unexpected argument %s (see --help)", (*argv)[1]);
        return FALSE;
    }
    return done;
}

int main(int argc, char **argv, char **environment)
{
    g_autoptr(GError) error = NULL;
    Options options = {0};

    if (!read_options(&argc, &argv, &options, &error)) {
        fprintf(stderr, "wherryd: %s\n", error->message);
        return EXIT_FAILURE;
    }
    g_auto(GStrv) log_environment = g_strdupv(environment);
    if (!options.foreground) /* nobody reads its standard error: as if started by Pacemaker, who sets this */
        log_environment = g_environ_setenv(log_environment, "PCMK_service", "wherryd", FALSE);
    ocf_log_init("wherryd", log_environment);
    if (!run(&options, &error)) {
        g_critical("%s", error->message);
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
