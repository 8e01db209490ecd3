/* SPDX-License-Identifier: BSD-3-Clause */
#include "build/memory.h"

#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "base/fault.h"
#include "base/util.h"

#define BATCH_PAGES                                                                                \
    (512UL << (20 - PAGE_SHIFT)) /* at once, so that a large guest can be interrupted */
#define MAX_ORDER 9              /* 2 MiB: one page table entry of a PVH guest */

static int add_extent(struct memory *mem, uint64_t pfn, uint32_t order)
{
    if (mem->nr == mem->room) {
        size_t room = mem->room ? mem->room * 2 : 16;
        struct extent *grown = realloc(mem->extents, room * sizeof(*grown));

        if (!grown)
            return -ENOMEM;
        mem->extents = grown;
        mem->room = room;
    }
    mem->extents[mem->nr++] = (struct extent){pfn, pfn, order};
    return 0;
}

/* Splits [pfn, end) into naturally aligned extents. */
static int plan_range(struct memory *mem, uint64_t pfn, uint64_t end)
{
    while (pfn < end) {
        uint32_t order = MAX_ORDER;

        while ((pfn & ((1ULL << order) - 1)) || pfn + (1ULL << order) > end)
            order--;
        if (add_extent(mem, pfn, order) < 0)
            return -ENOMEM;
        pfn += 1ULL << order;
    }
    return 0;
}

int memory_plan(struct memory *mem, uint64_t pages, enum chaos_type type)
{
    uint64_t low = type == CHAOS_PVH && pages > PVH_HOLE_START ? PVH_HOLE_START : pages;
    int rc;

    memset(mem, 0, sizeof(*mem));
    mem->pages = pages;
    rc = plan_range(mem, 0, low);
    if (rc == 0 && low < pages)
        rc = plan_range(mem, PVH_HOLE_END, PVH_HOLE_END + pages - low);
    if (rc < 0)
        memory_clear(mem);
    return rc;
}

void memory_clear(struct memory *mem)
{
    free(mem->extents);
    memset(mem, 0, sizeof(*mem));
}

uint64_t memory_low_pages(const struct memory *mem)
{
    uint64_t pages = 0;

    for (size_t i = 0; i < mem->nr && mem->extents[i].pfn == pages; i++)
        pages += 1ULL << mem->extents[i].order;
    return pages;
}

void memory_frames(const struct memory *mem, uint64_t pfn, uint64_t count, uint64_t *frames)
{
    size_t low = 0, high = mem->nr;

    while (high - low > 1) { /* the last extent that begins at or before pfn */
        size_t mid = (low + high) / 2;

        if (mem->extents[mid].pfn <= pfn)
            low = mid;
        else
            high = mid;
    }
    for (const struct extent *ext = &mem->extents[low]; count; ext++) {
        uint64_t skip = pfn - ext->pfn, take = (1ULL << ext->order) - skip;

        if (take > count)
            take = count;
        for (uint64_t i = 0; i < take; i++)
            *frames++ = ext->frame + skip + i;
        pfn += take;
        count -= take;
    }
}

static int no_memory(struct hv *hv, uint32_t domid, uint64_t pages, chaos_error *err)
{
    struct chaos_host_info host = {.free_kib = 0};
    struct hv_domain half = {.pages = 0};

    /* The memory that this guest has got so far is about to be free again. */
    hv_host_info(hv, &host, NULL);
    if (hv_domain_info(hv, domid, &half, NULL) == 0)
        host.free_kib += half.pages * (PAGE_SIZE / 1024);
    return error_set(err, CHAOS_E_NO_MEMORY, ENOMEM,
                     "not enough hypervisor memory: the guest needs %llu MiB and the hypervisor "
                     "has %llu MiB free; destroy domains or shrink Dom0",
                     (unsigned long long)(pages >> 8), (unsigned long long)(host.free_kib >> 10));
}

/* Single pages for an extent that could not be had whole; `rest` becomes the list of the pages. */
static int populate_singly(struct memory *mem, struct hv *hv, uint32_t domid,
                           const struct extent *ext, struct memory *rest, chaos_error *err)
{
    uint64_t frames[HV_FRAMES_MAX];
    uint64_t pages = 1ULL << ext->order;

    for (uint64_t done = 0; done < pages;) {
        uint64_t count = pages - done < HV_FRAMES_MAX ? pages - done : HV_FRAMES_MAX;
        struct hv_op op = {.code = HV_POPULATE, .frames = frames, .count = count};
        int rc = hv_go_on(hv, err);

        if (rc < 0)
            return rc;
        for (uint64_t i = 0; i < count; i++)
            frames[i] = ext->pfn + done + i;
        rc = hv_run(hv, domid, &op, 1, err);
        if (rc < 0 && rc != -ENOMEM)
            return rc;
        if (rc < 0 || op.done < count)
            return no_memory(hv, domid, mem->pages, err);
        for (uint64_t i = 0; i < count; i++) {
            if (add_extent(rest, ext->pfn + done + i, 0) < 0)
                return error_oom(err);
            rest->extents[rest->nr - 1].frame = frames[i];
        }
        done += count;
    }
    return 0;
}

