/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/utilization.h"

#include "cluster/cluster.h"

/* An attribute that someone removed by hand comes back within this time; a cluster that could not be asked is
 * asked again sooner. */
enum { CHECK_S = 600, RETRY_S = 60 };

typedef struct {
    const char *name;
    gboolean autoset, unset;
    gint64 value;
} Attribute;

static gint64 now_s(void)
{
    return g_get_monotonic_time() / G_USEC_PER_SEC;
}

static gboolean is_due(const GuestRecord *record, const DomainLook *look)
{
    return record->cpus != look->cpus || record->memory_mib != (gint64)look->memory_mib ||
           record->utilization_checked_s < 0 || now_s() - record->utilization_checked_s >= CHECK_S;
}

void utilization_update(Guest *guest, const DomainLook *look, gboolean now, OcfDeadline deadline)
{
    const LiveDomainParameters *parameters = guest->parameters;
    GuestRecord *record = guest->record;
    gint64 checked_s = now_s();
    const Attribute attributes[] = {
        {"cpu", parameters->autoset_utilization_cpu, parameters->unset_utilization_cpu, look->cpus},
        {"host_memory", parameters->autoset_utilization_host_memory,
         parameters->unset_utilization_host_memory, (gint64)look->memory_mib},
        {"hv_memory", parameters->autoset_utilization_hv_memory, parameters->unset_utilization_hv_memory,
         (gint64)look->memory_mib},
    };

    if (look->cpus == 0 || (!now && !is_due(record, look)))
        return;
    for (size_t i = 0; i < G_N_ELEMENTS(attributes); i++) {
        const Attribute *attribute = &attributes[i];
        g_autofree char *value = g_strdup_printf("%" G_GINT64_FORMAT, attribute->value);
        g_autoptr(GError) error = NULL;

        if (!attribute->autoset && !attribute->unset)
            continue;
        if (cluster_utilization_set(guest->call->resource, attribute->name, attribute->autoset ? value : NULL,
                                    deadline, &error))
            continue;
        g_info("%s", error->message);
        checked_s = now_s() - CHECK_S + RETRY_S;
        break;
    }
    record->cpus = look->cpus;
    record->memory_mib = (gint64)look->memory_mib;
    record->utilization_checked_s = MAX(checked_s, 0);
    guest_save_record(guest);
}
