/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test_netpref.h"

static const char example[] =
    "wherry-links/1.0; link eth1 up speed=10000 mtu=9000 ip=10.99.2.1/24 ip=fd99:2::1/64; "
    "link eth2 down mtu=1500; end 2";

static void assert_refused(const char *text, const char *message)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) links = netpref_links_from_text(text, &error);

    assert_null(links);
    assert_non_null(error);
    assert_true(error->domain == OCF_ERROR);
    assert_int_equal(error->code, OCF_ERR_GENERIC);
    assert_string_equal(error->message, message);
}

static void links_survive_the_round_trip(void **state)
{
    (void)state;
    g_autoptr(GPtrArray) links = netpref_links_from_text(example, NULL);
    assert_int_equal(links->len, 2);
    const NetprefLink *link = links->pdata[0];
    assert_string_equal(link->interface, "eth1");
    assert_int_equal(link->state, NETPREF_LINK_UP);
    assert_int_equal(link->speed_mbits, 10000);
    assert_int_equal(link->mtu, 9000);
    assert_int_equal(link->cidrs->len, 2);
    g_autofree char *text = netpref_links_to_text(links);
    assert_string_equal(text, example);
}

static void no_links_are_a_text_too(void **state)
{
    (void)state;
    g_autoptr(GPtrArray) none = netpref_links_new();
    g_autofree char *text = netpref_links_to_text(none);
    assert_string_equal(text, "wherry-links/1.0; end 0");
    g_autoptr(GPtrArray) links = netpref_links_from_text(text, NULL);
    assert_int_equal(links->len, 0);
}

static void same_links_are_the_same_text_in_any_order(void **state)
{
    (void)state;
    g_autoptr(GPtrArray) a = netpref_links_from_text(example, NULL);
    g_autoptr(GPtrArray) b =
        netpref_links_from_text("wherry-links/1.0; link eth2 down mtu=1500; link eth1 up "
                                "ip=fd99:2::1/64 mtu=9000 ip=10.99.2.1/24 speed=10000; end 2",
                                NULL);
    g_autofree char *a_text = netpref_links_to_text(a);
    g_autofree char *b_text = netpref_links_to_text(b);
    assert_string_equal(a_text, b_text);
}

static void any_interface_name_is_safe_in_xml_and_comes_back(void **state)
{
    (void)state;
    static const char wild[] = "a<&>\"'; %=,\xff\x01";
    g_autoptr(GPtrArray) links = netpref_links_new();
    g_ptr_array_add(links, netpref_link_new(wild, NETPREF_LINK_UNKNOWN, 0, 0));
    g_autofree char *text = netpref_links_to_text(links);
    assert_null(strpbrk(text, "<>&\"'\n"));
    assert_true(g_str_is_ascii(text));
    g_autoptr(GPtrArray) back = netpref_links_from_text(text, NULL);
    assert_non_null(back);
    assert_string_equal(((NetprefLink *)back->pdata[0])->interface, wild);
}

static void text_cut_short_anywhere_is_refused(void **state)
{
    (void)state;
    for (gsize length = 0; length < strlen(example); length++) {
        g_autofree char *cut = g_strndup(example, length);
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) links = netpref_links_from_text(cut, &error);
        assert_null(links);
        assert_non_null(error);
    }
    assert_refused("wherry-links/1.0; link eth1 up mtu=15", "published links are cut off after character 37");
}

