/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The processes that fork what is measured. Fork copies page tables, and how many there are depends
 * on where the kernel happens to put a process' parts, and on what it has been through. So commands
 * and the unit are forked by small processes (bench_parent.c) that are started anew, and each
 * figure is the mean over several.
 */
#include "parent.h"

#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

#define UNIT_RUNS 20

struct parent parent_start(void)
{
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
        execlp("bench-parent", "bench-parent", (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    parent.fd = ends[0];
    return parent;
}

uint64_t parent_run(const struct parent *parent, char *const argv[], int times)
{
    struct parent_request request = {.times = times};
    size_t len = 0;
    uint64_t ns;

    for (size_t i = 0; argv[i]; i++) {
        size_t size = strlen(argv[i]) + 1;

        if (len + size > sizeof(request.words))
            die("a command that is too long", NULL);
        memcpy(request.words + len, argv[i], size);
        len += size;
    }
    if (send(parent->fd, &request, offsetof(struct parent_request, words) + len, MSG_NOSIGNAL) <
            0 ||
        recv(parent->fd, &ns, sizeof(ns), 0) != sizeof(ns))
        die("bench-parent", NULL);
    if (!ns)
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
