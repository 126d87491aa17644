/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/unit.h"

#include "agent/host.h"

#define DOMAIN(cpu)                                                                                          \
    "<domain type='kvm' id='7'><name>a</name><os><type arch='x86_64' "                                       \
    "machine='pc-q35-7.2'>hvm</type></os>" cpu                                                               \
    "<devices><emulator>/usr/bin/qemu &amp; co</emulator><disk/></devices></domain>"

static void what_a_guest_demands_is_read(void **state)
{
    g_auto(HostDemand) demand = {0};
    (void)state;

    assert_true(
        host_demand_parse(DOMAIN("<cpu mode='custom' match='exact' check='full'><model>Nehalem</model>"
                                 "<feature policy='require' name='x2apic'/></cpu>"),
                          &demand, NULL));
    assert_string_equal(demand.type, "kvm");
    assert_string_equal(demand.arch, "x86_64");
    assert_string_equal(demand.machine, "pc-q35-7.2");
    assert_string_equal(demand.emulator, "/usr/bin/qemu & co");
    assert_true(g_str_has_prefix(demand.cpu, "<cpu "));
    assert_non_null(strstr(demand.cpu, "x2apic"));
}

/* Where libvirt lets a guest in without a look, nobody else is to keep it out. */
static void what_libvirt_does_not_compare_is_not_demanded(void **state)
{
    static const char *const domains[] = {
        DOMAIN(""),
        DOMAIN("<cpu mode='custom' match='exact' check='none'><model>qemu64</model></cpu>"),
        DOMAIN("<cpu mode='host-passthrough'/>"),
        DOMAIN("<cpu><topology sockets='1' cores='2' threads='1'/></cpu>"),
        "<domain/>",
    };
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(domains); i++) {
        g_auto(HostDemand) demand = {0};
        assert_true(host_demand_parse(domains[i], &demand, NULL));
        if (demand.cpu != NULL)
            fail_msg("%s demands %s", domains[i], demand.cpu);
    }
}

static void what_is_no_domain_is_refused(void **state)
{
    static const char *const texts[] = {"",       "<",        "<cpu/>",
                                        "domain", "<domain>", "<capabilities><domain/></capabilities>"};
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_auto(HostDemand) demand = {0};
        g_autoptr(GError) error = NULL;
        assert_false(host_demand_parse(texts[i], &demand, &error));
        assert_int_equal(error->code, OCF_ERR_ARGS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_guest_demands_is_read),
        cmocka_unit_test(what_libvirt_does_not_compare_is_not_demanded),
        cmocka_unit_test(what_is_no_domain_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
