/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CHAOS_HOST_H
#define CHAOS_HOST_H

#include <sys/stat.h>

#include <chaos/daemon.h>
#include "devices/devices.h"
#include "hv/hv.h"
#include "image/kernel_cache.h"
#include "registry/registry.h"

struct chaos_host {
    struct hv *hv;
    struct registry registry;

    /* The kernels used last: a mass creation reads and decompresses its one once. */
    struct kernel_cache kernels;

    chaos_step_fn *on_step;
    void *on_step_opaque;
    void (*on_note)(void *opaque, const char *text);
    void *on_note_opaque;
    uint64_t step_start; /* ns; 0 where nobody listens */

    struct device_host devices;

    char *run_dir;
    struct pool_client *pool; /* the connection to chaosd; NULL until tried */
    bool is_chaosd;
    chaos_reclaim_fn *on_reclaim; /* frees memory of chaosd's own shells */
    void *on_reclaim_opaque;
    unsigned long expected; /* VMs that chaos_host_expect announced and are not made yet */

    struct backoff *backoffs; /* VMs that were restarted lately, or wait for that */

    void *exc_channel; /* VIRQ_DOM_EXC */
    int exc_timer;     /* the fallback while another process has it; -1: none */
    int exc_poll;      /* becomes readable with the timer, or with the channel that replaces it */
    struct ends *exc_ends; /* xenstored, which has VIRQ_DOM_EXC, tells of ends; NULL: it does not */
    bool exc_leave;        /* it is xenstored's: one that is started anew does not run without */
    unsigned int exc_ticks;
    uint64_t exc_seen;     /* how all domains were at its last look; 0: not looked yet */
    unsigned int exc_same; /* looks since they were otherwise */
};

/* Assembles a host from an open hypervisor (which it takes over) and a registry directory. */
int host_open_with(struct hv *hv, const char *run_dir, chaos_host **out, chaos_error *err);

uint64_t host_now_ns(void);

/* Steps: host_step_begin once, then host_step after each that succeeded, with its name. It fails
 * where a test asks for that (chaos_fault). */
void host_step_begin(chaos_host *host);
int host_step(chaos_host *host, const char *step, chaos_error *err);
/* The same for a step of a creation that is not its last: where the caller is asked to stop
 * (chaos_host_stop_when) the creation fails, too. */
int host_create_step(chaos_host *host, const char *step, chaos_error *err);

#endif
