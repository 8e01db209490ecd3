/* SPDX-License-Identifier: BSD-3-Clause */
/* Devices of a VM's life: made with it, added and taken away, gone with it; with every call to
 * kernel and hypervisor failing in turn. */
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
#include "device_fake.h"
#include "devices.h"
#include "place.h"

static struct place place;
static char yaml[400]; /* two interfaces and a disk */

static int make(void **state)
{
    (void)state;
    device_fake_reset(true);
    place_make(&place);
    place_open(&place);
    snprintf(yaml, sizeof(yaml),
             "vifs:\n"
             "  - bridge: %s\n"
             "    ip: 10.0.0.2/24\n"
             "  - mac: 00:16:3e:00:00:01\n"
             "    mtu: 9000\n"
             "vbds:\n"
             "  - target: %s\n"
             "    mode: ro\n",
             DEVICE_FAKE_BRIDGE, place.ramdisk);
    return 0;
}

static int unmake(void **state)
{
    (void)state;
    if (place.host)
        chaos_host_close(place.host);
    place_remove(&place);
    device_fake_reset(false);
    return 0;
}

/* Domains, names, back ends: all gone; the handles with the host. */
static void close_all(void)
{
    place_close(&place);
    assert_null(device_fake_leaks());
}

static uint32_t create(const char *more)
{
    chaos_config *cfg = place_config(&place, CHAOS_PV, more);
    uint32_t domid = place_create(&place, cfg, "vm");

    chaos_config_free(cfg);
    return domid;
}

static void destroy(void)
{
    struct chaos_domain dom = place_find(&place, "vm");

    place_worked(&place, chaos_destroy(place.host, &dom, &place.err));
    assert_int_equal(device_fake_count(dom.domid), 0);
}

static void made_and_gone(void **state)
{
    uint32_t domid = create(yaml);
    const struct noxs_entry *first = device_fake_entry(domid, NOXS_TYPE_VIF, 0);
    const struct noxs_entry *second = device_fake_entry(domid, NOXS_TYPE_VIF, 1);
    const struct noxs_entry *disk = device_fake_entry(domid, NOXS_TYPE_VBD, 0);
    static const uint8_t mac[6] = {0x00, 0x16, 0x3e, 0x00, 0x00, 0x01};
    uint8_t automatic[6];

    (void)state;
    assert_string_equal(device_fake_bridge(domid, 0), DEVICE_FAKE_BRIDGE);
    assert_string_equal(device_fake_bridge(domid, 1), "");
    assert_int_equal(first->u.vif.mtu, 1500);
    assert_int_equal(first->u.vif.prefix, 24);
    assert_memory_equal(first->u.vif.ipv4, "\x0a\x00\x00\x02", 4);
    assert_int_equal(first->u.vif.mac[0] & 3, 2); /* locally administered, one station */
    assert_memory_equal(second->u.vif.mac, mac, 6);
    assert_int_equal(second->u.vif.mtu, 9000);
    assert_int_equal(first->grant, device_fake_back(domid, NOXS_TYPE_VIF, 0)->grant);
    assert_int_equal(first->port, device_fake_back(domid, NOXS_TYPE_VIF, 0)->port);
    assert_int_equal(disk->u.vbd.flags, NOXS_VBD_READONLY);
    assert_int_equal(disk->u.vbd.sectors, (3 * 4096 + 100) / 512);
    assert_int_equal(disk->u.vbd.vdev, 202 << 8);
    memcpy(automatic, first->u.vif.mac, sizeof(automatic));
    destroy();

    domid = create(yaml); /* the same name, the same address */
    assert_memory_equal(device_fake_entry(domid, NOXS_TYPE_VIF, 0)->u.vif.mac, automatic, 6);
    destroy();
    close_all();
}

static void no_noxs(void **state)
{
    chaos_config *cfg = place_config(&place, CHAOS_PV, yaml);
    uint32_t domid;

    (void)state;
    device_fake_reset(false);
    place_failed(&place, chaos_create(place.host, cfg, "vm", false, &domid, &place.err),
                 CHAOS_E_HYPERVISOR);
    create("");
    destroy();
    chaos_config_free(cfg);
    close_all();
}

