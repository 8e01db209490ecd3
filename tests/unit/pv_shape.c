/* SPDX-License-Identifier: BSD-3-Clause */
#include "pv_shape.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <chaos/daemon.h>
#include "build/build.h"
#include "config/config.h"
#include "pv_guest.h"
#include "shell/shell.h"
#include "tiny_elf.h"

static uint64_t paddr_of(const struct shape *s)
{
    return s->paddr ? s->paddr : TINY_PADDR;
}

static uint64_t memsz_of(const struct shape *s)
{
    return s->memsz ? s->memsz : TINY_MEMSZ;
}

/* Where the image's first byte is for the guest. */
static uint64_t image_va(const struct shape *s)
{
    return s->base + paddr_of(s) - s->offset;
}

static void make_kernel(const struct shape *s, struct tiny *t)
{
    tiny_begin(t, false);
    tiny_text(t, XEN_ELFNOTE_GUEST_OS, "linux");
    tiny_number(t, XEN_ELFNOTE_VIRT_BASE, s->base);
    tiny_number(t, XEN_ELFNOTE_PADDR_OFFSET, s->offset);
    tiny_number(t, XEN_ELFNOTE_ENTRY, image_va(s) + 8);
    if (s->p2m)
        tiny_number(t, XEN_ELFNOTE_INIT_P2M, s->p2m);
    if (s->hypercalls)
        tiny_number(t, XEN_ELFNOTE_HYPERCALL_PAGE, ((image_va(s) + 4095) & ~4095ULL) + 4096);
    if (s->mod_start_pfn)
        tiny_number(t, XEN_ELFNOTE_MOD_START_PFN, 1);
    tiny_end(t);
    tiny_phdr(t, TINY_LOAD, PT_LOAD, t->size - TINY_CODE, paddr_of(s), TINY_CODE, memsz_of(s));
}

/* The pages of the last guest that was `placed`. */
static struct built placed_at;
#define RING_MARK 0x5a /* in a ring that is in use before the guest is built */

static void place_pages(struct place *p, chaos_shell *shell)
{
    uint8_t *ring;

    place_worked(p, build_place(p->hv, &shell->guest, &p->err));
    placed_at = shell->guest.built;
    ring = fake_page(p->hv, shell->guest.domid, placed_at.bus_frame);
    for (unsigned int i = 0; i < 4096; i++)
        assert_int_equal(ring[i], 0);
    ring[100] = RING_MARK;
}

static int create_pooled(struct place *p, const struct shape *s, const chaos_config *cfg,
                         uint32_t *domid)
{
    chaos_shell *shell;
    int rc = chaos_pool_prepare(p->host, cfg, false, &shell, &p->err);

    if (rc == 0 && !fake_domain(p->hv, chaos_shell_domid(shell))->pinned)
        fail_msg("its tables are not made yet");
    if (rc == 0 && s->placed)
        place_pages(p, shell);
    if (rc == 0)
        rc = chaos_execute(p->host, shell, cfg, "pv", true, domid, &p->err);
    return rc;
}

int pv_build(struct place *p, const struct shape *s, uint32_t *domid)
{
    chaos_config *cfg = place_config(p, CHAOS_PV, "cmdline: \"root=/dev/xvda quiet\"");
    struct tiny t;
    int rc;

    make_kernel(s, &t);
    place_kernel(p, &t);
    cfg->memory_kib = s->memory / 1024;
    if (s->ramdisk)
        place_worked(p, config_key_set(cfg, KEY_RAMDISK, NULL, p->ramdisk, &p->err));
    fake_fragment(p->hv, s->order == 10 ? 0 : s->order ? s->order : 9);
    rc = s->pooled ? create_pooled(p, s, cfg, domid)
                   : chaos_create(p->host, cfg, "pv", true, domid, &p->err);
    chaos_config_free(cfg);
    return rc;
}

/* "the contiguous region ends on an aligned 4MB boundary", "at least 512kB padding after the final
 * bootstrap element", or else where the memory ends. */
