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

/* Runs a program to its end: 0, or -errno with a message where it cannot be run or does not end
 * with 0. Its locale is C, its input empty. *status, where not NULL: the status that it ended with
 * (-1: by a signal). */
int process_run(const struct process *process, int *status, chaos_error *err);
/* The last lines of a log, indented, for people on stderr. */
void process_tail(const char *log, unsigned int lines);

/* SIGINT, SIGTERM and SIGHUP no longer end this program: what runs for it ends, the next
 * process_run fails with CHAOS_E_INTERRUPTED, and all that was begun is taken back on the way out.
 */
#define CHAOS_E_INTERRUPTED 130
void catch_interrupts(void);
bool interrupted(void);

#endif
