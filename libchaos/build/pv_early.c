/* SPDX-License-Identifier: BSD-3-Clause */
#include "build/pv_early.h"

#include <errno.h>
#include <string.h>
#include <xen/xen.h>

#include "base/error.h"
#include "base/util.h"

/* Root, one of each level below, and one of the last level for each 2 MiB. */
#define EARLY_MAX  (3 + PV_BOUNDARY_PAGES / PV_TABLE_ENTRIES)
#define FIRST_LEAF 3

/* The tables as they are made: for addresses from 0 on, in the guest's last frames. */
struct early {
    struct pv_tables pt;
    struct pv_region region;
    uint64_t first;
};

static int plan(struct early *early, const struct guest *guest)
{
    uint64_t pages = guest->memory.pages;

    memset(early, 0, sizeof(*early));
    early->region.pages = pages < PV_BOUNDARY_PAGES ? pages : PV_BOUNDARY_PAGES;
    if (pv_tables_cover(&early->pt, &early->region) < 0) {
        pv_tables_clear(&early->pt);
        return -ENOMEM;
    }
    early->first = pages - early->pt.nr;
    return 0;
}

void early_mask_events(void *page)
{
    struct shared_info *shared = page;

    for (unsigned int i = 0; i < XEN_LEGACY_MAX_VCPUS; i++)
        shared->vcpu_info[i].evtchn_upcall_mask = 1;
}

static uint64_t frame_of(const void *opaque, uint64_t pfn)
{
    uint64_t frame;

    memory_frames(opaque, pfn, 1, &frame);
    return frame;
}

static int write_tables(struct hv *hv, const struct early *early, const struct guest *guest,
                        chaos_error *err)
{
    uint64_t frames[EARLY_MAX + 1];
    uint8_t *pages;
    int rc;

    memory_frames(&guest->memory, early->first, early->pt.nr, frames);
    frames[early->pt.nr] = guest->shared_info;
    rc = hv_map(hv, guest->domid, frames, early->pt.nr + 1, (void **)&pages, err);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < early->pt.nr; i++)
        pv_tables_write(&early->pt, i, early->first, &early->region, 1, frame_of, &guest->memory,
                        (uint64_t *)(pages + i * PAGE_SIZE));
    early_mask_events(pages + early->pt.nr * PAGE_SIZE);
    hv_unmap(hv, pages, early->pt.nr + 1);
    return 0;
}

/* Has Xen check the tables, and tries to write one entry over with what it is: a Dom0 that is not
 * PV itself may not, and then they are of no use. */
static int pin(struct hv *hv, const struct early *early, struct guest *guest, chaos_error *err)
{
    uint64_t root = frame_of(&guest->memory, early->first);
    struct hv_update same = {root << PAGE_SHIFT,
                             pv_tables_link(frame_of(&guest->memory, early->first + 1))};
    struct hv_op ops[] = {
        {.code = HV_PIN_L4, .arg = root},
        {.code = HV_TABLE_ENTRIES, .updates = &same, .count = 1},
    };
    int rc = hv->backend->run(hv, guest->domid, ops, ARRAY_SIZE(ops));

    if (rc < 0)
        return hv_refused(err, rc, guest->domid, "multicall");
    if (ops[0].rc == 0 && (ops[1].rc == -ENOSYS || ops[1].rc == -EOPNOTSUPP))
        return early_undo(hv, guest, err);
    rc = hv_failed(ops, ARRAY_SIZE(ops), guest->domid, err);
    guest->early = rc == 0;
    return rc;
}

int early_make(struct hv *hv, struct guest *guest, chaos_error *err)
{
    struct early early;
    int rc = plan(&early, guest);

    if (rc < 0)
        return error_oom(err);
    rc = write_tables(hv, &early, guest, err);
    if (rc == 0)
        rc = pin(hv, &early, guest, err);
    pv_tables_clear(&early.pt);
    return rc;
}

int early_undo(struct hv *hv, const struct guest *guest, chaos_error *err)
{
    struct hv_op op = {.code = HV_UNPIN};
    struct early early;

    if (plan(&early, guest) < 0)
        return error_oom(err);
    op.arg = frame_of(&guest->memory, early.first);
    pv_tables_clear(&early.pt);
    return hv_run(hv, guest->domid, &op, 1, err);
}

