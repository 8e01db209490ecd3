/* SPDX-License-Identifier: BSD-3-Clause */
/* Preloaded: for this program and all that it starts it is 400 days later. */
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define LATER (400L * 24 * 3600)

int clock_gettime(clockid_t clock, struct timespec *out)
{
    int rc = (int)syscall(SYS_clock_gettime, clock, out);

    if (!rc && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        out->tv_sec += LATER;
    return rc;
}

int gettimeofday(struct timeval *out, void *zone)
{
    int rc = (int)syscall(SYS_gettimeofday, out, zone);

    if (!rc)
        out->tv_sec += LATER;
    return rc;
}

time_t time(time_t *out)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    if (out)
        *out = now.tv_sec;
    return now.tv_sec;
}
