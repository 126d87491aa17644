/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/unit.h"

#include "agent/config.h"

#include <libxml/parser.h>
#include <sys/stat.h>

#define UUID "11111111-2222-3333-4444-55555555abcd"

static DomainConfig *parse(const char *text, GError **error)
{
    return domain_config_parse(text, strlen(text), error);
}

/* ---- what is read -------------------------------------------------------------------------------- */

static void a_domain_is_read(void **state)
{
    static const char text[] = "<domain type='kvm'><name>web1</name><uuid>" UUID "</uuid></domain>\n";
    g_autoptr(GError) error = NULL;
    g_autoptr(DomainConfig) config = parse(text, &error);
    (void)state;

    assert_null(error);
    assert_string_equal(config->name, "web1");
    assert_string_equal(config->uuid, UUID);
    assert_string_equal(config->type, "kvm");
    assert_int_equal(config->pools->len, 0);
    assert_int_equal(config->networks->len, 0);
    assert_string_equal(config->text, text);
    assert_int_equal(config->length, strlen(text));
}

static void memory_is_read_in_every_unit_of_libvirt(void **state)
{
    static const struct {
        const char *memory;
        guint64 mib;
    } cases[] = {
        {"<memory>1024</memory>", 1},
        {"<memory>1025</memory>", 2}, /* rounded up */
        {"<memory unit='b'>1048576</memory>", 1},
        {"<memory unit='bytes'>1</memory>", 1},
        {"<memory unit='KB'>1049</memory>", 2},
        {"<memory unit='k'>2048</memory>", 2},
        {"<memory unit='KiB'> 2048\n</memory>", 2},
        {"<memory unit='MB'>2</memory>", 2},
        {"<memory unit='M'>7</memory>", 7},
        {"<memory unit='MiB'>7</memory>", 7},
        {"<memory unit='GB'>1</memory>", 954},
        {"<memory unit='G'>3</memory>", 3072},
        {"<memory unit='GiB'>3</memory>", 3072},
        {"<memory unit='TB'>1</memory>", 953675},
        {"<memory unit='T'>1</memory>", 1048576},
        {"<memory unit='TiB'>1</memory>", 1048576},
        {"", 0},
        {"<memory/>", 0},
        {"<memory>much</memory>", 0},
        {"<memory>-5</memory>", 0},
        {"<memory unit='parsec'>5</memory>", 0},
        {"<memory unit='TiB'>99999999999</memory>", 0},
        {"<currentMemory>1024</currentMemory>", 0},
        {"<metadata><memory>1024</memory></metadata>", 0},
    };
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = g_strdup_printf("<domain><name>a</name>%s</domain>", cases[i].memory);
        g_autoptr(GError) error = NULL;
        g_autoptr(DomainConfig) config = parse(text, &error);
        assert_null(error);
        if (config->memory_mib != cases[i].mib)
            fail_msg("%s: %" G_GUINT64_FORMAT " MiB", cases[i].memory, config->memory_mib);
    }
}

