/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/follow.h"

#include "cli/cli.h"
#include "cli/interrupt.h"
#include "cli/report_view.h"
#include "cluster/cluster.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
    LOOK_EVERY_MS = 500,
    ASK_MS = 10000,
    LAST_WORD_MS = 5000, /* that a report may come later than the cluster's own news */
    SILENT_MS = 60000    /* of the cluster, after which it is given up */
};

/* One run of it. */
typedef struct {
    Follow *follow;
    gboolean terminal;
    char *shown;
    Interrupt interrupt;
    ClusterIdleLooks idle;
    gint64 arrived_us, heard_us;
} Watch;

void follow_clear(Follow *follow)
{
    g_clear_pointer(&follow->known, g_hash_table_unref);
    g_clear_pointer(&follow->report, report_free);
    g_clear_pointer(&follow->node, g_free);
}

GHashTable *follow_known(const GPtrArray *reports)
{
    GHashTable *known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    for (guint i = 0; i < reports->len; i++)
        g_hash_table_add(known, g_strdup(((const Report *)reports->pdata[i])->id));
    return known;
}

/* ---- what is shown ----------------------------------------------------------------------------------- */

char *follow_cut(const char *line)
{
    struct winsize size = {0};
    gint columns = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col - 1 : 79;

    return g_utf8_substring(line, 0, MIN(columns, g_utf8_strlen(line, -1)));
}

static void show_on_terminal(const char *line)
{
    g_autofree char *cut = follow_cut(line);

    printf("\r\033[K%s", cut);
    fflush(stdout);
}

/* Elsewhere the numbers that change all the time say nothing. */
static void show(Watch *watch)
{
    const Report *report = watch->follow->report;

    if (report == NULL || watch->follow->quiet || report_has_ended(report))
        return;
    g_autofree char *line = report_view_line(report);
    if (watch->terminal) {
        show_on_terminal(line);
        return;
    }
    g_autofree char *words = g_strdup_printf("%s from %s to %s%s%s: %s", report->resource, report->source,
                                             report->target, *report->network != '\0' ? " by " : "",
                                             report->network, report_phase_name(report->phase));
    if (g_strcmp0(words, watch->shown) == 0)
        return;
    puts(words);
    fflush(stdout);
    g_free(watch->shown);
    watch->shown = g_steal_pointer(&words);
}

static void end_line(const Watch *watch)
{
    if (watch->terminal && !watch->follow->quiet)
        fputs("\r\033[K", stdout);
    fflush(stdout);
}

/* ---- interruptions ------------------------------------------------------------------------------------ */

/* FALSE: to go on watching. */
static gboolean ask(const Watch *watch, int number, FollowEnd *end)
{
    char answer[16] = "";

    *end = FOLLOW_LEFT;
    if (number != SIGINT || !watch->terminal || isatty(STDIN_FILENO) != 1)
        return TRUE;
    fprintf(stderr,
            "\nThe migration of %s goes on. Cancel it (c), leave it running (l), or watch it further "
            "(any other key, and Enter)? ",
            watch->follow->vm);
    if (fgets(answer, sizeof answer, stdin) == NULL || g_ascii_tolower(answer[0]) == 'l')
        return TRUE;
    *end = FOLLOW_CANCEL;
    return g_ascii_tolower(answer[0]) == 'c';
}

/* ---- one look ------------------------------------------------------------------------------------------ */

void follow_take_report(Report **taken, const GPtrArray *reports, GHashTable *known, const char *vm,
                        const char *source)
{
    for (guint i = reports->len; i > 0; i--) {
        const Report *report = reports->pdata[i - 1];
        if (strcmp(report->resource, vm) != 0 || (source != NULL && strcmp(report->source, source) != 0) ||
            g_hash_table_contains(known, report->id))
            continue;
        report_free(*taken);
        *taken = report_copy(report);
        return;
    }
}

/* Nobody reports, and the cluster does not mean to move it. */
static gboolean is_idle_for_good(Watch *watch)
{
    return watch->follow->report == NULL && cluster_is_idle_for_good(&watch->idle, ocf_deadline_in(ASK_MS));
}

/* Whether the last word of the report is there, or need not be awaited any longer. */
static gboolean has_last_word(Watch *watch, gint64 now_us)
{
    const Report *report = watch->follow->report;

    if (watch->arrived_us == 0)
        watch->arrived_us = now_us;
    return (report != NULL && report_has_ended(report)) || now_us - watch->arrived_us >= LAST_WORD_MS * 1000;
}

static gboolean has_ended(Watch *watch, const ClusterStanding *standing, FollowEnd *end)
{
    const Report *report = watch->follow->report;
    gint64 now_us = g_get_monotonic_time();

    if (standing == NULL || !standing->well || standing->pending != NULL)
        return FALSE;
    if (strcmp(standing->nodes->pdata[0], watch->follow->from) != 0) {
        *end = FOLLOW_MOVED;
        return has_last_word(watch, now_us);
    }
    *end = FOLLOW_STAYED;
    return (report != NULL && report_has_ended(report) && report->phase != REPORT_MOVED) ||
           is_idle_for_good(watch);
}

/* FALSE with ERROR: the cluster has not answered for long. */
static gboolean look(Watch *watch, gboolean *ended, FollowEnd *end, GError **error)
{
    g_autoptr(GError) why = NULL;
    g_autoptr(GPtrArray) reports = report_view_read(&why);
    g_autoptr(GPtrArray) standings =
        reports != NULL ? cluster_standings_read(ocf_deadline_in(ASK_MS), &why) : NULL;

    *ended = FALSE;
    if (standings == NULL) {
        if (g_get_monotonic_time() - watch->heard_us < SILENT_MS * (gint64)1000)
            return TRUE;
        g_set_error(error, CLI_FAILURE, CLI_DISCONNECTED, "%s", why->message);
        return FALSE;
    }
    watch->heard_us = g_get_monotonic_time();
    follow_take_report(&watch->follow->report, reports, watch->follow->known, watch->follow->vm, NULL);
    const ClusterStanding *standing = cluster_standing_of(standings, watch->follow->vm);
    g_free(watch->follow->node);
    watch->follow->node =
        standing != NULL && standing->nodes->len > 0 ? g_strdup(standing->nodes->pdata[0]) : NULL;
    *ended = has_ended(watch, standing, end);
    show(watch);
    return TRUE;
}

static gboolean follow(Watch *watch, FollowEnd *end, GError **error)
{
    gboolean ended = FALSE;

    while (look(watch, &ended, end, error)) {
        if (ended)
            return TRUE;
        int number = interrupt_wait(&watch->interrupt, LOOK_EVERY_MS);
        if (number != 0 && ask(watch, number, end))
            return TRUE;
        *end = FOLLOW_LATE;
        if (g_get_monotonic_time() >= watch->follow->until_us)
            return TRUE;
    }
    return FALSE;
}

gboolean follow_run(Follow *it, FollowEnd *end, GError **error)
{
    Watch watch = {.follow = it, .terminal = isatty(STDOUT_FILENO) == 1, .heard_us = g_get_monotonic_time()};

    interrupt_begin(&watch.interrupt);
    gboolean done = follow(&watch, end, error);
    end_line(&watch);
    interrupt_end(&watch.interrupt);
    g_free(watch.shown);
    return done;
}