/* Each table's frame changes places with the one that has its number. As the stack comes behind the
 * tables, they end up before where they were, and none stands in another's way. */
static void swap_frames(const struct early *early, uint64_t tables, uint64_t *mfns)
{
    for (size_t i = 0; i < early->pt.nr; i++) {
        uint64_t mfn = mfns[early->first + i];

        mfns[early->first + i] = mfns[tables + i];
        mfns[tables + i] = mfn;
    }
}

/* Collects the changes that Xen must be told of for one guest frame. */
static void change_frame(const struct early *early, const struct guest *guest,
                         const struct pv_tables *pt, uint64_t tables, const uint64_t *mfns,
                         uint64_t pfn, struct early_changes *out)
{
    if (pfn < early->region.pages) {
        uint64_t table = mfns[tables + FIRST_LEAF + pfn / PV_TABLE_ENTRIES];

        out->entries[out->nr_entries++] =
            (struct hv_update){(table << PAGE_SHIFT) + pfn % PV_TABLE_ENTRIES * sizeof(uint64_t),
                               pv_tables_leaf(pt, tables, pfn, mfns[pfn])};
    }
    if (mfns[pfn] != frame_of(&guest->memory, pfn))
        out->numbers[out->nr_numbers++] = (struct hv_update){mfns[pfn] << PAGE_SHIFT, pfn};
}

static void change_link(const struct pv_tables *pt, size_t index, uint64_t old_slot,
                        uint64_t tables, const uint64_t *mfns, struct early_changes *out)
{
    uint64_t slot, table;
    size_t parent;

    if (!pv_tables_parent(pt, index, &parent, &slot) || parent >= out->given || slot == old_slot)
        return;
    table = mfns[tables + parent] << PAGE_SHIFT;
    out->entries[out->nr_entries++] =
        (struct hv_update){table + slot * sizeof(uint64_t), pv_tables_link(mfns[tables + index])};
    /* Only now: before, it would have lost its last user, and its checks. */
    if (index < out->given)
        out->entries[out->nr_entries++] =
            (struct hv_update){table + old_slot * sizeof(uint64_t), 0};
}

/* Frames first: one that becomes a table must not be writable any more. */
static void change(const struct early *early, const struct guest *guest, const struct pv_tables *pt,
                   uint64_t tables, const uint64_t *mfns, struct early_changes *out)
{
    for (uint64_t pfn = early->first; pfn < early->first + out->given; pfn++)
        change_frame(early, guest, pt, tables, mfns, pfn, out);
    for (uint64_t pfn = tables; pfn < tables + pt->nr && pfn < early->first; pfn++) {
        if (pfn < early->region.pages || pfn < tables + out->given)
            change_frame(early, guest, pt, tables, mfns, pfn, out);
    }
    for (size_t i = 0; i < pt->nr; i++) {
        uint64_t old_slot = UINT64_MAX;
        size_t parent;

        if (i < out->given)
            pv_tables_parent(&early->pt, i, &parent, &old_slot);
        change_link(pt, i, old_slot, tables, mfns, out);
    }
}

int early_place(const struct guest *guest, const struct pv_tables *pt, uint64_t tables,
                uint64_t *mfns, struct early_changes *out)
{
    struct early early;

    memset(out, 0, sizeof(*out));
    if (plan(&early, guest) < 0)
        return -ENOMEM;
    out->given = early.pt.nr;
    /* a frame is one entry, a link at most two */
    out->entries = calloc(3 * out->given + 2 * pt->nr, sizeof(*out->entries));
    out->numbers = calloc(2 * out->given, sizeof(*out->numbers));
    if (!out->entries || !out->numbers) {
        pv_tables_clear(&early.pt);
        early_changes_clear(out);
        return -ENOMEM;
    }
    swap_frames(&early, tables, mfns);
    change(&early, guest, pt, tables, mfns, out);
    pv_tables_clear(&early.pt);
    return 0;
}

void early_changes_clear(struct early_changes *changes)
{
    free(changes->entries);
    free(changes->numbers);
    memset(changes, 0, sizeof(*changes));
}