static void damage_is_named_with_its_place(void **state)
{
    (void)state;
    assert_refused("", "published links damaged at character 1: it does not begin with wherry-links/");
    assert_refused("garbage", "published links damaged at character 1: it does not begin with wherry-links/");
    assert_refused("wherry-links/x; end 0", "published links damaged at character 14: \"x\" is no version");
    assert_refused("wherry-links/0.1; end 0",
                   "published links damaged at character 14: \"0.1\" is no version");
    assert_refused("wherry-links/1.0; link e%0 up; end 1",
                   "published links damaged at character 23: \"e%0\" is no interface name");
    assert_refused("wherry-links/1.0; link e%00 up; end 1",
                   "published links damaged at character 23: \"e%00\" is no interface name");
    assert_refused("wherry-links/1.0; link; end 1",
                   "published links damaged at character 23: \"\" is no interface name");
    assert_refused("wherry-links/1.0; link e; end 1",
                   "published links damaged at character 25: the state of e is not up, down or unknown");
    assert_refused(
        "wherry-links/1.0; link e up ip=10.1.0.300/24; end 1",
        "published links damaged at character 29: \"ip=10.1.0.300/24\" is no address with a prefix length");
    assert_refused(
        "wherry-links/1.0; link e up ip=10.1.0.3; end 1",
        "published links damaged at character 29: \"ip=10.1.0.3\" is no address with a prefix length");
    assert_refused("wherry-links/1.0; link e up mtu=-1; end 1",
                   "published links damaged at character 29: \"mtu=-1\" is no number");
    assert_refused("wherry-links/1.0; link e up mtu=99999999999; end 1",
                   "published links damaged at character 29: \"mtu=99999999999\" is no number");
    assert_refused("wherry-links/1.0; link e up mtu=1 mtu=1; end 1",
                   "published links damaged at character 35: \"mtu=1\" comes twice");
    assert_refused("wherry-links/1.0; link e up mtu; end 1",
                   "published links damaged at character 29: \"mtu\" is no KEY=VALUE");
    assert_refused("wherry-links/1.0; link e up  mtu=1; end 1",
                   "published links damaged at character 29: \"\" is no KEY=VALUE");
    assert_refused("wherry-links/1.0; link e up; link e up; end 2",
                   "published links damaged at character 34: interface e comes twice");
    assert_refused("wherry-links/1.0; lnk e up; end 1",
                   "published links damaged at character 19: \"lnk\" is no kind of record");
    assert_refused("wherry-links/1.0;link e up; end 1",
                   "published links damaged at character 17: a record should end or begin here");
}

static void number_of_links_must_agree(void **state)
{
    (void)state;
    assert_refused("wherry-links/1.0; link e up; end 2",
                   "published links damaged at character 33: 2 links are announced, 1 are there");
    assert_refused(
        "wherry-links/1.0; link e up; end 1 ",
        "published links damaged at character 33: after the end only the number of links is expected");
    assert_refused(
        "wherry-links/1.0; end x",
        "published links damaged at character 22: after the end only the number of links is expected");
}

static void newer_minor_version_is_read_without_what_is_new(void **state)
{
    (void)state;
    g_autoptr(GPtrArray) links = netpref_links_from_text(
        "wherry-links/1.7; clock 17:4 x; link eth1 dormant rdma=1 mtu=1500 ip=10.1.0.1/24; end 1", NULL);
    assert_non_null(links);
    const NetprefLink *link = links->pdata[0];
    assert_int_equal(link->state, NETPREF_LINK_UNKNOWN);
    assert_int_equal(link->mtu, 1500);
    assert_int_equal(link->cidrs->len, 1);
    assert_refused("wherry-links/1.0; link eth1 up rdma=1; end 1",
                   "published links damaged at character 32: \"rdma=1\" is not known");
}

static void newer_major_version_is_refused_by_name(void **state)
{
    (void)state;
    assert_refused("wherry-links/2.3 {what ever}",
                   "published links have format 2.3, of a newer Wherry; this one reads 1: update it");
}

static void one_damaged_byte_never_crashes(void **state)
{
    (void)state;
    for (gsize i = 0; i < strlen(example); i++) {
        for (guint byte = 1; byte < 256; byte++) {
            g_autofree char *text = g_strdup(example);
            g_autoptr(GError) error = NULL;
            text[i] = (char)byte;
            g_autoptr(GPtrArray) links = netpref_links_from_text(text, &error);
            assert_true((links == NULL) == (error != NULL));
            if (error != NULL)
                assert_true(g_str_is_ascii(error->message));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(links_survive_the_round_trip),
        cmocka_unit_test(no_links_are_a_text_too),
        cmocka_unit_test(same_links_are_the_same_text_in_any_order),
        cmocka_unit_test(any_interface_name_is_safe_in_xml_and_comes_back),
        cmocka_unit_test(text_cut_short_anywhere_is_refused),
        cmocka_unit_test(damage_is_named_with_its_place),
        cmocka_unit_test(number_of_links_must_agree),
        cmocka_unit_test(newer_minor_version_is_read_without_what_is_new),
        cmocka_unit_test(newer_major_version_is_refused_by_name),
        cmocka_unit_test(one_damaged_byte_never_crashes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