static uint64_t boundary(const struct fake_domain *dom)
{
    if (dom->pv.rsp > UINT64_MAX - 4 * MIB) /* the top of all addresses */
        return 0;
    return (dom->pv.rsp + MIB / 2 + 4 * MIB - 1) / (4 * MIB) * (4 * MIB);
}

static uint64_t region_end(const struct shape *s, const struct fake_domain *dom)
{
    uint64_t end = boundary(dom);

    return end - s->base < s->memory ? end : s->base + s->memory;
}

static void check_mapping(struct place *p, const struct shape *s, const struct fake_domain *dom,
                          const struct start_info *si)
{
    uint64_t end = region_end(s, dom), pages = (end - s->base) / 4096;
    uint64_t tables = (si->pt_base - s->base) / 4096;
    struct pv_count count = pv_count(p->hv, dom);

    for (uint64_t pfn = 0; pfn < pages; pfn++) {
        uint64_t entry = pv_entry(p->hv, dom, s->base + pfn * 4096);
        bool is_table = pfn >= tables && pfn - tables < si->nr_pt_frames;

        if (!entry || (entry & 0x000ffffffffff000ULL) >> 12 != fake_frame_of(dom, pfn))
            fail_msg("%s: frame %llu is not where it belongs: %#llx", s->name,
                     (unsigned long long)pfn, (unsigned long long)entry);
        if (!(entry & PTE_WRITABLE) != is_table)
            fail_msg("%s: frame %llu is %swritable", s->name, (unsigned long long)pfn,
                     is_table ? "" : "not ");
    }
    assert_int_equal(count.tables, si->nr_pt_frames);
    assert_int_equal(count.pages, pages + (s->p2m ? si->nr_p2m_frames : 0));
    assert_int_equal(dom->pv.cr3_mfn, fake_frame_of(dom, tables));
}

static void check_p2m(struct place *p, const struct shape *s, const struct fake_domain *dom,
                      const struct start_info *si)
{
    uint64_t pages = s->memory / 4096;

    for (uint64_t pfn = 0; pfn < pages; pfn++) {
        uint64_t va = si->mfn_list + pfn * 8;
        const uint64_t *list = pv_page(p->hv, dom, va & ~4095ULL);

        if (list[(va & 4095) / 8] != fake_frame_of(dom, pfn))
            fail_msg("%s: frame %llu is wrong in the list", s->name, (unsigned long long)pfn);
    }
    if (s->p2m) {
        assert_int_equal(si->mfn_list, s->p2m);
        assert_int_equal(si->nr_p2m_frames, (pages * 8 + 4095) / 4096);
        assert_ptr_equal(pv_page(p->hv, dom, s->p2m),
                         fake_page(p->hv, dom->domid, fake_frame_of(dom, si->first_p2m_pfn)));
    }
}

static void check_image(struct place *p, const struct shape *s, const struct fake_domain *dom)
{
    uint64_t bss = memsz_of(s) - TINY_CODE;
    uint8_t code[TINY_CODE], *zeros = calloc(1, bss);
    uint64_t page = ((image_va(s) + 4095) & ~4095ULL) + 4096;

    memset(code, 0xf4, sizeof(code));
    assert_true(pv_equal(p->hv, dom, image_va(s), code, sizeof(code)));
    if (!s->hypercalls)
        assert_true(pv_equal(p->hv, dom, image_va(s) + TINY_CODE, zeros, bss));
    else
        assert_ptr_equal(pv_page(p->hv, dom, page),
                         fake_page(p->hv, dom->domid, dom->hypercall_page));
    free(zeros);
}

