/* SPDX-License-Identifier: BSD-3-Clause */
#include "pv_guest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static uint64_t frame_of(uint64_t entry)
{
    return (entry & 0x000ffffffffff000ULL) >> 12;
}

uint64_t pv_entry(struct hv *hv, const struct fake_domain *dom, uint64_t va)
{
    uint64_t frame = dom->pv.cr3_mfn, entry = 0;

    for (int shift = 39; shift >= 12; shift -= 9) {
        entry = ((uint64_t *)fake_page(hv, dom->domid, frame))[(va >> shift) & 511];
        if (!(entry & PTE_PRESENT))
            return 0;
        if (shift > 12 && !(entry & PTE_WRITABLE))
            fail_msg("%#llx: an upper level forbids writing", (unsigned long long)va);
        frame = frame_of(entry);
    }
    return entry;
}

void *pv_page(struct hv *hv, const struct fake_domain *dom, uint64_t va)
{
    uint64_t entry = pv_entry(hv, dom, va);

    if (!entry)
        fail_msg("%#llx is not mapped", (unsigned long long)va);
    return fake_page(hv, dom->domid, frame_of(entry));
}

bool pv_equal(struct hv *hv, const struct fake_domain *dom, uint64_t va, const void *bytes,
              uint64_t size)
{
    const uint8_t *from = bytes;

    while (size) {
        uint64_t at = va & 4095, part = size < 4096 - at ? size : 4096 - at;

        if (memcmp((uint8_t *)pv_page(hv, dom, va) + at, from, part) != 0)
            return false;
        va += part;
        from += part;
        size -= part;
    }
    return true;
}

static void count(struct hv *hv, const struct fake_domain *dom, uint64_t frame, int level,
                  struct pv_count *out)
{
    const uint64_t *table = fake_page(hv, dom->domid, frame);

    out->tables++;
    for (unsigned int i = 0; i < 512; i++) {
        if (!table[i])
            continue;
        if (!(table[i] & PTE_PRESENT))
            fail_msg("rubbish in a level %d table: %#llx", level, (unsigned long long)table[i]);
        if (level == 1)
            out->pages++;
        else
            count(hv, dom, frame_of(table[i]), level - 1, out);
    }
}

struct pv_count pv_count(struct hv *hv, const struct fake_domain *dom)
{
    struct pv_count out = {0, 0};

    count(hv, dom, dom->pv.cr3_mfn, 4, &out);
    return out;
}