/* facts L11: a name may stand anywhere; only the domain's own counts. Layout means nothing. */
static void the_name_is_found_wherever_it_stands(void **state)
{
    static const struct {
        const char *text, *name;
    } cases[] = {
        {"<domain><name>a</name></domain>", "a"},
        {"\xef\xbb\xbf<domain><name>a</name></domain>", "a"},
        {"<?xml version='1.0'?>\n\n<!-- <name>no</name> --><domain>\n<name>a</name> <memory/> </domain>",
         "a"},
        {"<domain><memory>1</memory><title>t</title><name>a</name></domain>", "a"},
        {"<domain><metadata><name>no</name></metadata><name>a</name></domain>", "a"},
        {"<domain><name>a</name><metadata><x:name xmlns:x='u'>no</x:name></metadata></domain>", "a"},
        {"<domain><name>a</name><devices><disk><name>no</name></disk></devices></domain>", "a"},
        {"<domain><name>a</name><!-- <name>no</name> --></domain>", "a"},
        {"<domain><name><![CDATA[a<b>&c]]></name></domain>", "a<b>&c"},
        {"<domain><name>a&amp;b&lt;c&#65;&#x42;</name></domain>", "a&b<cAB"},
        {"<domain><name>a<!-- x -->b</name></domain>", "ab"},
        {"<domain><name>with space \"quotes\" 'too' .*[a-z]+$ ;rm -rf</name></domain>",
         "with space \"quotes\" 'too' .*[a-z]+$ ;rm -rf"},
        {"<domain><name>gr\xc3\xbc\xc3\x9f-\xe4\xbb\xae\xe6\x83\xb3</name></domain>",
         "gr\xc3\xbc\xc3\x9f-\xe4\xbb\xae\xe6\x83\xb3"},
        {"<?xml version='1.0' encoding='ISO-8859-1'?><domain><name>gr\xfcn</name></domain>", "gr\xc3\xbcn"},
        {"<?xml version='1.0' encoding='UTF-8'?><domain><name>gr\xc3\xbcn</name></domain>", "gr\xc3\xbcn"},
        {"<domain><name>.</name></domain>", "."},
        {"<domain><name>-name</name></domain>", "-name"},
    };
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(DomainConfig) config = parse(cases[i].text, &error);
        if (config == NULL)
            fail_msg("%s: %s", cases[i].text, error->message);
        assert_string_equal(config->name, cases[i].name);
        assert_string_equal(config->text, cases[i].text);
    }
}

/* libvirt's elements are in no namespace; another's are not ours, whatever they are called. */
static void elements_of_other_namespaces_do_not_count(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(DomainConfig) both =
        parse("<domain xmlns:q='http://libvirt.org/schemas/domain/qemu/1.0'><q:name>no</q:name>"
              "<name>a</name><q:uuid>no</q:uuid><devices><disk><q:source pool='no'/></disk></devices>"
              "<q:devices><disk><source pool='no'/></disk></q:devices></domain>",
              &error);
    (void)state;

    assert_non_null(both);
    assert_string_equal(both->name, "a");
    assert_string_equal(both->uuid, "");
    assert_int_equal(both->pools->len, 0);
    assert_null(parse("<domain xmlns:q='u'><q:name>a</q:name></domain>", &error));
    unit_expect_error(&error, OCF_ERR_ARGS, "no <name>");
    assert_null(parse("<domain xmlns='u'><name>a</name></domain>", &error));
    unit_expect_error(&error, OCF_ERR_ARGS, "its root is not <domain>");
}

static void uuids_are_read_in_every_spelling_of_libvirt(void **state)
{
    static const char *const spellings[] = {
        "11111111-2222-3333-4444-55555555abcd",       "11111111-2222-3333-4444-55555555ABCD",
        "1111111122223333444455555555abcd",           "\n  11111111-2222-3333-4444-55555555abcd\t\n",
        "11-11-11-11-22-22-33-33-44-44-55555555abcd", "<!-- x -->11111111-2222-3333-4444-55555555aBcD",
    };
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(spellings); i++) {
        g_autofree char *text =
            g_strdup_printf("<domain><name>a</name><uuid>%s</uuid></domain>", spellings[i]);
        g_autoptr(DomainConfig) config = parse(text, NULL);
        assert_non_null(config);
        assert_string_equal(config->uuid, UUID);
    }
}

static void a_domain_without_uuid_is_fine(void **state)
{
    static const char *const texts[] = {"<domain><name>a</name></domain>",
                                        "<domain><name>a</name><uuid/></domain>",
                                        "<domain><name>a</name><uuid> \n </uuid></domain>"};
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(DomainConfig) config = parse(texts[i], NULL);
        assert_non_null(config);
        assert_string_equal(config->uuid, "");
        assert_string_equal(config->type, "");
    }
}

