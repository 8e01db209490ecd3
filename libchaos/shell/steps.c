/* SPDX-License-Identifier: BSD-3-Clause */
/* The steps of creation and destruction: their durations, and the faults that tests ask for. */
#include <errno.h>
#include <time.h>

#include "base/error.h"
#include "shell/host.h"
#include "base/fault.h"

uint64_t host_now_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

void chaos_host_on_step(chaos_host *host, chaos_step_fn *fn, void *opaque)
{
    host->on_step = fn;
    host->on_step_opaque = opaque;
}

void chaos_host_on_note(chaos_host *host, void (*fn)(void *opaque, const char *text), void *opaque)
{
    host->on_note = fn;
    host->on_note_opaque = opaque;
}

void chaos_host_stop_when(chaos_host *host, chaos_stop_fn *fn, void *opaque)
{
    host->hv->stop = fn;
    host->hv->stop_opaque = opaque;
}

void host_step_begin(chaos_host *host)
{
    if (host->on_step)
        host->step_start = host_now_ns();
}

int host_step(chaos_host *host, const char *step, chaos_error *err)
{
    uint64_t end;

    if (chaos_fault(step) < 0)
        return error_set(err, CHAOS_E_FAILED, EIO, "fault at %s", step);
    if (!host->on_step)
        return 0;
    end = host_now_ns();
    host->on_step(host->on_step_opaque, step, end - host->step_start);
    host->step_start = host_now_ns(); /* the listener's own time belongs to nobody */
    return 0;
}

int host_create_step(chaos_host *host, const char *step, chaos_error *err)
{
    int rc = host_step(host, step, err);

    return rc < 0 ? rc : hv_go_on(host->hv, err);
}
