/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The PV start of day, held to xen/xen.h: kernels of all shapes are built into guests of all sizes,
 * and what the guest would see is looked up through the page tables that it starts on.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "config.h"
#include "place.h"
#include "pv_guest.h"
#include "tiny_elf.h"

#define KERNEL_BASE 0xffffffff80000000ULL /* Linux's */
#define LINUX_P2M   0x0000008000000000ULL

#define MIB (1ULL << 20)

/* A kernel and its guest; addresses that are 0 are as tiny_elf.h has them. */
struct shape {
    const char *name;
    uint64_t memory; /* bytes */
    uint64_t base, offset, paddr, memsz, p2m;
    bool hypercalls, ramdisk, mod_start_pfn;
    uint32_t order; /* of the largest free run of frames, 0: 9; 10: single pages */
};

static struct place place;

static int make(void **state)
{
    (void)state;
    place_make(&place);
    if (place_try_open(&place, fake_open(40000)) < 0)
        fail_msg("%s", place.err.text);
    return 0;
}

static int unmake(void **state)
{
    (void)state;
    if (place.host)
        chaos_host_close(place.host);
    place_remove(&place);
    return 0;
}

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

static int build(const struct shape *s, uint32_t *domid)
{
    chaos_config *cfg = place_config(&place, CHAOS_PV, "cmdline: \"root=/dev/xvda quiet\"");
    struct tiny t;
    int rc;

    make_kernel(s, &t);
    place_kernel(&place, &t);
    cfg->memory_kib = s->memory / 1024;
    if (s->ramdisk)
        place_worked(&place, config_key_set(cfg, KEY_RAMDISK, NULL, place.ramdisk, &place.err));
    fake_fragment(place.hv, s->order == 10 ? 0 : s->order ? s->order : 9);
    rc = chaos_create(place.host, cfg, "pv", true, domid, &place.err);
    chaos_config_free(cfg);
    return rc;
}

static void destroy(void)
{
    struct chaos_domain dom = place_find(&place, "pv");

    place_worked(&place, chaos_destroy(place.host, &dom, &place.err));
}

/* "the contiguous region ends on an aligned 4MB boundary", "at least 512kB padding after the final
 * bootstrap element", or else where the memory ends. */
static uint64_t region_end(const struct shape *s, const struct fake_domain *dom)
{
    uint64_t end = (dom->pv.rsp + MIB / 2 + 4 * MIB - 1) / (4 * MIB) * (4 * MIB);

    if (dom->pv.rsp > UINT64_MAX - 4 * MIB) /* the top of all addresses */
        end = 0;
    return end - s->base < s->memory ? end : s->base + s->memory;
}

