/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/unit.h"

#include "agent/hypervisor.h"
#include "agent/parameters.h"

#include <libvirt/libvirt.h>

/* Parses and checks what SETTINGS say ("NAME=VALUE", separated by "; "); NULL: fine, or the reason. */
static char *reason_against(const char *settings, OcfExit *code)
{
    g_auto(GStrv) environment = g_strsplit(settings, "; ", 0);
    LiveDomainParameters values = {0};
    g_autoptr(GError) error = NULL;
    char *reason = NULL;

    for (char **entry = environment; *entry != NULL; entry++) {
        char *variable = g_strconcat("OCF_RESKEY_", *entry, NULL);
        g_free(*entry);
        *entry = variable;
    }
    if (!ocf_parameters_parse(live_domain_parameters, environment, OCF_PARSE_STRICT, &values, &error) ||
        !live_domain_parameters_check(&values, &error)) {
        reason = g_strdup(error->message);
        *code = ocf_error_exit(error);
    }
    ocf_parameters_clear(live_domain_parameters, &values);
    return reason;
}

static void what_makes_sense_passes(void **state)
{
    static const char *const good[] = {
        "config=/x.xml",
        "config=/with space/\"x\".xml",
        "config=/x; hypervisor=qemu+tcp://h/system",
        "config=/x; force_stop=yes",
        "config=/x; snapshot=/snapshots",
        "config=/x; force_stop=no; snapshot=/snapshots",
        "config=/x; backingfile=/base.img",
        "config=/x; backingfile=/base.img; stateless=1; copyindirs=/a /b",
        "config=/x; migration_user=mover",
        "config=/x; migration_user=_svc.mover-2",
        "config=/x; migration_downtime=0; migration_speed=0",
        "config=/x; migration_downtime=2000000",
        "config=/x; migrateport=1",
        "config=/x; migrateport=65535",
        "config=/x; migration_stall_timeout=5s",
        "config=/x; migration_stall_timeout=3600",
        "config=/x; migration_mode=auto; migration_encryption=tls; migration_compression=zstd",
        "config=/x; migration_mode=postcopy; migration_encryption=off; migration_compression=xbzrle",
        "config=/x; migration_connections=255; migration_compression=auto",
        "config=/x; migration_connections=1; migration_compression=xbzrle; migration_mode=postcopy",
        "config=/x; migration_mode=precopy; migration_encryption=auto; migration_compression=off",
        "config=/x; migration_connections=0; migration_compression=xbzrle; migration_mode=postcopy",
        "config=/x; migration_connections=2; migration_compression=zlib; migration_mode=auto",
        "config=/x; migration_connections=2; migration_compression=zstd; migration_mode=precopy",
        "config=/x; shutdown_mode=acpi",
        "config=/x; shutdown_mode=acpi,agent,initctl,signal,paravirt",
        "config=/x; shutdown_mode=agent, acpi",
        "config=/x; migrate_options=--auto-converge --parallel --parallel-connections 4",
        "config=/x; save_config_on_stop=on; sync_config_on_stop=on; start_resources=ja",
    };
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(good); i++) {
        OcfExit code = OCF_SUCCESS;
        g_autofree char *reason = reason_against(good[i], &code);
        if (reason != NULL)
            fail_msg("%s: %s", good[i], reason);
    }
}

