/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Test-driven trimming: finds the options that can be off while a test passes. The search tries
 * groups, and halves of groups that fail. A state file records the trials, so that an
 * interrupted search goes on where it was.
 */
#ifndef TINYX_TRIM_H
#define TINYX_TRIM_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

struct names {
    const char **items;
    size_t count, room;
};

/* Returns whether the test passes with these options off; else *why says what failed (static or
 * from the arena). */
typedef int trim_fn(void *opaque, const struct names *off, bool *passed, const char **why,
                    chaos_error *err);

struct trim_need {
    const char *name, *why;
};

struct trim {
    struct names candidates; /* in the order in which they are tried */
    const char *state;       /* the file; NULL: none */
    const char *subject; /* the kernel and its test; the search begins anew for another subject */
    trim_fn *try;
    void *opaque;

    struct names off; /* found so far */
    struct {
        struct trim_need *items;
        size_t count, room;
    } needed;
    unsigned int trials, remembered; /* done now, and found in the state file */
    time_t begin;
    struct {
        struct trim_memory *items;
        size_t count, room;
    } memory; /* the state file's lines */
};

#define TRIM_GROUP 16 /* options tried at once to begin with */

int trim_search(struct trim *trim, chaos_error *err);

#endif