static void pools_and_networks_are_found_each_once(void **state)
{
    static const char text[] =
        "<domain><name>a</name>"
        "<metadata><devices><disk><source pool='no'/></disk></devices><source network='no'/></metadata>"
        "<source pool='no'/><os><source pool='no'/></os>"
        "<devices>"
        "<disk><source pool='p1' volume='v'/><mirror><source pool='p2' volume='v'/></mirror></disk>"
        "<disk><source file='/x'/><backingStore><source pool='p3'/><backingStore><source pool='p1'/>"
        "</backingStore></backingStore></disk>"
        "<interface><source network='n1' portgroup='x'/></interface>"
        "<interface><source network='n1'/></interface>"
        "<interface><source network='gr\xc3\xbcn &amp; blau'/></interface>"
        "<interface><source bridge='br0'/></interface><interface><source network=''/></interface>"
        "</devices>"
        "<devices><interface><source network='n2'/></interface></devices></domain>";
    g_autoptr(DomainConfig) config = parse(text, NULL);
    (void)state;

    assert_non_null(config);
    assert_int_equal(config->pools->len, 3);
    assert_string_equal(config->pools->pdata[0], "p1");
    assert_string_equal(config->pools->pdata[1], "p2");
    assert_string_equal(config->pools->pdata[2], "p3");
    assert_int_equal(config->networks->len, 3);
    assert_string_equal(config->networks->pdata[0], "n1");
    assert_string_equal(config->networks->pdata[1], "gr\xc3\xbcn & blau");
    assert_string_equal(config->networks->pdata[2], "n2");
}

/* ---- what is refused ----------------------------------------------------------------------------- */

static void what_makes_no_sense_is_refused_with_its_reason(void **state)
{
    static const struct {
        const char *text, *why;
    } cases[] = {
        {"", "empty"},
        {" ", "not well-formed"},
        {"web1", "not well-formed XML: line 1"},
        {"<domain>", "not well-formed"},
        {"<domain>\n<name>a</name>\n</domian>\n", "line 3"},
        {"<domain><name>a</name></domain><domain><name>b</name></domain>", "not well-formed"},
        {"<domain><name>a</name></domain>trailing", "not well-formed"},
        {"<domain><name>a</name><x a=1/></domain>", "not well-formed"},
        {"<domain><name>a</name>&unknown;</domain>", "not well-formed"},
        {"<domain><name>gr\xfcn</name></domain>", "not well-formed"},
        {"<?xml version='1.0' encoding='klingon'?><domain><name>a</name></domain>", "not well-formed"},
        {"<domain><name>a\x01</name></domain>", "not well-formed"},
        {"<domain><name>&#0;</name></domain>", "not well-formed"},
        {"<network><name>a</name></network>", "root is not <domain>"},
        {"<domains><domain><name>a</name></domain></domains>", "root is not <domain>"},
        {"<Domain><name>a</name></Domain>", "root is not <domain>"},
        {"<domain/>", "no <name>"},
        {"<domain><name/></domain>", "no <name>"},
        {"<domain><Name>a</Name></domain>", "no <name>"},
        {"<domain name='a'/>", "no <name>"},
        {"<domain><metadata><name>a</name></metadata></domain>", "no <name>"},
        {"<domain><devices><name>a</name></devices></domain>", "no <name>"},
        {"<domain>\n<name>a</name>\n<name>b</name></domain>", "two <name> elements, in lines 2 and 3"},
        {"<domain><name>a</name><name>a</name></domain>", "two <name>"},
        {"<domain><name/><name>a</name></domain>", "two <name>"},
        {"<domain><name>../../etc/passwd</name></domain>", "slash or a line break"},
        {"<domain><name>a\nb</name></domain>", "slash or a line break"},
        {"<domain><name>a&#13;b</name></domain>", "slash or a line break"},
        {"<domain><name>a</name><uuid>1</uuid><uuid>2</uuid></domain>", "two <uuid>"},
        {"<domain><name>a</name><uuid>abc</uuid></domain>", "its <uuid> is none: \"abc\""},
        {"<domain><name>a</name><uuid>-</uuid></domain>", "<uuid> is none"},
        {"<domain><name>a</name><uuid>x\ny</uuid></domain>", "<uuid> is none: \"x y\""},
        {"<domain><name>a</name><uuid>11111111-2222-3333-4444-55555555abcg</uuid></domain>",
         "<uuid> is none"},
        {"<domain><name>a</name><uuid>" UUID "0</uuid></domain>", "<uuid> is none"},
        {"<domain><name>a</name><uuid>1111111-2222-3333-4444-55555555abcd</uuid></domain>", "<uuid> is none"},
    };
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(DomainConfig) config = parse(cases[i].text, &error);
        if (config != NULL)
            fail_msg("accepted: %s", cases[i].text);
        unit_expect_error(&error, OCF_ERR_ARGS, cases[i].why);
    }
}

