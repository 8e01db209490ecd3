/* SPDX-License-Identifier: BSD-3-Clause */
/* How a guest's memory is laid out, beyond 4 GiB too: plans cost nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "build/memory.h"

/* Extents cover each frame once, aligned, and leave the hole below 4 GiB alone. */
static void check_plan(uint64_t pages, enum chaos_type type)
{
    bool split = type == CHAOS_PVH && pages > PVH_HOLE_START;
    struct memory mem;
    uint64_t next = 0, total = 0;

    assert_int_equal(memory_plan(&mem, pages, type), 0);
    assert_int_equal(mem.pages, pages);
    for (size_t i = 0; i < mem.nr; i++) {
        const struct extent *ext = &mem.extents[i];

        if (split && next == PVH_HOLE_START)
            next = PVH_HOLE_END;
        assert_int_equal(ext->pfn, next);
        assert_true(ext->order <= 9 && ext->pfn % (1ULL << ext->order) == 0);
        next += 1ULL << ext->order;
        total += 1ULL << ext->order;
    }
    assert_int_equal(total, pages);
    assert_int_equal(next, split ? pages + PVH_HOLE_END - PVH_HOLE_START : pages);
    assert_int_equal(memory_low_pages(&mem), split ? PVH_HOLE_START : pages);
    memory_clear(&mem);
}

static void plans(void **state)
{
    static const uint64_t sizes[] = {1,
                                     2,
                                     255,
                                     256,
                                     257,
                                     511,
                                     512,
                                     513,
                                     5000,
                                     PVH_HOLE_START - 1,
                                     PVH_HOLE_START,
                                     PVH_HOLE_START + 1,
                                     PVH_HOLE_END,
                                     PVH_HOLE_END + 12345};

    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        check_plan(sizes[i], CHAOS_PV);
        check_plan(sizes[i], CHAOS_PVH);
    }
}

/* Frames of a run that crosses extents, and the hole. */
static void frames(void **state)
{
    struct memory mem;
    uint64_t out[1200];

    (void)state;
    assert_int_equal(memory_plan(&mem, PVH_HOLE_START + 700, CHAOS_PVH), 0);
    for (size_t i = 0; i < mem.nr; i++)
        mem.extents[i].frame = mem.extents[i].pfn * 3 + 7;
    memory_frames(&mem, 500, 1200, out);
    for (uint64_t i = 0; i < 1200; i++)
        assert_int_equal(out[i], ((500 + i) & ~511ULL) * 3 + 7 + ((500 + i) & 511));
    memory_frames(&mem, PVH_HOLE_END + 600, 1, out);
    assert_int_equal(out[0], (PVH_HOLE_END + 512 + 0) * 3 + 7 + 88);
    memory_frames(&mem, PVH_HOLE_START - 1, 1, out);
    assert_int_equal(out[0], (PVH_HOLE_START - 512) * 3 + 7 + 511);
    memory_clear(&mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plans),
        cmocka_unit_test(frames),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