static void check_mapping(const struct shape *s, const struct fake_domain *dom,
                          const struct start_info *si)
{
    uint64_t end = region_end(s, dom), pages = (end - s->base) / 4096;
    uint64_t tables = (si->pt_base - s->base) / 4096;
    struct pv_count count = pv_count(place.hv, dom);

    for (uint64_t pfn = 0; pfn < pages; pfn++) {
        uint64_t entry = pv_entry(place.hv, dom, s->base + pfn * 4096);
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

static void check_p2m(const struct shape *s, const struct fake_domain *dom,
                      const struct start_info *si)
{
    uint64_t pages = s->memory / 4096;

    for (uint64_t pfn = 0; pfn < pages; pfn++) {
        uint64_t va = si->mfn_list + pfn * 8;
        const uint64_t *list = pv_page(place.hv, dom, va & ~4095ULL);

        if (list[(va & 4095) / 8] != fake_frame_of(dom, pfn))
            fail_msg("%s: frame %llu is wrong in the list", s->name, (unsigned long long)pfn);
    }
    if (s->p2m) {
        assert_int_equal(si->mfn_list, s->p2m);
        assert_int_equal(si->nr_p2m_frames, (pages * 8 + 4095) / 4096);
        assert_ptr_equal(pv_page(place.hv, dom, s->p2m),
                         fake_page(place.hv, dom->domid, fake_frame_of(dom, si->first_p2m_pfn)));
    }
}

static void check_image(const struct shape *s, const struct fake_domain *dom)
{
    uint64_t bss = memsz_of(s) - TINY_CODE;
    uint8_t code[TINY_CODE], *zeros = calloc(1, bss);
    uint64_t page = ((image_va(s) + 4095) & ~4095ULL) + 4096;

    memset(code, 0xf4, sizeof(code));
    assert_true(pv_equal(place.hv, dom, image_va(s), code, sizeof(code)));
    if (!s->hypercalls)
        assert_true(pv_equal(place.hv, dom, image_va(s) + TINY_CODE, zeros, bss));
    else
        assert_ptr_equal(pv_page(place.hv, dom, page),
                         fake_page(place.hv, dom->domid, dom->hypercall_page));
    free(zeros);
}

static void check_ramdisk(const struct shape *s, const struct fake_domain *dom,
                          const struct start_info *si)
{
    uint8_t bytes[4 * 4096];
    int fd = open(place.ramdisk, O_RDONLY | O_CLOEXEC);
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
        assert_true(pv_equal(place.hv, dom, si->mod_start, bytes, size));
        return;
    }
    for (ssize_t at = 0; at < size; at += 4096) {
        uint64_t pfn = si->mod_start + at / 4096;

        assert_memory_equal(fake_page(place.hv, dom->domid, fake_frame_of(dom, pfn)), bytes + at,
                            size - at < 4096 ? size - at : 4096);
        /* it is not in anybody's way */
        assert_true(s->base + pfn * 4096 >= region_end(s, dom));
    }
}

static void check_rings(const struct fake_domain *dom, const struct start_info *si)
{
    const struct shared_info *shared = fake_page(place.hv, dom->domid, dom->shared_info);
    const uint8_t *console = fake_page(place.hv, dom->domid, si->console.domU.mfn);

    for (unsigned int i = 0; i < 4096; i++)
        assert_int_equal(console[i], 0);
    assert_true(dom->ports[si->console.domU.evtchn].used);
    assert_non_null(fake_page(place.hv, dom->domid, si->store_mfn));
    assert_int_equal(si->store_evtchn, 0);
    assert_int_equal(si->shared_info, dom->shared_info << 12);
    for (unsigned int i = 0; i < XEN_LEGACY_MAX_VCPUS; i++)
        assert_int_equal(shared->vcpu_info[i].evtchn_upcall_mask, 1);
}

/* Image, ramdisk, list, start_info, rings, tables and stack follow each other without gaps. */
static void check_packing(const struct shape *s, const struct fake_domain *dom,
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
    assert_ptr_equal(pv_page(place.hv, dom, console),
                     fake_page(place.hv, dom->domid, si->console.domU.mfn));
    assert_int_equal(si->pt_base, at + 3 * 4096);
    assert_int_equal(dom->pv.rsp, si->pt_base + (si->nr_pt_frames + 1) * 4096);
}

static void check(const struct shape *s, uint32_t domid)
{
    const struct fake_domain *dom = fake_domain(place.hv, domid);
    const struct start_info *si = pv_page(place.hv, dom, dom->pv.rsi);

    assert_string_equal(si->magic, "xen-3.0-x86_64");
    assert_int_equal(si->nr_pages, s->memory / 4096);
    assert_string_equal((const char *)si->cmd_line, "root=/dev/xvda quiet");
    assert_int_equal(dom->pv.rip, image_va(s) + 8);
    assert_int_equal(dom->pages, s->memory / 4096);
    check_mapping(s, dom, si);
    check_p2m(s, dom, si);
    check_image(s, dom);
    check_ramdisk(s, dom, si);
    check_rings(dom, si);
    check_packing(s, dom, si);
}

static void shapes(void **state)
{
    static const struct shape all[] = {
        {.name = "1 MiB", .memory = MIB},
        {.name = "4 MiB", .memory = 4 * MIB},
        {.name = "5 MiB", .memory = 5 * MIB},
        {.name = "64 MiB", .memory = 64 * MIB},
        {.name = "odd size", .memory = 3 * MIB + 4096},
        {.name = "single frames", .memory = 5 * MIB, .order = 10},
        {.name = "runs of 8 frames", .memory = 64 * MIB, .order = 3},
        {.name = "Linux",
         .memory = 64 * MIB,
         .base = KERNEL_BASE,
         .paddr = 16 * MIB,
         .memsz = 5 * MIB + 123,
         .p2m = LINUX_P2M,
         .hypercalls = true,
         .ramdisk = true,
         .mod_start_pfn = true},
        {.name = "Linux in fragments",
         .memory = 48 * MIB,
         .base = KERNEL_BASE,
         .paddr = 16 * MIB,
         .memsz = 5 * MIB + 123,
         .p2m = LINUX_P2M,
         .ramdisk = true,
         .mod_start_pfn = true,
         .order = 10},
        {.name = "addresses in the file",
         .memory = 8 * MIB,
         .base = KERNEL_BASE,
         .offset = KERNEL_BASE,
         .paddr = KERNEL_BASE + MIB},
        {.name = "high image", .memory = 32 * MIB, .paddr = 30 * MIB},
        {.name = "ramdisk", .memory = 2 * MIB, .ramdisk = true},
        {.name = "unmapped ramdisk", .memory = 6 * MIB, .ramdisk = true, .mod_start_pfn = true},
        {.name = "padding into the next 4 MiB", .memory = 16 * MIB, .memsz = 3 * MIB + MIB / 2},
        {.name = "hypercall page", .memory = MIB, .hypercalls = true},
        {.name = "image in the middle of a page", .memory = MIB, .paddr = 0x4800},
        {.name = "base between boundaries", .memory = 16 * MIB, .base = 0x3ff000},
        {.name = "p2m below", .memory = 4 * MIB, .base = KERNEL_BASE, .p2m = KERNEL_BASE - 8192},
        {.name = "top of all addresses", .memory = 4 * MIB, .base = -4 * MIB},
        {.name = "end of the lower half", .memory = MIB, .base = (1ULL << 47) - MIB},
        {.name = "a table each way", .memory = 8 * MIB, .base = (1ULL << 39) - 4 * MIB},
    };
    uint32_t domid;

    (void)state;
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        int rc = build(&all[i], &domid);

        if (rc < 0)
            fail_msg("%s: %s", all[i].name, place.err.text);
        check(&all[i], domid);
        destroy();
    }
    place_close(&place);
}