static void what_contradicts_itself_is_a_configuration_error(void **state)
{
    static const struct {
        const char *settings, *reason;
    } cases[] = {
        {"hypervisor=qemu:///system", "parameter config is missing"},
        {"config=x.xml", "config must be an absolute path"},
        {"config=./x.xml", "config must be an absolute path"},
        {"config=~/x.xml", "config must be an absolute path"},
        {"config= /x.xml", "config must be an absolute path"},
        {"config=/x; force_stop=1; snapshot=/s", "force_stop and snapshot exclude each other"},
        {"config=/x; stateless=1", "stateless needs backingfile"},
        {"config=/x; copyindirs=/etc/hosts", "copyindirs needs backingfile"},
        {"config=/x; backingfile=base.img", "backingfile must be an absolute path"},
        {"config=/x; snapshot=snapshots", "snapshot must be an absolute path"},
        {"config=/x; migration_user=a b", "migration_user is not a user name"},
        {"config=/x; migration_user=a@b", "migration_user is not a user name"},
        {"config=/x; migration_user=a:b", "migration_user is not a user name"},
        {"config=/x; migration_user=a/b", "migration_user is not a user name"},
        {"config=/x; migration_user=-a", "migration_user is not a user name"},
        {"config=/x; migration_user=1a", "migration_user is not a user name"},
        {"config=/x; migration_user=a\n", "migration_user is not a user name"},
        {"config=/x; migration_user=gr\xc3\xbcn", "migration_user is not a user name"},
        {"config=/x; shutdown_mode=ACPI", "shutdown_mode=\"ACPI\" must be acpi, agent"},
        {"config=/x; shutdown_mode=acpi,", "shutdown_mode"},
        {"config=/x; shutdown_mode=acpi agent", "shutdown_mode"},
        {"config=/x; shutdown_mode=reboot", "shutdown_mode"},
        {"config=/x; migrate_options=--no-such", "migrate_options: --no-such is not an option"},
        {"config=/x; migrate_options=--dname y", "migrate_options: --dname"},
        {"config=/x; migrate_options='", "migrate_options: "},
        {"config=/x; migrateport=0", "migrateport=\"0\" must be a whole number from 1 to 65535"},
        {"config=/x; migrateport=65536", "migrateport"},
        {"config=/x; migrateport=http", "migrateport"},
        {"config=/x; migration_mode=warp", "migration_mode"},
        {"config=/x; migration_mode=AUTO", "migration_mode"},
        {"config=/x; migration_encryption=yes", "migration_encryption"},
        {"config=/x; migration_compression=lzma", "migration_compression"},
        {"config=/x; migration_connections=256", "migration_connections"},
        {"config=/x; migration_connections=-1", "migration_connections"},
        {"config=/x; migration_connections=2; migration_compression=xbzrle", "migration_connections"},
        {"config=/x; migration_connections=2; migration_mode=postcopy", "migration_connections"},
        {"config=/x; migration_connections=two", "migration_connections"},
        {"config=/x; migration_encryption=TLS", "migration_encryption"},
        {"config=/x; migration_compression=mt", "migration_compression"},
        {"config=/x; migration_downtime=-1", "migration_downtime"},
        {"config=/x; migration_downtime=2000001", "migration_downtime"},
        {"config=/x; migration_downtime=30s", "migration_downtime"},
        {"config=/x; migration_speed=fast", "migration_speed"},
        {"config=/x; migration_speed=9223372036854775807", "migration_speed"},
        {"config=/x; migration_speed=18446744073709551617", "migration_speed"},
        {"config=/x; migration_stall_timeout=0", "migration_stall_timeout"},
        {"config=/x; migration_stall_timeout=5m", "migration_stall_timeout"},
        {"config=/x; force_stop=maybe", "force_stop=\"maybe\" must be true or false"},
    };
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        OcfExit code = OCF_SUCCESS;
        g_autofree char *reason = reason_against(cases[i].settings, &code);
        if (reason == NULL || strstr(reason, cases[i].reason) == NULL)
            fail_msg("%s: %s", cases[i].settings, reason);
        assert_int_equal(code, OCF_ERR_CONFIGURED);
    }
}

static void a_speed_within_its_range_fits_libvirts_bytes(void **state)
{
    const OcfParameter *row = live_domain_parameters;
    (void)state;

    while (strcmp(row->name, "migration_speed") != 0)
        row++;
    assert_true(row->max <= G_MAXINT64 / (1024 * 1024));
}

static void each_shutdown_word_is_its_flag(void **state)
{
    static const struct {
        const char *mode;
        guint flags;
    } cases[] = {
        {"acpi", VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN},
        {"agent", VIR_DOMAIN_SHUTDOWN_GUEST_AGENT},
        {"initctl", VIR_DOMAIN_SHUTDOWN_INITCTL},
        {"signal", VIR_DOMAIN_SHUTDOWN_SIGNAL},
        {"paravirt", VIR_DOMAIN_SHUTDOWN_PARAVIRT},
        {"acpi,agent", VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN | VIR_DOMAIN_SHUTDOWN_GUEST_AGENT},
        {" agent , acpi ", VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN | VIR_DOMAIN_SHUTDOWN_GUEST_AGENT},
        {"acpi,acpi", VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN},
        {"", VIR_DOMAIN_SHUTDOWN_DEFAULT},
    };
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        guint flags = 0xffff;
        assert_true(live_domain_shutdown_flags(cases[i].mode, &flags, NULL));
        assert_int_equal(flags, cases[i].flags);
    }
}

static void a_wrong_shutdown_word_leaves_the_flags_untouched(void **state)
{
    static const char *const wrong[] = {"x", "acpi;agent", "acpi,,agent", ",", "acpi,x", "Agent", "acpi\nx"};
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        guint flags = 0xffff;
        g_autoptr(GError) error = NULL;
        assert_false(live_domain_shutdown_flags(wrong[i], &flags, &error));
        assert_int_equal(flags, 0xffff);
        assert_int_equal(error->code, OCF_ERR_CONFIGURED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_makes_sense_passes),
        cmocka_unit_test(what_contradicts_itself_is_a_configuration_error),
        cmocka_unit_test(a_speed_within_its_range_fits_libvirts_bytes),
        cmocka_unit_test(each_shutdown_word_is_its_flag),
        cmocka_unit_test(a_wrong_shutdown_word_leaves_the_flags_untouched),
    };

    unit_log_start();
    hypervisor_library_init();
    return cmocka_run_group_tests_name("agent/parameters", tests, NULL, NULL);
}
