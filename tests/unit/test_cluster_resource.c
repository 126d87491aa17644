/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Resources and settings, read by Pacemaker's own cibadmin from a CIB in a file. */
#include "tests/unit/unit.h"

#include "cluster/cluster.h"

#include <string.h>

enum { ASK_MS = 30000 };

static const char cib[] =
    "<cib validate-with='pacemaker-3.7' admin_epoch='0' epoch='15' num_updates='0' crm_feature_set='3.16.1'>"
    "<configuration><crm_config><cluster_property_set id='o'>"
    "<nvpair id='o-s' name='stonith-enabled' value='false'/>"
    "<nvpair id='o-m' name='migration-limit' value='3'/></cluster_property_set></crm_config><nodes>"
    "<node id='3' uname='a3'/><node id='1' uname='a1'/></nodes><resources>"
    "<template id='t' class='ocf' provider='wherry' type='LiveDomain'><operations>"
    "<op id='t-m' name='monitor' interval='10s'/><op id='t-t' name='migrate_to' interval='0' timeout='5min'/>"
    "<op id='t-s' name='stop' interval='0s' timeout='70'/></operations></template>"
    "<primitive id='own' class='ocf' provider='wherry' type='LiveDomain'><operations>"
    "<op id='own-m' name='monitor' interval='0s' timeout='9s'/>"
    "<op id='own-t' name='migrate_to' interval='0s' timeout='90s'/></operations></primitive>"
    "<primitive id='from' template='t'><operations><op id='from-s' name='stop' interval='0s' timeout='1h'/>"
    "</operations></primitive><primitive id='bare' class='ocf' provider='heartbeat' type='VirtualDomain'/>"
    "</resources><constraints>"
    "<rsc_location id='cli-ban-own-on-a1' rsc='own' node='a1' score='-INFINITY'/>"
    "<rsc_location id='cli-prefer-from' rsc='from' node='a1' score='INFINITY'/>"
    "<rsc_location id='cli-prefer-bare' rsc='bare'><rule id='r' score='INFINITY' boolean-op='and'>"
    "<expression id='r-e' attribute='#uname' operation='eq' value='a1'/>"
    "<date_expression id='r-d' operation='lt' end='2099-01-01 00:00:00Z'/></rule></rsc_location>"
    "<rsc_location id='location-bare' rsc='bare' node='a1' score='50'/></constraints>%s</configuration>"
    "<status/></cib>";

static void use(const char *directory, const char *defaults)
{
    g_autofree char *path = g_build_filename(directory, "cib.xml", NULL);
    g_autofree char *text = g_strdup_printf(cib, defaults);

    assert_true(g_file_set_contents(path, text, -1, NULL));
    assert_true(g_setenv("CIB_file", path, TRUE));
}

static const ClusterResource *find(const GPtrArray *resources, const char *id)
{
    for (guint i = 0; i < resources->len; i++)
        if (strcmp(((const ClusterResource *)resources->pdata[i])->id, id) == 0)
            return resources->pdata[i];
    fail_msg("there is no %s", id);
    return NULL;
}

static GPtrArray *read_resources(void)
{
    g_autoptr(GError) error = NULL;
    GPtrArray *resources = cluster_resources_read(ocf_deadline_in(ASK_MS), &error);

    if (resources == NULL)
        fail_msg("%s", error->message);
    return resources;
}

static void timeouts_are_its_own_its_templates_or_the_default(void **state)
{
    use(*state, "");
    g_autoptr(GPtrArray) resources = read_resources();
    const ClusterResource *own = find(resources, "own"), *from = find(resources, "from"),
                          *bare = find(resources, "bare");

    assert_int_equal(cluster_resource_timeout_s(own, "migrate_to"), 90);
    assert_int_equal(cluster_resource_timeout_s(own, "migrate_from"), 20);
    assert_int_equal(cluster_resource_timeout_s(from, "migrate_to"), 300);
    assert_int_equal(cluster_resource_timeout_s(from, "stop"), 3600);
    assert_int_equal(cluster_resource_timeout_s(bare, "migrate_to"), 20);
}

static void the_defaults_of_operations_count(void **state)
{
    use(*state, "<op_defaults><meta_attributes id='d'><nvpair id='d-t' name='timeout' value='45s'/>"
                "</meta_attributes></op_defaults>");
    g_autoptr(GPtrArray) resources = read_resources();

    assert_int_equal(cluster_resource_timeout_s(find(resources, "own"), "migrate_to"), 90);
    assert_int_equal(cluster_resource_timeout_s(find(resources, "own"), "migrate_from"), 45);
    assert_int_equal(cluster_resource_timeout_s(find(resources, "bare"), "stop"), 45);
}

static void a_probe_is_no_monitor_and_a_template_may_have_one(void **state)
{
    use(*state, "");
    g_autoptr(GPtrArray) resources = read_resources();

    assert_false(cluster_resource_is_monitored(find(resources, "own")));
    assert_true(cluster_resource_is_monitored(find(resources, "from")));
    assert_false(cluster_resource_is_monitored(find(resources, "bare")));
}

