/* SPDX-License-Identifier: BSD-3-Clause */
/* A guest's memory: which frames it has, in extents as large as the hypervisor gave them. */
#ifndef CHAOS_MEMORY_H
#define CHAOS_MEMORY_H

#include "hv/hv.h"

struct extent {
    uint64_t pfn;   /* first guest frame */
    uint64_t frame; /* what hv_map takes for it: the machine frame (PV), the same pfn (PVH) */
    uint32_t order; /* 1 << order pages */
};

struct memory {
    uint64_t pages;
    struct extent *extents; /* by pfn */
    size_t nr, room;
};

/* Guest frames from 4 GiB - 256 MiB to 4 GiB hold no RAM in PVH guests. */
#define PVH_HOLE_START (0xf0000000ULL >> 12)
#define PVH_HOLE_END   (0x100000000ULL >> 12)

/* Plans extents for `pages`; frames are unknown yet. -ENOMEM. */
int memory_plan(struct memory *mem, uint64_t pages, enum chaos_type type);
void memory_clear(struct memory *mem);
/* Gets the planned memory from the hypervisor, falling back to single pages where large extents
 * are not to be had. `first` are operations to send ahead in the same batch (at most 8). */
int memory_populate(struct memory *mem, struct hv *hv, uint32_t domid, enum chaos_type type,
                    struct hv_op *first, size_t nr_first, chaos_error *err);
/* The frames of guest frames [pfn, pfn + count), for hv_map; all must exist. */
void memory_frames(const struct memory *mem, uint64_t pfn, uint64_t count, uint64_t *frames);
/* The number of guest frames before the first hole, counted from frame 0. */
uint64_t memory_low_pages(const struct memory *mem);

#endif
