/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/unit.h"

#include "agent/certificates.h"

#include <glib/gstdio.h>

static void write_file(const char *directory, const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(directory, name, NULL);

    assert_true(g_file_set_contents(path, text, -1, NULL));
}

/* With TEXT in qemu.conf (NULL: there is none). */
static char *directory_with(const char *root, const char *text)
{
    g_autofree char *path = g_build_filename(root, "qemu.conf", NULL);

    if (text != NULL)
        write_file(root, "qemu.conf", text);
    else
        g_unlink(path);
    return certificates_directory(path, root);
}

static void expect_below(const char *root, const char *text, const char *wanted)
{
    g_autofree char *path = g_build_filename(root, wanted, NULL);
    g_autofree char *found = directory_with(root, text);

    assert_string_equal(found, path);
}

static void expect(const char *root, const char *text, const char *wanted)
{
    g_autofree char *found = directory_with(root, text);

    assert_string_equal(found, wanted);
}

static void without_settings_it_is_libvirts_own(void **state)
{
    expect_below(*state, NULL, "etc/pki/qemu");
    expect_below(*state, "", "etc/pki/qemu");
    expect_below(*state, "user = \"root\"\n", "etc/pki/qemu");
}

static void a_directory_for_migrations_comes_first_where_it_is_there(void **state)
{
    g_autofree char *path = g_build_filename(*state, "etc/pki/libvirt-migrate", NULL);

    assert_int_equal(g_mkdir_with_parents(path, 0700), 0);
    expect_below(*state, NULL, "etc/pki/libvirt-migrate");
    expect_below(*state, "default_tls_x509_cert_dir = \"/certs\"\n", "etc/pki/libvirt-migrate");
    expect(*state, "migrate_tls_x509_cert_dir = \"/m\"\n", "/m");
}

static void settings_are_read(void **state)
{
    expect(*state, "default_tls_x509_cert_dir = \"/certs\"\n", "/certs");
    expect(*state, "default_tls_x509_cert_dir=\"/c\"\n  migrate_tls_x509_cert_dir\t=\t\"/a b\"", "/a b");
    expect(*state, "migrate_tls_x509_cert_dir = \"/one\"\nmigrate_tls_x509_cert_dir = \"/two\"\n", "/one");
}

static void either_quotes_and_several_in_a_line_are_read(void **state)
{
    expect(*state, "default_tls_x509_cert_dir = '/certs'\n", "/certs");
    expect(*state, "default_tls_x509_cert_dir = \"\"\"/certs\"\"\"\n", "/certs");
    expect(*state, "user = \"root\"; default_tls_x509_cert_dir = \"/certs\"\n", "/certs");
    expect(*state, "user = 'a;b' ; group = \"x\"; default_tls_x509_cert_dir='/certs'", "/certs");
    expect_below(*state, "user = \"root\" # ; default_tls_x509_cert_dir = \"/certs\"\n", "etc/pki/qemu");
}

static void what_is_no_setting_is_not(void **state)
{
    expect_below(*state, "#default_tls_x509_cert_dir = \"/certs\"\n", "etc/pki/qemu");
    expect_below(*state, "# migrate_tls_x509_cert_dir = \"/m\"\n", "etc/pki/qemu");
    expect_below(*state, "xdefault_tls_x509_cert_dir = \"/certs\"\n", "etc/pki/qemu");
    expect_below(*state, "default_tls_x509_cert_dir = /certs\n", "etc/pki/qemu");
    expect_below(*state, "vnc_tls_x509_cert_dir = \"/vnc\"\n", "etc/pki/qemu");
    expect_below(*state, "default_tls_x509_cert_dir = \"/half\n\"", "etc/pki/qemu");
    expect(*state, "\xff\xfe\ndefault_tls_x509_cert_dir = \"/\xff\"\n", "/\xff");
}

static void all_that_a_node_needs_must_be_there(void **state)
{
    static const char *const files[] = {"ca-cert.pem", "server-cert.pem", "server-key.pem"};
    g_autofree char *nowhere = g_build_filename(*state, "nowhere", NULL);

    assert_false(certificates_are_there(nowhere));
    for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
        assert_false(certificates_are_there(*state));
        write_file(*state, files[i], "x");
    }
    assert_true(certificates_are_there(*state));
}

static void none_of_them_may_be_missing(void **state)
{
    static const char *const files[] = {"ca-cert.pem", "server-cert.pem", "server-key.pem"};

    for (size_t i = 0; i < G_N_ELEMENTS(files); i++)
        write_file(*state, files[i], "x");
    for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *path = g_build_filename(*state, files[i], NULL);
        g_unlink(path);
        assert_false(certificates_are_there(*state));
        write_file(*state, files[i], "x");
        assert_true(certificates_are_there(*state));
    }
}

int main(void)
{
#define WITH_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, unit_directory_new, unit_directory_free)
    const struct CMUnitTest tests[] = {
        WITH_DIRECTORY(without_settings_it_is_libvirts_own),
        WITH_DIRECTORY(a_directory_for_migrations_comes_first_where_it_is_there),
        WITH_DIRECTORY(settings_are_read),
        WITH_DIRECTORY(either_quotes_and_several_in_a_line_are_read),
        WITH_DIRECTORY(what_is_no_setting_is_not),
        WITH_DIRECTORY(all_that_a_node_needs_must_be_there),
        WITH_DIRECTORY(none_of_them_may_be_missing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
