/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The least that asks libvirt for a guest's state: what a monitor cannot cost less than. */
#include <libvirt/libvirt.h>
#include <stddef.h>

int main(int argc, char **argv)
{
    virConnectPtr connection = virConnectOpen(NULL);
    virDomainPtr domain = argc > 1 && connection != NULL ? virDomainLookupByName(connection, argv[1]) : NULL;
    int state = 0, reason = 0;

    if (domain == NULL || virDomainGetState(domain, &state, &reason, 0) < 0)
        return 1;
    virDomainFree(domain);
    virConnectClose(connection);
    return state != VIR_DOMAIN_RUNNING;
}