static void durations_are_read_as_Pacemaker_reads_them(void **state)
{
    static const struct {
        const char *text;
        gint64 s;
    } cases[] = {{"90", 90},   {"90s", 90},   {"90 s", 90},  {" 90sec ", 90},   {"2min", 120}, {"2m", 120},
                 {"1h", 3600}, {"1hr", 3600}, {"1500ms", 1}, {"0", 0},          {"0s", 0},     {"1H", 3600},
                 {"", -1},     {"s", -1},     {"-5", -1},    {"5 parsecs", -1}, {"1.5s", -1},  {"PT20S", -1}};
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
        if (cluster_duration_s(cases[i].text) != cases[i].s)
            fail_msg("\"%s\" is %" G_GINT64_FORMAT, cases[i].text, cluster_duration_s(cases[i].text));
}

static void properties_and_nodes_are_read(void **state)
{
    use(*state, "");
    g_autoptr(GHashTable) properties = cluster_properties_read(ocf_deadline_in(ASK_MS), NULL);
    g_autoptr(GPtrArray) nodes = cluster_nodes_all(ocf_deadline_in(ASK_MS), NULL);

    assert_string_equal(g_hash_table_lookup(properties, "stonith-enabled"), "false");
    assert_string_equal(g_hash_table_lookup(properties, "migration-limit"), "3");
    assert_int_equal(nodes->len, 2);
    assert_string_equal(nodes->pdata[0], "a1");
    assert_string_equal(nodes->pdata[1], "a3");
}

static void what_a_move_left_is_found_unless_it_ends_by_itself(void **state)
{
    use(*state, "");
    g_autoptr(GPtrArray) left = cluster_wishes_left(ocf_deadline_in(ASK_MS), NULL);

    assert_int_equal(left->len, 2);
    assert_string_equal(((const ClusterWishLeft *)left->pdata[0])->id, "cli-ban-own-on-a1");
    assert_string_equal(((const ClusterWishLeft *)left->pdata[1])->resource, "from");
}

static void drop(const char *resource, const char *reason, gboolean expected)
{
    g_autoptr(ClusterDrop) drop = cluster_drop_new(resource, "a1", 0);
    g_autoptr(GError) error = NULL;
    gboolean done = !expected;

    g_free(drop->reason);
    drop->reason = g_strdup(reason);
    if (!cluster_ha_drop(drop, ocf_deadline_in(ASK_MS), &done, &error))
        fail_msg("%s", error->message);
    assert_int_equal(done, expected);
}

static void what_is_dropped_stays_whose_it_is(void **state)
{
    use(*state, "");
    drop("own", "the first", TRUE);
    drop("own", "the second", FALSE);
    drop("bare", "another", TRUE);
    g_autoptr(GPtrArray) drops = cluster_ha_drops("own", ocf_deadline_in(ASK_MS), NULL);
    assert_int_equal(drops->len, 1);
    assert_string_equal(((const ClusterDrop *)drops->pdata[0])->reason, "the first");
    assert_true(cluster_ha_regain(drops->pdata[0], ocf_deadline_in(ASK_MS), NULL));
    drop("own", "the third", TRUE);
}

static void what_is_not_there_cannot_be_dropped(void **state)
{
    g_autoptr(ClusterDrop) drop = cluster_drop_new("nothing", "a1", 0);
    g_autoptr(GError) error = NULL;
    gboolean done = FALSE;

    use(*state, "");
    assert_false(cluster_ha_drop(drop, ocf_deadline_in(ASK_MS), &done, &error));
    assert_int_equal(error->code, OCF_ERR_CONFIGURED);
}

static ClusterLimits *read_limits(void)
{
    g_autoptr(GError) error = NULL;
    ClusterLimits *limits = cluster_limits_read(ocf_deadline_in(ASK_MS), &error);

    if (limits == NULL)
        fail_msg("%s", error->message);
    return limits;
}

