/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where the time of a creation goes, by the categories of LightVM's figure 5. Stands between a
 * toolstack and the functions below, without a change to either:
 *
 *  - in xl as a library that is loaded before (LD_PRELOAD), since xl's libraries call each other
 *    by name;
 *  - in the static chaos by the linker (--wrap), with the same objects as the real one.
 *
 * The clock is read at each entry and exit; time counts for the innermost function only: a
 * hypercall while the image is loaded is the hypervisor's. At the end the sums go, in
 * nanoseconds, as one line of JSON to the file that BREAKDOWN names. Calls of other threads and
 * of forked children are passed on uncounted.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum category { REST, PARSE, HYPERVISOR, REGISTRY, DEVICES, LOAD, NR_CATEGORIES };

static const char *const names[NR_CATEGORIES] = {"rest",     "parse",   "hypervisor",
                                                 "registry", "devices", "load"};

#define DEEPEST 16

static struct {
    uint64_t spent[NR_CATEGORIES], last;
    enum category stack[DEEPEST];
    unsigned int depth;
    pid_t owner;
} state;

static uint64_t clock_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/* The thread's id is its process' in the first thread only, and another's in a child. */
static bool counted(void)
{
    return state.owner && syscall(SYS_gettid) == state.owner;
}

static void account(void)
{
    uint64_t now = clock_ns();

    state.spent[state.stack[state.depth]] += now - state.last;
    state.last = now;
}

static bool enter(enum category category)
{
    if (!counted() || state.depth + 1 == DEEPEST)
        return false;
    account();
    state.stack[++state.depth] = category;
    return true;
}

static void leave(bool entered)
{
    if (!entered)
        return;
    account();
    state.depth--;
}

__attribute__((constructor)) static void begin(void)
{
    unsetenv("LD_PRELOAD"); /* scripts that are started run as they always do */
    state.owner = getpid();
    state.last = clock_ns();
}

__attribute__((destructor)) static void end(void)
{
    const char *path = getenv("BREAKDOWN");
    char text[512];
    int len = 0, fd;

    if (!path || !counted())
        return;
    account();
    state.owner = 0;
    for (int i = 0; i < NR_CATEGORIES; i++)
        len += snprintf(text + len, sizeof(text) - (size_t)len, "%s\"%s\": %lu", i ? ", " : "{",
                        names[i], state.spent[i]);
    len += snprintf(text + len, sizeof(text) - (size_t)len, "}\n");
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, text, (size_t)len) != len)
        abort();
    close(fd);
}

/* All functions here have at most six arguments, integers or pointers, so that they can be passed
 * on without knowing them. */
typedef long any_function(long, long, long, long, long, long);

#ifdef BREAKDOWN_PRELOAD
#define SYMBOL(name) #name
static any_function *real(any_function **cache, const char *name)
{
    if (!*cache)
        *cache = (any_function *)dlsym(RTLD_NEXT, name);
    if (!*cache)
        abort();
    return *cache;
}
#define REAL(name)                                                                                 \
    static any_function *name##_cache;                                                             \
    static long name##_real(long a, long b, long c, long d, long e, long f)                        \
    {                                                                                              \
        return real(&name##_cache, #name)(a, b, c, d, e, f);                                       \
    }
#else
#define SYMBOL(name) "__wrap_" #name
#define REAL(name)                                                                                 \
    extern any_function __real_##name;                                                             \
    static long name##_real(long a, long b, long c, long d, long e, long f)                        \
    {                                                                                              \
        return __real_##name(a, b, c, d, e, f);                                                    \
    }
#endif

/* By its symbol, since the headers know some of these in their true form. */
#define DECLARE(name)                                                                              \
    __attribute__((visibility("default"))) long counted_##name(long, long, long, long, long,       \
                                                               long) __asm__(SYMBOL(name));
#define COUNT(category, name)                                                                      \
    REAL(name)                                                                                     \
    DECLARE(name)                                                                                  \
    long counted_##name(long a, long b, long c, long d, long e, long f)                            \
    {                                                                                              \
        bool entered = enter(category);                                                            \
        long result = name##_real(a, b, c, d, e, f);                                               \
        leave(entered);                                                                            \
        return result;                                                                             \
    }

#include "breakdown.h"

/* privcmd's requests have the type 'P'; the first of them is a hypercall, whose number is the
 * first field of its argument. noxs' is that of the device registry. */
#define REQUEST_TYPE(request)   ((unsigned long)(request) >> 8 & 0xff)
#define REQUEST_NUMBER(request) ((unsigned long)(request)&0xff)
#define NOXS_HYPERCALL          60

REAL(ioctl)
DECLARE(ioctl)
long counted_ioctl(long fd, long request, long arg, long d, long e, long f)
{
    enum category category = state.stack[state.depth];
    bool entered;
    long result;

    if (REQUEST_TYPE(request) == 'P')
        category = REQUEST_NUMBER(request) == 0 && *(uint64_t *)arg == NOXS_HYPERCALL ? REGISTRY
                                                                                      : HYPERVISOR;
    entered = enter(category);
    result = ioctl_real(fd, request, arg, d, e, f);
    leave(entered);
    return result;
}