static void check_ramdisk(struct place *p, const struct shape *s, const struct fake_domain *dom,
                          const struct start_info *si)
{
    uint8_t bytes[4 * 4096];
    int fd = open(p->ramdisk, O_RDONLY | O_CLOEXEC);
    ssize_t size = read(fd, bytes, sizeof(bytes));

    close(fd);
    if (!s->ramdisk) {
        assert_int_equal(si->mod_start, 0);
        assert_int_equal(si->mod_len, 0);
        assert_int_equal(si->flags, 0);
        return;
    }
    assert_int_equal(si->mod_len, size);
    assert_int_equal(si->flags, s->mod_start_pfn ? SIF_MOD_START_PFN : 0);
    if (!s->mod_start_pfn) {
        assert_true(pv_equal(p->hv, dom, si->mod_start, bytes, size));
        return;
    }
    for (ssize_t at = 0; at < size; at += 4096) {
        uint64_t pfn = si->mod_start + at / 4096;

        assert_memory_equal(fake_page(p->hv, dom->domid, fake_frame_of(dom, pfn)), bytes + at,
                            size - at < 4096 ? size - at : 4096);
        /* it is not in anybody's way: behind the region, or behind 512 KiB where it is too large
         * for that */
        if (boundary(dom) - s->base + (size + 4095) / 4096 * 4096 <= s->memory)
            assert_true(s->base + pfn * 4096 >= region_end(s, dom));
        else
            assert_true(s->base + pfn * 4096 >= dom->pv.rsp + MIB / 2);
    }
}

static void check_rings(struct place *p, const struct shape *s, const struct fake_domain *dom,
                        const struct start_info *si)
{
    const struct shared_info *shared = fake_page(p->hv, dom->domid, dom->shared_info);
    const uint8_t *console = fake_page(p->hv, dom->domid, si->console.domU.mfn);

    for (unsigned int i = 0; i < 4096; i++)
        assert_int_equal(console[i], 0);
    assert_true(dom->ports[si->console.domU.evtchn].used);
    assert_non_null(fake_page(p->hv, dom->domid, si->store_mfn));
    if (s->placed) {
        assert_int_equal(si->console.domU.mfn, placed_at.console_frame);
        assert_int_equal(si->store_mfn, placed_at.bus_frame);
        assert_int_equal(((uint8_t *)fake_page(p->hv, dom->domid, si->store_mfn))[100], RING_MARK);
    }
    assert_int_equal(si->store_evtchn, 0);
    assert_int_equal(si->shared_info, dom->shared_info << 12);
    for (unsigned int i = 0; i < XEN_LEGACY_MAX_VCPUS; i++)
        assert_int_equal(shared->vcpu_info[i].evtchn_upcall_mask, 1);
}

/* Image, ramdisk, list, start_info, rings, tables and stack follow each other without gaps. */
static void check_packing(struct place *p, const struct shape *s, const struct fake_domain *dom,
                          const struct start_info *si)
{
    uint64_t at = (image_va(s) + memsz_of(s) + 4095) & ~4095ULL;
    uint64_t console = si->pt_base - 4096;

    if (s->ramdisk && !s->mod_start_pfn) {
        assert_int_equal(si->mod_start, at);
        at += (si->mod_len + 4095) & ~4095ULL;
    }
    if (!s->p2m)
        assert_int_equal(si->mfn_list, at);
    at += (s->memory / 4096 * 8 + 4095) & ~4095ULL;
    assert_int_equal(dom->pv.rsi, at);
    assert_ptr_equal(pv_page(p->hv, dom, console),
                     fake_page(p->hv, dom->domid, si->console.domU.mfn));
    assert_ptr_equal(pv_page(p->hv, dom, console - 4096),
                     fake_page(p->hv, dom->domid, si->store_mfn));
    assert_int_equal(si->pt_base, at + 3 * 4096);
    assert_int_equal(dom->pv.rsp, si->pt_base + (si->nr_pt_frames + 1) * 4096);
}

void pv_check(struct place *p, const struct shape *s, uint32_t domid)
{
    const struct fake_domain *dom = fake_domain(p->hv, domid);
    const struct start_info *si = pv_page(p->hv, dom, dom->pv.rsi);

    assert_string_equal(si->magic, "xen-3.0-x86_64");
    assert_int_equal(si->nr_pages, s->memory / 4096);
    assert_string_equal((const char *)si->cmd_line, "root=/dev/xvda quiet");
    assert_int_equal(dom->pv.rip, image_va(s) + 8);
    assert_int_equal(dom->pages, s->memory / 4096);
    check_mapping(p, s, dom, si);
    check_p2m(p, s, dom, si);
    check_image(p, s, dom);
    check_ramdisk(p, s, dom, si);
    check_rings(p, s, dom, si);
    check_packing(p, s, dom, si);
}
