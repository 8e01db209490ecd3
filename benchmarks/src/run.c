/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Runs a command and tells how long it took, from fork to waitpid, in nanoseconds. What the command
 * writes goes to the standard error, so that nobody needs a pipe to another process for the number:
 * that one would start meanwhile.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

int main(int argc, char **argv)
{
    int out;

    if (argc == 3 && strcmp(argv[1], "--unit") == 0) {
        printf("%lu\n", fork_exec_unit(argv[2]));
        return 0;
    }
    if (argc < 2 || argv[1][0] != '/') {
        fputs("Usage: bench-run PATH [ARG...]\n       bench-run --unit STATIC-TRUE\n", stderr);
        return 2;
    }
    out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    if (out < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
        die("standard output", NULL);
    return dprintf(out, "%lu\n", run_process(argv[1], argv + 1)) < 0;
}
