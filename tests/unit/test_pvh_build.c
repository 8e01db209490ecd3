/* SPDX-License-Identifier: BSD-3-Clause */
/* The PVH start of day: start_info, modules and memory map in guest memory and in the hypervisor.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <stdint.h>
#include <xen/xen.h>

#include <xen/arch-x86/hvm/start_info.h>
#include <xen/hvm/params.h>

#include "config/config.h"
#include "failing_files.h"
#include "place.h"
#include "tiny_elf.h"

#define MIB (1ULL << 20)

struct shape {
    const char *name;
    uint64_t memory, paddr, memsz; /* bytes */
    bool ramdisk;
    uint32_t order; /* of the largest free run of frames, 10: single pages */
    unsigned int vcpus;
};

static int build(const struct shape *s, uint32_t *domid)
{
    chaos_config *cfg = place_config(&place, CHAOS_PVH, "cmdline: \"console=hvc0 quiet\"");
    struct tiny t;
    int rc;

    tiny_begin(&t, false);
    tiny_number(&t, XEN_ELFNOTE_PHYS32_ENTRY, s->paddr + 16);
    tiny_end(&t);
    tiny_phdr(&t, TINY_LOAD, PT_LOAD, t.size - TINY_CODE, s->paddr, TINY_CODE, s->memsz);
    place_kernel(&place, &t);
    cfg->memory_kib = s->memory / 1024;
    cfg->vcpus = s->vcpus ? s->vcpus : 1;
    if (s->ramdisk)
        place_worked(&place, config_key_set(cfg, KEY_RAMDISK, NULL, place.ramdisk, &place.err));
    fake_fragment(place.hv, s->order == 10 ? 0 : 9);
    rc = chaos_create(place.host, cfg, "pvh", true, domid, &place.err);
    chaos_config_free(cfg);
    return rc;
}

static void destroy(void)
{
    struct chaos_domain dom = place_find(&place, "pvh");

    place_worked(&place, chaos_destroy(place.host, &dom, &place.err));
}

/* Guest memory at a physical address; an object must not cross pages that are not adjacent. */
static const void *at(uint32_t domid, uint64_t paddr)
{
    return (const uint8_t *)fake_page(place.hv, domid, paddr >> 12) + (paddr & 4095);
}

static bool equal(uint32_t domid, uint64_t paddr, const uint8_t *bytes, uint64_t size)
{
    for (uint64_t done = 0, part; done < size; done += part) {
        part = 4096 - ((paddr + done) & 4095);
        if (part > size - done)
            part = size - done;
        if (memcmp(at(domid, paddr + done), bytes + done, part) != 0)
            return false;
    }
    return true;
}

/* Sorted, without overlap, whole pages, and all of the memory once. */
static void check_memmap(const struct shape *s, uint32_t domid, const struct hvm_start_info *si)
{
    const struct hvm_memmap_table_entry *map = at(domid, si->memmap_paddr);
    const struct fake_domain *dom = fake_domain(place.hv, domid);
    uint64_t end = 0, total = 0;

    assert_int_equal(si->memmap_entries, dom->nr_e820);
    for (unsigned int i = 0; i < si->memmap_entries; i++) {
        assert_true(map[i].addr >= end && map[i].size && !((map[i].addr | map[i].size) & 4095));
        assert_int_equal(map[i].reserved, 0);
        assert_int_equal(map[i].addr, dom->e820[i].addr);
        assert_int_equal(map[i].size, dom->e820[i].size);
        assert_int_equal(map[i].type, dom->e820[i].type);
        end = map[i].addr + map[i].size;
        total += map[i].size;
        for (uint64_t pfn = map[i].addr >> 12; pfn < end >> 12; pfn += 97)
            assert_int_not_equal(fake_frame_of(dom, pfn), UINT64_MAX);
    }
    assert_int_equal(total, s->memory);
}

static uint32_t type_at(uint32_t domid, const struct hvm_start_info *si, uint64_t paddr)
{
    const struct hvm_memmap_table_entry *map = at(domid, si->memmap_paddr);

    for (unsigned int i = 0; i < si->memmap_entries; i++) {
        if (paddr >= map[i].addr && paddr - map[i].addr < map[i].size)
            return map[i].type;
    }
    return 0;
}

static void check_module(const struct shape *s, uint32_t domid, const struct hvm_start_info *si)
{
    const struct hvm_modlist_entry *mod;
    uint8_t bytes[4 * 4096];
    ssize_t size;
    int fd;

    if (!s->ramdisk) {
        assert_int_equal(si->nr_modules, 0);
        return;
    }
    fd = open(place.ramdisk, O_RDONLY | O_CLOEXEC);
    size = read(fd, bytes, sizeof(bytes));
    close(fd);
    mod = at(domid, si->modlist_paddr);
    assert_int_equal(si->nr_modules, 1);
    assert_int_equal(mod->size, size);
    assert_int_equal(mod->cmdline_paddr, 0);
    assert_true(mod->paddr >= s->paddr + s->memsz && !(mod->paddr & 4095));
    assert_true(equal(domid, mod->paddr, bytes, (uint64_t)size));
    assert_int_equal(type_at(domid, si, mod->paddr), HV_E820_RAM);
    assert_int_equal(type_at(domid, si, mod->paddr + (uint64_t)size - 1), HV_E820_RAM);
}

