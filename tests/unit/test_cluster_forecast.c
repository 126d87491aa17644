/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pacemaker's own crm_simulate and cibadmin, on a CIB in a file: three nodes, and the VM web on a2. */
#include "tests/unit/unit.h"

#include "cluster/cluster.h"

#include <glib/gstdio.h>
#include <string.h>

enum { ASK_MS = 30000, SEEN_S = 1795669964 };

#define KEY "1778196e-94f9-4bba-a8f3-e719b771a6d4"

/* What differs from case to case. */
typedef struct {
    const char *constraints;
    const char *stickiness;
    const char *allow_migrate;
    gboolean moving;     /* from a2 to a3 */
    gboolean forgotten;  /* by a3: its controller died */
    gboolean unprobed;   /* a1 was never asked either */
    gboolean joining;    /* a3 has died and come back, and the DC waits with all else for the move's end */
    gint probed_later_s; /* of a3, than the migration was begun */
} Situation;

static char *probe(const char *id, gint64 at_s)
{
    return g_strdup_printf("<lrm_rsc_op id='web_last_0' operation_key='web_monitor_0' operation='monitor' "
                           "transition-key='%s:0:7:" KEY "' transition-magic='0:7;%s:0:7:" KEY
                           "' call-id='17' rc-code='7' op-status='0' interval='0' "
                           "last-rc-change='%" G_GINT64_FORMAT "'/>",
                           id, id, at_s);
}

static char *node(const char *id, const char *operations, const char *origin)
{
    return g_strdup_printf(
        "<node_state id='%s' uname='a%s' in_ccm='true' crmd='online' join='member' crm-debug-origin='%s' "
        "expected='member'><lrm id='%s'><lrm_resources><lrm_resource id='web' class='ocf' "
        "provider='pacemaker' type='Dummy'>%s</lrm_resource></lrm_resources></lrm></node_state>",
        id, id, origin, id, operations);
}

static char *cib(const Situation *it)
{
    g_autofree char *first_probe = probe("4", SEEN_S - 100);
    g_autofree char *third_probe = probe("5", SEEN_S + it->probed_later_s);
    g_autofree char *first = node("1", it->unprobed ? "" : first_probe, "do_update_resource");
    g_autofree char *third = node("3", it->forgotten ? "" : third_probe,
                                  it->joining ? "peer_update_callback" : "do_update_resource");
    g_autofree char *moving = g_strdup_printf(
        "<lrm_rsc_op id='web_migrate_to_0' operation_key='web_migrate_to_0' operation='migrate_to' "
        "transition-key='19:1:0:" KEY "' transition-magic='-1:193;19:1:0:" KEY "' call-id='-1' rc-code='193' "
        "op-status='-1' interval='0' last-rc-change='%d' migrate_source='a2' migrate_target='a3'/>",
        SEEN_S);
    g_autofree char *started =
        g_strdup_printf("<lrm_rsc_op id='web_last_0' operation_key='web_start_0' operation='start' "
                        "transition-key='19:2:0:" KEY "' transition-magic='0:0;19:2:0:" KEY
                        "' call-id='18' rc-code='0' op-status='0' interval='0' "
                        "last-rc-change='%d'/>%s",
                        SEEN_S - 90, it->moving ? moving : "");
    g_autofree char *second = node("2", started, "do_update_resource");

    return g_strdup_printf(
        "<cib validate-with='pacemaker-3.7' admin_epoch='0' epoch='15' num_updates='0' "
        "crm_feature_set='3.16.1' "
        "have-quorum='1' dc-uuid='1'><configuration><crm_config><cluster_property_set id='o'>"
        "<nvpair id='o-stonith-enabled' name='stonith-enabled' "
        "value='false'/></cluster_property_set></crm_config>"
        "<nodes><node id='1' uname='a1'/><node id='2' uname='a2'/><node id='3' uname='a3'/></nodes>"
        "<resources><primitive id='web' class='ocf' provider='pacemaker' type='Dummy'><meta_attributes "
        "id='web-m'>"
        "<nvpair id='web-m-a' name='allow-migrate' value='%s'/>"
        "<nvpair id='web-m-s' name='resource-stickiness' "
        "value='%s'/></meta_attributes></primitive></resources>"
        "<constraints>%s</constraints></configuration><status>%s%s%s</status></cib>",
        it->allow_migrate != NULL ? it->allow_migrate : "true",
        it->stickiness != NULL ? it->stickiness : "100", it->constraints != NULL ? it->constraints : "",
        first, second, third);
}

