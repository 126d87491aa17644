/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/unit.h"

#include "agent/hypervisor.h"
#include "agent/transfer_settings.h"

#include <string.h>

enum { LIBVIRT_9_3_9 = 9003009, LIBVIRT_9_4_0 = 9004000 };

/* What SETTINGS ("NAME=VALUE; ...") come to. */
typedef struct {
    LiveDomainParameters parameters;
    TransferAbilities abilities;
    MigrateOptions *options;
    GString *how;
    GError *error;
} Outcome;

static void outcome_clear(Outcome *outcome)
{
    ocf_parameters_clear(live_domain_parameters, &outcome->parameters);
    transfer_abilities_clear(&outcome->abilities);
    migrate_options_free(outcome->options);
    if (outcome->how != NULL)
        g_string_free(outcome->how, TRUE);
    g_clear_error(&outcome->error);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Outcome, outcome_clear)

/* Again, from options that are new. */
static gboolean again(Outcome *outcome)
{
    migrate_options_free(outcome->options);
    if (outcome->how != NULL)
        g_string_free(outcome->how, TRUE);
    outcome->how = g_string_new(NULL);
    outcome->options = migrate_options_parse(outcome->parameters.migrate_options, NULL);
    assert_non_null(outcome->options);
    return transfer_settings_apply(&outcome->parameters, &outcome->abilities, outcome->options, outcome->how,
                                   &outcome->error);
}

static gboolean apply(Outcome *outcome, const char *settings, const char *control_uri)
{
    g_auto(GStrv) environment = g_strsplit(settings, "; ", 0);

    for (char **entry = environment; *entry != NULL; entry++) {
        char *variable = g_strconcat("OCF_RESKEY_", *entry, NULL);
        g_free(*entry);
        *entry = variable;
    }
    assert_true(ocf_parameters_parse(live_domain_parameters, environment, OCF_PARSE_STRICT,
                                     &outcome->parameters, &outcome->error));
    outcome->abilities.node = "a2";
    outcome->abilities.control_uri = control_uri;
    return again(outcome);
}

static void expect_how(const Outcome *outcome, const char *how)
{
    if (outcome->error != NULL)
        fail_msg("%s", outcome->error->message);
    assert_string_equal(outcome->how->str, how);
}

static gboolean has(const Outcome *outcome, guint flag)
{
    return (outcome->options->flags & flag) != 0;
}

static const char *text_of(const Outcome *outcome, const char *key)
{
    const char *value = NULL;

    virTypedParamsGetString(outcome->options->params, outcome->options->param_count, key, &value);
    return value;
}

static int number_of(const Outcome *outcome, const char *key)
{
    int value = -1;

    virTypedParamsGetInt(outcome->options->params, outcome->options->param_count, key, &value);
    return value;
}

#define TCP "qemu+tcp://a2/system"
#define SSH "qemu+ssh://a2/system"

/* ---- encryption -------------------------------------------------------------------------------------- */

static void what_is_not_set_changes_nothing(void **state)
{
    g_auto(Outcome) outcome = {.how = NULL};
    (void)state;

    assert_true(apply(&outcome, "config=/x", TCP));
    expect_how(&outcome, "in clear");
    assert_int_equal(outcome.options->flags, VIR_MIGRATE_LIVE);
    assert_int_equal(outcome.options->param_count, 0);
    assert_false(outcome.options->postcopy_when_needed);
}

static void auto_encrypts_where_certificates_are(void **state)
{
    g_auto(Outcome) outcome = {.abilities.has_certificates = TRUE};
    (void)state;

    assert_true(apply(&outcome, "config=/x", TCP));
    expect_how(&outcome, "tls");
    assert_true(has(&outcome, VIR_MIGRATE_TLS));
    assert_string_equal(text_of(&outcome, VIR_MIGRATE_PARAM_TLS_DESTINATION), "a2");
}

static void off_is_in_clear_whatever_certificates_there_are(void **state)
{
    g_auto(Outcome) outcome = {.abilities.has_certificates = TRUE};
    (void)state;

    assert_true(apply(&outcome, "config=/x; migration_encryption=off", SSH));
    expect_how(&outcome, "in clear");
    assert_false(has(&outcome, VIR_MIGRATE_TLS));
}

