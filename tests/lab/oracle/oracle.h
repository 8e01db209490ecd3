/* SPDX-License-Identifier: BSD-3-Clause */
/* The leak oracle's shape: a state is a sorted list of lines, one for each thing that exists. */
#ifndef ORACLE_H
#define ORACLE_H

#include <stddef.h>

struct state {
    char **lines;
    size_t count, room;
    long pages; /* of the machine that belong to no guest */
};

/* Adds one line; exits when memory is exhausted. */
__attribute__((format(printf, 2, 3))) void state_add(struct state *state, const char *format, ...);

/* Whose open files are recorded: names of programs, NULL at the end. */
void record_host(struct state *state, char *const *programs);
void record_xen(struct state *state);
void record_grants(struct state *state);
void record_xenstore(struct state *state);

/* Prints what and errno and exits with 2: the oracle itself failed. */
__attribute__((noreturn)) void oracle_fail(const char *what);

#endif
