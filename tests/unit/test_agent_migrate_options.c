/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/unit.h"

#include "agent/hypervisor.h"
#include "agent/migrate_options.h"

static MigrateOptions *parse(const char *text)
{
    g_autoptr(GError) error = NULL;
    MigrateOptions *options = migrate_options_parse(text, &error);

    if (options == NULL)
        fail_msg("%s: %s", text, error->message);
    return options;
}

static void expect_refused(const char *text, const char *why)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MigrateOptions) options = migrate_options_parse(text, &error);

    if (options != NULL)
        fail_msg("accepted: %s", text);
    unit_expect_error(&error, OCF_ERR_CONFIGURED, why);
}

/* ---- every option of "virsh migrate" ------------------------------------------------------------- */

static void nothing_is_a_live_migration(void **state)
{
    static const char *const texts[] = {
        "", " ", "\t\n ", "--live", "--verbose", "--live --verbose --live", "# only a comment"};
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(MigrateOptions) options = parse(texts[i]);
        assert_int_equal(options->flags, VIR_MIGRATE_LIVE);
        assert_int_equal(options->param_count, 0);
        assert_null(options->migrateuri);
        assert_int_equal(options->timeout_s, 0);
        assert_false(options->direct);
    }
}

static const struct {
    const char *option;
    guint flag;
} flags[] = {
    {"p2p", VIR_MIGRATE_PEER2PEER},
    {"persistent", VIR_MIGRATE_PERSIST_DEST},
    {"undefinesource", VIR_MIGRATE_UNDEFINE_SOURCE},
    {"copy-storage-all", VIR_MIGRATE_NON_SHARED_DISK},
    {"copy-storage-inc", VIR_MIGRATE_NON_SHARED_INC},
    {"change-protection", VIR_MIGRATE_CHANGE_PROTECTION},
    {"unsafe", VIR_MIGRATE_UNSAFE},
    {"compressed", VIR_MIGRATE_COMPRESSED},
    {"auto-converge", VIR_MIGRATE_AUTO_CONVERGE},
    {"rdma-pin-all", VIR_MIGRATE_RDMA_PIN_ALL},
    {"abort-on-error", VIR_MIGRATE_ABORT_ON_ERROR},
    {"postcopy", VIR_MIGRATE_POSTCOPY},
    {"parallel", VIR_MIGRATE_PARALLEL},
    {"tls", VIR_MIGRATE_TLS},
#if LIBVIR_VERSION_NUMBER >= 8005000
    {"copy-storage-synchronous-writes", VIR_MIGRATE_NON_SHARED_SYNCHRONOUS_WRITES},
    {"zerocopy", VIR_MIGRATE_ZEROCOPY},
#endif
};

static void every_flag_sets_its_flag_alone(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(flags); i++) {
        g_autofree char *text = g_strconcat("--", flags[i].option, NULL);
        g_autofree char *with_value = g_strconcat(text, "=yes", NULL);
        g_autofree char *with_word = g_strconcat(text, " yes", NULL);
        g_autoptr(MigrateOptions) options = parse(text);
        assert_int_equal(options->flags, VIR_MIGRATE_LIVE | flags[i].flag);
        assert_int_equal(options->param_count, 0);
        expect_refused(with_value, "takes no value");
        expect_refused(with_word, "\"yes\" is not an option");
    }
}

static void flags_add_up(void **state)
{
    g_autoptr(MigrateOptions) options = parse("--p2p --tunnelled   --persistent\n--unsafe --direct");
    (void)state;

    assert_int_equal(options->flags, VIR_MIGRATE_LIVE | VIR_MIGRATE_PEER2PEER | VIR_MIGRATE_TUNNELLED |
                                         VIR_MIGRATE_PERSIST_DEST | VIR_MIGRATE_UNSAFE);
    assert_true(options->direct);
}

