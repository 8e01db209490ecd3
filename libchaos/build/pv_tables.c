/* SPDX-License-Identifier: BSD-3-Clause */
#include "build/pv_tables.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"

/* Page table flags, AMD64 manual vol. 2, 5.4. Xen runs a PV kernel in ring 3, hence USER. */
#define PT_PRESENT  0x001ULL
#define PT_RW       0x002ULL
#define PT_USER     0x004ULL
#define PT_ACCESSED 0x020ULL
#define PT_DIRTY    0x040ULL
#define PT_TABLE    (PT_PRESENT | PT_RW | PT_USER | PT_ACCESSED | PT_DIRTY)
#define PT_PAGE     (PT_PRESENT | PT_USER | PT_ACCESSED)

/* log2 of what one entry of a table of this level covers. */
static unsigned int entry_shift(unsigned int level)
{
    return PAGE_SHIFT + 9 * (level - 1);
}

/* The first address that the table of this level around `va` covers. */
static uint64_t table_base(unsigned int level, uint64_t va)
{
    return level == 4 ? 0 : va & ~((1ULL << entry_shift(level + 1)) - 1);
}

static size_t find(const struct pv_tables *pt, unsigned int level, uint64_t base)
{
    for (size_t i = 0; i < pt->nr; i++) {
        if (pt->tables[i].level == level && pt->tables[i].base == base)
            return i;
    }
    return pt->nr;
}

static int need(struct pv_tables *pt, unsigned int level, uint64_t base)
{
    if (pt->nr == pt->room) {
        size_t room = pt->room ? pt->room * 2 : 16;
        struct pv_table *grown = realloc(pt->tables, room * sizeof(*grown));

        if (!grown)
            return -ENOMEM;
        pt->tables = grown;
        pt->room = room;
    }
    pt->tables[pt->nr++] = (struct pv_table){level, base};
    return 0;
}

int pv_tables_cover(struct pv_tables *pt, const struct pv_region *region)
{
    uint64_t last = region->va + region->pages * PAGE_SIZE - 1;

    if (!region->pages)
        return 0;
    if (region->pages > UINT64_MAX / PAGE_SIZE || last < region->va)
        return -ERANGE;
    for (unsigned int level = 4; level >= 1; level--) {
        uint64_t base = table_base(level, region->va), end = table_base(level, last);

        for (;;) {
            if (find(pt, level, base) == pt->nr && need(pt, level, base) < 0)
                return -ENOMEM;
            if (base == end)
                break;
            base += 1ULL << entry_shift(level + 1);
        }
    }
    return 0;
}

void pv_tables_clear(struct pv_tables *pt)
{
    free(pt->tables);
    memset(pt, 0, sizeof(*pt));
}

bool pv_tables_parent(const struct pv_tables *pt, size_t index, size_t *parent, uint64_t *slot)
{
    const struct pv_table *table = &pt->tables[index];

    if (table->level == 4)
        return false;
    *parent = find(pt, table->level + 1, table_base(table->level + 1, table->base));
    *slot = (table->base >> entry_shift(table->level + 1)) % PV_TABLE_ENTRIES;
    return true;
}

uint64_t pv_tables_link(uint64_t mfn)
{
    return mfn << PAGE_SHIFT | PT_TABLE;
}

uint64_t pv_tables_leaf(const struct pv_tables *pt, uint64_t first_pfn, uint64_t pfn, uint64_t mfn)
{
    return mfn << PAGE_SHIFT | PT_PAGE | (pfn - first_pfn < pt->nr ? 0 : PT_RW | PT_DIRTY);
}

static void write_upper(const struct pv_tables *pt, size_t index, uint64_t first_pfn,
                        pv_mfn_fn *mfn, const void *opaque, uint64_t *to)
{
    unsigned int level = pt->tables[index].level;

    for (size_t i = 0; i < pt->nr; i++) {
        size_t parent;
        uint64_t slot;

        if (pt->tables[i].level == level - 1 && pv_tables_parent(pt, i, &parent, &slot) &&
            parent == index)
            to[slot] = pv_tables_link(mfn(opaque, first_pfn + i));
    }
}

void pv_tables_write(const struct pv_tables *pt, size_t index, uint64_t first_pfn,
                     const struct pv_region *regions, size_t nr_regions, pv_mfn_fn *mfn,
                     const void *opaque, uint64_t *to)
{
    const struct pv_table *table = &pt->tables[index];

    memset(to, 0, PAGE_SIZE);
    if (table->level > 1) {
        write_upper(pt, index, first_pfn, mfn, opaque, to);
        return;
    }
    for (size_t r = 0; r < nr_regions; r++) {
        const struct pv_region *region = &regions[r];
        uint64_t end = region->va + region->pages * PAGE_SIZE; /* may be 0: the top */
        uint64_t va = table->base > region->va ? table->base : region->va;
        uint64_t stop = table->base + PV_TABLE_ENTRIES * PAGE_SIZE;

        if (!region->pages || table_base(1, end - 1) < table->base ||
            table_base(1, region->va) > table->base)
            continue;
        if (end - 1 < stop - 1)
            stop = end;
        for (; va != stop; va += PAGE_SIZE) {
            uint64_t pfn = region->pfn + ((va - region->va) >> PAGE_SHIFT);

            to[(va >> PAGE_SHIFT) % PV_TABLE_ENTRIES] =
                pv_tables_leaf(pt, first_pfn, pfn, mfn(opaque, pfn));
        }
    }
}
