/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Forks what is measured, as it is asked to on its standard input (parent.h). How dear a fork is
 * depends on the parent: on what is linked into it and on what it has been through. So this program
 * is small, does nothing else, and is linked with one and the same C library on every host.
 */
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "parent.h"

static uint64_t now_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

/* 0 where it failed. */
static uint64_t run(char *const argv[])
{
    uint64_t start = now_ns();
    pid_t pid = fork();
    int status;

    if (pid == 0) {
        execv(argv[0], argv);
        _exit(127);
    }
    if (pid < 0 || waitpid(pid, &status, 0) < 0)
        return 0;
    start = now_ns() - start;
    return status ? 0 : start;
}

static uint64_t run_best(char *const argv[], int times)
{
    uint64_t best = UINT64_MAX;

    while (times-- > 0) {
        uint64_t ns = run(argv);

        if (ns < best)
            best = ns;
    }
    return best;
}

int main(void)
{
    struct parent_request request;
    ssize_t len;

    while ((len = recv(STDIN_FILENO, &request, sizeof(request), 0)) > 0) {
        char *argv[16], *end = (char *)&request + len;
        size_t argc = 0;
        uint64_t ns;

        for (char *word = request.words; word < end && argc < 15; word += strlen(word) + 1)
            argv[argc++] = word;
        argv[argc] = NULL;
        ns = run_best(argv, request.times);
        if (send(STDIN_FILENO, &ns, sizeof(ns), MSG_NOSIGNAL) < 0)
            return 1;
    }
    return len < 0;
}
