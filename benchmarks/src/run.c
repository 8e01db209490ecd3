/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs a command and tells how long it took, from fork to waitpid, in nanoseconds. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "--unit") == 0) {
        printf("%lu\n", fork_exec_unit(argv[2]));
        return 0;
    }
    if (argc < 2 || argv[1][0] != '/') {
        fputs("Usage: bench-run PATH [ARG...]\n       bench-run --unit STATIC-TRUE\n", stderr);
        return 2;
    }
    printf("%lu\n", run_process(argv[1], argv + 1));
    return 0;
}