static void missing_bridge_and_disk(void **state)
{
    static const char *const yamls[] = {"vifs: [{bridge: br7}]", "vbds: [{target: /nowhere}]",
                                        "vbds: [{target: /dev/null}]"};
    uint32_t domid;

    (void)state;
    for (size_t i = 0; i < sizeof(yamls) / sizeof(yamls[0]); i++) {
        chaos_config *cfg = place_config(&place, CHAOS_PVH, yamls[i]);

        place_failed(&place, chaos_create(place.host, cfg, "vm", false, &domid, &place.err),
                     CHAOS_E_IO);
        assert_null(place_left(&place));
        assert_int_equal(device_fake_count(1), 0);
        chaos_config_free(cfg);
    }
    close_all();
}

/* Each operation with each of its calls failing; after it, destroy leaves nothing. */
static void sweep(int (*op)(void), unsigned int calls)
{
    unsigned long n;

    for (n = 1;; n++) {
        int rc;

        device_fake_fail_at(n, EIO);
        rc = op();
        if (!device_fake_struck()) {
            device_fake_fail_at(0, 0);
            place_worked(&place, rc);
            break;
        }
        device_fake_fail_at(0, 0);
        place_failed(&place, rc, CHAOS_OK);
        /* what is opened once is opened the next time, too */
        chaos_host_close(place.host);
        assert_null(device_fake_leaks());
        place_open(&place);
    }
    assert_int_equal(n - 1, calls);
}

static int create_op(void)
{
    chaos_config *cfg = place_config(&place, CHAOS_PV, yaml);
    uint32_t domid;
    int rc = chaos_create(place.host, cfg, "vm", false, &domid, &place.err);

    chaos_config_free(cfg);
    if (rc < 0)
        assert_null(place_left(&place));
    return rc;
}

static void create_failing(void **state)
{
    (void)state;
    sweep(create_op, 6); /* two to open, disk, back ends, bridge, entries: one each, for all */
    destroy();
    close_all();
}

/* Every call to the hypervisor, too, with devices made already. */
static void hypervisor_failing(void **state)
{
    chaos_config *cfg = place_config(&place, CHAOS_PV, yaml);
    uint32_t domid;

    (void)state;
    for (unsigned long n = 1;; n++) {
        int rc;

        fake_fail_at(place.hv, n, EINVAL);
        rc = chaos_create(place.host, cfg, "vm", false, &domid, &place.err);
        if (!fake_struck(place.hv)) {
            fake_fail_at(place.hv, 0, 0);
            place_worked(&place, rc);
            break;
        }
        place_failed(&place, rc, CHAOS_E_HYPERVISOR);
        assert_null(place_left(&place));
        for (uint16_t id = 1; id < 100; id++)
            assert_int_equal(device_fake_count(id), 0);
    }
    destroy();
    chaos_config_free(cfg);
    close_all();
}

/* What a killed client left in Dom0's kernel goes with destroy --all, what lives stays. */
static void sweeps_back_ends(void **state)
{
    uint32_t domid = create(yaml);
    struct chaos_domain dom = place_find(&place, "vm");
    size_t count;

    (void)state;
    assert_int_equal(place.hv->backend->destroy(place.hv, domid), 0);
    assert_int_equal(device_fake_count(domid), 3);
    place_worked(&place, chaos_destroy_all(place.host, &count, &place.err));
    assert_int_equal(count, 0);
    assert_int_equal(device_fake_count(dom.domid), 0);
    close_all();
}

/* That /dev/noxs could not be opened once does not mean that there is none. */
static void opened_later(void **state)
{
    uint32_t first = create(yaml), second;
    size_t count;

    (void)state;
    devices_close(place.host);
    device_fake_fail_at(1, EMFILE);
    {
        struct chaos_domain dom = place_find(&place, "vm");

        place_worked(&place, chaos_destroy(place.host, &dom, &place.err));
    }
    assert_int_equal(device_fake_count(first), 3); /* nobody could take them away */
    second = create(yaml);
    devices_close(place.host);
    destroy();
    assert_int_equal(device_fake_count(second), 0);
    place_worked(&place, chaos_destroy_all(place.host, &count, &place.err));
    assert_int_equal(device_fake_count(first), 0);
    close_all();
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, make, unmake)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(made_and_gone),
        TEST(no_noxs),
        TEST(missing_bridge_and_disk),
        TEST(create_failing),
        TEST(hypervisor_failing),
        TEST(sweeps_back_ends),
        TEST(opened_later),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
