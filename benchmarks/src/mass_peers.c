/* SPDX-License-Identifier: BSD-3-Clause */
/* What guests of chaos are compared with: those of xl, and processes. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mass.h"

void run_xl(const struct mass *mass, struct sample *created, uint64_t *destroyed)
{
    mass_point(mass, 0);
    for (size_t i = 0; i < mass->count; i++) {
        created[i].ns = xl_create(mass->config, i + 1);
        mass_rest(mass);
        mass_point(mass, i + 1);
        if ((i + 1) % 20 == 0 || i + 1 == mass->count)
            fprintf(stderr, "bench-mass: xl created %zu of %zu\n", i + 1, mass->count);
    }
    for (size_t i = 0; mass->each && i < mass->count; i++)
        destroyed[i] = xl_destroy(i + 1);
}

static pid_t start_sleeper(const char *busybox)
{
    pid_t pid = fork();

    if (pid < 0)
        die("fork", NULL);
    if (pid == 0) {
        execl(busybox, "busybox", "sleep", "1000000", (char *)NULL);
        _exit(127);
    }
    return pid;
}

void run_processes(const struct mass *mass, struct sample *created)
{
    pid_t *pids = calloc(mass->count, sizeof(*pids));

    if (!pids)
        die("memory", NULL);
    mass_point(mass, 0);
    for (size_t i = 0; i < mass->count; i++) {
        uint64_t start = now_ns();

        pids[i] = start_sleeper(mass->config);
        created[i].ns = now_ns() - start;
        mass_rest(mass);
        mass_point(mass, i + 1);
    }
    for (size_t i = 0; i < mass->count; i++)
        kill(pids[i], SIGKILL);
    for (size_t i = 0; i < mass->count; i++)
        waitpid(pids[i], NULL, 0);
    free(pids);
}
