/* SPDX-License-Identifier: BSD-3-Clause */
/* Memory of the fake: one file in memory, mapped as a whole here and frame by frame for Dom0. */
#include "hv_fake_parts.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

void fake_memory_open(struct fake *fake, uint64_t pages)
{
    fake->nr_frames = fake->nr_free = pages;
    fake->frames = fake_alloc(pages * sizeof(*fake->frames));
    fake->max_order = 9;
    fake_fragment(&fake->hv, 9); /* sets the cursors */
    fake->memfd = memfd_create("guests", MFD_CLOEXEC);
    if (fake->memfd < 0 || ftruncate(fake->memfd, pages << 12) < 0)
        abort();
    fake->memory = mmap(NULL, pages << 12, PROT_READ | PROT_WRITE, MAP_SHARED, fake->memfd, 0);
    if (fake->memory == MAP_FAILED)
        abort();
}

void fake_memory_close(struct fake *fake)
{
    while (fake->mappings)
        fake_unmap(&fake->hv, fake->mappings->addr, fake->mappings->count);
    munmap(fake->memory, fake->nr_frames << 12);
    close(fake->memfd);
    free(fake->frames);
}

void fake_fragment(struct hv *hv, uint32_t order)
{
    struct fake *fake = (struct fake *)hv;

    fake->max_order = order;
    for (size_t i = 0; i < sizeof(fake->cursor) / sizeof(fake->cursor[0]); i++)
        fake->cursor[i] = fake->nr_frames;
}

static bool run_free(const struct fake *fake, uint64_t index, uint64_t count)
{
    while (count && !fake->frames[index].owner) {
        index++;
        count--;
    }
    return !count;
}

/* From the top down, so that frames come in another order than they were asked for. */
uint64_t fake_frames_get(struct fake *fake, uint32_t domid, uint32_t order)
{
    uint64_t count = 1ULL << order, index = fake->cursor[order] & ~(count - 1);

    for (;;) {
        if (index < count)
            return UINT64_MAX;
        index -= count;
        if (run_free(fake, index, count))
            break;
    }
    fake->cursor[order] = index;
    for (uint64_t i = 0; i < count; i++)
        fake->frames[index + i].owner = domid + 1;
    fake->nr_free -= count;
    memset(fake->memory + (index << 12), FAKE_POISON, count << 12);
    return index;
}

void fake_frame_put(struct fake *fake, uint64_t index)
{
    fake->frames[index] = (struct frame){.owner = 0};
    fake->nr_free++;
    fake_fragment(&fake->hv, fake->max_order);
}

uint64_t fake_frame_of(const struct fake_domain *dom, uint64_t gfn)
{
    for (size_t i = 0; i < dom->nr_renumbered; i++) {
        if (dom->renumbered[i].gfn == gfn)
            return dom->renumbered[i].frame;
    }
    for (size_t i = 0; i < dom->nr_extents; i++) {
        const struct fake_extent *ext = &dom->extents[i];

        if (gfn >= ext->gfn && gfn - ext->gfn < 1ULL << ext->order)
            return ext->frame + gfn - ext->gfn;
    }
    return UINT64_MAX;
}

uint64_t fake_index(struct fake *fake, const struct fake_domain *dom, uint64_t frame)
{
    uint64_t index;

    if (dom->spec.type == CHAOS_PVH)
        frame = fake_frame_of(dom, frame);
    index = frame - FAKE_FRAME;
    return frame >= FAKE_FRAME && index < fake->nr_frames &&
                   fake->frames[index].owner == dom->domid + 1
               ? index
               : UINT64_MAX;
}

void *fake_page(struct hv *hv, uint32_t domid, uint64_t frame)
{
    struct fake *fake = (struct fake *)hv;
    const struct fake_domain *dom = fake_domain(hv, domid);
    uint64_t index = dom ? fake_index(fake, dom, frame) : UINT64_MAX;

    if (index == UINT64_MAX)
        fail_msg("domain %u has no frame %#llx", domid, (unsigned long long)frame);
    return fake->memory + (index << 12);
}

/* An entry for each number that was given anew; the last one counts. */
int fake_frame_numbers(struct fake *fake, struct fake_domain *dom, const struct hv_op *op)
{
    for (uint32_t i = 0; i < op->count; i++) {
        uint64_t frame = op->updates[i].addr >> 12, gfn = op->updates[i].value;
        size_t at = 0;

        if (dom->spec.type != CHAOS_PV || fake_index(fake, dom, frame) == UINT64_MAX)
            return -EINVAL;
        while (at < dom->nr_renumbered && dom->renumbered[at].gfn != gfn)
            at++;
        if (at == dom->nr_renumbered)
            dom->renumbered =
                fake_grow(dom->renumbered, ++dom->nr_renumbered * sizeof(struct fake_extent));
        dom->renumbered[at] = (struct fake_extent){gfn, frame, 0};
    }
    return 0;
}

