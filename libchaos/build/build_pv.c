/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The PV start of day, as xen/xen.h lays it down: image, ramdisk, frame list, start_info, store
 * page, console ring, page tables and a stack, packed, then at least 512 KiB of mapped padding up
 * to a 4 MiB boundary. Where the guest has less memory than that boundary, the mapping ends with
 * the memory: that is what lets a guest live in 1 MiB.
 */
#include "build/build.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <xen/io/xs_wire.h>
#include <xen/xen.h>

#include "base/error.h"
#include "build/pv_early.h"
#include "build/pv_tables.h"
#include "base/util.h"

#define PADDING_PAGES (512 * 1024 / PAGE_SIZE)

/* Between these, addresses are not canonical or Xen's own (xen/arch-x86/xen-x86_64.h). */
#define LOWER_HALF_END 0x0000800000000000ULL
#define UPPER_HALF     0xffff880000000000ULL

/* Guest frames of each part. */
struct layout {
    uint64_t image, filled, image_end;
    uint64_t ramdisk;
    uint64_t p2m, p2m_pages;
    uint64_t start_info, store, console;
    uint64_t tables;
    uint64_t stack;
    uint64_t needed; /* frames that must exist */
    bool early;      /* the first tables are there already: `changes` has how they fit */
    struct early_changes changes;
    struct pv_tables pt;
    struct pv_region regions[2]; /* the bootstrap mapping, the frame list where it is elsewhere */
};

static uint64_t last_of(const struct pv_region *region)
{
    return region->va + region->pages * PAGE_SIZE - 1;
}

/* Refuses addresses that Xen does not leave a PV guest, and regions that overlap. */
static int check_regions(const struct pv_region regions[2], chaos_error *err)
{
    for (unsigned int i = 0; i < 2; i++) {
        uint64_t first = regions[i].va, last = last_of(&regions[i]);

        if (regions[i].pages && (last < first || (last >= LOWER_HALF_END && first < UPPER_HALF)))
            return error_set(err, CHAOS_E_IMAGE, ERANGE,
                             "the kernel needs %#llx to %#llx for its %s, which Xen does not leave "
                             "it",
                             (unsigned long long)first, (unsigned long long)last,
                             i ? "INIT_P2M" : "bootstrap mapping");
    }
    if (regions[1].pages && regions[1].va <= last_of(&regions[0]) &&
        regions[0].va <= last_of(&regions[1]))
        return error_set(err, CHAOS_E_IMAGE, ERANGE,
                         "the kernel's INIT_P2M %#llx lies in its bootstrap mapping (%#llx to "
                         "%#llx)",
                         (unsigned long long)regions[1].va, (unsigned long long)regions[0].va,
                         (unsigned long long)last_of(&regions[0]));
    return 0;
}

/* The tables of the first 4 MiB come before all others: they may be there already. */
static int cover_first(struct layout *lay, const struct guest *guest, uint64_t virt_base)
{
    struct pv_region first = {virt_base, guest->memory.pages, 0};

    if (virt_base % PV_BOUNDARY)
        return 0;
    lay->early = guest->early;
    if (first.pages > PV_BOUNDARY_PAGES)
        first.pages = PV_BOUNDARY_PAGES;
    return pv_tables_cover(&lay->pt, &first);
}

static int plan(struct layout *lay, const struct guest *guest, const struct build_request *req,
                chaos_error *err)
{
    const struct image *img = req->image;
    bool unmapped_ramdisk = img->mod_start_pfn && req->ramdisk_bytes;
    uint64_t next, pages = guest->memory.pages, base = img->virt_base >> PAGE_SHIFT;
    size_t known;
    int rc;

    memset(lay, 0, sizeof(*lay));
    lay->image = (img->start - img->paddr_offset) >> PAGE_SHIFT;
    lay->filled = PAGES(img->filled - img->paddr_offset);
    lay->image_end = PAGES(img->end - img->paddr_offset);
    lay->p2m_pages = PAGES(pages * sizeof(uint64_t));
    lay->ramdisk = lay->image_end;
    lay->p2m = lay->ramdisk + (unmapped_ramdisk ? 0 : PAGES(req->ramdisk_bytes));
    lay->start_info = lay->p2m + lay->p2m_pages;
    lay->store = lay->start_info + 1;
    lay->console = lay->store + 1;
    lay->tables = lay->console + 1;
    if (img->p2m_base != UINT64_MAX)
        lay->regions[1] = (struct pv_region){img->p2m_base, lay->p2m_pages, lay->p2m};
    if (cover_first(lay, guest, img->virt_base) < 0)
        return error_oom(err);

    /* More tables lengthen the mapping, which may want more tables. */
    do {
        known = lay->pt.nr;
        lay->stack = lay->tables + known;
        next = ROUND_UP(base + lay->stack + 1 + PADDING_PAGES, PV_BOUNDARY_PAGES) - base;
        lay->regions[0] = (struct pv_region){img->virt_base, next < pages ? next : pages, 0};
        rc = check_regions(lay->regions, err);
        if (rc < 0)
            return rc;
        if (pv_tables_cover(&lay->pt, &lay->regions[0]) < 0 ||
            pv_tables_cover(&lay->pt, &lay->regions[1]) < 0)
            return error_oom(err);
    } while (lay->pt.nr != known);

    lay->needed = lay->stack + 1;
    if (unmapped_ramdisk) {
        uint64_t size = PAGES(req->ramdisk_bytes);

        /* Behind the mapping; in a guest too small for that, behind the padding in it. */
        lay->ramdisk = next + size <= pages ? next : lay->needed + PADDING_PAGES;
        lay->needed = lay->ramdisk + size;
    }
    return lay->needed > pages ? too_small(guest, lay->needed, err) : 0;
}