static void tls_wants_a_control_connection_that_is_encrypted(void **state)
{
    static const struct {
        const char *uri;
        gboolean good;
    } cases[] = {
        {"qemu+ssh://a2/system", TRUE},
        {"qemu+tls://a2/system", TRUE},
        {"qemu://a2/system", TRUE},
        {"qemu+libssh://a2/system", TRUE},
        {"qemu+libssh2://a2/system", TRUE},
        {"qemu+tcp://a2/system", FALSE},
        {"qemu+unix:///system", FALSE},
        {"qemu+ext://a2/system", FALSE},
        {"nonsense", FALSE},
        {"", FALSE},
    };
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(Outcome) outcome = {.how = NULL};
        if (apply(&outcome, "config=/x; migration_encryption=tls", cases[i].uri) != cases[i].good)
            fail_msg("%s", cases[i].uri);
        if (cases[i].good)
            assert_true(has(&outcome, VIR_MIGRATE_TLS));
        else
            assert_int_equal(outcome.error->code, OCF_ERR_GENERIC); /* any other would stop the guest */
    }
}

static void the_options_own_tls_stays_with_the_name_that_it_gives(void **state)
{
    g_auto(Outcome) outcome = {.how = NULL};
    (void)state;

    assert_true(apply(&outcome,
                      "config=/x; migration_encryption=off; migrate_options=--tls --tls-destination b", TCP));
    expect_how(&outcome, "tls");
    assert_true(has(&outcome, VIR_MIGRATE_TLS));
    assert_string_equal(text_of(&outcome, VIR_MIGRATE_PARAM_TLS_DESTINATION), "b");
}

static void the_options_tls_without_a_name_is_for_the_targets(void **state)
{
    g_auto(Outcome) outcome = {.how = NULL};
    (void)state;

    assert_true(apply(&outcome, "config=/x; migration_encryption=off; migrate_options=--tls", TCP));
    expect_how(&outcome, "tls");
    assert_string_equal(text_of(&outcome, VIR_MIGRATE_PARAM_TLS_DESTINATION), "a2");
}

static void tls_through_a_tunnel_is_the_tunnels(void **state)
{
    static const char settings[] = "config=/x; migration_encryption=tls; migrate_options=--p2p --tunnelled";
    g_auto(Outcome) clear = {.abilities.has_certificates = TRUE};
    g_auto(Outcome) safe = {.abilities.has_certificates = TRUE};
    (void)state;

    assert_false(apply(&clear, settings, TCP));
    unit_expect_error(&clear.error, OCF_ERR_GENERIC, "migration_encryption=tls");
    assert_true(apply(&safe, settings, SSH));
    expect_how(&safe, "tunnelled and encrypted");
    assert_false(has(&safe, VIR_MIGRATE_TLS));
    assert_null(text_of(&safe, VIR_MIGRATE_PARAM_TLS_DESTINATION));
}

static void what_is_tunnelled_is_as_safe_as_its_tunnel(void **state)
{
    static const char settings[] = "config=/x; migrate_options=--p2p --tunnelled; migration_connections=4; "
                                   "migration_mode=auto";
    g_auto(Outcome) clear = {.abilities.has_certificates = TRUE};
    g_auto(Outcome) safe = {.abilities.has_certificates = TRUE};
    (void)state;

    assert_true(apply(&clear, settings, TCP));
    expect_how(&clear, "tunnelled in clear, one connection, as --tunnelled has no more, without post-copy "
                       "(it is tunnelled)");
    assert_false(has(&clear, VIR_MIGRATE_TLS | VIR_MIGRATE_PARALLEL | VIR_MIGRATE_POSTCOPY));
    assert_true(apply(&safe, settings, SSH));
    assert_true(g_str_has_prefix(safe.how->str, "tunnelled and encrypted"));
}

