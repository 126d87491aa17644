/* SPDX-License-Identifier: GPL-2.0-or-later */
/* print-man PAGE: prints an agent's man page from the agent's own tables; for the build only. */
#include "agent/actions.h"
#include "heartbeat/actions.h"

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    const OcfAgent *const agents[] = {&live_domain_agent, &migration_networks_agent};

    for (size_t i = 0; argc == 2 && i < G_N_ELEMENTS(agents); i++) {
        g_autofree char *page = g_strdup_printf("ocf_%s_%s.7", agents[i]->provider, agents[i]->name);

        if (strcmp(page, argv[1]) != 0)
            continue;
        g_autoptr(GString) man = ocf_agent_man(agents[i]);
        return fputs(man->str, stdout) == EOF || fflush(stdout) == EOF;
    }
    fprintf(stderr, "print-man: there is no such page\n");
    return 1;
}
