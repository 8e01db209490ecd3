/* SPDX-License-Identifier: BSD-3-Clause */
/* Xen's clock: shared_info's time values, extrapolated by the TSC. */
#include "internal.h"

static uint64_t rdtsc(void)
{
    uint32_t low, high;

    __asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high)::"memory");
    return (uint64_t)high << 32 | low;
}

uint64_t guest_clock_ns(void)
{
    const struct vcpu_time_info *time = &guest_shared_info()->vcpu_info[0].time;
    uint64_t ticks, ns;
    uint32_t version;

    do {
        version = ACCESS(time->version);
        guest_rmb();
        ticks = rdtsc() - ACCESS(time->tsc_timestamp);
        ticks = time->tsc_shift < 0 ? ticks >> -time->tsc_shift : ticks << time->tsc_shift;
        ns = (uint64_t)((unsigned __int128)ticks * ACCESS(time->tsc_to_system_mul) >> 32);
        ns += ACCESS(time->system_time);
        guest_rmb();
    } while (version & 1 || version != ACCESS(time->version));
    return ns;
}

uint64_t guest_wall_clock_ns(void)
{
    const struct shared_info *shared = guest_shared_info();
    uint64_t seconds, ns;
    uint32_t version;

    do {
        version = ACCESS(shared->wc_version);
        guest_rmb();
        seconds = (uint64_t)ACCESS(shared->xen_wc_sec_hi) << 32 | ACCESS(shared->wc_sec);
        ns = ACCESS(shared->wc_nsec);
        guest_rmb();
    } while (version & 1 || version != ACCESS(shared->wc_version));
    return seconds * 1000000000 + ns + guest_clock_ns();
}