#define PREFERS(node, score) "<rsc_location id='l-" node "' rsc='web' node='" node "' score='" score "'/>"

/* Makes the tools see IT until end(). */
static char *begin(const Situation *it)
{
    g_autofree char *text = cib(it);
    char *path = NULL;
    int fd = g_file_open_tmp("cib-XXXXXX.xml", &path, NULL);

    assert_true(fd >= 0);
    close(fd);
    assert_true(g_file_set_contents(path, text, -1, NULL));
    g_setenv("CIB_file", path, TRUE);
    return path;
}

static void end(char *path)
{
    g_unsetenv("CIB_file");
    g_unlink(path);
    g_free(path);
}

static char *forecast_moved(const Situation *it)
{
    char *path = begin(it), *what = NULL;
    g_autoptr(GError) error = NULL;

    if (!cluster_forecast_moved("web", SEEN_S, ocf_deadline_in(ASK_MS), &what, &error))
        fail_msg("%s", error->message);
    end(path);
    return what;
}

static void forecast_wish(const Situation *it, const char *node, gboolean away, ClusterMoveForecast *forecast)
{
    char *path = begin(it);
    g_autoptr(GError) error = NULL;

    if (!cluster_forecast_wish("web", node, away, ocf_deadline_in(ASK_MS), forecast, &error))
        fail_msg("%s", error->message);
    end(path);
}

static void a_guest_that_arrives_where_it_is_wished_is_left(void **state)
{
    (void)state;
    for (gint later_s = -1; later_s <= 0; later_s++) {
        g_autofree char *what = forecast_moved(&(Situation){
            .moving = TRUE, .constraints = PREFERS("a3", "INFINITY"), .probed_later_s = later_s});
        assert_null(what);
    }
}

/* Seed 93: the wish changed in the second after the success, and nothing of ours was asked any more. */
static void one_whose_target_forgot_meanwhile_is_not_left_to_the_cluster(void **state)
{
    g_autofree char *asked = forecast_moved(
        &(Situation){.moving = TRUE, .constraints = PREFERS("a3", "INFINITY"), .probed_later_s = 1});
    g_autofree char *blank = forecast_moved(
        &(Situation){.moving = TRUE, .constraints = PREFERS("a3", "INFINITY"), .forgotten = TRUE});
    (void)state;

    assert_non_null(asked);
    assert_non_null(strstr(asked, "forgotten"));
    assert_non_null(blank);
    g_autofree char *joining = forecast_moved(
        &(Situation){.moving = TRUE, .constraints = PREFERS("a3", "INFINITY"), .joining = TRUE});
    assert_non_null(joining);
}

static void where_nobody_is_probed_a_target_without_record_has_forgotten_nothing(void **state)
{
    g_autofree char *what = forecast_moved(&(Situation){
        .moving = TRUE, .constraints = PREFERS("a3", "INFINITY"), .forgotten = TRUE, .unprobed = TRUE});
    (void)state;

    assert_null(what);
}

/* Seed 93 of the campaign: a new DC had asked the target anew while the guest travelled. */
static void
one_that_is_wished_elsewhere_meanwhile_would_be_stopped_whenever_the_target_was_asked(void **state)
{
    (void)state;
    for (gint later_s = -1; later_s <= 1; later_s++) {
        g_autofree char *what = forecast_moved(&(Situation){
            .moving = TRUE, .constraints = PREFERS("a1", "INFINITY"), .probed_later_s = later_s});
        assert_non_null(what);
        assert_true(g_str_has_prefix(what, "move"));
    }
}