/* Replaces the extents whose frame is missing by single pages. */
static int populate_missing(struct memory *mem, struct hv *hv, uint32_t domid, chaos_error *err)
{
    struct memory rest = {.pages = mem->pages};
    int rc = 0;

    for (size_t i = 0; i < mem->nr && rc == 0; i++) {
        const struct extent *ext = &mem->extents[i];

        if (ext->frame == UINT64_MAX) {
            rc = ext->order ? populate_singly(mem, hv, domid, ext, &rest, err)
                            : no_memory(hv, domid, mem->pages, err);
        } else if (add_extent(&rest, ext->pfn, ext->order) < 0) {
            rc = error_oom(err);
        } else {
            rest.extents[rest.nr - 1].frame = ext->frame;
        }
    }
    if (rc < 0) {
        memory_clear(&rest);
        return rc;
    }
    free(mem->extents);
    *mem = rest;
    return 0;
}

/* Fills `op` with as many extents of one order as follow `next`; returns how many. */
static size_t fill_populate(const struct memory *mem, size_t next, struct hv_op *op,
                            uint64_t *frames)
{
    size_t count = 0;

    *op = (struct hv_op){.code = HV_POPULATE, .order = mem->extents[next].order, .frames = frames};
    while (count < HV_FRAMES_MAX && next + count < mem->nr &&
           mem->extents[next + count].order == op->order) {
        frames[count] = mem->extents[next + count].pfn;
        count++;
    }
    op->count = count;
    return count;
}

/* Takes over what a populate gave; returns true where something is missing. */
static bool take_populate(struct memory *mem, size_t next, const struct hv_op *op,
                          enum chaos_type type)
{
    uint32_t done = op->rc < 0 ? 0 : op->done;

    for (uint32_t i = 0; i < op->count; i++) {
        struct extent *ext = &mem->extents[next + i];

        ext->frame = i >= done ? UINT64_MAX : type == CHAOS_PV ? op->frames[i] : ext->pfn;
    }
    return done < op->count;
}

static int next_batch(struct hv *hv, chaos_error *err)
{
    if (chaos_fault("memory.batch") < 0)
        return error_set(err, CHAOS_E_FAILED, EIO, "fault at memory.batch");
    return hv_go_on(hv, err);
}

int memory_populate(struct memory *mem, struct hv *hv, uint32_t domid, enum chaos_type type,
                    struct hv_op *first, size_t nr_first, chaos_error *err)
{
    enum { PER_BATCH = 8 };
    cleanup_free uint64_t *frames = malloc(PER_BATCH * HV_FRAMES_MAX * sizeof(*frames));
    struct hv_op ops[HV_BATCH_MAX];
    size_t next = 0, at[PER_BATCH];
    bool missing = false;

    if (!frames)
        return error_oom(err);
    while (next < mem->nr || nr_first) {
        size_t nr = 0, populates = 0;
        uint64_t pages = 0;
        int rc = next ? next_batch(hv, err) : 0;

        if (rc < 0)
            return rc;
        for (; nr < nr_first; nr++)
            ops[nr] = first[nr];
        while (next < mem->nr && populates < PER_BATCH && pages < BATCH_PAGES) {
            at[populates] = next;
            next +=
                fill_populate(mem, next, &ops[nr + populates], frames + populates * HV_FRAMES_MAX);
            pages += (uint64_t)ops[nr + populates].count << ops[nr + populates].order;
            populates++;
        }
        rc = hv->backend->run(hv, domid, ops, nr + populates);
        if (rc < 0)
            return hv_refused(err, rc, domid, "multicall");
        rc = hv_failed(ops, nr, domid, err);
        if (rc < 0)
            return rc;
        memcpy(first, ops, nr * sizeof(*first));
        for (size_t i = 0; i < populates; i++) {
            if (ops[nr + i].rc < 0 && ops[nr + i].rc != -ENOMEM)
                return hv_failed(&ops[nr + i], 1, domid, err);
            if (take_populate(mem, at[i], &ops[nr + i], type))
                missing = true;
        }
        nr_first = 0;
    }
    return missing ? populate_missing(mem, hv, domid, err) : 0;
}
