/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prints wherry(8), or with the argument "completion" the completion for bash, from the program's own table
 * of verbs; for the build only. */
#include "cli/cli.h"

#include <string.h>

int main(int argc, char **argv)
{
    gboolean completion = argc > 1 && strcmp(argv[1], "completion") == 0;
    g_autofree char *text = completion ? cli_completion() : g_string_free(cli_man(), FALSE);

    return fputs(text, stdout) == EOF || fflush(stdout) == EOF;
}
