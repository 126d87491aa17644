/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/interrupt.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

void interrupt_begin(Interrupt *interrupt)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, &interrupt->before);
    interrupt->fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

void interrupt_end(Interrupt *interrupt)
{
    if (interrupt->fd >= 0)
        close(interrupt->fd);
    sigprocmask(SIG_SETMASK, &interrupt->before, NULL);
}

int interrupt_wait(const Interrupt *interrupt, int duration_ms)
{
    struct pollfd wait = {.fd = interrupt->fd, .events = POLLIN};
    struct signalfd_siginfo info = {0};

    if (poll(&wait, 1, duration_ms) < 1 || read(interrupt->fd, &info, sizeof info) != sizeof info)
        return 0;
    return (int)info.ssi_signo;
}
