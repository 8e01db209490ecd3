/* SPDX-License-Identifier: BSD-3-Clause */
#include "build/pv_early.h"

#include <errno.h>
#include <string.h>
#include <xen/xen.h>

#include "base/error.h"
#include "base/util.h"

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

/* A frame that has its purpose changes places with the one that has its number: the places where it
 * was and is. Tables are in theirs by then, and no table's place is that of another purpose. */
static void swap_page(const struct guest *guest, uint64_t frame, uint64_t pfn, uint64_t *mfns,
                      uint64_t moved[2])
{
    uint64_t behind = guest->memory.pages, at;

    while (behind > 0 && mfns[behind - 1] != frame) /* it is one of the last */
        behind--;
    moved[0] = moved[1] = pfn;
    if (behind == 0) /* a shell whose record is damaged */
        return;
    moved[0] = at = behind - 1;
    mfns[at] = mfns[pfn];
    mfns[pfn] = frame;
}

/* What is wanted where, while its changes are collected. */
struct placing {
    const struct early *early;
    const struct guest *guest;
    const struct early_places *to;
    const uint64_t *mfns;
    struct early_changes *out;
};

/* Collects the changes that Xen must be told of for one guest frame. */
static void change_frame(const struct placing *p, uint64_t pfn)
{
    struct early_changes *out = p->out;

    if (out->given && pfn < p->early->region.pages) {
        uint64_t table = p->mfns[p->to->tables + FIRST_LEAF + pfn / PV_TABLE_ENTRIES];

        out->entries[out->nr_entries++] =
            (struct hv_update){(table << PAGE_SHIFT) + pfn % PV_TABLE_ENTRIES * sizeof(uint64_t),
                               pv_tables_leaf(p->to->pt, p->to->tables, pfn, p->mfns[pfn])};
    }
    if (p->mfns[pfn] != frame_of(&p->guest->memory, pfn))
        out->numbers[out->nr_numbers++] = (struct hv_update){p->mfns[pfn] << PAGE_SHIFT, pfn};
}

static void change_link(const struct placing *p, size_t index, uint64_t old_slot)
{
    const struct early_places *to = p->to;
    struct early_changes *out = p->out;
    uint64_t slot, table;
    size_t parent;

    if (!pv_tables_parent(to->pt, index, &parent, &slot) || parent >= out->given ||
        slot == old_slot)
        return;
    table = p->mfns[to->tables + parent] << PAGE_SHIFT;
    out->entries[out->nr_entries++] = (struct hv_update){
        table + slot * sizeof(uint64_t), pv_tables_link(p->mfns[to->tables + index])};
    /* Only now: before, it would have lost its last user, and its checks. */
    if (index < out->given)
        out->entries[out->nr_entries++] =
            (struct hv_update){table + old_slot * sizeof(uint64_t), 0};
}

/* Whether change_tables() has this frame. */
static bool is_tables(const struct placing *p, uint64_t pfn)
{
    uint64_t given = p->out->given, first = p->early->first, tables = p->to->tables;

    return given && ((pfn >= first && pfn < first + given) ||
                     (pfn >= tables && pfn < tables + p->to->pt->nr && pfn < first &&
                      (pfn < p->early->region.pages || pfn < tables + given)));
}

/* Frames first: one that becomes a table must not be writable any more. */
static void change_frames(const struct placing *p, const uint64_t *moved, size_t nr_moved)
{
    uint64_t first = p->early->first, tables = p->to->tables;

    for (size_t i = 0; i < nr_moved; i++) {
        bool twice = false;

        for (size_t j = 0; j < i; j++)
            twice |= moved[j] == moved[i];
        if (!twice && !is_tables(p, moved[i]))
            change_frame(p, moved[i]);
    }
    for (uint64_t pfn = first; pfn < first + p->out->given; pfn++)
        change_frame(p, pfn);
    for (uint64_t pfn = tables; pfn < tables + p->to->pt->nr && pfn < first; pfn++) {
        if (is_tables(p, pfn))
            change_frame(p, pfn);
    }
}

static void change_links(const struct placing *p)
{
    for (size_t i = 0; i < p->to->pt->nr && p->out->given; i++) {
        uint64_t old_slot = UINT64_MAX;
        size_t parent;

        if (i < p->out->given)
            pv_tables_parent(&p->early->pt, i, &parent, &old_slot);
        change_link(p, i, old_slot);
    }
}

/* Console and bus: where they were, and where they are. */
#define MOVED_MAX 4

static int allocate(struct early_changes *out, size_t tables)
{
    /* a frame is one entry, a link at most two */
    out->entries = calloc(3 * out->given + 2 * tables + MOVED_MAX, sizeof(*out->entries));
    out->numbers = calloc(2 * out->given + MOVED_MAX, sizeof(*out->numbers));
    if (out->entries && out->numbers)
        return 0;
    early_changes_clear(out);
    return -ENOMEM;
}

int early_place(const struct guest *guest, const struct early_places *to, uint64_t *mfns,
                struct early_changes *out)
{
    struct early early;
    struct placing placing = {&early, guest, to, mfns, out};
    uint64_t moved[MOVED_MAX];

    memset(out, 0, sizeof(*out));
    if (!to->tables_fit && !guest->placed)
        return 0;
    if (plan(&early, guest) < 0)
        return -ENOMEM;
    out->given = to->tables_fit ? early.pt.nr : 0;
    if (allocate(out, to->pt->nr) < 0) {
        pv_tables_clear(&early.pt);
        return -ENOMEM;
    }
    if (to->tables_fit)
        swap_frames(&early, to->tables, mfns);
    if (guest->placed) {
        swap_page(guest, guest->built.console_frame, to->console, mfns, moved);
        swap_page(guest, guest->built.bus_frame, to->bus, mfns, moved + 2);
    }
    change_frames(&placing, moved, guest->placed ? MOVED_MAX : 0);
    change_links(&placing);
    pv_tables_clear(&early.pt);
    return 0;
}

void early_changes_clear(struct early_changes *changes)
{
    free(changes->entries);
    free(changes->numbers);
    memset(changes, 0, sizeof(*changes));
}
