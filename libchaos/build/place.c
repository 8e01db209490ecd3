/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The pages of console and bus of a guest whose image is not known yet. A PVH guest's are always
 * the same. A PV guest's follow its image, but not the frames behind them: two are taken that no
 * early page table has, and the build gives them the numbers that it wants (early_place).
 */
#include <string.h>

#include "build/build.h"
#include "build/pv_early.h"
#include "base/util.h"

int build_place(struct hv *hv, struct guest *guest, chaos_error *err)
{
    uint64_t first = guest->memory.pages - EARLY_MAX - 2, frames[2];
    void *pages;
    int rc;

    if (guest->type == CHAOS_PVH)
        pvh_places(guest, &frames[0], &frames[1]);
    else
        memory_frames(&guest->memory, first, 2, frames);
    rc = hv_map(hv, guest->domid, frames, 2, &pages, err);
    if (rc < 0)
        return rc;
    memset(pages, 0, 2 * PAGE_SIZE);
    hv_unmap(hv, pages, 2);
    guest->built.console_frame = frames[0];
    guest->built.bus_frame = frames[1];
    guest->placed = true;
    return 0;
}