static const struct {
    const char *option, *value, *key;
    int type;
    guint flag;
} values[] = {
    {"graphicsuri", "spice://a2:5900", VIR_MIGRATE_PARAM_GRAPHICS_URI, VIR_TYPED_PARAM_STRING, 0},
    {"listen-address", "[::]", VIR_MIGRATE_PARAM_LISTEN_ADDRESS, VIR_TYPED_PARAM_STRING, 0},
    {"migrate-disks", "vda", VIR_MIGRATE_PARAM_MIGRATE_DISKS, VIR_TYPED_PARAM_STRING, 0},
    {"disks-port", "49153", VIR_MIGRATE_PARAM_DISKS_PORT, VIR_TYPED_PARAM_INT, 0},
    {"disks-uri", "tcp://a2:49153", VIR_MIGRATE_PARAM_DISKS_URI, VIR_TYPED_PARAM_STRING, 0},
    {"comp-methods", "xbzrle", VIR_MIGRATE_PARAM_COMPRESSION, VIR_TYPED_PARAM_STRING, VIR_MIGRATE_COMPRESSED},
    {"comp-mt-level", "9", VIR_MIGRATE_PARAM_COMPRESSION_MT_LEVEL, VIR_TYPED_PARAM_INT, 0},
    {"comp-mt-threads", "4", VIR_MIGRATE_PARAM_COMPRESSION_MT_THREADS, VIR_TYPED_PARAM_INT, 0},
    {"comp-mt-dthreads", "2", VIR_MIGRATE_PARAM_COMPRESSION_MT_DTHREADS, VIR_TYPED_PARAM_INT, 0},
    {"comp-xbzrle-cache", "67108864", VIR_MIGRATE_PARAM_COMPRESSION_XBZRLE_CACHE, VIR_TYPED_PARAM_ULLONG, 0},
    {"auto-converge-initial", "20", VIR_MIGRATE_PARAM_AUTO_CONVERGE_INITIAL, VIR_TYPED_PARAM_INT, 0},
    {"auto-converge-increment", "10", VIR_MIGRATE_PARAM_AUTO_CONVERGE_INCREMENT, VIR_TYPED_PARAM_INT, 0},
    {"postcopy-bandwidth", "100", VIR_MIGRATE_PARAM_BANDWIDTH_POSTCOPY, VIR_TYPED_PARAM_ULLONG, 0},
    {"parallel-connections", "4", VIR_MIGRATE_PARAM_PARALLEL_CONNECTIONS, VIR_TYPED_PARAM_INT, 0},
    {"bandwidth", "10", VIR_MIGRATE_PARAM_BANDWIDTH, VIR_TYPED_PARAM_ULLONG, 0},
    {"tls-destination", "a2.example.org", VIR_MIGRATE_PARAM_TLS_DESTINATION, VIR_TYPED_PARAM_STRING, 0},
};

static void expect_param(const MigrateOptions *options, const char *key, int type, const char *value)
{
    const virTypedParameter *param = virTypedParamsGet(options->params, options->param_count, key);

    assert_non_null(param);
    assert_int_equal(param->type, type);
    if (type == VIR_TYPED_PARAM_STRING)
        assert_string_equal(param->value.s, value);
    else if (type == VIR_TYPED_PARAM_INT)
        assert_int_equal(param->value.i, atoi(value));
    else
        assert_int_equal(param->value.ul, g_ascii_strtoull(value, NULL, 10));
}

static void every_value_is_taken_after_a_space_and_after_an_equals_sign(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(values); i++) {
        for (int form = 0; form < 3; form++) {
            const char *const separators[] = {" ", "=", " \n\t "};
            g_autofree char *text = g_strdup_printf("--live --%s%s'%s' --unsafe", values[i].option,
                                                    separators[form], values[i].value);
            g_autoptr(MigrateOptions) options = parse(text);
            assert_int_equal(options->flags, VIR_MIGRATE_LIVE | VIR_MIGRATE_UNSAFE | values[i].flag);
            assert_int_equal(options->param_count, 1);
            expect_param(options, values[i].key, values[i].type, values[i].value);
        }
    }
}

