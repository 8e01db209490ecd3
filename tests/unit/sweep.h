/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every call to the hypervisor is made to fail in turn, with several errnos: the operation fails
 * with a message and leaves nothing behind, and works when it is tried again. The same for every
 * allocation, and for every call that opens, reads or writes a file.
 */
#ifndef SWEEP_H
#define SWEEP_H

#include "place.h"

int sweep_make(void **state);
int sweep_unmake(void **state);

/* One operation: `before` and `after` never fail, `op` may. */
struct sweep_work {
    enum chaos_type type;
    const char *more; /* of the configuration */
    void (*before)(const chaos_config *cfg);
    int (*op)(const chaos_config *cfg);
    /* `rc`: what op returned; `struck`: what had failed, NULL: nothing. Says what is wrong, and
     * takes away what op made. */
    const char *(*after)(int rc, const char *struck);
};

/* Sweeps each way of failing. An operation without failures makes at least `hv_calls` calls to the
 * hypervisor: a sweep that swept nothing would pass, too. */
void sweep(const struct sweep_work *work, const char *name, unsigned long hv_calls);

/* The ways that a failure gets in. */
struct sweep_way {
    const char *name;
    int errnums[4];
    void (*arm)(unsigned long n, int errnum);
    const char *(*struck)(void);
};

#define SWEEP_WAYS 3
extern const struct sweep_way sweep_ways[SWEEP_WAYS]; /* hypervisor, memory, files */

/* Failures that did no harm in this sweep. */
extern unsigned int sweep_spared;

/* Destroys "vm"; NULL, or what is left or does not work. */
const char *sweep_destroy_vm(void);

#endif
