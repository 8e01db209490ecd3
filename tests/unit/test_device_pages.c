/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A hypervisor without noxs: the device page lies in the guest's memory. What the guest reads there
 * is looked at as a guest does; what it scribbles there changes nothing.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"
#include "config/config.h"
#include "device_fake.h"
#include "device_place.h"
#include "hv_fake.h"
#include "shell/host.h"

#define MAPS "max_maptrack_frames: 1\n" /* a guest so small maps no grants unless told */

static int begin(void **state)
{
    device_vm_make(state);
    fake_no_pages(device_place.hv);
    return 0;
}

static uint32_t create(enum chaos_type type, const char *more)
{
    chaos_config *cfg = place_config(&device_place, type, more);
    uint32_t domid = place_create(&device_place, cfg, "vm");

    chaos_config_free(cfg);
    return domid;
}

/* The record says where the console page is, and so does Xen to the guest. */
static uint8_t *console_page(uint32_t domid)
{
    struct chaos_domain dom = place_find(&device_place, "vm");
    struct record rec;
    uint8_t *page;

    place_worked(&device_place,
                 registry_get(&device_place.host->registry, dom.uuid, &rec, &device_place.err));
    page = fake_page(device_place.hv, domid, rec.console_frame);
    record_clear(&rec);
    return page;
}

static struct noxs_announcement *announcement(uint32_t domid)
{
    return (void *)(console_page(domid) + NOXS_ANNOUNCEMENT_OFFSET);
}

/* The device page, found as the guest finds it. */
static struct noxs_page *page_of(uint32_t domid)
{
    const struct noxs_announcement *a = announcement(domid);

    assert_int_equal(a->magic, NOXS_ANNOUNCEMENT_MAGIC);
    assert_int_equal(a->version, NOXS_ABI_VERSION);
    assert_int_equal(fake_frame_of(fake_domain(device_place.hv, domid), a->pfn),
                     fake_domain(device_place.hv, domid)->spec.type == CHAOS_PV
                         ? a->frame
                         : fake_frame_of(fake_domain(device_place.hv, domid), a->frame));
    return fake_page(device_place.hv, domid, a->frame);
}

static const struct noxs_entry *entry(uint32_t domid, uint8_t type, uint16_t index)
{
    const struct noxs_page *page = page_of(domid);

    assert_int_equal(page->magic, NOXS_PAGE_MAGIC);
    assert_int_equal(page->version, NOXS_ABI_VERSION);
    assert_int_equal(page->domid, domid);
    assert_false(page->generation & 1);
    for (unsigned int slot = 0; slot < page->slots; slot++) {
        if (page->entry[slot].type == type && page->entry[slot].index == index)
            return &page->entry[slot];
    }
    return NULL;
}

static void add(const char *type, const char *spec)
{
    struct chaos_domain dom = place_find(&device_place, "vm");
    unsigned int index;

    place_worked(&device_place,
                 chaos_device_add(device_place.host, &dom, type, spec, &index, &device_place.err));
}

static int take_away(const char *type, unsigned int index)
{
    struct chaos_domain dom = place_find(&device_place, "vm");

    return chaos_device_remove(device_place.host, &dom, type, index, 100, false, &device_place.err);
}

static size_t count_devices(void)
{
    struct chaos_domain dom = place_find(&device_place, "vm");
    struct chaos_device *devs;
    size_t count;

    place_worked(&device_place,
                 chaos_device_list(device_place.host, &dom, &devs, &count, &device_place.err));
    free(devs);
    return count;
}

/* What was made with the VM, what comes later, and what goes, of each type of guest. */
static void comes_and_goes(void **state)
{
    static const enum chaos_type types[] = {CHAOS_PV, CHAOS_PVH};

    (void)state;
    for (unsigned int i = 0; i < ARRAY_SIZE(types); i++) {
        uint32_t domid = create(types[i], device_vm_yaml), generation, port, serial;
        const struct noxs_entry *vif = entry(domid, NOXS_TYPE_VIF, 1);

        assert_non_null(vif);
        assert_int_equal(vif->u.vif.mtu, 9000);
        assert_int_equal(vif->grant, device_fake_back(domid, NOXS_TYPE_VIF, 1)->grant);
        assert_int_equal(page_of(domid)->count, 3);
        assert_non_null(entry(domid, NOXS_TYPE_VBD, 0));
        port = announcement(domid)->port;
        assert_int_not_equal(port, 0);
        assert_int_equal(fake_notified(device_place.hv, domid, port), 0); /* it never ran */
        serial = vif->serial;
        generation = page_of(domid)->generation;

        add("vif", "mtu=1400");
        assert_int_equal(entry(domid, NOXS_TYPE_VIF, 2)->u.vif.mtu, 1400);
        assert_int_equal(entry(domid, NOXS_TYPE_VIF, 1)->serial, serial);
        assert_int_equal(fake_notified(device_place.hv, domid, port), 1);
        assert_int_not_equal(page_of(domid)->generation, generation);
        generation = page_of(domid)->generation;

        place_worked(&device_place, take_away("vif", 1));
        assert_null(entry(domid, NOXS_TYPE_VIF, 1));
        assert_int_equal(page_of(domid)->count, 3);
        assert_int_equal(fake_notified(device_place.hv, domid, port), 1);
        assert_int_not_equal(page_of(domid)->generation, generation);
        add("vif", "mtu=1500");
        assert_int_not_equal(entry(domid, NOXS_TYPE_VIF, 1)->serial, serial);
        assert_int_equal(count_devices(), 4);
        device_vm_destroy();
    }
    device_vm_close();
}