/* A document type is where entities are declared. None is ever looked at, whatever it would have done. */
static void entities_are_never_resolved(void **state)
{
    static const char *const texts[] = {
        "<!DOCTYPE domain><domain><name>a</name></domain>",
        "<!DOCTYPE domain SYSTEM 'file:///etc/passwd'><domain><name>a</name></domain>",
        "<!DOCTYPE domain SYSTEM 'http://127.0.0.1:1/x.dtd'><domain><name>a</name></domain>",
        "<!DOCTYPE domain PUBLIC '-//X//Y' 'http://127.0.0.1:1/x.dtd'><domain><name>a</name></domain>",
        "<!DOCTYPE d [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><domain><name>&x;</name></domain>",
        "<!DOCTYPE d [<!ENTITY x 'a'>]><domain><name>&x;</name></domain>",
        "<!DOCTYPE d [<!ENTITY % x SYSTEM 'file:///etc/passwd'> %x;]><domain><name>a</name></domain>",
        "<?xml version='1.0'?>\n<!-- c -->\n<!DOCTYPE d [<!ENTITY x "
        "'a'>]>\n<domain><name>&x;</name></domain>",
        "<!DOCTYPE d [<!ENTITY a '0123456789'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;'>"
        "<!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;'><!ENTITY d '&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;'>"
        "<!ENTITY e '&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;'><!ENTITY f '&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;'>"
        "<!ENTITY g '&f;&f;&f;&f;&f;&f;&f;&f;&f;&f;'><!ENTITY h '&g;&g;&g;&g;&g;&g;&g;&g;&g;&g;'>]>"
        "<domain><name>&h;</name></domain>",
    };
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(DomainConfig) config = parse(texts[i], &error);
        assert_null(config);
        unit_expect_error(&error, OCF_ERR_ARGS, "document type (DOCTYPE)");
    }
}

/* libvirt is handed the text as a C string, so what has zero bytes could be checked here but never started.
 */
static void utf16_is_refused_before_libvirt_sees_half_of_it(void **state)
{
    static const char *const encodings[] = {"UTF-16", "UTF-16LE", "UTF-16BE", "UTF-32"};
    static const char text[] = "<?xml version='1.0' encoding='UTF-16'?><domain><name>a</name></domain>";
    g_autoptr(GError) error = NULL;
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(encodings); i++) {
        gsize length = 0;
        g_autofree char *wide = g_convert(text, -1, encodings[i], "UTF-8", NULL, &length, NULL);
        assert_non_null(wide);
        g_autoptr(DomainConfig) config = domain_config_parse(wide, length, &error);
        assert_null(config);
        unit_expect_error(&error, OCF_ERR_ARGS, "UTF-8");
    }
    static const char with_zero[] = "<domain><name>a</name></domain>\0<x>";
    assert_null(domain_config_parse(with_zero, sizeof with_zero - 1, &error));
    unit_expect_error(&error, OCF_ERR_ARGS, "zero byte");
}

static void only_the_given_length_is_read(void **state)
{
    static const char text[] = "<domain><name>a</name></domain>garbage <";
    g_autoptr(DomainConfig) config =
        domain_config_parse(text, strlen("<domain><name>a</name></domain>"), NULL);
    (void)state;

    assert_non_null(config);
    assert_string_equal(config->text, "<domain><name>a</name></domain>");
}

static void deep_nesting_is_refused_not_followed(void **state)
{
    g_autoptr(GString) text = g_string_new("<domain><name>a</name><devices>");
    g_autoptr(GError) error = NULL;
    (void)state;

    for (int i = 0; i < 100000; i++)
        g_string_append(text, "<a>");
    g_autoptr(DomainConfig) config = parse(text->str, &error);
    assert_null(config);
    unit_expect_error(&error, OCF_ERR_ARGS, "not well-formed");
}

