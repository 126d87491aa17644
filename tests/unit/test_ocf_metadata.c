/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/unit.h"

#include "agent/actions.h"

#include <libxml/parser.h>
#include <libxml/tree.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlDoc, xmlFreeDoc)

/* Text that would break XML, roff or printf if it were copied as it is. */
#define HOSTILE                                                                                              \
    ".TH evil 8\n'br\n</longdesc>]]>&amp; <b a=\"x\">%s%n\\n \\fBbold -- -o 'q' \"Q\" "                      \
    "gr\xc3\xbc\xc3\x9f\n\n"                                                                                 \
    ".so /etc/passwd\n\n\n\n'ig\n.\n\\&x\\"
#define HOSTILE_LINE "a<b & \"c\" 'd' %s \\fI -x ]]> gr\xc3\xbc\xc3\x9f"
#define HOSTILE_DEFAULT "<&\"'>%s\\n -"

typedef struct {
    char *text;
    gint64 seconds;
} Values;

static const OcfParameter parameters[] = {
    {.name = "text",
     .flags = OCF_PARAMETER_UNIQUE | OCF_PARAMETER_REQUIRED | OCF_PARAMETER_RELOADABLE,
     .offset = offsetof(Values, text),
     .default_text = HOSTILE_DEFAULT,
     .shortdesc = HOSTILE_LINE,
     .longdesc = HOSTILE},
    {.name = "seconds",
     .type = OCF_TYPE_SECONDS,
     .offset = offsetof(Values, seconds),
     .default_text = "5",
     .max = 9,
     .shortdesc = "'leading quote",
     .longdesc = ".leading dot"},
    {.name = NULL},
};

static const OcfAction actions[] = {
    {"start", 90, 0, -1, OCF_PARSE_STRICT, NULL},
    {"monitor", 30, 10, 0, OCF_PARSE_LENIENT, NULL},
    {"monitor", 31, 11, 10, OCF_PARSE_LENIENT, NULL},
    {"meta-data", 5, 0, -1, OCF_PARSE_LENIENT, NULL},
    {.name = NULL},
};

static const OcfAgent hostile = {
    .name = "Hostile",
    .provider = "wherry",
    .version = "1.2.3",
    .shortdesc = HOSTILE_LINE,
    .longdesc = HOSTILE,
    .parameters = parameters,
    .parameters_size = sizeof(Values),
    .actions = actions,
};

static const OcfAgent *const agents[] = {&hostile, &live_domain_agent};

/* ---- meta-data ----------------------------------------------------------------------------------- */

static xmlDoc *parse_metadata(const OcfAgent *agent)
{
    g_autoptr(GString) xml = ocf_agent_metadata(agent);
    xmlDoc *document = xmlReadMemory(xml->str, (int)xml->len, NULL, NULL,
                                     XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);

    assert_true(g_utf8_validate(xml->str, (gssize)xml->len, NULL));
    assert_non_null(document);
    return document;
}

/* The COUNTth child element of PARENT called NAME, from 0; NULL where there are fewer. */
static xmlNode *child_of(const xmlNode *parent, const char *name, int count)
{
    for (xmlNode *node = parent->children; node != NULL; node = node->next)
        if (node->type == XML_ELEMENT_NODE && strcmp((const char *)node->name, name) == 0 && count-- == 0)
            return node;
    return NULL;
}

static void expect_attribute(const xmlNode *node, const char *name, const char *value)
{
    xmlChar *text = xmlGetProp((xmlNode *)node, (const xmlChar *)name);

    if (value == NULL)
        assert_null(text);
    else
        assert_string_equal((const char *)text, value);
    xmlFree(text);
}

static void expect_text(const xmlNode *node, const char *expected)
{
    xmlChar *text = xmlNodeGetContent((xmlNode *)node);
    g_autofree char *trimmed = g_strdup((const char *)text);

    xmlFree(text);
    assert_string_equal(trimmed, expected);
}

static void metadata_is_well_formed_whatever_the_tables_say(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(agents); i++) {
        g_autoptr(xmlDoc) document = parse_metadata(agents[i]);
        const xmlNode *root = xmlDocGetRootElement(document);
        assert_string_equal((const char *)root->name, "resource-agent");
        expect_attribute(root, "name", agents[i]->name);
        expect_attribute(root, "version", agents[i]->version);
        expect_text(child_of(root, "version", 0), "1.1");
        expect_text(child_of(root, "shortdesc", 0), agents[i]->shortdesc);
        g_autofree char *longdesc = g_strdup_printf("\n%s\n", agents[i]->longdesc);
        expect_text(child_of(root, "longdesc", 0), longdesc);
    }
}