static void a_value_that_is_missing_is_named(void **state)
{
    static const char *const others[] = {"migrateuri", "timeout", "xml", "persistent-xml"};
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(values) + G_N_ELEMENTS(others); i++) {
        const char *option = i < G_N_ELEMENTS(values) ? values[i].option : others[i - G_N_ELEMENTS(values)];
        g_autofree char *at_end = g_strconcat("--live --", option, NULL);
        g_autofree char *empty = g_strconcat("--", option, "=", NULL);
        g_autofree char *quoted = g_strconcat("--", option, " '' --live", NULL);
        g_autofree char *why = g_strconcat("--", option, " needs a value", NULL);
        expect_refused(at_end, why);
        expect_refused(empty, why);
        expect_refused(quoted, why);
    }
}

static void a_number_that_is_none_is_refused(void **state)
{
    static const char *const numbers[] = {"x", "-1", "1.5", "10M", "0x10", "18446744073709551616", "1 "};
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(values); i++) {
        for (size_t at = 0; at < G_N_ELEMENTS(numbers) && values[i].type != VIR_TYPED_PARAM_STRING; at++) {
            g_autofree char *text = g_strdup_printf("--%s '%s'", values[i].option, numbers[at]);
            expect_refused(text, "needs a whole number");
        }
    }
    expect_refused("--disks-port 2147483648", "--disks-port needs a whole number");
    expect_refused("--timeout 0", "--timeout needs a number of seconds");
    expect_refused("--timeout soon", "--timeout needs a number of seconds");
}

static void lists_are_split_at_commas(void **state)
{
    g_autoptr(MigrateOptions) options = parse("--migrate-disks vda,vdb,sda --comp-methods=xbzrle,mt");
    (void)state;

    assert_int_equal(options->param_count, 5);
    assert_string_equal(options->params[0].value.s, "vda");
    assert_string_equal(options->params[1].value.s, "vdb");
    assert_string_equal(options->params[2].value.s, "sda");
    assert_string_equal(options->params[3].value.s, "xbzrle");
    assert_string_equal(options->params[4].value.s, "mt");
    assert_string_equal(options->params[4].field, VIR_MIGRATE_PARAM_COMPRESSION);
}

static void timeouts_are_read_with_what_they_do(void **state)
{
    g_autoptr(MigrateOptions) plain = parse("--timeout 30");
    g_autoptr(MigrateOptions) suspend = parse("--timeout=30 --timeout-suspend");
    g_autoptr(MigrateOptions) postcopy = parse("--timeout-postcopy --timeout 30 --postcopy");
    g_autoptr(MigrateOptions) after = parse("--postcopy --postcopy-after-precopy");
    (void)state;

    assert_int_equal(plain->timeout_s, 30);
    assert_int_equal(plain->timeout_action, MIGRATE_TIMEOUT_SUSPEND);
    assert_int_equal(suspend->timeout_action, MIGRATE_TIMEOUT_SUSPEND);
    assert_int_equal(postcopy->timeout_action, MIGRATE_TIMEOUT_POSTCOPY);
    assert_int_equal(postcopy->flags, VIR_MIGRATE_LIVE | VIR_MIGRATE_POSTCOPY);
    assert_true(after->postcopy_after_precopy);
    assert_int_equal(after->flags, VIR_MIGRATE_LIVE | VIR_MIGRATE_POSTCOPY);
}

static void the_migrate_uri_keeps_its_n_for_later(void **state)
{
    g_autoptr(MigrateOptions) equals = parse("--migrateuri=tcp://%n-mig:49152 --unsafe");
    g_autoptr(MigrateOptions) space = parse("--unsafe --migrateuri 'tcp://[fd99::%n]'");
    (void)state;

    assert_string_equal(equals->migrateuri, "tcp://%n-mig:49152");
    assert_int_equal(equals->param_count, 0);
    assert_string_equal(space->migrateuri, "tcp://[fd99::%n]");
}

