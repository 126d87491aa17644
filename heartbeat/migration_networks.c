/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "heartbeat/actions.h"

int main(int argc, char **argv, char **environment)
{
    return ocf_agent_main(&migration_networks_agent, argc, argv, environment);
}