static void a_reason_stays_short_whatever_the_file_holds(void **state)
{
    g_autofree char *filler = g_strnfill(1000000, 'x');
    g_autofree char *uuid = g_strdup_printf("<domain><name>a</name><uuid>%s</uuid></domain>", filler);
    g_autofree char *tag = g_strdup_printf("<domain><%s></domain>", filler);
    const char *const texts[] = {uuid, tag};
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(DomainConfig) config = parse(texts[i], &error);
        assert_null(config);
        assert_true(strlen(error->message) < 1000);
    }
}

/* ---- files --------------------------------------------------------------------------------------- */

static void a_file_is_read_whole(void **state)
{
    g_autofree char *path = unit_write(*state, "web 1.xml", "<domain><name>web1</name></domain>\n", -1);
    g_autoptr(DomainConfig) config = domain_config_read(path, NULL);

    assert_non_null(config);
    assert_string_equal(config->text, "<domain><name>web1</name></domain>\n");
}

static void a_file_that_is_not_there_is_not_installed(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *missing = g_build_filename(*state, "missing.xml", NULL);
    g_autofree char *dangling = g_build_filename(*state, "dangling.xml", NULL);

    assert_null(domain_config_read(missing, &error));
    unit_expect_error(&error, OCF_ERR_INSTALLED, "missing.xml cannot be read: it does not exist");
    assert_int_equal(symlink("nowhere", dangling), 0);
    assert_null(domain_config_read(dangling, &error));
    unit_expect_error(&error, OCF_ERR_INSTALLED, "does not exist");
    assert_null(domain_config_read("", &error));
    unit_expect_error(&error, OCF_ERR_INSTALLED, "config");
}

static void what_is_no_file_is_not_opened(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *pipe = g_build_filename(*state, "pipe", NULL);

    assert_null(domain_config_read(*state, &error));
    unit_expect_error(&error, OCF_ERR_INSTALLED, "is not a file");
    assert_int_equal(mkfifo(pipe, 0600), 0); /* opening it would wait for a writer for ever */
    assert_null(domain_config_read(pipe, &error));
    unit_expect_error(&error, OCF_ERR_INSTALLED, "is not a file");
    assert_null(domain_config_read("/dev/zero", &error));
    unit_expect_error(&error, OCF_ERR_INSTALLED, "is not a file");
}

static void a_bad_file_is_named(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = unit_write(*state, "bad.xml", "<domain/>", -1);
    g_autofree char *empty = unit_write(*state, "empty.xml", "", -1);
    g_autofree char *expected = g_strdup_printf("config %s: it has no <name>", path);

    assert_null(domain_config_read(path, &error));
    unit_expect_error(&error, OCF_ERR_ARGS, expected);
    assert_null(domain_config_read(empty, &error));
    unit_expect_error(&error, OCF_ERR_ARGS, "the file is empty");
}

/* A mistaken path, such as that of the disk image, must not fill the memory. */
static void a_huge_file_is_refused_without_reading_it(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = unit_write(*state, "disk.img", "<domain><name>a</name></domain>", -1);

    assert_int_equal(truncate(path, (off_t)64 * 1024 * 1024 * 1024), 0);
    assert_null(domain_config_read(path, &error));
    unit_expect_error(&error, OCF_ERR_ARGS, "too large for a domain");
}

/* ---- anything ------------------------------------------------------------------------------------ */

static const char *const seeds[] = {
    "<domain type='kvm'><name>web1</name><uuid>" UUID "</uuid><devices><disk type='volume'>"
    "<source pool='p' volume='v'/></disk><interface><source network='n'/></interface></devices></domain>",
    "<?xml version='1.0' encoding='ISO-8859-1'?><domain><name>gr\xfcn</name></domain>",
    "<!DOCTYPE d [<!ENTITY x 'a'>]><domain><name>&x;</name></domain>",
    "<domain><metadata><name>x</name></metadata><name><![CDATA[a]]></name></domain>",
};