static void limits_of_nodes_stand_beside_that_of_all(void **state)
{
    use(*state, "");
    assert_true(cluster_limit_set("a3", 1, ocf_deadline_in(ASK_MS), NULL));
    assert_true(cluster_node_refuse("a1", TRUE, ocf_deadline_in(ASK_MS), NULL));
    g_autoptr(ClusterLimits) limits = read_limits();
    assert_int_equal(limits->migrations, 3);
    assert_int_equal(limits->nodes->len, 2);
    assert_int_equal(cluster_limit_of(limits, "a1"), 3);
    assert_int_equal(cluster_limit_of(limits, "a3"), 1);
    assert_true(cluster_limit_is_scheduled(limits, "a1"));
    assert_false(cluster_limit_is_scheduled(limits, "a3"));
    assert_true(cluster_node_refuses(limits, "a1"));
    assert_false(cluster_node_refuses(limits, "a3"));
    assert_true(cluster_limit_set(NULL, 0, ocf_deadline_in(ASK_MS), NULL));
    assert_true(cluster_limit_set("a3", 0, ocf_deadline_in(ASK_MS), NULL));
    assert_true(cluster_node_refuse("a1", FALSE, ocf_deadline_in(ASK_MS), NULL));
    g_autoptr(ClusterLimits) none = read_limits();
    assert_int_equal(cluster_limit_of(none, "a3"), CLUSTER_LIMIT_DEFAULT);
    assert_false(cluster_limit_is_scheduled(none, "a3"));
    assert_true(cluster_limit_is_set(limits, "a1"));
    assert_false(cluster_limit_is_set(none, "a3"));
    assert_false(cluster_node_refuses(none, "a1"));
}

static void an_agent_is_changed_and_all_else_stays(void **state)
{
    g_autoptr(GError) error = NULL;
    gboolean done = FALSE;

    use(*state, "");
    assert_true(cluster_agent_change("bare", CLUSTER_VIRTUAL_DOMAIN, CLUSTER_LIVE_DOMAIN,
                                     ocf_deadline_in(ASK_MS), &done, &error));
    assert_true(done);
    g_autoptr(GPtrArray) resources = read_resources();
    assert_string_equal(find(resources, "bare")->agent, CLUSTER_LIVE_DOMAIN);
    assert_int_equal(cluster_resource_timeout_s(find(resources, "own"), "migrate_to"), 90);
}

static void an_agent_that_is_another_or_a_templates_is_not_changed(void **state)
{
    static const char *const ids[] = {"own", "from", "nothing"};

    use(*state, "");
    for (size_t i = 0; i < G_N_ELEMENTS(ids); i++) {
        gboolean done = TRUE;
        assert_true(cluster_agent_change(ids[i], CLUSTER_VIRTUAL_DOMAIN, CLUSTER_LIVE_DOMAIN,
                                         ocf_deadline_in(ASK_MS), &done, NULL));
        assert_false(done);
    }
}

static void what_is_created_is_read_back(void **state)
{
    static const ClusterOperationPlan operations[] = {
        {"monitor", 10, 30}, {"migrate_to", 0, 130}, {NULL, 0, 0}};
    g_autoptr(GPtrArray) parameters = g_ptr_array_new();
    g_autoptr(GError) error = NULL;

    use(*state, "");
    g_ptr_array_add(parameters, (gpointer) "config=/a b/\"<&>'.xml");
    g_ptr_array_add(parameters, (gpointer) "migrate_options=--timeout=5");
    if (!cluster_resource_create("new", CLUSTER_LIVE_DOMAIN, parameters, operations, ocf_deadline_in(ASK_MS),
                                 &error))
        fail_msg("%s", error->message);
    g_autoptr(GPtrArray) resources = read_resources();
    const ClusterResource *new = find(resources, "new");
    assert_string_equal(new->agent, CLUSTER_LIVE_DOMAIN);
    assert_string_equal(g_hash_table_lookup(new->parameters, "config"), "/a b/\"<&>'.xml");
    assert_string_equal(g_hash_table_lookup(new->parameters, "migrate_options"), "--timeout=5");
    assert_string_equal(g_hash_table_lookup(new->meta, "allow-migrate"), "true");
    assert_int_equal(cluster_resource_timeout_s(new, "migrate_to"), 130);
    assert_true(cluster_resource_is_monitored(new));
    assert_false(cluster_resource_create("new", CLUSTER_LIVE_DOMAIN, parameters, operations,
                                         ocf_deadline_in(ASK_MS), &error));
    unit_expect_error(&error, OCF_ERR_CONFIGURED, "something called new already");
}

int main(void)
{
#define WITH_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, unit_directory_new, unit_directory_free)
    const struct CMUnitTest tests[] = {
        WITH_DIRECTORY(timeouts_are_its_own_its_templates_or_the_default),
        WITH_DIRECTORY(the_defaults_of_operations_count),
        WITH_DIRECTORY(a_probe_is_no_monitor_and_a_template_may_have_one),
        WITH_DIRECTORY(what_is_dropped_stays_whose_it_is),
        WITH_DIRECTORY(what_is_not_there_cannot_be_dropped),
        WITH_DIRECTORY(limits_of_nodes_stand_beside_that_of_all),
        cmocka_unit_test(durations_are_read_as_Pacemaker_reads_them),
        WITH_DIRECTORY(properties_and_nodes_are_read),
        WITH_DIRECTORY(what_a_move_left_is_found_unless_it_ends_by_itself),
        WITH_DIRECTORY(an_agent_is_changed_and_all_else_stays),
        WITH_DIRECTORY(an_agent_that_is_another_or_a_templates_is_not_changed),
        WITH_DIRECTORY(what_is_created_is_read_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
