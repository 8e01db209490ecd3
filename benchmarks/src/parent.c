/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who forks what is measured. Fork copies page tables, and how many there are depends on where the
 * kernel happens to put a process' parts, and on what it has been through. So commands and the unit
 * are forked by small processes that are started anew, and each figure is the mean over several.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

#define WORDS     1024 /* of a command, each with its end */
#define UNIT_RUNS 20

/* What it is asked: how often to run a command; its words, one behind the other. */
struct request {
    int times;
    char words[WORDS];
};

static uint64_t run_best(char *const argv[], int times)
{
    uint64_t best = UINT64_MAX;

    while (times-- > 0) {
        uint64_t ns = run_process(argv[0], argv);

        if (ns < best)
            best = ns;
    }
    return best;
}

static int run_commands(int fd)
{
    struct request request;
    ssize_t len;

    while ((len = recv(fd, &request, sizeof(request), 0)) > 0) {
        char *argv[16], *end = (char *)&request + len;
        size_t argc = 0;
        uint64_t ns;

        for (char *word = request.words; word < end && argc < 15; word += strlen(word) + 1)
            argv[argc++] = word;
        argv[argc] = NULL;
        ns = run_best(argv, request.times);
        if (send(fd, &ns, sizeof(ns), MSG_NOSIGNAL) < 0)
            return 1;
    }
    return len < 0;
}

/* Any program with this file, called as `PROGRAM --parent`, is such a process; its standard input
 * is the socket. */
__attribute__((constructor)) static void be_parent(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--parent") == 0)
        _exit(run_commands(STDIN_FILENO));
}

struct parent parent_start(void)
{
    char *argv[] = {program_invocation_short_name, "--parent", NULL};
    struct parent parent;
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
        die("socketpair", NULL);
    parent.pid = fork();
    if (parent.pid < 0)
        die("fork", NULL);
    if (parent.pid == 0) {
        dup2(ends[1], STDIN_FILENO);
        dup2(open("/dev/null", O_WRONLY), STDOUT_FILENO); /* their lines are not for our document */
        execv("/proc/self/exe", argv);
        _exit(127);
    }
    close(ends[1]);
    parent.fd = ends[0];
    return parent;
}

uint64_t parent_run(const struct parent *parent, char *const argv[], int times)
{
    struct request request = {.times = times};
    size_t len = 0;
    uint64_t ns;

    for (size_t i = 0; argv[i]; i++) {
        size_t size = strlen(argv[i]) + 1;

        if (len + size > sizeof(request.words))
            die("a command that is too long", NULL);
        memcpy(request.words + len, argv[i], size);
        len += size;
    }
    if (send(parent->fd, &request, offsetof(struct request, words) + len, MSG_NOSIGNAL) < 0 ||
        recv(parent->fd, &ns, sizeof(ns), 0) != sizeof(ns))
        die(argv[0], NULL);
    return ns;
}

uint64_t parent_unit(const struct parent *parent, const char *path)
{
    return parent_run(parent, (char *[]){(char *)path, NULL}, UNIT_RUNS);
}

void parent_end(struct parent *parent)
{
    close(parent->fd);
    waitpid(parent->pid, NULL, 0);
}

uint64_t fork_exec_unit(const char *path)
{
    uint64_t sum = 0;

    for (int i = 0; i < PARENTS; i++) {
        struct parent parent = parent_start();

        sum += parent_unit(&parent, path);
        parent_end(&parent);
    }
    return sum / PARENTS;
}