static void an_hypervisor_of_its_own_kind_is_left_alone(void **state)
{
    g_auto(Outcome) outcome = {.abilities.has_certificates = TRUE};
    (void)state;

    assert_true(apply(
        &outcome, "config=/x; migrate_options=--direct; migration_connections=4; migration_mode=auto", TCP));
    expect_how(&outcome, "");
    assert_int_equal(outcome.options->flags, VIR_MIGRATE_LIVE);
}

/* ---- connections and compression ----------------------------------------------------------------------- */

static void one_connection_is_no_multifd(void **state)
{
    static const char *const counts[] = {"0", "1"};
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(counts); i++) {
        g_autofree char *settings = g_strconcat("config=/x; migration_connections=", counts[i], NULL);
        g_auto(Outcome) outcome = {.how = NULL};
        assert_true(apply(&outcome, settings, TCP));
        assert_false(has(&outcome, VIR_MIGRATE_PARALLEL));
    }
}

static void connections_are_as_many_as_wanted(void **state)
{
    g_auto(Outcome) outcome = {.how = NULL};
    (void)state;

    assert_true(apply(&outcome, "config=/x; migration_connections=255", TCP));
    expect_how(&outcome, "in clear, 255 connections");
    assert_true(has(&outcome, VIR_MIGRATE_PARALLEL));
    assert_int_equal(number_of(&outcome, VIR_MIGRATE_PARAM_PARALLEL_CONNECTIONS), 255);
}

static void compression_is_what_this_libvirt_has(void **state)
{
    static const struct {
        const char *settings;
        gulong version;
        const char *method; /* NULL: none */
        int connections;    /* -1: not set */
    } cases[] = {
        {"migration_compression=off", LIBVIRT_9_4_0, NULL, -1},
        {"migration_compression=xbzrle", 0, "xbzrle", -1},
        {"migration_compression=auto", 0, "xbzrle", -1},
        {"migration_compression=zstd", LIBVIRT_9_4_0, "zstd", 2},
        {"migration_compression=zlib", LIBVIRT_9_4_0, "zlib", 2},
        {"migration_compression=zstd; migration_connections=8", LIBVIRT_9_4_0, "zstd", 8},
        {"migration_compression=auto; migration_connections=8", LIBVIRT_9_4_0, "zstd", 8},
        {"migration_compression=zstd", LIBVIRT_9_3_9, "mt", -1},
        {"migration_compression=zlib", 0, "mt", -1},
        {"migration_compression=zstd; migration_connections=8", LIBVIRT_9_3_9, NULL, 8},
        {"migration_compression=auto; migration_connections=8", LIBVIRT_9_3_9, NULL, 8},
        {"migration_compression=zstd; migrate_options=--p2p --tunnelled", LIBVIRT_9_4_0, "mt", -1},
        {"migration_compression=zlib; migration_connections=8", LIBVIRT_9_4_0, "zlib", 8},
        {"migration_compression=zlib; migrate_options=--parallel --parallel-connections 3", LIBVIRT_9_4_0,
         "zlib", 3},
        {"migration_compression=zlib; migrate_options=--parallel --parallel-connections 3", LIBVIRT_9_3_9,
         NULL, 3},
        {"migration_compression=auto; migrate_options=--p2p --tunnelled", LIBVIRT_9_4_0, "xbzrle", -1},
        {"migration_compression=auto; migration_connections=8; migrate_options=--p2p --tunnelled",
         LIBVIRT_9_4_0, "xbzrle", -1},
        {"migration_compression=zstd; migrate_options=--comp-methods xbzrle", LIBVIRT_9_4_0, "xbzrle", -1},
    };
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *settings = g_strconcat("config=/x; ", cases[i].settings, NULL);
        g_auto(Outcome) outcome = {.abilities.version = cases[i].version};
        assert_true(apply(&outcome, settings, TCP));
        if (g_strcmp0(text_of(&outcome, VIR_MIGRATE_PARAM_COMPRESSION), cases[i].method) != 0 ||
            number_of(&outcome, VIR_MIGRATE_PARAM_PARALLEL_CONNECTIONS) != cases[i].connections ||
            has(&outcome, VIR_MIGRATE_COMPRESSED) != (cases[i].method != NULL) ||
            has(&outcome, VIR_MIGRATE_PARALLEL) != (cases[i].connections > 0))
            fail_msg("%s with %lu", cases[i].settings, cases[i].version);
    }
}

