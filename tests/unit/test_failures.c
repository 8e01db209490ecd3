/* SPDX-License-Identifier: BSD-3-Clause */
/* Creating a VM, and opening a host, with everything that can fail failing in turn (sweep.h). */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/config.h"
#include "shell/shell.h"
#include "sweep.h"

static void nothing(const chaos_config *cfg)
{
    (void)cfg;
}

/* chaosd's client does without what it cannot have. */
#define POOL_ALLOCATIONS 2

static int create(const chaos_config *cfg)
{
    uint32_t domid;

    return chaos_create(place.host, cfg, "vm", false, &domid, &place.err);
}

static const char *after_create(int rc, const char *struck)
{
    if (rc < 0)
        return place_left(&place);
    /* Pages come singly where a large extent is refused, and chaosd's client does without. */
    if (struck && strcmp(struck, "populate_physmap") != 0 && sweep_spared++ >= POOL_ALLOCATIONS)
        return "it succeeded all the same";
    return sweep_destroy_vm();
}

static void creates(void **state)
{
    char ramdisk[120];

    for (enum chaos_type type = CHAOS_PV; type <= CHAOS_PVH; type++) {
        struct sweep_work work = {type, "", nothing, create, after_create};

        sweep(&work, "create", 13);
        snprintf(ramdisk, sizeof(ramdisk), "ramdisk: %s\ncpus: 0-1\nvcpus: 2", place.ramdisk);
        work.more = ramdisk;
        sweep(&work, "create with a ramdisk", 15);
        work.more = "tsc_mode: native";
        sweep(&work, "create with a TSC mode", 14);
    }
    place_kernel_large(&place);
    for (enum chaos_type type = CHAOS_PV; type <= CHAOS_PVH; type++) {
        struct sweep_work work = {type, "", nothing, create, after_create};

        sweep(&work, "create with a large kernel", 13);
    }
}

/* A name whose owner is gone is cleared away on the way. */
static void with_stale_name(const chaos_config *cfg)
{
    char id[16];
    struct chaos_domain dom;

    snprintf(id, sizeof(id), "%u", place_create(&place, cfg, "vm"));
    dom = place_find(&place, id);
    if (place.hv->backend->destroy(place.hv, dom.domid) < 0)
        fail_msg("cannot destroy");
}

static const char *after_stale(int rc, const char *struck)
{
    struct chaos_error err = {0};
    size_t count;

    /* the stale name is nobody's: a sweep takes it where create did not get to it */
    if (rc < 0)
        return chaos_destroy_all(place.host, &count, &err) < 0 ? "no sweep" : place_left(&place);
    return sweep_destroy_vm();
}

static void creates_over_stale_name(void **state)
{
    const struct sweep_work work = {CHAOS_PV, "", with_stale_name, create, after_stale};

    sweep(&work, "create over a stale name", 15);
}

static void opens(void **state)
{
    for (size_t w = 1; w < SWEEP_WAYS; w++) { /* no call to the hypervisor */
        for (unsigned long n = 1;; n++) {
            struct hv *hv = fake_open(64);
            const char *struck;
            int rc;

            place_remove(&place);
            place_make(&place);
            sweep_ways[w].arm(n, sweep_ways[w].errnums[0]);
            rc = place_try_open(&place, hv);
            struck = sweep_ways[w].struck();
            sweep_ways[w].arm(0, 0);
            if (!struck) {
                place_worked(&place, rc);
                place_close(&place);
                break;
            }
            place_failed(&place, rc, CHAOS_OK);
            assert_null(place.host);
        }
    }
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, sweep_make, sweep_unmake)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(creates),
        TEST(creates_over_stale_name),
        TEST(opens),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
