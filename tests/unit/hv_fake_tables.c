/* SPDX-License-Identifier: BSD-3-Clause */
/* What Xen demands of page tables before it takes them for a PV guest. */
#include "hv_fake_parts.h"

#include <errno.h>

#define PRESENT  1ULL
#define WRITABLE 2ULL
#define USER     4ULL
#define LARGE    0x80ULL
/* Root slots that are Xen's own. */
#define XEN_FIRST 256
#define XEN_LAST  271

static const uint64_t *table(const struct fake *fake, uint64_t index)
{
    return (const uint64_t *)(fake->memory + (index << 12));
}

/* Index of the frame that an entry names; UINT64_MAX where the domain may not use it. */
static uint64_t target(struct fake *fake, const struct fake_domain *dom, uint64_t entry)
{
    return fake_index(fake, dom, (entry & 0x000ffffffffff000ULL) >> 12);
}

/* Gives frame and all below it their types. */
static int validate(struct fake *fake, const struct fake_domain *dom, uint64_t index, uint8_t level)
{
    struct frame *frame = &fake->frames[index];

    if (frame->maps || (frame->level && frame->level != level))
        return -EINVAL;
    if (frame->level)
        return 0;
    frame->level = level;
    for (unsigned int i = 0; i < 512; i++) {
        uint64_t entry = table(fake, index)[i], below;

        if (!(entry & PRESENT))
            continue;
        below = target(fake, dom, entry);
        if (below == UINT64_MAX || !(entry & USER) || (entry & LARGE) ||
            (level == 4 && i >= XEN_FIRST && i <= XEN_LAST))
            return -EINVAL;
        if (level > 1 && validate(fake, dom, below, level - 1) < 0)
            return -EINVAL;
    }
    return 0;
}

/* No page table may be writable through any. */
static bool tables_writable(struct fake *fake, const struct fake_domain *dom)
{
    for (uint64_t index = 0; index < fake->nr_frames; index++) {
        if (fake->frames[index].owner != dom->domid + 1 || fake->frames[index].level != 1)
            continue;
        for (unsigned int i = 0; i < 512; i++) {
            uint64_t entry = table(fake, index)[i];

            if ((entry & PRESENT) && (entry & WRITABLE) &&
                fake->frames[target(fake, dom, entry)].level)
                return true;
        }
    }
    return false;
}

static void forget_levels(struct fake *fake, const struct fake_domain *dom)
{
    for (uint64_t i = 0; i < fake->nr_frames; i++) {
        if (fake->frames[i].owner == dom->domid + 1)
            fake->frames[i].level = 0;
    }
}

int fake_pin(struct fake *fake, struct fake_domain *dom, uint64_t frame)
{
    uint64_t index = fake_index(fake, dom, frame);

    if (dom->spec.type != CHAOS_PV || index == UINT64_MAX || dom->pinned)
        return -EINVAL;
    if (validate(fake, dom, index, 4) < 0 || tables_writable(fake, dom)) {
        forget_levels(fake, dom);
        return -EINVAL;
    }
    dom->pinned = frame;
    return 0;
}

int fake_unpin(struct fake *fake, struct fake_domain *dom, uint64_t frame)
{
    if (!dom->pinned || dom->pinned != frame || dom->started)
        return -EINVAL;
    dom->pinned = 0;
    forget_levels(fake, dom);
    return 0;
}

/* Whether Xen takes `entry` into slot `slot` of the table at `index`. */
static int check_entry(struct fake *fake, const struct fake_domain *dom, uint64_t index,
                       unsigned int slot, uint64_t entry)
{
    uint8_t level = fake->frames[index].level;
    uint64_t below = target(fake, dom, entry);

    if (!(entry & PRESENT))
        return entry ? -EINVAL : 0;
    if (below == UINT64_MAX || !(entry & USER) || (entry & LARGE) ||
        (level == 4 && slot >= XEN_FIRST && slot <= XEN_LAST))
        return -EINVAL;
    if (level > 1)
        return validate(fake, dom, below, level - 1);
    return (entry & WRITABLE) && fake->frames[below].level ? -EINVAL : 0;
}

int fake_table_entries(struct fake *fake, struct fake_domain *dom, const struct hv_op *op)
{
    for (uint32_t i = 0; i < op->count; i++) {
        uint64_t addr = op->updates[i].addr, index = fake_index(fake, dom, addr >> 12);
        unsigned int slot = (addr & 4095) / 8;
        int rc;

        if (dom->spec.type != CHAOS_PV || index == UINT64_MAX || !fake->frames[index].level ||
            (addr & 7))
            return -EINVAL;
        rc = check_entry(fake, dom, index, slot, op->updates[i].value);
        if (rc < 0)
            return rc;
        ((uint64_t *)(fake->memory + (index << 12)))[slot] = op->updates[i].value;
        if (fake->frames[index].level > 1 && tables_writable(fake, dom))
            return -EINVAL;
    }
    return 0;
}