static void the_options_own_compression_stays_as_it_is(void **state)
{
    g_auto(Outcome) outcome = {.abilities.version = LIBVIRT_9_4_0};
    (void)state;

    assert_true(apply(&outcome, "config=/x; migration_compression=zstd; migrate_options=--compressed", TCP));
    expect_how(&outcome, "in clear");
    assert_int_equal(outcome.options->flags, VIR_MIGRATE_LIVE | VIR_MIGRATE_COMPRESSED);
    assert_int_equal(outcome.options->param_count, 0);
}

static void encryption_and_connections_and_compression_go_together(void **state)
{
    g_auto(Outcome) two = {.abilities.has_certificates = TRUE};
    g_auto(Outcome) three = {.abilities.has_certificates = TRUE, .abilities.version = LIBVIRT_9_4_0};
    (void)state;

    assert_true(apply(&two, "config=/x; migration_connections=4", SSH));
    expect_how(&two, "tls, 4 connections");
    assert_true(apply(&three, "config=/x; migration_connections=4; migration_compression=auto", SSH));
    expect_how(&three, "tls, 4 connections, zstd");
    assert_true(has(&three, VIR_MIGRATE_TLS) && has(&three, VIR_MIGRATE_PARALLEL) &&
                has(&three, VIR_MIGRATE_COMPRESSED));
}

static void the_options_own_connections_stay_as_many_as_libvirt_takes(void **state)
{
    g_auto(Outcome) outcome = {.abilities.version = LIBVIRT_9_4_0};
    (void)state;

    assert_true(apply(&outcome, "config=/x; migration_compression=zstd; migrate_options=--parallel", TCP));
    assert_true(has(&outcome, VIR_MIGRATE_PARALLEL));
    assert_int_equal(number_of(&outcome, VIR_MIGRATE_PARAM_PARALLEL_CONNECTIONS), -1);
    assert_string_equal(text_of(&outcome, VIR_MIGRATE_PARAM_COMPRESSION), "zstd");
}

static void what_is_replaced_is_named_with_the_reason(void **state)
{
    g_auto(Outcome) outcome = {.abilities.version = LIBVIRT_9_3_9};
    g_auto(Outcome) none = {.abilities.version = LIBVIRT_9_3_9};
    g_auto(Outcome) tunnelled = {.abilities.version = LIBVIRT_9_4_0};
    (void)state;

    assert_true(apply(&outcome, "config=/x; migration_compression=zstd", TCP));
    expect_how(&outcome,
               "in clear, zlib over one connection (zstd over several connections needs libvirt 9.4 on "
               "both nodes, and one has 9.3.9)");
    assert_true(apply(&none, "config=/x; migration_compression=zstd; migration_connections=2", TCP));
    assert_non_null(strstr(none.how->str, "no compression (zstd"));
    assert_true(
        apply(&tunnelled, "config=/x; migration_compression=zstd; migrate_options=--p2p --tunnelled", TCP));
    assert_non_null(strstr(tunnelled.how->str, "zlib over one connection (--tunnelled"));
}

static void versions_are_asked_for_only_where_they_matter(void **state)
{
    static const struct {
        const char *settings;
        gboolean needed;
    } cases[] = {
        {"config=/x", FALSE},
        {"config=/x; migration_compression=xbzrle", FALSE},
        {"config=/x; migration_compression=auto", TRUE},
        {"config=/x; migration_compression=auto; migration_connections=1", TRUE},
        {"config=/x; migration_compression=auto; migration_connections=2", TRUE},
        {"config=/x; migration_compression=zlib", TRUE},
        {"config=/x; migration_compression=zstd", TRUE},
    };
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(Outcome) outcome = {.how = NULL};
        assert_true(apply(&outcome, cases[i].settings, TCP));
        assert_int_equal(transfer_settings_need_version(&outcome.parameters), cases[i].needed);
    }
}

/* ---- the mode ------------------------------------------------------------------------------------------ */

