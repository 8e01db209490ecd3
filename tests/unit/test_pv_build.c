/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The PV start of day, held to xen/xen.h: kernels of all shapes are built into guests of all sizes,
 * and what the guest would see is looked up through the page tables that it starts on.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pv_shape.h"

#define KERNEL_BASE 0xffffffff80000000ULL /* Linux's */
#define LINUX_P2M   0x0000008000000000ULL

static void destroy(void)
{
    struct chaos_domain dom = place_find(&place, "pv");

    place_worked(&place, chaos_destroy(place.host, &dom, &place.err));
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
        {.name = "unmapped ramdisk, little memory",
         .memory = 4 * MIB,
         .ramdisk = true,
         .mod_start_pfn = true},
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
    for (size_t i = 0; i < 3 * sizeof(all) / sizeof(all[0]); i++) {
        struct shape s = all[i / 3];
        int rc;

        s.pooled = i % 3 > 0;
        s.placed = i % 3 > 1;
        rc = pv_build(&place, &s, &domid);
        if (rc < 0)
            fail_msg("%s%s: %s", s.name,
                     s.placed   ? " (placed)"
                     : s.pooled ? " (pooled)"
                                : "",
                     place.err.text);
        pv_check(&place, &s, domid);
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
    for (size_t i = 0; i < 3 * sizeof(all) / sizeof(all[0]); i++) {
        struct shape s = all[i / 3];
        const char *least;

        s.pooled = i % 3 > 0;
        s.placed = i % 3 > 1;
        assert_true(pv_build(&place, &s, &domid) < 0);
        least = strstr(place.err.text, "at least ");
        assert_non_null(least);
        s.memory = strtoull(least + 9, NULL, 10) * 1024;
        place_failed(&place, -place.err.errnum, CHAOS_E_CONFIG);

        /* More memory is a longer list: what it needs by then may be a little more. */
        while (pv_build(&place, &s, &domid) < 0) {
            uint64_t more = strtoull(strstr(place.err.text, "at least ") + 9, NULL, 10) * 1024;

            place_failed(&place, -place.err.errnum, CHAOS_E_CONFIG);
            assert_true(more > s.memory && more <= s.memory + 64 * 4096);
            s.memory = more;
        }
        pv_check(&place, &s, domid);
        destroy();
        s.memory -= 4096;
        place_failed(&place, pv_build(&place, &s, &domid), CHAOS_E_CONFIG);
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
        int rc = pv_build(&place, &all[i], &domid);

        if (rc >= 0 || place.err.status != CHAOS_E_IMAGE)
            fail_msg("%s: %d %s", all[i].name, rc, place.err.text);
        place_failed(&place, rc, CHAOS_E_IMAGE);
    }
    place_close(&place);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, place_begin_large, place_end)

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(shapes), TEST(floors), TEST(impossible)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
