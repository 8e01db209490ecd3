/* SPDX-License-Identifier: BSD-3-Clause */
/* The life of domains: create, find, pause, destroy, names in use and left over, others' domains.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/config.h"
#include "shell/shell.h"
#include "place.h"

static void destroy(const char *ref)
{
    struct chaos_domain dom = place_find(&place, ref);

    place_worked(&place, chaos_destroy(place.host, &dom, &place.err));
}

static void create_and_destroy(void **state)
{
    for (enum chaos_type type = CHAOS_PV; type <= CHAOS_PVH; type++) {
        chaos_config *cfg = place_config(&place, type, "");
        uint32_t domid = place_create(&place, cfg, "one");
        const struct fake_domain *dom = fake_domain(place.hv, domid);
        struct chaos_domain seen = place_find(&place, "one");

        assert_true(dom->started);
        assert_int_equal(dom->pauses, 0);
        assert_int_equal(dom->pages, PLACE_MEMORY / 4);
        assert_int_equal(dom->max_pages, PLACE_MEMORY / 4);
        assert_int_equal(seen.domid, domid);
        assert_string_equal(seen.name, "one");
        assert_true(seen.ours);
        assert_int_equal(seen.type, type);
        assert_int_equal(seen.state, CHAOS_BLOCKED);
        assert_int_equal(seen.memory_kib, PLACE_MEMORY);
        assert_int_equal(seen.vcpus, 1);
        destroy("one");
        chaos_config_free(cfg);
        assert_null(place_left(&place));
    }
    place_close(&place);
}

static void starts_paused(void **state)
{
    chaos_config *cfg = place_config(&place, CHAOS_PV, "");
    struct chaos_domain dom;
    uint32_t domid;

    place_worked(&place, chaos_create(place.host, cfg, "p", true, &domid, &place.err));
    dom = place_find(&place, "p");
    assert_int_equal(dom.state, CHAOS_PAUSED);
    place_failed(&place, chaos_pause(place.host, &dom, &place.err), CHAOS_E_FAILED);
    place_worked(&place, chaos_unpause(place.host, &dom, &place.err));
    assert_int_equal(fake_domain(place.hv, domid)->pauses, 0);
    place_failed(&place, chaos_unpause(place.host, &dom, &place.err), CHAOS_E_FAILED);
    place_worked(&place, chaos_pause(place.host, &dom, &place.err));
    assert_int_equal(fake_domain(place.hv, domid)->pauses, 1);
    destroy("p");
    chaos_config_free(cfg);
    place_close(&place);
}

/* The two halves by hand, and a shell that nobody wants. */
static void halves(void **state)
{
    chaos_config *cfg = place_config(&place, CHAOS_PV, "");
    chaos_shell *shell;
    uint32_t domid;

    place_worked(&place, chaos_prepare(place.host, cfg, &shell, &place.err));
    assert_false(fake_domain(place.hv, 1)->started);
    place_worked(&place, chaos_execute(place.host, shell, cfg, "late", false, &domid, &place.err));
    assert_true(fake_domain(place.hv, domid)->started);
    destroy("late");
    place_worked(&place, chaos_prepare(place.host, cfg, &shell, &place.err));
    chaos_discard(place.host, shell);
    chaos_config_free(cfg);
    place_close(&place);
}

/* Whichever way a name comes in, it never leaves the registry's directory. */
static void odd_names(void **state)
{
    static const char *const names[] = {
        "", "../x", "a/b", "7", ".hidden", "a b", "12345678-1234-1234-1234-123456789abc"};
    chaos_config *cfg = place_config(&place, CHAOS_PV, "");
    uint32_t domid;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        chaos_shell *shell;

        place_failed(&place, chaos_create(place.host, cfg, names[i], false, &domid, &place.err),
                     CHAOS_E_USAGE);
        place_worked(&place, chaos_prepare(place.host, cfg, &shell, &place.err));
        place_failed(&place,
                     chaos_execute(place.host, shell, cfg, names[i], false, &domid, &place.err),
                     CHAOS_E_USAGE);
        assert_null(place_left(&place));
    }
    chaos_config_free(cfg);
    place_close(&place);
}

/* A shell gets what its type can start, or nothing. */
static void wrong_kernel(void **state)
{
    chaos_config *cfg = place_config(&place, CHAOS_PV, "");
    chaos_shell *shell;
    uint32_t domid;

    place_kernel_pvh_only(&place);
    place_failed(&place, chaos_create(place.host, cfg, "x", false, &domid, &place.err),
                 CHAOS_E_IMAGE);
    place_worked(&place, chaos_prepare(place.host, cfg, &shell, &place.err));
    place_failed(&place, chaos_execute(place.host, shell, cfg, "x", false, &domid, &place.err),
                 CHAOS_E_IMAGE);
    place_worked(&place, chaos_config_set(cfg, "kernel=/proc/self/exe", &place.err));
    place_failed(&place, chaos_create(place.host, cfg, "x", false, &domid, &place.err),
                 CHAOS_E_IMAGE);
    place_worked(&place, chaos_prepare(place.host, cfg, &shell, &place.err));
    place_failed(&place, chaos_execute(place.host, shell, cfg, "x", false, &domid, &place.err),
                 CHAOS_E_IMAGE);
    place_worked(&place, chaos_config_set(cfg, "kernel=/nowhere", &place.err));
    place_failed(&place, chaos_create(place.host, cfg, "x", false, &domid, &place.err),
                 CHAOS_E_IMAGE);
    chaos_config_free(cfg);
    place_close(&place);
}

