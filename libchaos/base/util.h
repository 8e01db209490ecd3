/* SPDX-License-Identifier: BSD-3-Clause */
/* Cleanup by attribute, and a few macros that are used everywhere. */
#ifndef CHAOS_UTIL_H
#define CHAOS_UTIL_H

#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#define ARRAY_SIZE(a)   (sizeof(a) / sizeof((a)[0]))
#define ROUND_UP(x, to) ((((x) + (to)-1) / (to)) * (to))
#define PAGE_SHIFT      12
#define PAGE_SIZE       4096UL
#define PAGES(bytes)    (((bytes) + PAGE_SIZE - 1) >> PAGE_SHIFT)

static inline void cleanup_free_(void *p)
{
    free(*(void **)p);
}

static inline void cleanup_close_(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

#define cleanup_free  __attribute__((cleanup(cleanup_free_)))
#define cleanup_close __attribute__((cleanup(cleanup_close_)))

/* Hands an object that a cleanup attribute guards to the caller. */
#define steal(p)                                                                                   \
    ({                                                                                             \
        __typeof__(p) stolen_ = (p);                                                               \
        (p) = NULL;                                                                                \
        stolen_;                                                                                   \
    })

#define steal_fd(fd)                                                                               \
    ({                                                                                             \
        int stolen_ = (fd);                                                                        \
        (fd) = -1;                                                                                 \
        stolen_;                                                                                   \
    })

#endif
