/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * measure ROUNDS COMMAND... ::: COMMAND... ::: ...
 * Runs the commands in turn, ROUNDS times each, so that whatever else the machine does falls on all of them alike.
 * Prints a line each: CPU time with all that it waited for (ms, mean), wall time (ms, median), highest exit status.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { COMMANDS_MOST = 8, ROUNDS_MOST = 1000 };

typedef struct {
    char **argv;
    double cpu_ms;
    double wall_ms[ROUNDS_MOST];
    int status;
} Command;

static double now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static double cpu_ms(const struct rusage *usage)
{
    return (double)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * 1e3 +
           (double)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) / 1e3;
}

static void run_once(Command *command, int round)
{
    struct rusage usage;
    int status = 0;
    double began = now_ms();
    pid_t pid = fork();

    if (pid == 0) {
        int null_fd = open("/dev/null", O_RDWR);

        dup2(null_fd, 0);
        dup2(null_fd, 1);
        dup2(null_fd, 2);
        execvp(command->argv[0], command->argv);
        _exit(127);
    }
    while (wait4(pid, &status, 0, &usage) < 0 && errno == EINTR)
        ;
    command->wall_ms[round] = now_ms() - began;
    command->cpu_ms += cpu_ms(&usage);
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
    if (code > command->status)
        command->status = code;
}

static int compare(const void *a, const void *b)
{
    double first = *(const double *)a, second = *(const double *)b;

    return (first > second) - (first < second);
}

int main(int argc, char **argv)
{
    static Command commands[COMMANDS_MOST];
    int count = 1, rounds = argc > 2 ? atoi(argv[1]) : 0;

    if (rounds < 1 || rounds > ROUNDS_MOST) {
        fprintf(stderr, "usage: measure ROUNDS COMMAND... [::: COMMAND...]...\n");
        return 2;
    }
    commands[0].argv = argv + 2;
    for (int i = 2; i < argc; i++) {
        if (strcmp(argv[i], ":::") != 0)
            continue;
        argv[i] = NULL;
        if (count == COMMANDS_MOST)
            return 2;
        commands[count++].argv = argv + i + 1;
    }
    for (int round = 0; round < rounds; round++)
        for (int i = 0; i < count; i++)
            run_once(&commands[i], round);
    for (int i = 0; i < count; i++) {
        qsort(commands[i].wall_ms, (size_t)rounds, sizeof(double), compare);
        printf("%.3f %.3f %d\n", commands[i].cpu_ms / rounds, commands[i].wall_ms[rounds / 2],
               commands[i].status);
    }
    return 0;
}