static void every_parameter_is_told_as_the_table_has_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(agents); i++) {
        g_autoptr(xmlDoc) document = parse_metadata(agents[i]);
        const xmlNode *list = child_of(xmlDocGetRootElement(document), "parameters", 0);
        int count = 0;
        for (const OcfParameter *row = agents[i]->parameters; row->name != NULL; row++, count++) {
            const xmlNode *node = child_of(list, "parameter", count);
            assert_non_null(node);
            expect_attribute(node, "name", row->name);
            expect_attribute(node, "required", (row->flags & OCF_PARAMETER_REQUIRED) != 0 ? "1" : "0");
            expect_attribute(node, "unique", (row->flags & OCF_PARAMETER_UNIQUE) != 0 ? "1" : "0");
            expect_attribute(node, "unique-group",
                             (row->flags & OCF_PARAMETER_UNIQUE) != 0 ? row->name : NULL);
            expect_attribute(node, "reloadable", (row->flags & OCF_PARAMETER_RELOADABLE) != 0 ? "1" : "0");
            expect_attribute(child_of(node, "content", 0), "default", row->default_text);
            expect_attribute(child_of(node, "content", 0), "type",
                             row->type == OCF_TYPE_STRING    ? "string"
                             : row->type == OCF_TYPE_BOOLEAN ? "boolean"
                                                             : "integer");
            expect_text(child_of(node, "shortdesc", 0), row->shortdesc);
        }
        assert_null(child_of(list, "parameter", count));
    }
}

static void every_action_is_advertised_as_the_table_has_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(agents); i++) {
        g_autoptr(xmlDoc) document = parse_metadata(agents[i]);
        const xmlNode *list = child_of(xmlDocGetRootElement(document), "actions", 0);
        int count = 0;
        for (const OcfAction *row = agents[i]->actions; row->name != NULL; row++, count++) {
            const xmlNode *node = child_of(list, "action", count);
            g_autofree char *timeout = g_strdup_printf("%us", row->timeout_s);
            g_autofree char *interval = row->interval_s > 0 ? g_strdup_printf("%us", row->interval_s) : NULL;
            g_autofree char *depth = row->depth >= 0 ? g_strdup_printf("%d", row->depth) : NULL;
            expect_attribute(node, "name", row->name);
            expect_attribute(node, "timeout", timeout);
            expect_attribute(node, "interval", interval);
            expect_attribute(node, "depth", depth);
        }
        assert_null(child_of(list, "action", count));
    }
}

/* VirtualDomain's users move over without losing a word: every parameter that it has exists here. */
static void every_parameter_of_virtual_domain_exists(void **state)
{
    static const char *const names[] = {"config",
                                        "hypervisor",
                                        "force_stop",
                                        "migration_transport",
                                        "migration_user",
                                        "migration_downtime",
                                        "migration_speed",
                                        "migration_network_suffix",
                                        "migrateuri",
                                        "migrate_options",
                                        "migrateport",
                                        "remoteuri",
                                        "monitor_scripts",
                                        "autoset_utilization_cpu",
                                        "autoset_utilization_host_memory",
                                        "autoset_utilization_hv_memory",
                                        "unset_utilization_cpu",
                                        "unset_utilization_host_memory",
                                        "unset_utilization_hv_memory",
                                        "save_config_on_stop",
                                        "sync_config_on_stop",
                                        "snapshot",
                                        "backingfile",
                                        "stateless",
                                        "copyindirs",
                                        "shutdown_mode",
                                        "start_resources",
                                        NULL};
    (void)state;

    for (const char *const *name = names; *name != NULL; name++) {
        const OcfParameter *row = live_domain_agent.parameters;
        while (row->name != NULL && strcmp(row->name, *name) != 0)
            row++;
        assert_non_null(row->name);
    }
}

static void the_agent_advertises_what_the_standard_and_migration_need(void **state)
{
    static const char *const names[] = {"start",        "stop",         "monitor",   "migrate_to",
                                        "migrate_from", "reload-agent", "meta-data", "validate-all"};
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        const OcfAction *row = live_domain_agent.actions;
        while (row->name != NULL && strcmp(row->name, names[i]) != 0)
            row++;
        assert_non_null(row->name);
        assert_true(row->timeout_s > 0);
        assert_true(row->run != NULL || strcmp(row->name, "meta-data") == 0);
    }
}

/* ---- man page ------------------------------------------------------------------------------------ */