static void auto_slows_down_and_may_go_over(void **state)
{
    g_auto(Outcome) outcome = {.how = NULL};
    (void)state;

    assert_true(apply(&outcome, "config=/x; migration_mode=auto", TCP));
    expect_how(&outcome, "in clear");
    assert_true(has(&outcome, VIR_MIGRATE_AUTO_CONVERGE) && has(&outcome, VIR_MIGRATE_POSTCOPY));
    assert_true(outcome.options->postcopy_when_needed);
    assert_false(outcome.options->postcopy_after_precopy);
}

static void auto_with_several_connections_cannot_go_over(void **state)
{
    g_auto(Outcome) outcome = {.how = NULL};
    (void)state;

    assert_true(apply(&outcome, "config=/x; migration_mode=auto; migration_connections=2", TCP));
    expect_how(&outcome, "in clear, 2 connections, without post-copy (several connections are used)");
    assert_true(has(&outcome, VIR_MIGRATE_AUTO_CONVERGE));
    assert_false(has(&outcome, VIR_MIGRATE_POSTCOPY));
    assert_false(outcome.options->postcopy_when_needed);
}

static void postcopy_goes_over_after_the_first_pass_or_is_refused(void **state)
{
    g_auto(Outcome) outcome = {.how = NULL};
    g_auto(Outcome) refused = {.how = NULL};
    (void)state;

    assert_true(apply(&outcome, "config=/x; migration_mode=postcopy", TCP));
    assert_true(has(&outcome, VIR_MIGRATE_POSTCOPY) && outcome.options->postcopy_after_precopy);
    assert_false(has(&outcome, VIR_MIGRATE_AUTO_CONVERGE));
    assert_false(apply(&refused, "config=/x; migration_mode=postcopy; migrate_options=--parallel", TCP));
    assert_int_equal(refused.error->code, OCF_ERR_GENERIC);
}

/* Of the settings that want several connections, and those that do with one. */
static void postcopy_is_had_with_one_connection_that_is_no_tunnel(void **state)
{
    static const struct {
        const char *settings;
        gulong version;
        gboolean possible;
    } cases[] = {
        {"migration_compression=xbzrle", LIBVIRT_9_4_0, TRUE},
        {"migration_compression=auto", LIBVIRT_9_4_0, TRUE},
        {"migration_compression=zstd", LIBVIRT_9_4_0, FALSE},
        {"migration_compression=zstd", LIBVIRT_9_3_9, TRUE},
        {"migration_connections=1", LIBVIRT_9_4_0, TRUE},
        {"migrate_options=--p2p", LIBVIRT_9_4_0, TRUE},
        {"migrate_options=--p2p --tunnelled", LIBVIRT_9_4_0, FALSE},
        {"migrate_options=--parallel", LIBVIRT_9_4_0, FALSE},
    };
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *wished = g_strconcat("config=/x; migration_mode=auto; ", cases[i].settings, NULL);
        g_autofree char *must = g_strconcat("config=/x; migration_mode=postcopy; ", cases[i].settings, NULL);
        g_auto(Outcome) as_wished = {.abilities.version = cases[i].version};
        g_auto(Outcome) as_must = {.abilities.version = cases[i].version};
        assert_true(apply(&as_wished, wished, TCP));
        if (has(&as_wished, VIR_MIGRATE_POSTCOPY) != cases[i].possible ||
            as_wished.options->postcopy_when_needed != cases[i].possible ||
            (strstr(as_wished.how->str, "without post-copy") == NULL) != cases[i].possible)
            fail_msg("%s: %s", wished, as_wished.how->str);
        if (apply(&as_must, must, TCP) != cases[i].possible)
            fail_msg("%s", must);
        if (!cases[i].possible)
            unit_expect_error(&as_must.error, OCF_ERR_GENERIC, "migration_mode=postcopy");
    }
}

static void postcopy_that_must_be_fails_with_what_was_found(void **state)
{
    g_auto(Outcome) outcome = {.how = NULL};
    (void)state;

    outcome.abilities.postcopy_failure = g_strdup("no userfaultfd here");
    assert_false(apply(&outcome, "config=/x; migration_mode=postcopy", TCP));
    unit_expect_error(&outcome.error, OCF_ERR_GENERIC, "no userfaultfd here");
}

