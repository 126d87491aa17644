/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/actions.h"
#include "agent/hypervisor.h"

int main(int argc, char **argv, char **environment)
{
    hypervisor_library_init();
    return ocf_agent_main(&live_domain_agent, argc, argv, environment);
}