/* A VM without devices has the channel, and its page comes with its first device. */
static void first_device_later(void **state)
{
    static const enum chaos_type types[] = {CHAOS_PV, CHAOS_PVH};

    (void)state;
    for (unsigned int i = 0; i < ARRAY_SIZE(types); i++) {
        uint32_t domid = create(types[i], MAPS);
        struct chaos_domain dom;

        assert_int_not_equal(page_of(domid)->magic, NOXS_PAGE_MAGIC);
        assert_int_equal(count_devices(), 0);
        dom = place_find(&device_place, "vm");
        place_worked(&device_place,
                     chaos_power(device_place.host, &dom, CHAOS_POWER_OFF, 100, &device_place.err));
        assert_non_null(entry(domid, NOXS_TYPE_CONTROL, 0));
        assert_int_equal(device_fake_powered(), i + 1);
        device_vm_destroy();
    }
    device_vm_close();
}

/* The smallest guests, which cannot map what back ends grant, cost nothing more; the message says
 * what they lack. */
static void bare_ones_have_none(void **state)
{
    uint32_t domid = create(CHAOS_PV, "");
    struct chaos_domain dom = place_find(&device_place, "vm");

    (void)state;
    assert_int_equal(announcement(domid)->magic, 0);
    place_failed(&device_place,
                 chaos_power(device_place.host, &dom, CHAOS_POWER_OFF, 100, &device_place.err),
                 CHAOS_E_FAILED);
    assert_int_equal(device_fake_count(domid), 0);
    device_vm_destroy();
    device_vm_close();
}

/* Where Xen keeps the page there is neither channel nor announcement. */
static void xen_keeps_it(void **state)
{
    uint32_t domid;

    (void)state;
    device_vm_make(state);
    domid = create(CHAOS_PV, device_vm_yaml);
    assert_int_equal(announcement(domid)->magic, 0);
    assert_int_equal(fake_domain(device_place.hv, domid)->ports[2].used, 0);
    assert_non_null(device_fake_entry(domid, NOXS_TYPE_VIF, 0));
    device_vm_destroy();
    device_vm_close();
}

/* As the kernel gets at a page: by the grant that the guest gives. */
static void *granted(uint16_t domid, uint32_t grant)
{
    const struct fake_domain *dom = fake_domain(device_place.hv, domid);

    return grant < FAKE_GRANTS && dom->grants[grant]
               ? fake_page(device_place.hv, domid, dom->grants[grant])
               : NULL;
}

/* A warm shell's page is written by its grant: execute maps nothing, and asks Xen for nothing but
 * to let the guest run. */
static void warm_without_mapping(void **state)
{
    (void)state;
    device_fake_grants(granted);
    for (enum chaos_type type = CHAOS_PV; type <= CHAOS_PVH; type++) {
        chaos_config *cfg = place_config(&device_place, type, device_vm_yaml);
        static uint8_t bytes[CHAOS_POOL_MAX];
        chaos_shell *shell, *arrived;
        unsigned long calls;
        uint32_t domid;
        int len;

        place_worked(&device_place,
                     chaos_pool_prepare(device_place.host, cfg, true, &shell, &device_place.err));
        len = chaos_shell_pack(shell, bytes, sizeof(bytes));
        assert_true(len > 0);
        chaos_shell_free(shell);
        assert_int_equal(chaos_shell_unpack(bytes, (size_t)len, &arrived), 0);
        calls = fake_calls(device_place.hv);
        place_worked(&device_place, chaos_execute(device_place.host, arrived, cfg, "vm", false,
                                                  &domid, &device_place.err));
        assert_int_equal(fake_calls(device_place.hv) - calls, 2); /* a batch of one operation */
        assert_int_equal(page_of(domid)->count, 3);
        assert_int_equal(entry(domid, NOXS_TYPE_VIF, 1)->u.vif.mtu, 9000);
        assert_int_equal(entry(domid, NOXS_TYPE_VIF, 0)->u.vif.ipv4[3], 2);
        assert_non_null(entry(domid, NOXS_TYPE_VBD, 0));
        add("vif", "mtu=1400"); /* a guest that runs has its page mapped, as ever */
        assert_int_equal(entry(domid, NOXS_TYPE_VIF, 2)->u.vif.mtu, 1400);
        device_vm_destroy();
        chaos_config_free(cfg);
    }
    device_vm_close();
}