static void what_would_hide_the_guest_from_the_cluster_is_refused(void **state)
{
    (void)state;
    expect_refused("--offline", "--offline moves a definition");
    expect_refused("--suspend", "--suspend would leave the guest paused");
    expect_refused("--dname other", "--dname would hide the guest");
    expect_refused("--dname=other", "--dname would hide the guest");
    expect_refused("--live --p2p --postcopy-resume", "--postcopy-resume belongs to");
}

static void what_is_no_option_is_named(void **state)
{
    static const struct {
        const char *text, *why;
    } cases[] = {
        {"--liv", "--liv is not an option"},
        {"--livee", "--livee is not an option"},
        {"--Live", "--Live is not an option"},
        {"--postcop", "--postcop is not an option"},
        {"--domain web1", "--domain is not an option"},
        {"--desturi x", "--desturi is not an option"},
        {"-live", "\"-live\" is not an option"},
        {"live", "\"live\" is not an option"},
        {"--", "\"--\" is not an option"},
        {"-", "\"-\" is not an option"},
        {"--=x", "-- is not an option"},
        {"--p2p; rm -rf /", "--p2p; is not an option"},
        {"--p2p $(id)", "\"$(id)\" is not an option"},
        {"''", "\"\" is not an option"},
        {"--graphicsuri 'unclosed", "migrate_options: "},
        {"--xml \\", "migrate_options: "},
    };
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
        expect_refused(cases[i].text, cases[i].why);
}

static void what_libvirt_would_refuse_in_the_middle_of_a_move_is_refused_before(void **state)
{
    (void)state;
    expect_refused("--tunnelled", "--tunnelled needs --p2p");
    expect_refused("--p2p --tunnelled --parallel", "exclude each other");
    expect_refused("--bandwidth 1 --bandwidth 2", "--bandwidth is given twice");
    expect_refused("--disks-port=1 --live --disks-port=1", "--disks-port is given twice");
    expect_refused("--graphicsuri a --graphicsuri b", "--graphicsuri is given twice");
}

static void quotes_hold_words_together(void **state)
{
    g_autoptr(MigrateOptions) options =
        parse("--tls-destination \"a b\" --graphicsuri='x \"y\"' --xml /a\\ b");
    (void)state;

    expect_param(options, VIR_MIGRATE_PARAM_TLS_DESTINATION, VIR_TYPED_PARAM_STRING, "a b");
    expect_param(options, VIR_MIGRATE_PARAM_GRAPHICS_URI, VIR_TYPED_PARAM_STRING, "x \"y\"");
    assert_string_equal(options->xml_file, "/a b");
}

/* This machine's own virsh: whatever it offers is understood or refused with a reason, and never unknown. */
static void every_option_of_the_installed_virsh_is_known(void **state)
{
    const char *const argv[] = {"virsh", "help", "migrate", NULL};
    g_auto(OcfChild) child = {0};
    int count = 0;
    (void)state;

    assert_true(ocf_child_run(argv, OCF_CHILD_PLAIN_OUTPUT, ocf_deadline_in(UNIT_PATIENCE_MS), &child, NULL));
    assert_int_equal(child.status, 0);
    g_auto(GStrv) lines = g_strsplit(child.output, "\n", 0);
    for (char **line = lines; *line != NULL; line++) {
        g_autoptr(GError) error = NULL;
        if (!g_str_has_prefix(*line, "    --"))
            continue;
        g_auto(GStrv) words = g_strsplit(*line + 4, " ", 3);
        gboolean takes_value = words[1] != NULL && g_str_has_prefix(words[1], "<");
        g_autofree char *text = g_strconcat(words[0], takes_value ? " 1" : "", " --p2p", NULL);
        g_autoptr(MigrateOptions) options = migrate_options_parse(text, &error);
        if (options == NULL && strstr(error->message, "is not an option") != NULL)
            fail_msg("%s", error->message);
        count++;
    }
    assert_true(count > 40);
}

/* ---- what the agent adds ------------------------------------------------------------------------- */

