/* SPDX-License-Identifier: GPL-2.0-or-later */
/* About how long a VM's memory takes. */
#include "tests/unit/unit.h"

#include "cli/carriage.h"

static Vm *vm_new(const char *memory_mib)
{
    Vm *vm = g_new0(Vm, 1);

    vm->parameters = g_hash_table_new(g_str_hash, g_str_equal);
    vm->meta = g_hash_table_new(g_str_hash, g_str_equal);
    vm->timeouts = g_hash_table_new(g_str_hash, g_str_equal);
    vm->utilization = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    if (memory_mib != NULL)
        g_hash_table_insert(vm->utilization, g_strdup("hv_memory"), g_strdup(memory_mib));
    return vm;
}

static void memory_that_is_no_number_is_not_known(void **state)
{
    static const char *const wrong[] = {NULL, "", "0", "-4", "4 GiB", "99999999999"};
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autoptr(Vm) vm = vm_new(wrong[i]);
        assert_int_equal(carriage_memory_mib(vm), 0);
    }
}

static void estimates_follow_memory_and_speed(void **state)
{
    (void)state;

    assert_int_equal(carriage_estimate_s(0, 1000), 1);
    assert_int_equal(carriage_estimate_s(1192, 1000), 10); /* 1250 MB at 125 MB/s */
    assert_int_equal(carriage_estimate_s(1192, 10000), 1);
    assert_in_range(carriage_estimate_s(1024 * 1024, 10000), 870, 890); /* a TiB */
    assert_int_equal(carriage_timeout_s(1), 120);
    assert_int_equal(carriage_timeout_s(101), 370);
}

static void what_it_writes_meanwhile_takes_longer(void **state)
{
    g_autoptr(Vm) vm = vm_new("1024");
    Carriage carriage = {.speed_mbits = 1000, .estimate_s = carriage_estimate_s(1024, 1000)};
    gint64 still_s = carriage.estimate_s;
    (void)state;

    assert_true(carriage_heed_writes(&carriage, vm, 0));
    assert_int_equal(carriage.estimate_s, still_s);
    assert_true(carriage_heed_writes(&carriage, vm, 60)); /* half of what the network carries */
    assert_in_range(carriage.estimate_s, 2 * still_s - 2, 2 * still_s + 1);
}

static void what_writes_faster_than_the_network_carries_has_no_estimate(void **state)
{
    g_autoptr(Vm) vm = vm_new("1024");
    static const guint64 rates_mib_s[] = {120, 1000, 1000000};
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(rates_mib_s); i++) {
        Carriage carriage = {.speed_mbits = 1000, .estimate_s = 9};
        assert_false(carriage_heed_writes(&carriage, vm, rates_mib_s[i]));
        assert_int_equal(carriage.estimate_s, -1);
    }
    Carriage unknown = {.speed_mbits = 0, .estimate_s = -1};
    assert_true(carriage_heed_writes(&unknown, vm, 5));
    assert_int_equal(unknown.estimate_s, -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_that_is_no_number_is_not_known),
        cmocka_unit_test(estimates_follow_memory_and_speed),
        cmocka_unit_test(what_it_writes_meanwhile_takes_longer),
        cmocka_unit_test(what_writes_faster_than_the_network_carries_has_no_estimate),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