/* ---- retreats ------------------------------------------------------------------------------------------ */

#define NO_CREDENTIALS "Unable to access credentials /etc/pki/qemu/ca-cert.pem: No such file or directory"

static void a_failure_of_tls_is_tried_in_clear_once_where_that_is_allowed(void **state)
{
    g_auto(Outcome) outcome = {.abilities.has_certificates = TRUE};
    (void)state;

    assert_true(apply(&outcome, "config=/x", TCP));
    assert_true(
        transfer_settings_retreat(&outcome.parameters, outcome.options, NO_CREDENTIALS, &outcome.abilities));
    assert_true(again(&outcome));
    expect_how(&outcome, "in clear (tls: " NO_CREDENTIALS ")");
    assert_false(has(&outcome, VIR_MIGRATE_TLS));
    assert_false(
        transfer_settings_retreat(&outcome.parameters, outcome.options, NO_CREDENTIALS, &outcome.abilities));
}

static void tls_that_must_be_is_never_given_up(void **state)
{
    static const char *const settings[] = {"config=/x; migration_encryption=tls",
                                           "config=/x; migration_encryption=off; migrate_options=--tls"};
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(settings); i++) {
        g_auto(Outcome) outcome = {.abilities.has_certificates = TRUE};
        assert_true(apply(&outcome, settings[i], SSH));
        assert_false(transfer_settings_retreat(&outcome.parameters, outcome.options, NO_CREDENTIALS,
                                               &outcome.abilities));
        assert_true(again(&outcome));
        assert_true(has(&outcome, VIR_MIGRATE_TLS));
    }
}

static void a_kernel_without_postcopy_leaves_precopy(void **state)
{
    static const char why[] = "Postcopy is not supported: userfaultfd not available";
    g_auto(Outcome) outcome = {.how = NULL};
    (void)state;

    assert_true(apply(&outcome, "config=/x; migration_mode=auto", TCP));
    assert_true(transfer_settings_retreat(&outcome.parameters, outcome.options, why, &outcome.abilities));
    assert_true(again(&outcome));
    assert_false(has(&outcome, VIR_MIGRATE_POSTCOPY));
    assert_true(has(&outcome, VIR_MIGRATE_AUTO_CONVERGE));
    assert_non_null(strstr(outcome.how->str, why));
    assert_false(transfer_settings_retreat(&outcome.parameters, outcome.options, why, &outcome.abilities));
}

static void postcopy_that_was_asked_for_is_never_given_up(void **state)
{
    static const char *const settings[] = {"config=/x; migration_mode=postcopy",
                                           "config=/x; migrate_options=--postcopy"};
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(settings); i++) {
        g_auto(Outcome) outcome = {.how = NULL};
        assert_true(apply(&outcome, settings[i], TCP));
        assert_false(transfer_settings_retreat(&outcome.parameters, outcome.options,
                                               "Postcopy is not supported", &outcome.abilities));
        assert_null(outcome.abilities.postcopy_failure);
    }
}

static void what_fails_is_given_up_and_nothing_else(void **state)
{
    static const struct {
        const char *why;
        gboolean of_tls;
    } cases[] = {
        {"The TLS session is invalid", TRUE},  {"unable to load x509 file", TRUE},
        {"The Certificate has expired", TRUE}, {"Unable to access credentials", TRUE},
        {"Post-copy is not supported", FALSE}, {"POSTCOPY is not supported", FALSE},
        {"Userfaultfd not available", FALSE},
    };
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(Outcome) outcome = {.abilities.has_certificates = TRUE};
        assert_true(apply(&outcome, "config=/x; migration_mode=auto", TCP));
        assert_true(transfer_settings_retreat(&outcome.parameters, outcome.options, cases[i].why,
                                              &outcome.abilities));
        assert_true(again(&outcome));
        if (has(&outcome, VIR_MIGRATE_TLS) == cases[i].of_tls ||
            has(&outcome, VIR_MIGRATE_POSTCOPY) != cases[i].of_tls)
            fail_msg("%s: %s", cases[i].why, outcome.how->str);
    }
}