static bool overlaps(const struct fake_domain *dom, uint64_t gfn, uint64_t pages)
{
    for (size_t i = 0; i < dom->nr_extents; i++) {
        const struct fake_extent *ext = &dom->extents[i];

        if (gfn < ext->gfn + (1ULL << ext->order) && ext->gfn < gfn + pages)
            return true;
    }
    return false;
}

/* As populate_physmap: stops at the first extent that it has no memory for. */
int fake_populate(struct fake *fake, struct fake_domain *dom, struct hv_op *op)
{
    uint64_t pages = 1ULL << op->order;

    for (op->done = 0; op->done < op->count; op->done++) {
        uint64_t gfn = op->frames[op->done], index;

        if (dom->dying || dom->pages + pages > dom->max_pages || op->order > fake->max_order)
            break;
        if (overlaps(dom, gfn, pages))
            fail_msg("guest frame %#llx is populated twice", (unsigned long long)gfn);
        index = fake_frames_get(fake, dom->domid, op->order);
        if (index == UINT64_MAX)
            break;
        dom->extents = fake_grow(dom->extents, (dom->nr_extents + 1) * sizeof(struct fake_extent));
        dom->extents[dom->nr_extents++] = (struct fake_extent){gfn, index + FAKE_FRAME, op->order};
        dom->pages += pages;
        if (dom->spec.type == CHAOS_PV)
            op->frames[op->done] = index + FAKE_FRAME;
    }
    return 0;
}

/* One run of addresses, with a page on either side that must not be touched. */
static void map_frames(const struct fake *fake, struct mapping *map)
{
    uint8_t *at = mmap(NULL, (map->count + 2) << 12, PROT_NONE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (at == MAP_FAILED)
        abort();
    map->addr = at + 4096;
    for (size_t i = 0, run; i < map->count; i += run) {
        run = 1;
        while (i + run < map->count && map->frames[i + run] == map->frames[i] + run)
            run++;
        if (mmap(map->addr + (i << 12), run << 12, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
                 fake->memfd, (off_t)(map->frames[i] << 12)) == MAP_FAILED)
            abort();
    }
}

int fake_map(struct hv *hv, uint32_t domid, const uint64_t *frames, size_t count, void **out)
{
    struct fake *fake = (struct fake *)hv;
    struct fake_domain *dom = fake_domain(hv, domid);
    struct mapping *map;
    int rc = fake_call(fake, "map of its memory");

    if (rc < 0)
        return rc;
    if (!dom)
        return -ESRCH;
    map = fake_alloc(sizeof(*map) + count * sizeof(map->frames[0]));
    map->domid = domid;
    map->count = count;
    for (size_t i = 0; i < count; i++) {
        map->frames[i] = fake_index(fake, dom, frames[i]);
        if (dom->dying || map->frames[i] == UINT64_MAX || fake->frames[map->frames[i]].level) {
            free(map);
            return -EINVAL;
        }
    }
    for (size_t i = 0; i < count; i++)
        fake->frames[map->frames[i]].maps++;
    map_frames(fake, map);
    map->next = fake->mappings;
    fake->mappings = map;
    *out = map->addr;
    return 0;
}

void fake_unmap(struct hv *hv, void *addr, size_t count)
{
    struct fake *fake = (struct fake *)hv;
    struct mapping **at = &fake->mappings, *map;
    struct fake_domain *dom;

    while (*at && (*at)->addr != addr)
        at = &(*at)->next;
    map = *at;
    if (!map || map->count != count)
        fail_msg("%zu pages that were not mapped so are unmapped", count);
    *at = map->next;
    for (size_t i = 0; i < count; i++)
        fake->frames[map->frames[i]].maps--;
    munmap(map->addr - 4096, (count + 2) << 12);
    dom = fake_domain(hv, map->domid);
    if (dom && dom->dying && fake_relinquish(fake, dom))
        fake_vanish(fake, dom);
    free(map);
}

bool fake_relinquish(struct fake *fake, struct fake_domain *dom)
{
    bool all = true;

    for (uint64_t i = 0; i < fake->nr_frames; i++) {
        if (fake->frames[i].owner != dom->domid + 1)
            continue;
        if (fake->frames[i].maps)
            all = false;
        else
            fake_frame_put(fake, i);
    }
    return all;
}

int fake_seed_grants(struct hv *hv, uint32_t domid, const uint64_t *frames, size_t count)
{
    struct fake *fake = (struct fake *)hv;
    struct fake_domain *dom = fake_domain(hv, domid);
    int rc = fake_call(fake, "map of its grant table");

    if (rc < 0)
        return rc;
    if (!dom || dom->dying)
        return -ESRCH;
    if (count > FAKE_GRANTS)
        return -EINVAL;
    for (size_t i = 0; i < count; i++) {
        if (frames[i] && fake_index(fake, dom, frames[i]) == UINT64_MAX)
            fail_msg("domain %u has no frame %#llx to grant", domid, (unsigned long long)frames[i]);
        dom->grants[i] = frames[i];
    }
    return 0;
}
