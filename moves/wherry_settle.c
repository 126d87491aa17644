/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wherry-settle: one settler (moves/settle.h), not for people. At most one per resource works on a node. */
#include "agent/settler.h"
#include "moves/settle.h"

#include <stdio.h>
#include <stdlib.h>

enum { PREDECESSOR_MS = 3000 };

int main(int argc, char **argv, char **environment)
{
    g_autofree char *resource = NULL;
    g_autoptr(GError) error = NULL;
    const GOptionEntry entries[] = {
        {"resource", 'r', 0, G_OPTION_ARG_STRING, &resource, "The resource whose migration is to be settled",
         "ID"},
        {.long_name = NULL},
    };
    g_autoptr(GOptionContext) context =
        g_option_context_new("- settle a migration that nobody drives any more");

    g_option_context_add_main_entries(context, entries, NULL);
    g_option_context_set_summary(context,
                                 "Started by ocf:wherry:LiveDomain and wherryd; to start it by hand does no "
                                 "harm.");
    if (!g_option_context_parse(context, &argc, &argv, &error) || resource == NULL) {
        fprintf(stderr, "wherry-settle: %s\n", error != NULL ? error->message : "--resource is missing");
        return EXIT_FAILURE;
    }
    g_auto(GStrv) log_environment =
        g_environ_setenv(g_strdupv(environment), "PCMK_service", "wherry-settle", FALSE);
    g_autofree char *who = g_strdup_printf("wherry-settle(%s)", resource);
    ocf_log_init(who, log_environment);

    if (!settler_claim(resource, ocf_deadline_in(PREDECESSOR_MS)))
        return EXIT_SUCCESS; /* another one is at work */
    return settle_run(resource);
}