static void one_retreat_may_follow_another(void **state)
{
    g_auto(Outcome) outcome = {.abilities.has_certificates = TRUE};
    (void)state;

    assert_true(apply(&outcome, "config=/x; migration_mode=auto", TCP));
    assert_true(
        transfer_settings_retreat(&outcome.parameters, outcome.options, "no TLS", &outcome.abilities));
    assert_true(again(&outcome));
    assert_true(
        transfer_settings_retreat(&outcome.parameters, outcome.options, "no postcopy", &outcome.abilities));
    assert_true(again(&outcome));
    expect_how(&outcome, "in clear (tls: no TLS), without post-copy (no postcopy)");
    assert_int_equal(outcome.options->flags, VIR_MIGRATE_LIVE | VIR_MIGRATE_AUTO_CONVERGE);
    assert_false(transfer_settings_retreat(&outcome.parameters, outcome.options, "no TLS, no postcopy",
                                           &outcome.abilities));
}

static void what_was_given_up_before_is_not_given_up_again(void **state)
{
    g_auto(Outcome) outcome = {.how = NULL};
    (void)state;

    outcome.abilities.tls_failure = g_strdup("no TLS");
    assert_true(apply(&outcome, "config=/x; migrate_options=--tls", TCP));
    assert_false(
        transfer_settings_retreat(&outcome.parameters, outcome.options, "still no TLS", &outcome.abilities));
    assert_string_equal(outcome.abilities.tls_failure, "no TLS");
}

static void what_was_not_used_is_not_given_up(void **state)
{
    g_auto(Outcome) outcome = {.how = NULL};
    (void)state;

    assert_true(apply(&outcome, "config=/x", TCP));
    assert_false(transfer_settings_retreat(&outcome.parameters, outcome.options, "no TLS, no postcopy",
                                           &outcome.abilities));
    assert_null(outcome.abilities.tls_failure);
    assert_null(outcome.abilities.postcopy_failure);
}

static void the_guests_name_is_no_reason(void **state)
{
    static const char *const reasons[] = {"Cannot find domain 'tls-proxy'",
                                          "domain \"x509-certificate\" is gone",
                                          "Domain 'postcopy' has ended"};
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(reasons); i++) {
        g_auto(Outcome) outcome = {.abilities.has_certificates = TRUE};
        assert_true(apply(&outcome, "config=/x; migration_mode=auto", TCP));
        assert_false(
            transfer_settings_retreat(&outcome.parameters, outcome.options, reasons[i], &outcome.abilities));
    }
}

static void what_the_options_ask_for_themselves_is_tried_but_once(void **state)
{
    g_auto(Outcome) tls = {.abilities.has_certificates = TRUE};
    g_auto(Outcome) postcopy = {.how = NULL};
    (void)state;

    assert_true(apply(&tls, "config=/x; migrate_options=--tls", TCP));
    assert_false(transfer_settings_retreat(&tls.parameters, tls.options, NO_CREDENTIALS, &tls.abilities));
    assert_true(apply(&postcopy, "config=/x; migration_mode=auto; migrate_options=--postcopy", TCP));
    assert_false(transfer_settings_retreat(&postcopy.parameters, postcopy.options,
                                           "Postcopy is not supported", &postcopy.abilities));
}

static void direct_cannot_promise_tls(void **state)
{
    g_auto(Outcome) outcome = {.how = NULL};
    (void)state;

    assert_false(apply(&outcome, "config=/x; migration_encryption=tls; migrate_options=--direct", SSH));
    assert_int_equal(outcome.error->code, OCF_ERR_GENERIC);
}

