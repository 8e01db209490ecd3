/* SPDX-License-Identifier: BSD-3-Clause */
#include "failing_malloc.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#else /* ThreadSanitizer's build, which sweeps nothing */
#define __lsan_do_recoverable_leak_check() 0
#endif

#include <cmocka.h>

static unsigned long countdown;
static bool struck;

void failing_malloc_at(unsigned long n)
{
    countdown = n;
    struck = false;
}

bool failing_malloc_struck(void)
{
    return struck;
}

static bool fails(void)
{
    if (!countdown || --countdown)
        return false;
    struck = true;
    errno = ENOMEM;
    return true;
}

/* The linker sends every call of NAME to __wrap_NAME (unit.mk). */
#define WRAP(name, params, args)                                                                   \
    void *__real_##name params;                                                                    \
    void *__wrap_##name params;                                                                    \
    void *__wrap_##name params                                                                     \
    {                                                                                              \
        return fails() ? NULL : __real_##name args;                                                \
    }

WRAP(malloc, (size_t size), (size))
WRAP(calloc, (size_t count, size_t size), (count, size))
WRAP(realloc, (void *old, size_t size), (old, size))
WRAP(strdup, (const char *text), (text))
WRAP(strndup, (const char *text, size_t len), (text, len))

unsigned long failing_malloc_sweep(failing_malloc_fn *fn, void *opaque)
{
    unsigned long n = 0;
    bool more;

    do {
        int rc;

        failing_malloc_at(++n);
        rc = fn(opaque);
        more = struck;
        failing_malloc_at(0);
        if (more && rc != -ENOMEM)
            fail_msg("allocation %lu failed, the function returned %d", n, rc);
        if (!more && rc < 0)
            fail_msg("no allocation failed, the function returned %d", rc);
    } while (more);
    if (__lsan_do_recoverable_leak_check())
        fail_msg("memory leaked in one of %lu runs", n);
    return n - 1;
}
