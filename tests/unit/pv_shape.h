/* SPDX-License-Identifier: BSD-3-Clause */
/* PV guests to build, and what must be true of each (xen/xen.h, "start-of-day memory layout"). */
#ifndef PV_SHAPE_H
#define PV_SHAPE_H

#include "place.h"

#define MIB (1ULL << 20)

/* A kernel and its guest; addresses that are 0 are as tiny_elf.h has them. */
struct shape {
    const char *name;
    uint64_t memory; /* bytes */
    uint64_t base, offset, paddr, memsz, p2m;
    bool hypercalls, ramdisk, mod_start_pfn;
    bool pooled;    /* built into a shell that was made beforehand */
    bool placed;    /* ... whose console and bus had their pages by then */
    uint32_t order; /* of the largest free run of frames, 0: 9; 10: single pages */
};

/* Creates the domain "pv", paused; what chaos_create returns. */
int pv_build(struct place *p, const struct shape *s, uint32_t *domid);
/* Fails the test where the guest does not see what it should. */
void pv_check(struct place *p, const struct shape *s, uint32_t domid);

#endif
