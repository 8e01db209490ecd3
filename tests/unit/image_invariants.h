/* SPDX-License-Identifier: BSD-3-Clause */
/* What must be true of every image that the parser accepts, whatever the bytes were. */
#ifndef IMAGE_INVARIANTS_H
#define IMAGE_INVARIANTS_H

#include "image/image.h"

#include <stddef.h>

static inline const char *broken_segments(const struct image *img)
{
    uint64_t end = 0;

    if (!img->nr_segments || img->nr_segments > IMAGE_MAX_SEGMENTS)
        return "number of segments";
    for (unsigned int i = 0; i < img->nr_segments; i++) {
        const struct image_segment *s = &img->segments[i];

        if (!s->memsz)
            return "an empty segment";
        if (s->offset > img->size || s->filesz > img->size - s->offset)
            return "a segment outside of the data";
        if (s->filesz > s->memsz)
            return "more bytes in the file than in memory";
        if (s->paddr + s->memsz < s->paddr)
            return "a segment that wraps around";
        if (s->paddr < end)
            return "segments that overlap or are not sorted";
        end = s->paddr + s->memsz;
    }
    if (img->start != img->segments[0].paddr || img->end != end)
        return "start or end";
    if (img->end - img->start > IMAGE_MAX_BYTES)
        return "more than can be loaded";
    return NULL;
}

static inline const char *broken_pv(const struct image *img)
{
    uint64_t delta = img->virt_base - img->paddr_offset;
    uint64_t first = img->start + delta, last = img->end - 1 + delta;

    if (img->elf32)
        return "32-bit PV";
    if ((img->virt_base | img->paddr_offset) & 4095)
        return "virtual and physical frames that do not match";
    if (img->start < img->paddr_offset || img->end - img->paddr_offset > 1ULL << 46)
        return "pseudo-physical addresses out of any range";
    if (last < first || first < img->virt_base)
        return "virtual addresses that wrap around";
    if (last >= 0x0000800000000000ULL && img->virt_base < 0xffff880000000000ULL)
        return "virtual addresses that are not the kernel's";
    if (img->virt_entry < first || img->virt_entry > last)
        return "an entry point outside";
    if (img->hypercall_page != UINT64_MAX &&
        ((img->hypercall_page & 4095) || img->hypercall_page < first ||
         img->hypercall_page > last - 4095))
        return "a hypercall page outside";
    if (img->p2m_base != UINT64_MAX && img->p2m_base >= img->virt_base && img->p2m_base <= last)
        return "an INIT_P2M inside";
    return NULL;
}

/* NULL, or what is wrong. */
static inline const char *image_broken(const struct image *img)
{
    const char *wrong = broken_segments(img);

    if (!wrong && !img->pv && !img->pvh)
        wrong = "a kernel that can start in no way";
    if (!wrong && img->pv == (img->no_pv[0] != '\0'))
        wrong = "PV and its reason do not agree";
    if (!wrong && img->pvh == (img->no_pvh[0] != '\0'))
        wrong = "PVH and its reason do not agree";
    if (!wrong && img->pv)
        wrong = broken_pv(img);
    if (!wrong && img->pvh &&
        (img->end > 1ULL << 32 || img->phys_entry < img->start || img->phys_entry >= img->end))
        wrong = "a PVH entry point outside";
    return wrong;
}

#endif