static void what_the_options_say_wins_over_the_parameters(void **state)
{
    g_autoptr(MigrateOptions) options = parse("--bandwidth 10");
    (void)state;

    migrate_options_add_number(options, VIR_MIGRATE_PARAM_BANDWIDTH, 99);
    migrate_options_add_string(options, VIR_MIGRATE_PARAM_URI, "tcp://a2");
    migrate_options_add_string(options, VIR_MIGRATE_PARAM_URI, "tcp://a3");
    migrate_options_add_number(options, VIR_MIGRATE_PARAM_BANDWIDTH_POSTCOPY, 7);
    assert_int_equal(options->param_count, 3);
    expect_param(options, VIR_MIGRATE_PARAM_BANDWIDTH, VIR_TYPED_PARAM_ULLONG, "10");
    expect_param(options, VIR_MIGRATE_PARAM_BANDWIDTH_POSTCOPY, VIR_TYPED_PARAM_ULLONG, "7");
    expect_param(options, VIR_MIGRATE_PARAM_URI, VIR_TYPED_PARAM_STRING, "tcp://a2");
}

static void a_copy_is_whole_and_its_own(void **state)
{
    MigrateOptions *options =
        parse("--p2p --direct --migrateuri tcp://%n --timeout 9 --timeout-postcopy --postcopy-after-precopy "
              "--bandwidth 10 --disks-port 5 --migrate-disks a,b --xml /x --persistent-xml /y");
    g_autoptr(MigrateOptions) copy = migrate_options_copy(options);
    (void)state;

    migrate_options_add_string(copy, VIR_MIGRATE_PARAM_URI, "tcp://a2");
    assert_int_equal(options->param_count, 4);
    migrate_options_free(options);
    assert_int_equal(copy->flags, VIR_MIGRATE_LIVE | VIR_MIGRATE_PEER2PEER | VIR_MIGRATE_POSTCOPY);
    assert_true(copy->direct);
    assert_true(copy->postcopy_after_precopy);
    assert_int_equal(copy->timeout_s, 9);
    assert_int_equal(copy->timeout_action, MIGRATE_TIMEOUT_POSTCOPY);
    assert_string_equal(copy->migrateuri, "tcp://%n");
    assert_string_equal(copy->xml_file, "/x");
    assert_string_equal(copy->persistent_xml_file, "/y");
    assert_int_equal(copy->param_count, 5);
    expect_param(copy, VIR_MIGRATE_PARAM_BANDWIDTH, VIR_TYPED_PARAM_ULLONG, "10");
    expect_param(copy, VIR_MIGRATE_PARAM_DISKS_PORT, VIR_TYPED_PARAM_INT, "5");
    expect_param(copy, VIR_MIGRATE_PARAM_MIGRATE_DISKS, VIR_TYPED_PARAM_STRING, "a");
    expect_param(copy, VIR_MIGRATE_PARAM_URI, VIR_TYPED_PARAM_STRING, "tcp://a2");
}

static void files_are_read_when_the_migration_begins(void **state)
{
    g_autofree char *xml = unit_write(*state, "a b.xml", "<domain/>", -1);
    g_autofree char *text = g_strdup_printf("--xml '%s' --persistent-xml '%s' --persistent", xml, xml);
    g_autoptr(MigrateOptions) options = parse(text);
    g_autoptr(GError) error = NULL;

    assert_int_equal(options->param_count, 0);
    assert_true(migrate_options_read_files(options, &error));
    expect_param(options, VIR_MIGRATE_PARAM_DEST_XML, VIR_TYPED_PARAM_STRING, "<domain/>");
    expect_param(options, VIR_MIGRATE_PARAM_PERSIST_XML, VIR_TYPED_PARAM_STRING, "<domain/>");
    g_autoptr(MigrateOptions) missing = parse("--xml /nonexistent/x.xml");
    assert_false(migrate_options_read_files(missing, &error));
    unit_expect_error(&error, OCF_ERR_ARGS, "/nonexistent/x.xml");
}