static void ramdisk_that_is_none(void **state)
{
    chaos_config *cfg = place_config(&place, CHAOS_PV, "ramdisk: /dev/null");
    uint32_t domid;

    place_failed(&place, chaos_create(place.host, cfg, "x", false, &domid, &place.err),
                 CHAOS_E_IMAGE);
    place_worked(&place, chaos_config_set(cfg, "ramdisk=/nowhere", &place.err));
    place_failed(&place, chaos_create(place.host, cfg, "x", false, &domid, &place.err),
                 CHAOS_E_IMAGE);
    chaos_config_free(cfg);
    place_close(&place);
}

static void found_by_all_its_names(void **state)
{
    chaos_config *cfg = place_config(&place, CHAOS_PV, "");
    struct chaos_domain dom;
    uint32_t domid = place_create(&place, cfg, "web.1");
    char id[16];

    snprintf(id, sizeof(id), "%u", domid);
    dom = place_find(&place, id);
    assert_string_equal(dom.name, "web.1");
    dom = place_find(&place, dom.uuid);
    assert_string_equal(dom.name, "web.1");
    dom = place_find(&place, "web.1");
    assert_int_equal(dom.domid, domid);
    place_failed(&place, chaos_find(place.host, "web.2", &dom, &place.err), CHAOS_E_NOT_FOUND);
    place_failed(&place, chaos_find(place.host, "0", &dom, &place.err), CHAOS_E_NOT_FOUND);
    place_failed(&place, chaos_find(place.host, "99", &dom, &place.err), CHAOS_E_NOT_FOUND);
    place_failed(&place, chaos_find(place.host, "", &dom, &place.err), CHAOS_E_NOT_FOUND);
    place_failed(&place, chaos_find(place.host, "../domains", &dom, &place.err), CHAOS_E_NOT_FOUND);
    place_failed(&place, chaos_find(place.host, "99999999999999999999", &dom, &place.err),
                 CHAOS_E_NOT_FOUND);
    place_failed(&place,
                 chaos_find(place.host, "6368616f-0000-8000-8000-000000000000", &dom, &place.err),
                 CHAOS_E_NOT_FOUND);
    destroy("web.1");
    chaos_config_free(cfg);
    place_close(&place);
}

static void its_configuration_is_kept(void **state)
{
    chaos_config *cfg = place_config(&place, CHAOS_PVH, "cmdline: \"a: b # c\"\nvcpus: 3"), *read;
    struct chaos_domain dom;

    place_create(&place, cfg, "kept");
    dom = place_find(&place, "kept");
    place_worked(&place, chaos_domain_config(place.host, &dom, &read, &place.err));
    assert_string_equal(chaos_config_cmdline(read), "a: b # c");
    assert_int_equal(chaos_config_vcpus(read), 3);
    assert_int_equal(chaos_config_type(read), CHAOS_PVH);
    assert_int_equal(fake_domain(place.hv, dom.domid)->vcpus, 3);
    chaos_config_free(read);
    destroy("kept");
    place_failed(&place, chaos_domain_config(place.host, &dom, &read, &place.err),
                 CHAOS_E_NOT_FOUND);
    chaos_config_free(cfg);
    place_close(&place);
}

static void weights(void **state)
{
    chaos_config *cfg = place_config(&place, CHAOS_PV, "cpu_weight: 512\ncpu_cap: 50");
    uint32_t domid = place_create(&place, cfg, "light");
    int rc;

    assert_int_equal(fake_domain(place.hv, domid)->weight, 512);
    assert_int_equal(fake_domain(place.hv, domid)->cap, 50);
    destroy("light");
    fake_without_weights(place.hv);
    rc = chaos_create(place.host, cfg, "x", false, &domid, &place.err);
    assert_non_null(strstr(place.err.text, "cpu_weight and cpu_cap need credit or credit2"));
    place_failed(&place, rc, CHAOS_E_HYPERVISOR);
    chaos_config_free(cfg);
    place_close(&place);
}