/* Seed 93 again: its record lost, the cluster believes the guest still at the source. */
static void one_that_is_wished_elsewhere_and_forgotten_where_it_arrives_would_be_stopped(void **state)
{
    g_autofree char *what = forecast_moved(
        &(Situation){.moving = TRUE, .constraints = PREFERS("a1", "INFINITY"), .forgotten = TRUE});
    (void)state;

    assert_non_null(what);
}

static void a_wish_is_granted_by_a_live_migration(void **state)
{
    g_auto(ClusterMoveForecast) forecast = {0};
    (void)state;

    forecast_wish(&(Situation){0}, "a1", FALSE, &forecast);
    assert_string_equal(forecast.action, "migrate");
    assert_string_equal(forecast.target, "a1");
    assert_null(forecast.back);
}

static void a_wish_to_be_elsewhere_has_the_cluster_choose(void **state)
{
    g_auto(ClusterMoveForecast) forecast = {0};
    (void)state;

    forecast_wish(&(Situation){.constraints = PREFERS("a3", "50")}, "a2", TRUE, &forecast);
    assert_string_equal(forecast.action, "migrate");
    assert_string_equal(forecast.target, "a3");
    assert_null(forecast.back);
}

static void without_allow_migrate_it_would_be_stopped(void **state)
{
    g_auto(ClusterMoveForecast) forecast = {0};
    (void)state;

    forecast_wish(&(Situation){.allow_migrate = "false"}, "a1", FALSE, &forecast);
    assert_string_equal(forecast.action, "move");
    assert_string_equal(forecast.target, "a1");
}

static void a_wish_that_its_constraints_undo_is_known_before(void **state)
{
    g_auto(ClusterMoveForecast) forecast = {0};
    (void)state;

    forecast_wish(&(Situation){.stickiness = "0", .constraints = PREFERS("a2", "50")}, "a1", FALSE,
                  &forecast);
    assert_string_equal(forecast.target, "a1");
    assert_string_equal(forecast.back, "a2");
}

static void a_node_that_it_must_not_go_to_is_no_target(void **state)
{
    g_auto(ClusterMoveForecast) forecast = {0};
    (void)state;

    forecast_wish(&(Situation){.constraints = PREFERS("a1", "-INFINITY")}, "a1", FALSE, &forecast);
    assert_true(forecast.target == NULL || strcmp(forecast.target, "a1") != 0);
}

static void a_node_that_was_avoided_is_none_any_more(void **state)
{
    g_auto(ClusterMoveForecast) forecast = {0};
    (void)state;

    forecast_wish(
        &(Situation){.constraints =
                         "<rsc_location id='wherry-avoid-web-a1' rsc='web' node='a1' score='-INFINITY'/>"},
        "a1", FALSE, &forecast);
    assert_string_equal(forecast.target, "a1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_guest_that_arrives_where_it_is_wished_is_left),
        cmocka_unit_test(one_whose_target_forgot_meanwhile_is_not_left_to_the_cluster),
        cmocka_unit_test(where_nobody_is_probed_a_target_without_record_has_forgotten_nothing),
        cmocka_unit_test(
            one_that_is_wished_elsewhere_meanwhile_would_be_stopped_whenever_the_target_was_asked),
        cmocka_unit_test(one_that_is_wished_elsewhere_and_forgotten_where_it_arrives_would_be_stopped),
        cmocka_unit_test(a_wish_is_granted_by_a_live_migration),
        cmocka_unit_test(a_wish_to_be_elsewhere_has_the_cluster_choose),
        cmocka_unit_test(without_allow_migrate_it_would_be_stopped),
        cmocka_unit_test(a_wish_that_its_constraints_undo_is_known_before),
        cmocka_unit_test(a_node_that_it_must_not_go_to_is_no_target),
        cmocka_unit_test(a_node_that_was_avoided_is_none_any_more),
    };
    unit_log_start();
    return cmocka_run_group_tests_name("cluster/forecast", tests, NULL, NULL);
}