/* What must hold of any answer to any text. */
static void check_answer(const char *text, gsize length)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(DomainConfig) config = domain_config_parse(text, length, &error);

    assert_true((config == NULL) == (error != NULL));
    if (config == NULL) {
        assert_int_equal(error->code, OCF_ERR_ARGS);
        assert_true(*error->message != '\0');
        return;
    }
    assert_true(*config->name != '\0');
    assert_null(strpbrk(config->name, "/\r\n"));
    assert_true(g_utf8_validate(config->name, -1, NULL));
    assert_true(*config->uuid == '\0' || g_uuid_string_is_valid(config->uuid));
    assert_int_equal(config->length, length);
    assert_memory_equal(config->text, text, length);
    assert_int_equal(config->text[length], '\0');
    for (guint i = 0; i < config->pools->len; i++)
        assert_true(*(const char *)config->pools->pdata[i] != '\0');
}

static void no_text_breaks_the_parser(void **state)
{
    static const char *const bits[] = {"<name>b</name>", "</domain>", "<domain>", "<!DOCTYPE d>", "]]>",
                                       "&#0;",           "<![CDATA[", "<!--",     "xmlns='u'",    "\xff\xfe",
                                       "\xc3",           "<?xml ",    "&amp;"};
    g_autoptr(GRand) random = g_rand_new_with_seed(4711);
    (void)state;

    for (int i = 0; i < 6000; i++) {
        g_autoptr(GString) text = g_string_new(seeds[g_rand_int_range(random, 0, G_N_ELEMENTS(seeds))]);
        for (int change = g_rand_int_range(random, 1, 5); change > 0; change--) {
            gsize at = (gsize)g_rand_int_range(random, 0, (gint32)text->len + 1);
            switch (g_rand_int_range(random, 0, 5)) {
            case 0:
                g_string_truncate(text, at);
                break;
            case 1:
                g_string_erase(text, (gssize)at, (gssize)MIN(3, text->len - at));
                break;
            case 2:
                g_string_insert_c(text, (gssize)at, (char)g_rand_int_range(random, 0, 256));
                break;
            case 3:
                g_string_insert(text, (gssize)at, bits[g_rand_int_range(random, 0, G_N_ELEMENTS(bits))]);
                break;
            default:
                if (at < text->len)
                    text->str[at] = (char)(text->str[at] ^ (1 << g_rand_int_range(random, 0, 8)));
            }
        }
        check_answer(text->str, text->len);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_domain_is_read),
        cmocka_unit_test(memory_is_read_in_every_unit_of_libvirt),
        cmocka_unit_test(the_name_is_found_wherever_it_stands),
        cmocka_unit_test(elements_of_other_namespaces_do_not_count),
        cmocka_unit_test(uuids_are_read_in_every_spelling_of_libvirt),
        cmocka_unit_test(a_domain_without_uuid_is_fine),
        cmocka_unit_test(pools_and_networks_are_found_each_once),
        cmocka_unit_test(what_makes_no_sense_is_refused_with_its_reason),
        cmocka_unit_test(entities_are_never_resolved),
        cmocka_unit_test(utf16_is_refused_before_libvirt_sees_half_of_it),
        cmocka_unit_test(only_the_given_length_is_read),
        cmocka_unit_test(deep_nesting_is_refused_not_followed),
        cmocka_unit_test(a_reason_stays_short_whatever_the_file_holds),
        cmocka_unit_test_setup_teardown(a_file_is_read_whole, unit_directory_new, unit_directory_free),
        cmocka_unit_test_setup_teardown(a_file_that_is_not_there_is_not_installed, unit_directory_new,
                                        unit_directory_free),
        cmocka_unit_test_setup_teardown(what_is_no_file_is_not_opened, unit_directory_new,
                                        unit_directory_free),
        cmocka_unit_test_setup_teardown(a_bad_file_is_named, unit_directory_new, unit_directory_free),
        cmocka_unit_test_setup_teardown(a_huge_file_is_refused_without_reading_it, unit_directory_new,
                                        unit_directory_free),
        cmocka_unit_test(no_text_breaks_the_parser),
    };

    unit_log_start();
    int failed = cmocka_run_group_tests_name("agent/config", tests, NULL, NULL);
    xmlCleanupParser();
    return failed;
}
