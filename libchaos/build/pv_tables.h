/* SPDX-License-Identifier: BSD-3-Clause */
/* The page tables a PV guest starts on. */
#ifndef CHAOS_PV_TABLES_H
#define CHAOS_PV_TABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PV_TABLE_ENTRIES 512

struct pv_table {
    unsigned int level; /* 4 is the root */
    uint64_t base;      /* first virtual address it covers */
};

/* Tables in the order of their frames: the root first. */
struct pv_tables {
    struct pv_table *tables;
    size_t nr, room;
};

/* A run of virtual addresses that maps a run of guest frames. */
struct pv_region {
    uint64_t va, pages, pfn;
};

/* Adds the tables that a region needs. -ENOMEM, or -ERANGE where it leaves the address space. */
int pv_tables_cover(struct pv_tables *pt, const struct pv_region *region);
void pv_tables_clear(struct pv_tables *pt);

/* Table `index` hangs in *parent at *slot; false for the root. */
bool pv_tables_parent(const struct pv_tables *pt, size_t index, size_t *parent, uint64_t *slot);
/* The entry for another table, and the one for guest frame `pfn`, where the tables themselves are
 * [first, first + nr) and so must be read-only. */
uint64_t pv_tables_link(uint64_t mfn);
uint64_t pv_tables_leaf(const struct pv_tables *pt, uint64_t first_pfn, uint64_t pfn, uint64_t mfn);

/* Writes table `index` to `to`. Frames of the tables themselves ([first, first + nr)) are mapped
 * read-only, as Xen demands. `mfn(opaque, pfn)` translates. */
typedef uint64_t pv_mfn_fn(const void *opaque, uint64_t pfn);
void pv_tables_write(const struct pv_tables *pt, size_t index, uint64_t first_pfn,
                     const struct pv_region *regions, size_t nr_regions, pv_mfn_fn *mfn,
                     const void *opaque, uint64_t *to);

#endif
