/* SPDX-License-Identifier: BSD-3-Clause */
/* Faults on demand, for tests. Without CHAOS_FAULT in the environment a point costs one comparison.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include "base/fault.h"

static const char unread[] = "";
static const char *spec = unread; /* NULL: none */
static unsigned long passes;

/* At which pass it strikes; 0 where the spec is about another point. */
static unsigned long due(const char *point, const char **action)
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
    const char *action;
    unsigned long at;

    if (spec == unread)
        spec = secure_getenv("CHAOS_FAULT");
    if (!spec)
        return 0;
    at = due(point, &action);
    if (at == 0 || ++passes != at)
        return 0;
    if (strncmp(action, "kill", 4) == 0)
        raise(SIGKILL);
    return -EIO;
}