static uint64_t va_of(const struct image *img, uint64_t pfn)
{
    return img->virt_base + (pfn << PAGE_SHIFT);
}

static void write_start_info(const struct layout *lay, const struct guest *guest,
                             const struct build_request *req, const uint64_t *mfns,
                             struct start_info *si)
{
    const struct image *img = req->image;

    memset(si, 0, PAGE_SIZE);
    snprintf(si->magic, sizeof(si->magic), "xen-3.0-x86_64");
    si->nr_pages = guest->memory.pages;
    si->shared_info = guest->shared_info << PAGE_SHIFT;
    si->store_mfn = mfns[lay->store]; /* without a port: nobody answers, see write_store */
    si->store_evtchn = guest->store ? guest->bus_port : 0;
    si->console.domU.mfn = mfns[lay->console];
    si->console.domU.evtchn = guest->console_port;
    si->pt_base = va_of(img, lay->tables);
    si->nr_pt_frames = lay->pt.nr;
    si->mfn_list = va_of(img, lay->p2m);
    if (img->p2m_base != UINT64_MAX) {
        si->mfn_list = img->p2m_base;
        si->first_p2m_pfn = lay->p2m;
        si->nr_p2m_frames = lay->p2m_pages;
    }
    if (req->ramdisk_bytes) {
        si->mod_start = img->mod_start_pfn ? lay->ramdisk : va_of(img, lay->ramdisk);
        si->mod_len = req->ramdisk_bytes;
        si->flags = img->mod_start_pfn ? SIF_MOD_START_PFN : 0;
    }
    snprintf((char *)si->cmd_line, sizeof(si->cmd_line), "%s", req->cmdline);
}

/*
 * Without XenStore Linux and unikernels see that from the missing port; grub asks all the same and
 * waits for an answer, so one stands in the ring already: "no such entry".
 */
static void write_store(struct xenstore_domain_interface *ring, bool answered)
{
    static const char text[] = "ENOENT";
    struct xsd_sockmsg msg = {.type = XS_ERROR, .len = sizeof(text)};

    memset(ring, 0, PAGE_SIZE);
    if (answered)
        return;
    memcpy(ring->rsp, &msg, sizeof(msg));
    memcpy(ring->rsp + sizeof(msg), text, sizeof(text));
    ring->rsp_prod = sizeof(msg) + sizeof(text);
}

static uint64_t mfn_of(const void *opaque, uint64_t pfn)
{
    return ((const uint64_t *)opaque)[pfn];
}

static int fill(const struct layout *lay, const struct guest *guest,
                const struct build_request *req, const struct window *win, const uint64_t *mfns,
                chaos_error *err)
{
    int rc = load_image(win, req->image, req->image->paddr_offset, err);

    if (rc < 0)
        return rc;
    memcpy(window_page(win, lay->p2m), mfns, guest->memory.pages * sizeof(*mfns));
    write_start_info(lay, guest, req, mfns, window_page(win, lay->start_info));
    if (!guest->placed) { /* else they are clear, and may be in use */
        write_store(window_page(win, lay->store), guest->store || guest->bus_bytes);
        memset(window_page(win, lay->console), 0, PAGE_SIZE);
    }
    if (guest->bus_bytes)
        memcpy(window_page(win, lay->store), guest->bus_content, guest->bus_bytes);
    announce_page(guest, mfns[lay->store], lay->store, window_page(win, lay->console));
    for (size_t i = lay->changes.given; i < lay->pt.nr; i++)
        pv_tables_write(&lay->pt, i, lay->tables, lay->regions, ARRAY_SIZE(lay->regions), mfn_of,
                        mfns, window_page(win, lay->tables + i));
    if (!lay->early)
        early_mask_events(window_page(win, WINDOW_FRAME));
    return load_ramdisk(win, req, lay->ramdisk, err);
}