/* The guest writes over all that it can reach, and closes its end of the channel. */
static void scribbled_on(void **state)
{
    uint32_t domid = create(CHAOS_PV, device_vm_yaml), port = announcement(domid)->port;
    struct noxs_announcement good = *announcement(domid);
    uint8_t *console = console_page(domid);

    (void)state;
    memset(page_of(domid), 0xff, PAGE_SIZE);
    memset(console, 0xff, PAGE_SIZE);
    assert_int_equal(count_devices(), 3);
    add("vif", "mtu=1400");
    assert_int_equal(device_fake_count(domid), 4);
    assert_int_equal(fake_notified(device_place.hv, domid, port), 1);

    /* it was written whole, where it always was */
    memcpy(console + NOXS_ANNOUNCEMENT_OFFSET, &good, sizeof(good));
    assert_int_equal(entry(domid, NOXS_TYPE_VIF, 2)->u.vif.mtu, 1400);
    assert_int_equal(page_of(domid)->count, 4);
    assert_int_equal(page_of(domid)->slots, 4);

    fake_domain(device_place.hv, domid)->ports[port].used = false;
    add("vif", "mtu=1300");
    place_worked(&device_place, take_away("vif", 0));
    assert_int_equal(page_of(domid)->count, 4);
    device_vm_destroy();
    device_vm_close();
}

static int pages_change(void)
{
    struct chaos_domain dom;
    unsigned int index;
    int rc;

    if (!fake_count(device_place.hv)) {
        fake_no_pages(device_place.hv);
        create(CHAOS_PV, MAPS);
    }
    dom = place_find(&device_place, "vm");
    rc = chaos_device_add(device_place.host, &dom, "vif", "mtu=1400", &index, &device_place.err);
    if (rc == 0)
        rc = chaos_device_remove(device_place.host, &dom, "vif", index, 100, false,
                                 &device_place.err);
    if (rc < 0) {
        struct chaos_error err = {0};

        assert_int_equal(chaos_destroy(device_place.host, &dom, &err), 0);
        assert_int_equal(device_fake_count(dom.domid), 0);
    }
    return rc;
}

static void dom0_failing(void **state)
{
    (void)state;
    /* to open; list, back end, bridge, announce, list twice; let go, retract, list twice */
    device_vm_sweep(pages_change, 11);
    device_vm_destroy();
    device_vm_close();
}

/* Each call of the hypervisor fails in turn: a device that cannot be told of is not left. */
static void hypervisor_failing(void **state)
{
    uint32_t domid = create(CHAOS_PV, MAPS);
    struct chaos_domain dom = place_find(&device_place, "vm");
    unsigned int index, n;
    int rc;

    (void)state;
    for (n = 1;; n++) {
        fake_fail_at(device_place.hv, n, EIO);
        rc =
            chaos_device_add(device_place.host, &dom, "vif", "mtu=1400", &index, &device_place.err);
        if (!fake_struck(device_place.hv))
            break;
        fake_fail_at(device_place.hv, 0, 0);
        place_failed(&device_place, rc, CHAOS_OK);
        assert_int_equal(device_fake_count(domid), 0);
        assert_int_equal(count_devices(), 0);
        assert_true(page_of(domid)->magic != NOXS_PAGE_MAGIC || !page_of(domid)->count);
    }
    fake_fail_at(device_place.hv, 0, 0);
    place_worked(&device_place, rc);
    assert_true(n > 2);
    assert_int_equal(page_of(domid)->count, 1);
    device_vm_destroy();
    device_vm_close();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(comes_and_goes, begin, device_vm_unmake),
        cmocka_unit_test_setup_teardown(first_device_later, begin, device_vm_unmake),
        cmocka_unit_test_setup_teardown(bare_ones_have_none, begin, device_vm_unmake),
        cmocka_unit_test_setup_teardown(warm_without_mapping, begin, device_vm_unmake),
        cmocka_unit_test_setup_teardown(xen_keeps_it, NULL, device_vm_unmake),
        cmocka_unit_test_setup_teardown(scribbled_on, begin, device_vm_unmake),
        cmocka_unit_test_setup_teardown(dom0_failing, begin, device_vm_unmake),
        cmocka_unit_test_setup_teardown(hypervisor_failing, begin, device_vm_unmake),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
