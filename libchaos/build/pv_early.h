/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Page tables of a PV shell, made before its image is known. Every image needs tables for the
 * guest's first 4 MiB (xen/xen.h: the mapping ends on such a boundary), and having Xen check their
 * entries is most of the price of an image. What the image decides comes later, as changes of a few
 * entries: at which addresses the tables begin, and which guest frames they are themselves.
 */
#ifndef CHAOS_PV_EARLY_H
#define CHAOS_PV_EARLY_H

#include "build/pv_tables.h"
#include "build/guest.h"

#define PV_BOUNDARY       (4ULL << 20)
#define PV_BOUNDARY_PAGES (PV_BOUNDARY >> 12)

/* How many they are at most, in the guest's last frames: a root, one of each level below, and one
 * of the last level for each 2 MiB. */
#define EARLY_MAX (3 + PV_BOUNDARY_PAGES / PV_TABLE_ENTRIES)

/* Makes them, and what else of shared memory is the same for all images (early_mask_events).
 * guest->early tells whether they are there: not every Dom0 may change them afterwards. */
int early_make(struct hv *hv, struct guest *guest, chaos_error *err);

/* Masks all event channels in the guest's shared_info page, `shared`: a guest gets no event that it
 * has not asked for. */
void early_mask_events(void *shared);

/* Where an image wants what was made early, by frame numbers. */
struct early_places {
    const struct pv_tables *pt; /* begins with the tables of the guest's first 4 MiB */
    bool tables_fit;            /* whether these are the ones that were made early */
    uint64_t tables, console, bus;
};

/* The changes that turn what was made early into what an image wants. */
struct early_changes {
    size_t given;                        /* how many tables there are */
    struct hv_update *entries, *numbers; /* for HV_TABLE_ENTRIES and HV_FRAME_NUMBERS */
    uint32_t nr_entries, nr_numbers;
};

/* Swaps frames in `mfns` (all of the guest's, by number) so that those of early tables, and those
 * of a guest that is `placed`, are where the image wants them. -ENOMEM. */
int early_place(const struct guest *guest, const struct early_places *to, uint64_t *mfns,
                struct early_changes *out);
void early_changes_clear(struct early_changes *changes);

/* Makes ordinary memory of the tables, for an image that they do not fit. */
int early_undo(struct hv *hv, const struct guest *guest, chaos_error *err);

#endif