/* What an image needs at least is what its error says, to the page. */
static void floors(void **state)
{
    static const struct shape all[] = {
        {.name = "plain", .memory = MIB / 2, .memsz = MIB},
        {.name = "ramdisk", .memory = MIB / 2, .memsz = MIB, .ramdisk = true},
        {.name = "unmapped ramdisk",
         .memory = MIB / 2,
         .memsz = MIB,
         .ramdisk = true,
         .mod_start_pfn = true},
        {.name = "Linux",
         .memory = 4 * MIB,
         .base = KERNEL_BASE,
         .paddr = 16 * MIB,
         .p2m = LINUX_P2M},
        {.name = "high image", .memory = 4 * MIB, .paddr = 63 * MIB},
    };
    uint32_t domid;

    (void)state;
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        struct shape s = all[i];
        const char *least;

        assert_true(build(&s, &domid) < 0);
        least = strstr(place.err.text, "at least ");
        assert_non_null(least);
        s.memory = strtoull(least + 9, NULL, 10) * 1024;
        place_failed(&place, -place.err.errnum, CHAOS_E_CONFIG);

        /* More memory is a longer list: what it needs by then may be a little more. */
        while (build(&s, &domid) < 0) {
            uint64_t more = strtoull(strstr(place.err.text, "at least ") + 9, NULL, 10) * 1024;

            place_failed(&place, -place.err.errnum, CHAOS_E_CONFIG);
            assert_true(more > s.memory && more <= s.memory + 64 * 4096);
            s.memory = more;
        }
        check(&s, domid);
        destroy();
        s.memory -= 4096;
        place_failed(&place, build(&s, &domid), CHAOS_E_CONFIG);
    }
    place_close(&place);
}

/* Where the mapping that the rules ask for is none that a guest may have. */
static void impossible(void **state)
{
    static const struct shape all[] = {
        {.name = "mapping into the hole", .memory = 4 * MIB, .base = (1ULL << 47) - MIB / 4},
        {.name = "mapping beyond the top", .memory = 8 * MIB, .base = -MIB / 4},
        {.name = "list into the hole", .memory = 64 * MIB, .p2m = (1ULL << 47) - 4096},
        {.name = "list beyond the top", .memory = 64 * MIB, .p2m = -4096ULL},
        {.name = "list in the mapping", .memory = 4 * MIB, .p2m = MIB},
        {.name = "list into the mapping",
         .memory = 64 * MIB,
         .base = KERNEL_BASE,
         .p2m = KERNEL_BASE - 4096},
    };
    uint32_t domid;

    (void)state;
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        int rc = build(&all[i], &domid);

        if (rc >= 0 || place.err.status != CHAOS_E_IMAGE)
            fail_msg("%s: %d %s", all[i].name, rc, place.err.text);
        place_failed(&place, rc, CHAOS_E_IMAGE);
    }
    place_close(&place);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, make, unmake)

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(shapes), TEST(floors), TEST(impossible)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
