/* SPDX-License-Identifier: BSD-3-Clause */
/* Other programs: apt, dpkg-deb, make. */
#ifndef TINYX_PROCESS_H
#define TINYX_PROCESS_H

#include "base/error.h"

#include <stdbool.h>
#include <sys/types.h>

struct process {
    const char *const *argv;    /* NULL-ended; argv[0] is looked for on PATH */
    const char *dir;            /* to run in; NULL: here */
    const char *log;            /* file that gets its output and its errors; NULL: ours */
    const char *out;            /* file that gets its output instead; NULL: as above */
    void (*tick)(void *opaque); /* called a few times a second while it runs; NULL: nothing */
    void *opaque;
};

/* Runs a program to its end, in the locale C and without input. Fails with a message if the
 * program cannot be run or its status is not 0. *status, if not NULL, becomes its status, or -1
 * if a signal ended it. Once tinyx itself is interrupted (base/interrupt.h) the program is ended,
 * this fails with CHAOS_E_INTERRUPTED, and each caller undoes what it began. */
int process_run(const struct process *process, int *status, chaos_error *err);
/* The last lines of a log, indented, for people on stderr. */
void process_tail(const char *log, unsigned int lines);

#endif
