/* SPDX-License-Identifier: BSD-3-Clause */
/* Large kernels: they stay in their file, and get from there into a guest. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "failing_files.h"
#include "image/image.h"
#include "place.h"
#include "tiny_elf.h"

static void stays_in_its_file(void **state)
{
    struct image *img;

    (void)state;
    place_kernel_large(&place);
    place_worked(&place, image_load(place.kernel, &img, &place.err));
    assert_true(img->fd >= 0);
    assert_true(img->pv && img->pvh);
    assert_int_equal(img->nr_segments, 2);
    assert_int_equal(img->segments[1].offset, PLACE_FAR_OFFSET);
    assert_int_equal(img->segments[1].paddr, PLACE_FAR_PADDR);
    assert_string_equal(img->guest_os, "tiny");
    image_free(img);
    place_close(&place); /* its descriptor is closed */
}

/* The file, with two bytes of it set, says the same as if it were read as a whole. */
static void refused(size_t at, uint16_t value, const char *why)
{
    struct image *img;
    FILE *f;
    int rc;

    place_kernel_large(&place);
    f = fopen(place.kernel, "r+e");
    if (!f || fseek(f, (long)at, SEEK_SET) || fwrite(&value, 2, 1, f) != 1 || fclose(f))
        fail_msg("cannot write");
    rc = image_load(place.kernel, &img, &place.err);
    assert_null(img);
    assert_non_null(strstr(place.err.text, why));
    place_failed(&place, rc, CHAOS_E_IMAGE);
}

static void refuses_as_a_whole(void **state)
{
    struct tiny t;

    (void)state;
    tiny_begin(&t, false);
    refused(0, 0, "it is no ELF file");
    refused(EI_NIDENT + 2, EM_AARCH64, "it is for ELF machine 183");
    refused(offsetof(Elf64_Ehdr, e_phoff) + 6, 1, "reach past the end of the file");
    refused(tiny_phdr_at(&t, TINY_NOTE), PT_NULL, "it has no Xen notes");
    refused(tiny_phdr_at(&t, TINY_NOTE) + offsetof(Elf64_Phdr, p_offset) + 4, 1,
            "it has no Xen notes before offset");
    refused(tiny_phdr_at(&t, 2) + offsetof(Elf64_Phdr, p_offset) + 4, 1, "but the file ends at");
    place_close(&place);
}

/* A byte of the guest's memory as the guest numbers it. */
static uint8_t byte_at(uint32_t domid, enum chaos_type type, uint64_t paddr)
{
    const struct fake_domain *dom = fake_domain(place.hv, domid);
    uint64_t frame = type == CHAOS_PV ? fake_frame_of(dom, paddr >> 12) : paddr >> 12;

    return ((const uint8_t *)fake_page(place.hv, domid, frame))[paddr & 4095];
}

static void check(uint32_t domid, enum chaos_type type)
{
    for (uint64_t i = 0; i < TINY_MEMSZ; i++)
        assert_int_equal(byte_at(domid, type, TINY_PADDR + i), i < TINY_CODE ? 0xf4 : 0);
    for (uint64_t i = 0; i < PLACE_FAR + 100; i++)
        assert_int_equal(byte_at(domid, type, PLACE_FAR_PADDR + i),
                         i < PLACE_FAR ? place_far(i) : 0);
}

/* Twice, because the second time the host knows it. */
static void gets_into_a_guest(void **state)
{
    (void)state;
    place_kernel_large(&place);
    for (enum chaos_type type = CHAOS_PV; type <= CHAOS_PVH; type++) {
        chaos_config *cfg = place_config(&place, type, "");

        for (unsigned int i = 0; i < 2; i++) {
            struct chaos_domain dom;

            check(place_create(&place, cfg, "vm"), type);
            dom = place_find(&place, "vm");
            place_worked(&place, chaos_destroy(place.host, &dom, &place.err));
        }
        chaos_config_free(cfg);
    }
    place_close(&place);
}

/* ... and by way of a buffer where a file system cannot read into it: whichever read it is. */
static void gets_there_by_a_buffer(void **state)
{
    chaos_config *cfg = place_config(&place, CHAOS_PVH, "");
    unsigned int reads = 0;
    const char *struck = "";

    (void)state;
    place_kernel_large(&place);
    for (unsigned long n = 1; struck; n++) {
        struct chaos_domain dom;
        uint32_t domid;
        int rc;

        place_create(&place, cfg, "known");
        failing_files_at(n, EFAULT);
        rc = chaos_create(place.host, cfg, "vm", true, &domid, &place.err);
        struck = failing_files_struck();
        failing_files_at(0, 0);
        if (struck && strcmp(struck, "pread") == 0) {
            place_worked(&place, rc);
            reads++;
        }
        memset(&place.err, 0, sizeof(place.err)); /* of what failed otherwise */
        if (rc == 0) {
            check(domid, CHAOS_PVH);
            dom = place_find(&place, "vm");
            place_worked(&place, chaos_destroy(place.host, &dom, &place.err));
        }
        dom = place_find(&place, "known");
        place_worked(&place, chaos_destroy(place.host, &dom, &place.err));
    }
    assert_int_equal(reads, 2); /* one a segment */
    chaos_config_free(cfg);
    place_close(&place);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, place_begin, place_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(stays_in_its_file),
        TEST(refuses_as_a_whole),
        TEST(gets_into_a_guest),
        TEST(gets_there_by_a_buffer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