/* ---- anything ------------------------------------------------------------------------------------ */

static void no_text_breaks_the_parser(void **state)
{
    static const char *const bits[] = {
        "--live",      "--timeout", "=", " ",           "--xml",           "''",    "\"",  "\\", "--",
        "--bandwidth", "17",        "#", "--tunnelled", "--migrate-disks", "a,b,,", "\xff"};
    g_autoptr(GRand) random = g_rand_new_with_seed(815);
    (void)state;

    for (int i = 0; i < 20000; i++) {
        g_autoptr(GString) text = g_string_new(NULL);
        for (int bit = g_rand_int_range(random, 0, 7); bit > 0; bit--) {
            gint32 which =
                g_rand_int_range(random, 0, G_N_ELEMENTS(bits) + G_N_ELEMENTS(flags) + G_N_ELEMENTS(values));
            if ((gsize)which < G_N_ELEMENTS(bits))
                g_string_append(text, bits[which]);
            else if ((gsize)which < G_N_ELEMENTS(bits) + G_N_ELEMENTS(flags))
                g_string_append_printf(text, "--%s", flags[(gsize)which - G_N_ELEMENTS(bits)].option);
            else
                g_string_append_printf(
                    text, "--%s 3", values[(gsize)which - G_N_ELEMENTS(bits) - G_N_ELEMENTS(flags)].option);
            g_string_append(text, g_rand_boolean(random) ? " " : "");
        }
        g_autoptr(GError) error = NULL;
        g_autoptr(MigrateOptions) options = migrate_options_parse(text->str, &error);
        assert_true((options == NULL) == (error != NULL));
        if (options == NULL) {
            assert_int_equal(error->code, OCF_ERR_CONFIGURED);
            assert_true(g_str_has_prefix(error->message, "migrate_options: "));
            continue;
        }
        assert_true((options->flags & VIR_MIGRATE_LIVE) != 0);
        assert_int_equal(options->flags & (VIR_MIGRATE_PAUSED | VIR_MIGRATE_OFFLINE), 0);
        assert_true((options->flags & VIR_MIGRATE_TUNNELLED) == 0 ||
                    (options->flags & VIR_MIGRATE_PEER2PEER) != 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_a_live_migration),
        cmocka_unit_test(every_flag_sets_its_flag_alone),
        cmocka_unit_test(flags_add_up),
        cmocka_unit_test(every_value_is_taken_after_a_space_and_after_an_equals_sign),
        cmocka_unit_test(a_value_that_is_missing_is_named),
        cmocka_unit_test(a_number_that_is_none_is_refused),
        cmocka_unit_test(lists_are_split_at_commas),
        cmocka_unit_test(timeouts_are_read_with_what_they_do),
        cmocka_unit_test(the_migrate_uri_keeps_its_n_for_later),
        cmocka_unit_test(what_would_hide_the_guest_from_the_cluster_is_refused),
        cmocka_unit_test(what_is_no_option_is_named),
        cmocka_unit_test(what_libvirt_would_refuse_in_the_middle_of_a_move_is_refused_before),
        cmocka_unit_test(quotes_hold_words_together),
        cmocka_unit_test(what_the_options_say_wins_over_the_parameters),
        cmocka_unit_test(a_copy_is_whole_and_its_own),
        cmocka_unit_test_setup_teardown(files_are_read_when_the_migration_begins, unit_directory_new,
                                        unit_directory_free),
        cmocka_unit_test(no_text_breaks_the_parser),
        cmocka_unit_test(
            every_option_of_the_installed_virsh_is_known), /* the last: left out where virsh is not */
    };

    unit_log_start();
    hypervisor_library_init();
    g_autofree char *virsh = g_find_program_in_path("virsh");
    size_t count = G_N_ELEMENTS(tests) - (virsh == NULL ? 1 : 0);
    return _cmocka_run_group_tests("agent/migrate_options", tests, count, NULL, NULL);
}
