/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Makes the n-th allocation of the code under test fail. Reaches what the linker sees: the
 * library, the test and libyaml, but not allocations inside other shared libraries.
 */
#ifndef FAILING_MALLOC_H
#define FAILING_MALLOC_H

#include <stdbool.h>

/* The n-th allocation from now on fails, once; 0: none does. */
void failing_malloc_at(unsigned long n);
/* True where it has come to that. */
bool failing_malloc_struck(void);

/* What is swept: returns 0 or more, or -ENOMEM, and leaves nothing allocated. */
typedef int failing_malloc_fn(void *opaque);

/* Runs `fn` with its 1st, 2nd, 3rd … allocation failing until a run needs no more of them. Fails
 * the test where a run that was denied memory returns anything but -ENOMEM, where the last run
 * fails, or where memory leaks. Returns how many allocations a whole run makes. */
unsigned long failing_malloc_sweep(failing_malloc_fn *fn, void *opaque);

#endif
