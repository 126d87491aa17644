/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/unit.h"

#include "agent/uri.h"

static GString *said;

/* What an administrator has set; a NULL counts as unset. */
typedef struct {
    const char *transport, *user, *suffix, *remoteuri, *migrateuri;
    gint64 port;
} Settings;

static LiveDomainParameters values_of(const Settings *settings)
{
    return (LiveDomainParameters){
        .migration_transport = (char *)(settings->transport != NULL ? settings->transport : ""),
        .migration_user = (char *)(settings->user != NULL ? settings->user : ""),
        .migration_network_suffix = (char *)(settings->suffix != NULL ? settings->suffix : ""),
        .remoteuri = (char *)(settings->remoteuri != NULL ? settings->remoteuri : ""),
        .migrateuri = (char *)(settings->migrateuri != NULL ? settings->migrateuri : ""),
        .migrateport = settings->port,
    };
}

/* ---- the control connection ---------------------------------------------------------------------- */

static void the_remote_uri_is_virtual_domains(void **state)
{
    static const struct {
        const char *local, *node;
        Settings settings;
        const char *remote;
    } cases[] = {
        {"qemu:///system", "a2", {0}, "qemu://a2/system"},
        {"qemu:///session", "a2", {0}, "qemu://a2/session"},
        {"qemu:///system", "a2", {.transport = "ssh"}, "qemu+ssh://a2/system"},
        {"qemu:///system", "a2", {.transport = "tcp", .suffix = "-mig"}, "qemu+tcp://a2-mig/system"},
        {"qemu:///system", "a2.example.org", {.suffix = "-mig"}, "qemu://a2-mig.example.org/system"},
        {"qemu:///system", "a2", {.suffix = ".mig.example.org"}, "qemu://a2.mig.example.org/system"},
        {"qemu:///system",
         "a2.x",
         {.transport = "ssh", .user = "mover", .suffix = "-m"},
         "qemu+ssh://mover@a2-m.x/system"},
        {"qemu:///system", "a2", {.user = "mover"}, "qemu://mover@a2/system"},
        /* the local URI's own transport, port and path stay; its host and user do not */
        {"qemu+tcp://a1/system", "a2", {0}, "qemu+tcp://a2/system"},
        {"qemu+tcp://a1:16510/system", "a2", {0}, "qemu+tcp://a2:16510/system"},
        {"qemu+tcp://root@a1:16510/system", "a2", {0}, "qemu+tcp://a2:16510/system"},
        {"qemu+tls://a1/system?no_verify=1", "a2", {0}, "qemu+tls://a2/system?no_verify=1"},
        {"qemu+tls://a1/system?pkipath=/etc/a:b", "a2", {0}, "qemu+tls://a2/system?pkipath=/etc/a:b"},
        {"qemu+tcp://a1:16509/system", "a2", {.transport = "tls"}, "qemu+tls://a2:16509/system"},
        {"qemu+ssh://a1/system", "a2", {.transport = "tcp"}, "qemu+tcp://a2/system"},
        /* a local socket means nothing to another node */
        {"qemu+unix:///system", "a2", {0}, "qemu://a2/system"},
        {"qemu+unix:///system", "a2", {.transport = "tcp"}, "qemu+tcp://a2/system"},
        {"qemu+unix:///system?socket=/run/x/libvirt-sock", "a2", {0}, "qemu://a2/system"},
        {"qemu+unix:///session?socket=/run/x:1", "a2", {.transport = "ssh"}, "qemu+ssh://a2/session"},
        /* IPv6 of the local end */
        {"qemu+tcp://[::1]/system", "a2", {0}, "qemu+tcp://a2/system"},
        {"qemu+tcp://[fd99::1]:16509/system", "a2", {0}, "qemu+tcp://a2:16509/system"},
        {"qemu+tcp://root@[fd99::1]:16509/system", "a2", {0}, "qemu+tcp://a2:16509/system"},
        /* other hypervisors */
        {"xen:///", "a2", {0}, "xen://a2/"},
        {"xen:///system", "a2", {.transport = "ssh"}, "xen+ssh://a2/system"},
        {"lxc:///", "a2", {.transport = "tcp"}, "lxc+tcp://a2/"},
        {"test:///default", "a2", {0}, "test://a2/default"},
        /* without a path */
        {"qemu://a1", "a2", {0}, "qemu://a2/system"},
        {"qemu+tcp://a1:16509", "a2", {0}, "qemu+tcp://a2:16509/system"},
        {"qemu+tls://a1?no_verify=1", "a2", {0}, "qemu+tls://a2/system?no_verify=1"},
        {"qemu+tls://a1:16514?pkipath=/etc/a:b", "a2", {0}, "qemu+tls://a2:16514/system?pkipath=/etc/a:b"},
        {"qemu", "a2", {0}, "qemu://a2/system"},
        /* said outright, nothing else counts */
        {"qemu:///system",
         "a2.x",
         {.remoteuri = "qemu+tls://%n:16514/system?x=%n", .suffix = "-m", .user = "u", .transport = "ssh"},
         "qemu+tls://a2.x:16514/system?x=a2.x"},
        {"qemu:///system", "a2", {.remoteuri = "qemu+tcp://10.99.2.2/system"}, "qemu+tcp://10.99.2.2/system"},
        {"qemu:///system",
         "a2",
         {.remoteuri = "qemu+tcp://[fd99:2::2]/system"},
         "qemu+tcp://[fd99:2::2]/system"},
        {"qemu:///system", "a2", {.remoteuri = "qemu+tcp://%n-mig/system"}, "qemu+tcp://a2-mig/system"},
    };
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        LiveDomainParameters values = values_of(&cases[i].settings);
        g_autofree char *remote = uri_remote(&values, cases[i].local, cases[i].node);
        assert_string_equal(remote, cases[i].remote);
    }
}