static void affinity(void **state)
{
    chaos_config *cfg = place_config(&place, CHAOS_PV, "vcpus: 2\ncpus: \"1,3\"");
    uint32_t domid = place_create(&place, cfg, "pinned");

    assert_int_equal(fake_domain(place.hv, domid)->affinity[0], 0xa);
    assert_int_equal(fake_domain(place.hv, domid)->affinity[1], 0xa);
    destroy("pinned");
    chaos_config_free(cfg);
    /* A list is for each vCPU; those behind it run anywhere, as for xl. */
    cfg = place_config(&place, CHAOS_PVH, "vcpus: 4\ncpus: [3, all, \"0-2,^1\"]");
    domid = place_create(&place, cfg, "list");
    assert_int_equal(fake_domain(place.hv, domid)->affinity[0], 0x8);
    assert_int_equal(fake_domain(place.hv, domid)->affinity[1], 0);
    assert_int_equal(fake_domain(place.hv, domid)->affinity[2], 0x5);
    assert_int_equal(fake_domain(place.hv, domid)->affinity[3], 0);
    destroy("list");
    place_worked(&place, chaos_config_set(cfg, "cpus=9", &place.err)); /* the host has four */
    place_failed(&place, chaos_create(place.host, cfg, "x", false, &domid, &place.err),
                 CHAOS_E_HYPERVISOR);
    chaos_config_free(cfg);
    place_close(&place);
}

static void out_of_memory(void **state)
{
    chaos_config *cfg = place_config(&place, CHAOS_PV, "");
    uint32_t domid;

    for (enum chaos_type type = CHAOS_PV; type <= CHAOS_PVH; type++) {
        char text[64];

        cfg->type = type;
        snprintf(text, sizeof(text), "memory=%dKiB", PLACE_PAGES * 4 + 4);
        place_worked(&place, chaos_config_set(cfg, text, &place.err));
        assert_true(chaos_create(place.host, cfg, "big", false, &domid, &place.err) < 0);
        assert_non_null(strstr(place.err.text, "needs 64 MiB"));
        place_failed(&place, -place.err.errnum, CHAOS_E_NO_MEMORY);
    }
    chaos_config_free(cfg);
    place_close(&place);
}

/* What is no lack of memory is not told as one. */
static void memory_refused(void **state)
{
    chaos_config *cfg = place_config(&place, CHAOS_PV, "");
    unsigned int refusals = 0;
    uint32_t domid;

    (void)state;
    cfg->memory_kib = 1028; /* one extent of 256 pages, one of a single page */
    for (unsigned long n = 1;; n++) {
        int rc;

        fake_fail_at(place.hv, n, EPERM);
        rc = chaos_create(place.host, cfg, "x", false, &domid, &place.err);
        if (!fake_struck(place.hv)) {
            fake_fail_at(place.hv, 0, 0);
            place_worked(&place, rc);
            break;
        }
        if (strcmp(fake_struck(place.hv), "populate_physmap") == 0) {
            refusals++;
            assert_int_equal(rc, -EPERM);
            assert_non_null(strstr(place.err.text, "populate_physmap"));
        }
        place_failed(&place, rc, CHAOS_E_HYPERVISOR);
    }
    assert_int_equal(refusals, 2);
    destroy("x");
    chaos_config_free(cfg);
    place_close(&place);
}

static unsigned int asked, stop_at;

static bool stop(void *opaque)
{
    return ++asked == stop_at;
}

/* A creation that is asked to stop, at each place where it listens, leaves nothing. */
static void interrupted(void **state)
{
    for (enum chaos_type type = CHAOS_PV; type <= CHAOS_PVH; type++) {
        chaos_config *cfg = place_config(&place, type, "");
        uint32_t domid;
        int rc;

        chaos_host_stop_when(place.host, stop, NULL);
        for (stop_at = 1;; stop_at++) {
            asked = 0;
            rc = chaos_create(place.host, cfg, "x", false, &domid, &place.err);
            if (asked < stop_at)
                break;
            assert_int_equal(rc, -EINTR);
            assert_string_equal(place.err.text, "interrupted");
            place_failed(&place, rc, CHAOS_E_INTERRUPTED);
            assert_null(place_left(&place));
        }
        place_worked(&place, rc);
        assert_int_equal(stop_at - 1, 6); /* check, domain, memory, devices, image, registry */
        chaos_host_stop_when(place.host, NULL, NULL);
        destroy("x");
        chaos_config_free(cfg);
    }
    place_close(&place);
}

static void name_in_use(void **state)
{
    chaos_config *cfg = place_config(&place, CHAOS_PV, "");
    uint32_t domid, first = place_create(&place, cfg, "twice");
    chaos_shell *shell;

    place_failed(&place, chaos_create(place.host, cfg, "twice", false, &domid, &place.err),
                 CHAOS_E_EXISTS);
    /* somebody got the name between the check and the claim */
    place_worked(&place, chaos_prepare(place.host, cfg, &shell, &place.err));
    place_failed(&place, chaos_execute(place.host, shell, cfg, "twice", false, &domid, &place.err),
                 CHAOS_E_EXISTS);
    assert_int_equal(fake_count(place.hv), 1);
    assert_int_equal(place_find(&place, "twice").domid, first);
    destroy("twice");
    chaos_config_free(cfg);
    place_close(&place);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, place_begin, place_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(create_and_destroy),
        TEST(starts_paused),
        TEST(halves),
        TEST(odd_names),
        TEST(wrong_kernel),
        TEST(ramdisk_that_is_none),
        TEST(found_by_all_its_names),
        TEST(its_configuration_is_kept),
        TEST(affinity),
        TEST(weights),
        TEST(out_of_memory),
        TEST(memory_refused),
        TEST(interrupted),
        TEST(name_in_use),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