static void check_image(const struct shape *s, uint32_t domid)
{
    uint8_t *bytes = calloc(1, s->memsz);

    memset(bytes, 0xf4, TINY_CODE);
    assert_true(equal(domid, s->paddr, bytes, s->memsz));
    free(bytes);
}

static void check_console(uint32_t domid, const struct hvm_start_info *si)
{
    const struct fake_domain *dom = fake_domain(place.hv, domid);
    uint64_t frame = dom->params[HVM_PARAM_CONSOLE_PFN];
    const uint8_t *page = fake_page(place.hv, domid, frame);

    for (unsigned int i = 0; i < 4096; i++)
        assert_int_equal(page[i], 0);
    assert_true(dom->ports[dom->params[HVM_PARAM_CONSOLE_EVTCHN]].used);
    assert_int_equal(type_at(domid, si, frame << 12), HV_E820_RESERVED);
}

static void check(const struct shape *s, uint32_t domid)
{
    const struct fake_domain *dom = fake_domain(place.hv, domid);
    const struct hvm_start_info *si = at(domid, dom->pvh_start_info);
    const char *rsdp;

    assert_int_equal(dom->pvh_entry, s->paddr + 16);
    assert_int_equal(si->magic, XEN_HVM_START_MAGIC_VALUE);
    assert_int_equal(si->version, 1);
    assert_int_equal(si->flags, 0);
    assert_string_equal((const char *)at(domid, si->cmdline_paddr), "console=hvc0 quiet");
    assert_true(dom->pvh_start_info >= s->paddr + s->memsz);
    assert_int_equal(type_at(domid, si, dom->pvh_start_info), HV_E820_RAM);
    rsdp = at(domid, si->rsdp_paddr);
    assert_memory_equal(rsdp, "RSD PTR ", 8);
    assert_int_equal(type_at(domid, si, si->rsdp_paddr), HV_E820_ACPI);
    check_memmap(s, domid, si);
    check_module(s, domid, si);
    check_image(s, domid);
    check_console(domid, si);
}

static void shapes(void **state)
{
    static const struct shape all[] = {
        {"1 MiB", MIB, 0x4000, 0x2000, false, 0, 1},
        {"ramdisk", 2 * MIB, 0x4000, 0x2000, true, 0, 2},
        {"5 MiB of single frames", 5 * MIB, MIB, MIB + 5, true, 10, 1},
        {"64 MiB, Linux", 64 * MIB, 16 * MIB, 9 * MIB, true, 0, 128},
        {"high image", 32 * MIB, 31 * MIB, 0x1234, true, 0, 1},
        {"image in the middle of a page", MIB, 0x4800, 0x1000, false, 0, 1},
    };
    uint32_t domid;

    (void)state;
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        print_message("# %s\n", all[i].name);
        place_worked(&place, build(&all[i], &domid));
        check(&all[i], domid);
        destroy();
    }
    place_close(&place);
}

static void floors(void **state)
{
    static const struct shape all[] = {
        {"plain", MIB / 2, 0x4000, MIB, false, 0, 1},
        {"ramdisk", MIB / 2, 0x4000, MIB, true, 0, 1},
        {"high image", 4 * MIB, 50 * MIB, 0x2000, true, 0, 1},
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
        place_worked(&place, build(&s, &domid));
        check(&s, domid);
        destroy();
        s.memory -= 4096;
        place_failed(&place, build(&s, &domid), CHAOS_E_CONFIG);
    }
    place_close(&place);
}

/* Xen's own pool suffices for small guests; large ones get one that holds their page tables. */
static void paging_pool(void **state)
{
    struct shape s = {"", MIB, 0x4000, 0x2000, false, 0, 1};
    uint32_t domid;

    (void)state;
    place_worked(&place, build(&s, &domid));
    assert_int_equal(fake_domain(place.hv, domid)->paging_pool, 0);
    destroy();
    s.memory = 128 * MIB;
    s.vcpus = 8;
    place_worked(&place, build(&s, &domid));
    assert_true(fake_domain(place.hv, domid)->paging_pool >= 2 * MIB);
    destroy();
    place_close(&place);
}

/* A file system that cannot read into a guest's memory: the ramdisk comes by way of a buffer. */
static void ramdisk_by_a_buffer(void **state)
{
    const struct shape s = {.ramdisk = true};
    chaos_config *cfg = place_config(&place, CHAOS_PVH, "");
    const char *struck = "";
    uint32_t domid;
    int rc = -1;

    (void)state;
    place_worked(&place, config_key_set(cfg, KEY_RAMDISK, NULL, place.ramdisk, &place.err));
    for (unsigned long n = 1; struck && strcmp(struck, "pread") != 0; n++) {
        memset(&place.err, 0, sizeof(place.err));
        place_create(&place, cfg, "pvh"); /* the kernel is in the cache: as many calls each time */
        destroy();
        failing_files_at(n, EFAULT);
        rc = chaos_create(place.host, cfg, "pvh", true, &domid, &place.err);
        struck = failing_files_struck();
        failing_files_at(0, 0);
    }
    assert_non_null(struck);
    place_worked(&place, rc);
    check_module(&s, domid, at(domid, fake_domain(place.hv, domid)->pvh_start_info));
    destroy();
    chaos_config_free(cfg);
    place_close(&place);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, place_begin_large, place_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(shapes),
        TEST(floors),
        TEST(paging_pool),
        TEST(ramdisk_by_a_buffer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
