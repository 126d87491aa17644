/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prints wherry(8) from the program's own table of verbs; for the build only. */
#include "cli/cli.h"

int main(void)
{
    g_autoptr(GString) man = cli_man();

    return fputs(man->str, stdout) == EOF || fflush(stdout) == EOF;
}