static void what_cannot_be_together_is_named(void **state)
{
    static const struct {
        const char *settings, *how;
        gulong version;
    } cases[] = {
        {"migration_compression=xbzrle; migrate_options=--parallel",
         "in clear, several connections, no compression (xbzrle needs a single connection)", 0},
        {"migration_connections=8; migrate_options=--parallel --parallel-connections 3",
         "in clear, 3 connections", 0},
        {"migration_connections=8; migrate_options=--postcopy",
         "in clear, one connection, as --postcopy has no more", 0},
        {"migration_compression=zstd; migration_connections=1", "in clear, zstd over 2 connections",
         LIBVIRT_9_4_0},
        {"migration_compression=zlib",
         "in clear, zlib over one connection (zlib over several connections needs libvirt 9.4 on both nodes, "
         "and it is "
         "not known what they have)",
         0},
    };
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *settings = g_strconcat("config=/x; ", cases[i].settings, NULL);
        g_auto(Outcome) outcome = {.abilities.version = cases[i].version};
        assert_true(apply(&outcome, settings, TCP));
        expect_how(&outcome, cases[i].how);
    }
}

static void another_failure_is_no_reason_to_send_in_clear(void **state)
{
    static const char *const reasons[] = {"stalled: no byte moved for 5 s",
                                          "Unable to write to socket: Broken pipe",
                                          "operation failed: domain is not running", ""};
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(reasons); i++) {
        g_auto(Outcome) outcome = {.abilities.has_certificates = TRUE};
        assert_true(apply(&outcome, "config=/x; migration_mode=auto", TCP));
        assert_false(
            transfer_settings_retreat(&outcome.parameters, outcome.options, reasons[i], &outcome.abilities));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_set_changes_nothing),
        cmocka_unit_test(auto_encrypts_where_certificates_are),
        cmocka_unit_test(off_is_in_clear_whatever_certificates_there_are),
        cmocka_unit_test(tls_wants_a_control_connection_that_is_encrypted),
        cmocka_unit_test(the_options_own_tls_stays_with_the_name_that_it_gives),
        cmocka_unit_test(the_options_tls_without_a_name_is_for_the_targets),
        cmocka_unit_test(tls_through_a_tunnel_is_the_tunnels),
        cmocka_unit_test(what_is_tunnelled_is_as_safe_as_its_tunnel),
        cmocka_unit_test(an_hypervisor_of_its_own_kind_is_left_alone),
        cmocka_unit_test(one_connection_is_no_multifd),
        cmocka_unit_test(connections_are_as_many_as_wanted),
        cmocka_unit_test(compression_is_what_this_libvirt_has),
        cmocka_unit_test(the_options_own_compression_stays_as_it_is),
        cmocka_unit_test(encryption_and_connections_and_compression_go_together),
        cmocka_unit_test(the_options_own_connections_stay_as_many_as_libvirt_takes),
        cmocka_unit_test(what_is_replaced_is_named_with_the_reason),
        cmocka_unit_test(versions_are_asked_for_only_where_they_matter),
        cmocka_unit_test(auto_slows_down_and_may_go_over),
        cmocka_unit_test(auto_with_several_connections_cannot_go_over),
        cmocka_unit_test(postcopy_goes_over_after_the_first_pass_or_is_refused),
        cmocka_unit_test(postcopy_is_had_with_one_connection_that_is_no_tunnel),
        cmocka_unit_test(postcopy_that_must_be_fails_with_what_was_found),
        cmocka_unit_test(a_failure_of_tls_is_tried_in_clear_once_where_that_is_allowed),
        cmocka_unit_test(tls_that_must_be_is_never_given_up),
        cmocka_unit_test(a_kernel_without_postcopy_leaves_precopy),
        cmocka_unit_test(postcopy_that_was_asked_for_is_never_given_up),
        cmocka_unit_test(what_fails_is_given_up_and_nothing_else),
        cmocka_unit_test(one_retreat_may_follow_another),
        cmocka_unit_test(what_was_given_up_before_is_not_given_up_again),
        cmocka_unit_test(what_was_not_used_is_not_given_up),
        cmocka_unit_test(the_guests_name_is_no_reason),
        cmocka_unit_test(what_the_options_ask_for_themselves_is_tried_but_once),
        cmocka_unit_test(direct_cannot_promise_tls),
        cmocka_unit_test(what_cannot_be_together_is_named),
        cmocka_unit_test(another_failure_is_no_reason_to_send_in_clear),
    };

    hypervisor_library_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