/* The requests that the man page itself makes. */
static gboolean is_own_request(const char *line)
{
    static const char *const requests[] = {".TH", ".SH", ".PP", ".TP", ".IP", ".B",
                                           ".BR", ".I",  ".br", ".nf", ".fi", NULL};
    g_autofree char *request = g_strndup(line, strcspn(line, " "));

    return g_strv_contains(requests, request);
}

static void no_line_of_the_man_page_is_an_accidental_request(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(agents); i++) {
        g_autoptr(GString) man = ocf_agent_man(agents[i]);
        g_auto(GStrv) lines = g_strsplit(man->str, "\n", 0);
        assert_true(g_str_has_prefix(lines[0], ".TH OCF_WHERRY_"));
        for (char **line = lines + 1; *line != NULL; line++) {
            assert_true((*line)[0] != '\'');
            if ((*line)[0] == '.')
                assert_true(is_own_request(*line));
            assert_false(g_str_has_prefix(*line, ".TH"));
        }
    }
}

/* Every backslash starts one of the escapes that the page uses itself. */
static void no_backslash_of_a_table_is_an_escape(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(agents); i++) {
        g_autoptr(GString) man = ocf_agent_man(agents[i]);
        for (const char *at = strchr(man->str, '\\'); at != NULL; at = strchr(at + 2, '\\')) {
            if (strncmp(at, "\\fI", 3) == 0 || strncmp(at, "\\fR", 3) == 0)
                continue;
            if (strchr("e-&", at[1]) == NULL || at[1] == '\0')
                fail_msg("escape in \"%.30s\"", at);
        }
        assert_null(strstr(man->str, "\\fB"));
    }
}

static int count_of(const char *text, const char *part)
{
    int count = 0;

    for (const char *at = strstr(text, part); at != NULL; at = strstr(at + 1, part))
        count++;
    return count;
}

static void the_man_page_names_every_parameter_and_action(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(agents); i++) {
        g_autoptr(GString) man = ocf_agent_man(agents[i]);
        for (const OcfParameter *row = agents[i]->parameters; row->name != NULL; row++) {
            g_autofree char *heading = g_strdup_printf("\n.TP\n.B %s\n(", row->name);
            assert_int_equal(count_of(man->str, heading), 1);
        }
        assert_int_equal(count_of(man->str, "suggested timeout"), count_of(man->str, "\nsuggested timeout"));
        assert_true(count_of(man->str, "suggested timeout") > 2);
        assert_int_equal(count_of(man->str, "\n.SH PARAMETERS\n"), 1);
        assert_int_equal(count_of(man->str, "\n.SH ACTIONS\n"), 1);
    }
}

/* groff is not everywhere: the last test, which main leaves out where it is not. */
static void groff_has_no_complaint(void **state)
{
    g_autofree char *groff = g_find_program_in_path("groff");
    assert_non_null(groff);
    for (size_t i = 0; i < G_N_ELEMENTS(agents); i++) {
        g_autoptr(GString) man = ocf_agent_man(agents[i]);
        g_autofree char *path = unit_write(*state, "page.7", man->str, (gssize)man->len);
        const char *const argv[] = {groff, "-man", "-ww", "-Kutf8", "-Tutf8", "-z", path, NULL};
        g_auto(OcfChild) child = {0};
        assert_true(
            ocf_child_run(argv, OCF_CHILD_ALL_OUTPUT, ocf_deadline_in(UNIT_PATIENCE_MS), &child, NULL));
        assert_int_equal(child.status, 0);
        assert_string_equal(child.output, "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(metadata_is_well_formed_whatever_the_tables_say),
        cmocka_unit_test(every_parameter_is_told_as_the_table_has_it),
        cmocka_unit_test(every_action_is_advertised_as_the_table_has_it),
        cmocka_unit_test(every_parameter_of_virtual_domain_exists),
        cmocka_unit_test(the_agent_advertises_what_the_standard_and_migration_need),
        cmocka_unit_test(no_line_of_the_man_page_is_an_accidental_request),
        cmocka_unit_test(no_backslash_of_a_table_is_an_escape),
        cmocka_unit_test(the_man_page_names_every_parameter_and_action),
        cmocka_unit_test_setup_teardown(groff_has_no_complaint, unit_directory_new, unit_directory_free),
    };

    unit_log_start();
    g_autofree char *groff = g_find_program_in_path("groff");
    size_t count = G_N_ELEMENTS(tests) - (groff == NULL ? 1 : 0);
    int failed = _cmocka_run_group_tests("ocf/metadata", tests, count, NULL, NULL);
    xmlCleanupParser();
    return failed;
}
