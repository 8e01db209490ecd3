/* SPDX-License-Identifier: BSD-3-Clause */
/* Faults on demand, for tests. Without CHAOS_FAULT in the environment a point costs one comparison.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include "base/fault.h"

static const char unread[] = "";
static const char *environment = unread; /* NULL: CHAOS_FAULT is not set */
static unsigned long passes;

/* The pass at which the fault at `point` happens; 0 if `spec` is about another point. */
static unsigned long due(const char *spec, const char *point, const char **action)
{
    size_t len = strlen(point);
    const char *number;

    if (strncmp(spec, point, len) != 0 || spec[len] != ':')
        return 0;
    *action = spec + len + 1;
    number = strchr(*action, ':');
    return number ? strtoul(number + 1, NULL, 10) : 1;
}

int chaos_fault(const char *point)
{
    /* Hosts in different threads may be here at once; all find the same. */
    const char *spec = __atomic_load_n(&environment, __ATOMIC_RELAXED), *action;
    unsigned long at;

    if (spec == unread) {
        spec = secure_getenv("CHAOS_FAULT");
        __atomic_store_n(&environment, spec, __ATOMIC_RELAXED);
    }
    if (!spec)
        return 0;
    at = due(spec, point, &action);
    if (at == 0 || __atomic_add_fetch(&passes, 1, __ATOMIC_RELAXED) != at)
        return 0;
    if (strncmp(action, "kill", 4) == 0)
        raise(SIGKILL);
    if (strncmp(action, "interrupt", 9) == 0)
        return raise(SIGINT);
    return -EIO;
}
