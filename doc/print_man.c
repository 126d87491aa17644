/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prints the man page of ocf:wherry:LiveDomain from the agent's own tables; for the build only. */
#include "agent/actions.h"

#include <stdio.h>

int main(void)
{
    g_autoptr(GString) man = ocf_agent_man(&live_domain_agent);

    return fputs(man->str, stdout) == EOF || fflush(stdout) == EOF;
}
