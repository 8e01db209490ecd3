/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A test in Dom0: every expectation is counted, a failed one is told with both values, and the
 * exit status is 0 (all held), 1 (some did not) or 77 (the machine cannot run it: skipped).
 *
 * Copyright (c) 2026, the chaos authors
 */
#ifndef TESTS_NOXS_CHECK_H
#define TESTS_NOXS_CHECK_H

#include <stdio.h>
#include <stdlib.h>

static unsigned int checks_done, checks_failed;

#define CHECK_EQ(got, want)                                                                        \
    do {                                                                                           \
        long long got_ = (long long)(got), want_ = (long long)(want);                              \
        checks_done++;                                                                             \
        if (got_ != want_) {                                                                       \
            checks_failed++;                                                                       \
            printf("%s:%d: failure: %s is %lld, not %lld\n", __FILE__, __LINE__, #got, got_,       \
                   want_);                                                                         \
        }                                                                                          \
    } while (0)

#define CHECK(what) CHECK_EQ(!!(what), 1)

/* The test itself is wrong, or its ground is missing. */
#define MUST(what)                                                                                 \
    do {                                                                                           \
        if (!(what)) {                                                                             \
            printf("%s:%d: error: %s\n", __FILE__, __LINE__, #what);                               \
            exit(2);                                                                               \
        }                                                                                          \
    } while (0)

static inline int checks_end(const char *name)
{
    printf("%s: %u checks, %u failed\n", name, checks_done, checks_failed);
    return checks_failed || !checks_done;
}

#endif