static int start(struct hv *hv, const struct layout *lay, const struct guest *guest,
                 const struct image *img, const uint64_t *mfns, chaos_error *err)
{
    struct hv_pv_start pv = {
        .rip = img->virt_entry,
        .rsp = va_of(img, lay->stack + 1),
        .rsi = va_of(img, lay->start_info),
        .cr3_mfn = mfns[lay->tables],
    };
    const struct early_changes *changes = &lay->changes;
    struct hv_op ops[4];
    size_t nr = 0;

    if (img->hypercall_page != UINT64_MAX)
        ops[nr++] = (struct hv_op){
            .code = HV_HYPERCALL_PAGE,
            .arg = mfns[(img->hypercall_page - img->virt_base) >> PAGE_SHIFT],
        };
    if (changes->nr_numbers)
        ops[nr++] = (struct hv_op){
            .code = HV_FRAME_NUMBERS, .updates = changes->numbers, .count = changes->nr_numbers};
    if (lay->early) {
        ops[nr++] = (struct hv_op){
            .code = HV_TABLE_ENTRIES, .updates = changes->entries, .count = changes->nr_entries};
    } else {
        ops[nr++] = (struct hv_op){.code = HV_PIN_L4, .arg = mfns[lay->tables]};
    }
    ops[nr++] = (struct hv_op){.code = HV_CONTEXT_PV, .pv = &pv};
    return hv_run(hv, guest->domid, ops, nr, err);
}

static int build(struct hv *hv, const struct guest *guest, const struct build_request *req,
                 const struct layout *lay, const uint64_t *mfns, chaos_error *err)
{
    struct window win = {0};
    uint64_t page = req->image->hypercall_page;
    int rc;

    if (page != UINT64_MAX && (page < req->image->virt_base ||
                               (page - req->image->virt_base) >> PAGE_SHIFT >= guest->memory.pages))
        return error_set(err, CHAOS_E_IMAGE, ERANGE,
                         "the kernel's hypercall page (%#llx) is outside of its memory",
                         (unsigned long long)page);

    window_add(&win, lay->image, lay->filled - lay->image);
    window_add(&win, lay->image_end, lay->tables - lay->image_end);
    window_add(&win, lay->tables + lay->changes.given, lay->pt.nr - lay->changes.given);
    if (lay->ramdisk > lay->stack)
        window_add(&win, lay->ramdisk, PAGES(req->ramdisk_bytes));
    if (!lay->early)
        window_add(&win, WINDOW_FRAME, 1);
    rc = window_open(&win, hv, guest, mfns, err);
    if (rc < 0)
        return rc;
    rc = fill(lay, guest, req, &win, mfns, err);
    /* Xen takes no frame for a page table while somebody has it mapped writable. */
    window_close(&win);
    return rc < 0 ? rc : start(hv, lay, guest, req->image, mfns, err);
}

/* Tables that were made early and do not fit this image are made ordinary memory. */
static int place(struct hv *hv, const struct guest *guest, struct layout *lay, uint64_t *mfns,
                 chaos_error *err)
{
    struct early_places to = {&lay->pt, lay->early, lay->tables, lay->console, lay->store};
    int rc = guest->early && !lay->early ? early_undo(hv, guest, err) : 0;

    if (rc < 0)
        return rc;
    return early_place(guest, &to, mfns, &lay->changes) < 0 ? error_oom(err) : 0;
}

int build_pv(struct hv *hv, const struct guest *guest, const struct build_request *req,
             struct built *out, chaos_error *err)
{
    cleanup_free uint64_t *mfns = malloc(guest->memory.pages * sizeof(*mfns));
    struct layout lay;
    int rc;

    if (!mfns)
        return error_oom(err);
    memory_frames(&guest->memory, 0, guest->memory.pages, mfns);
    rc = plan(&lay, guest, req, err);
    if (rc == 0)
        rc = place(hv, guest, &lay, mfns, err);
    if (rc == 0)
        rc = build(hv, guest, req, &lay, mfns, err);
    if (rc == 0)
        *out = (struct built){mfns[lay.console], mfns[lay.start_info],
                              offsetof(struct start_info, cmd_line), mfns[lay.store]};
    early_changes_clear(&lay.changes);
    pv_tables_clear(&lay.pt);
    return rc;
}
