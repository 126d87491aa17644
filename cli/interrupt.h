/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ctrl-C and its like, heard while something is watched instead of ending the program. */
#ifndef WHERRY_CLI_INTERRUPT_H
#define WHERRY_CLI_INTERRUPT_H

#include <signal.h>

typedef struct {
    int fd; /* -1: they cannot be heard */
    sigset_t before;
} Interrupt;

void interrupt_begin(Interrupt *interrupt);
void interrupt_end(Interrupt *interrupt);

/* Waits DURATION_MS. Returns the signal that came meanwhile, at once; else 0. */
int interrupt_wait(const Interrupt *interrupt, int duration_ms);

#endif
