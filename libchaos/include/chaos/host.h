/* SPDX-License-Identifier: BSD-3-Clause */
/* A connection to the hypervisor and to the names of its VMs. */
#ifndef CHAOS_HOST_PUBLIC_H
#define CHAOS_HOST_PUBLIC_H

#include <stdbool.h>
#include <stdint.h>
#include <chaos/error.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* A connection to the hypervisor and to the registry of names under /run/chaos. */
typedef struct chaos_host chaos_host;

/* Opens both. `run_dir` NULL means /run/chaos; it is made where it is missing. */
int chaos_host_open(const char *run_dir, chaos_host **out, chaos_error *err);
void chaos_host_close(chaos_host *host);

/* Called after each step of creation and destruction with its duration; names are static text. */
typedef void chaos_step_fn(void *opaque, const char *step, uint64_t ns);
void chaos_host_on_step(chaos_host *host, chaos_step_fn *fn, void *opaque);

/* Called with remarks about what was decided, one line each. */
void chaos_host_on_note(chaos_host *host, void (*fn)(void *opaque, const char *text), void *opaque);

/* Asked between the steps of a creation, and between each half GiB of memory; true ends it with
 * CHAOS_E_INTERRUPTED, and nothing of the VM is left. `fn` NULL: nobody is asked. */
typedef bool chaos_stop_fn(void *opaque);
void chaos_host_stop_when(chaos_host *host, chaos_stop_fn *fn, void *opaque);

struct chaos_host_info {
    char xen_version[64];
    uint64_t total_kib, free_kib; /* free: includes pages that still await scrubbing */
    unsigned int cpus;
    /* It keeps the pages that tell guests of noxs devices; else they lie in guests' memory. */
    bool keeps_pages;
};
int chaos_host_info(chaos_host *host, struct chaos_host_info *out, chaos_error *err);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