/* VirtualDomain's own expression, run where its meaning is defined: without a user, which it drops from the
 * local URI, and without what it got wrong (a local transport beside migration_transport). */
static void the_remote_uri_is_what_virtual_domains_sed_makes(void **state)
{
    static const char script[] =
        "echo \"$1\" | sed -e \"s,\\(.*\\)://[^/:]*\\(:\\?[0-9]*\\)/\\(.*\\),\\1${3:++$3}://"
        "$(echo \"$2\" | sed -e \"s,^\\([^.]\\+\\),\\1$4,\")\\2/\\3,\"";
    static const char *const locals[] = {"qemu:///system",        "qemu:///session", "qemu://a1/system",
                                         "qemu://a1:9999/system", "xen:///",         "lxc:///system"};
    static const char *const nodes[] = {"a2", "a2.example.org", "node-2"};
    static const char *const transports[] = {"", "ssh", "tcp"};
    static const char *const suffixes[] = {"", "-mig", ".mig"};
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(locals) * 3 * 3 * 3; i++) {
        const char *local = locals[i / 27], *node = nodes[i / 9 % 3];
        const char *transport = transports[i / 3 % 3], *suffix = suffixes[i % 3];
        const char *const argv[] = {"bash", "-c", script, "sh", local, node, transport, suffix, NULL};
        g_auto(OcfChild) child = {0};
        Settings settings = {.transport = transport, .suffix = suffix};
        LiveDomainParameters values = values_of(&settings);
        if (i % 5 != 0)
            continue; /* a part of them: each costs a few processes */
        assert_true(
            ocf_child_run(argv, OCF_CHILD_ALL_OUTPUT, ocf_deadline_in(UNIT_PATIENCE_MS), &child, NULL));
        g_autofree char *remote = uri_remote(&values, local, node);
        assert_string_equal(remote, child.output);
    }
}

/* ---- the data ------------------------------------------------------------------------------------ */

static void the_migrate_uri_is_virtual_domains(void **state)
{
    static const struct {
        const char *local, *node;
        Settings settings;
        const char *from_options, *uri;
    } cases[] = {
        {"qemu:///system", "a2", {0}, NULL, NULL},
        {"qemu:///system", "a2", {.suffix = "-mig"}, NULL, "tcp://a2-mig"},
        {"qemu:///system", "a2.example.org", {.suffix = "-mig"}, NULL, "tcp://a2-mig.example.org"},
        {"qemu+tcp://x:1/system", "a2", {.suffix = "-mig", .port = 49160}, NULL, "tcp://a2-mig:49160"},
        {"qemu:///system", "a2", {.port = 49160}, NULL, "tcp://a2:49160"},
        {"qemu:///system", "a2", {.port = 65535}, NULL, "tcp://a2:65535"},
        /* facts: %n is the node's plain name, not the one with the suffix */
        {"qemu:///system",
         "a2",
         {.migrateuri = "tcp://%n-data:49152", .suffix = "-mig"},
         NULL,
         "tcp://a2-data:49152"},
        {"qemu:///system", "a2.x", {.migrateuri = "tcp://%n/%n"}, NULL, "tcp://a2.x/a2.x"},
        {"qemu:///system", "a2", {.migrateuri = "rdma://%n", .port = 1}, "tcp://other", "rdma://a2"},
        {"qemu:///system", "a2", {.migrateuri = "tcp://[fd99:2::2]:49160"}, NULL, "tcp://[fd99:2::2]:49160"},
        {"qemu:///system", "a2", {.migrateuri = "unix:///run/x.sock"}, NULL, "unix:///run/x.sock"},
        {"qemu:///system", "a2", {.suffix = "-mig", .port = 49160}, "tcp://%n-opt", "tcp://a2-opt"},
        {"qemu:///system", "a2", {0}, "tcp://10.99.2.2", "tcp://10.99.2.2"},
        {"xen:///system", "a2.x", {.suffix = "-mig"}, NULL, "a2-mig.x"},
        {"xenlight:///system", "a2", {.suffix = "-mig"}, NULL, "a2-mig"},
    };
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        LiveDomainParameters values = values_of(&cases[i].settings);
        g_autofree char *uri = uri_migrate(&values, cases[i].local, cases[i].from_options, cases[i].node);
        if (cases[i].uri == NULL)
            assert_null(uri);
        else
            assert_string_equal(uri, cases[i].uri);
    }
}

