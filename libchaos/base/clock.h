/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CHAOS_CLOCK_H
#define CHAOS_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Milliseconds since some moment; no change of the date changes them. */
static inline int64_t now_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

#endif