static void a_hypervisor_without_a_choice_of_network_is_warned_of(void **state)
{
    Settings settings = {.suffix = "-mig"};
    LiveDomainParameters values = values_of(&settings);
    (void)state;

    g_string_truncate(said, 0);
    assert_null(uri_migrate(&values, "lxc:///system", NULL, "a2"));
    assert_non_null(strstr(said->str, "lxc"));
}

/* facts L4: always a numeric address, IPv6 in brackets */
static void a_numeric_address_stands_in_a_uri_as_it_must(void **state)
{
    static const struct {
        const char *address;
        gint64 port;
        const char *uri;
    } cases[] = {
        {"10.99.2.2", 0, "tcp://10.99.2.2"},
        {"10.99.2.2", 49160, "tcp://10.99.2.2:49160"},
        {"fd99:2::2", 0, "tcp://[fd99:2::2]"},
        {"fd99:2::2", 49160, "tcp://[fd99:2::2]:49160"},
    };
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *uri = uri_migrate_at(cases[i].address, cases[i].port);
        assert_string_equal(uri, cases[i].uri);
    }
    Settings settings = {.transport = "tcp", .user = "mover", .suffix = "-mig"};
    LiveDomainParameters values = values_of(&settings);
    g_autofree char *four = uri_remote_at(&values, "qemu:///system", "10.99.2.2");
    g_autofree char *six = uri_remote_at(&values, "qemu+tcp://[::1]:16510/system", "fd99:2::2");
    assert_string_equal(four, "qemu+tcp://mover@10.99.2.2/system");
    assert_string_equal(six, "qemu+tcp://mover@[fd99:2::2]:16510/system");
}

/* ---- names --------------------------------------------------------------------------------------- */

static void a_suffix_goes_before_the_first_dot(void **state)
{
    static const struct {
        const char *node, *suffix, *host;
    } cases[] = {
        {"a2", "-mig", "a2-mig"},     {"a2", "", "a2"},         {"a2.b.c", "-mig", "a2-mig.b.c"},
        {"a2.", "-m", "a2-m."},       {"a2", ".mig", "a2.mig"}, {"a2.b", "", "a2.b"},
        {"a2.b", ".mig", "a2.mig.b"}, {"n%s", "%n", "n%s%n"},
    };
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *host = uri_node_with_suffix(cases[i].node, cases[i].suffix);
        assert_string_equal(host, cases[i].host);
    }
}

static void each_n_is_the_node_and_nothing_else_changes(void **state)
{
    static const struct {
        const char *template, *node, *uri;
    } cases[] = {
        {"tcp://%n", "a2", "tcp://a2"},
        {"%n%n", "a", "aa"},
        {"%%n", "a", "%a"},
        {"100%", "a", "100%"},
        {"%s%d%%", "a", "%s%d%%"},
        {"tcp://%N/%m", "a", "tcp://%N/%m"},
        {"", "a", ""},
        {"x%ny", "%n", "x%ny"},
    };
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *uri = uri_with_node(cases[i].template, cases[i].node);
        assert_string_equal(uri, cases[i].uri);
    }
}

/* However odd the local URI: the remote one names the node, and nothing of the local host is left in it. */
static void no_local_uri_hides_the_node(void **state)
{
    static const char letters[] = "q+:/@[]?.#%1";
    g_autoptr(GRand) random = g_rand_new_with_seed(3);
    Settings settings = {0};
    LiveDomainParameters values = values_of(&settings);
    (void)state;

    for (int i = 0; i < 20000; i++) {
        char local[16] = "";
        for (int at = g_rand_int_range(random, 0, sizeof local); at > 0; at--)
            local[at - 1] = letters[g_rand_int_range(random, 0, sizeof letters - 1)];
        g_autofree char *remote = uri_remote(&values, local, "NODE");
        const char *authority = strstr(remote, "://");
        assert_non_null(authority);
        assert_true(g_str_has_prefix(authority, "://NODE"));
        assert_non_null(strchr(authority + strlen("://NODE"), '/'));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_remote_uri_is_virtual_domains),
        cmocka_unit_test(the_remote_uri_is_what_virtual_domains_sed_makes),
        cmocka_unit_test(the_migrate_uri_is_virtual_domains),
        cmocka_unit_test(a_numeric_address_stands_in_a_uri_as_it_must),
        cmocka_unit_test(a_hypervisor_without_a_choice_of_network_is_warned_of),
        cmocka_unit_test(a_suffix_goes_before_the_first_dot),
        cmocka_unit_test(each_n_is_the_node_and_nothing_else_changes),
        cmocka_unit_test(no_local_uri_hides_the_node),
    };

    said = unit_log_start();
    return cmocka_run_group_tests_name("agent/uri", tests, NULL, NULL);
}
