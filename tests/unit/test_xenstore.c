/* SPDX-License-Identifier: BSD-3-Clause */
/* VMs whose devices are in XenStore: what is there of them, and what is not when they are gone;
 * with each request, each call of kernel and hypervisor, and each allocation failing in turn. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/uuid.h"
#include "config/config.h"
#include "device_fake.h"
#include "device_place.h"
#include "devices/xenstore/store.h"
#include "failing_malloc.h"
#include "xenstore_fake.h"

static char yaml[500]; /* a vif and a vbd */

static int begin(void **state)
{
    device_vm_make(state);
    device_fake_reset(false);
    xenstore_fake_reset();
    xenstore_fake_start();
    store_timeout_ms = 5000;
    /* as any xenstored has it, once a first VM has been there */
    xenstore_fake_set("/local/domain/0/backend/vif", "");
    xenstore_fake_set("/local/domain/0/backend/vbd", "");
    xenstore_fake_set("/libxl", "");
    xenstore_fake_set("/vm", "");
    snprintf(yaml, sizeof(yaml),
             "devices: xenstore\n"
             "vifs: [{bridge: %s}]\n"
             "vbds: [{target: %s, mode: ro}]\n",
             DEVICE_FAKE_BRIDGE, device_place.ramdisk);
    return 0;
}

static int end(void **state)
{
    device_vm_unmake(state);
    xenstore_fake_stop();
    return 0;
}

/* The connections that it has accepted are descriptors of this process, too. */
static void vm_close(void)
{
    xenstore_fake_stop();
    device_vm_close();
}

static char before[1 << 16];

static void remember(void)
{
    snprintf(before, sizeof(before), "%s", xenstore_fake_dump());
}

static void as_before(void)
{
    assert_string_equal(xenstore_fake_dump(), before);
}

static void has(const char *value, const char *fmt, uint32_t domid)
{
    char path[200];

    snprintf(path, sizeof(path), fmt, domid, domid);
    if (!xenstore_fake_value(path))
        fail_msg("no %s", path);
    assert_string_equal(xenstore_fake_value(path), value);
}

static void allows(const char *perms, const char *fmt, uint32_t domid)
{
    char path[200];

    snprintf(path, sizeof(path), fmt, domid, domid);
    if (!xenstore_fake_perms(path))
        fail_msg("no %s", path);
    assert_string_equal(xenstore_fake_perms(path), perms);
}

static char *words(const char *fmt, uint32_t domid)
{
    static char text[4][64];
    static unsigned int next;

    next = (next + 1) % 4;
    snprintf(text[next], sizeof(text[next]), fmt, domid, domid);
    return text[next];
}

/* What guests, back ends and xl look at, and whose it is. */
static void whole_tree(void **state)
{
    uint32_t domid;

    (void)state;
    remember();
    domid = device_vm_create(yaml);
    allows(words("n0,r%u", domid), "/local/domain/%u", domid);
    has("vm", "/local/domain/%u/name", domid);
    has("1024", "/local/domain/%u/memory/target", domid);
    has("online", "/local/domain/%u/cpu/0/availability", domid);
    allows(words("n0,r%u", domid), "/local/domain/%u/cpu/0/availability", domid);
    allows(words("n%u", domid), "/local/domain/%u/control", domid);
    has("xenconsoled", "/local/domain/%u/console/type", domid);
    has("pv", "/libxl/%u/type", domid);
    allows("n0", "/libxl/%u/chaos", domid);

    has(words("/local/domain/0/backend/vif/%u/0", domid), "/local/domain/%u/device/vif/0/backend",
        domid);
    has("1", "/local/domain/%u/device/vif/0/state", domid);
    allows(words("n%u,r0", domid), "/local/domain/%u/device/vif/0/state", domid);
    has(words("/local/domain/%u/device/vif/0", domid), "/local/domain/0/backend/vif/%u/0/frontend",
        domid);
    has("connected", "/local/domain/0/backend/vif/%u/0/hotplug-status", domid);
    allows(words("n0,r%u", domid), "/local/domain/0/backend/vif/%u/0/state", domid);
    assert_string_equal(device_fake_link_bridge(domid, 0), DEVICE_FAKE_BRIDGE);

    has("r", "/local/domain/0/backend/vbd/%u/51712/mode", domid);
    has(device_place.ramdisk, "/local/domain/0/backend/vbd/%u/51712/params", domid);
    has("0:0", "/local/domain/0/backend/vbd/%u/51712/physical-device", domid);
    has("51712", "/local/domain/%u/device/vbd/51712/virtual-device", domid);
    has(words("/local/domain/0/backend/vbd/%u/51712", domid), "/libxl/%u/device/vbd/51712/backend",
        domid);

    device_vm_destroy();
    as_before();
    vm_close();
}

/* The way to xenstored: what the guest is told, what xenstored is, and the grants of both rings. */
static void introduced(void **state)
{
    for (enum chaos_type type = CHAOS_PV; type <= CHAOS_PVH; type++) {
        chaos_config *cfg = place_config(&device_place, type, yaml);
        uint32_t domid = place_create(&device_place, cfg, "vm"), port;
        const struct fake_domain *dom = fake_domain(device_place.hv, domid);
        uint64_t frame;

        assert_true(xenstore_fake_introduced(domid, &frame, &port));
        assert_true(dom->ports[port].used);
        assert_int_equal(dom->grants[1], frame);
        has(words("%u", port), "/local/domain/%u/store/port", domid);
        has(words("%u", (uint32_t)dom->grants[0]), "/local/domain/%u/console/ring-ref", domid);
        assert_int_not_equal(dom->grants[0], dom->grants[1]);
        fake_page(device_place.hv, domid, frame);
        chaos_config_free(cfg);
        device_vm_destroy();
    }
    (void)state;
    vm_close();
}

/* What is promised: few messages, for each is a part of a creation's price. */
static void messages(void **state)
{
    (void)state;
    xenstore_fake_requests();
    device_vm_create("devices: xenstore\nvifs: [{bridge: br0}]\n");
    assert_in_range(xenstore_fake_requests(), 1, 50);
    device_vm_destroy();
    assert_in_range(xenstore_fake_requests(), 1, 12);
    device_vm_create(yaml);
    assert_in_range(xenstore_fake_requests(), 1, 72);
    device_vm_destroy();
    vm_close();
}

static void create_fails(enum chaos_status status)
{
    chaos_config *cfg = place_config(&device_place, CHAOS_PV, yaml);
    uint32_t domid;

    place_failed(&device_place,
                 chaos_create(device_place.host, cfg, "vm", false, &domid, &device_place.err),
                 status);
    chaos_config_free(cfg);
    assert_null(place_left(&device_place));
}

/* Each request refused, in turn, and each time the connection lost. */
static void trouble(void **state)
{
    static const enum fake_trouble kinds[] = {FAKE_REFUSE, FAKE_LEAVE, FAKE_SWAPPED};

    (void)state;
    remember();
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        for (unsigned int n = 1;; n++) {
            chaos_config *cfg = place_config(&device_place, CHAOS_PV, yaml);
            uint32_t domid;
            int rc;

            xenstore_fake_trouble(n, kinds[i], "ENOSPC");
            rc = chaos_create(device_place.host, cfg, "vm", false, &domid, &device_place.err);
            chaos_config_free(cfg);
            if (!xenstore_fake_struck()) {
                xenstore_fake_trouble(0, FAKE_NONE, "");
                place_worked(&device_place, rc);
                device_vm_destroy();
                break;
            }
            /* A connection that breaks off before anything was answered is made anew. */
            if (rc == 0) {
                assert_int_equal(kinds[i], FAKE_LEAVE);
                device_vm_destroy();
                continue;
            }
            place_failed(&device_place, rc, CHAOS_OK);
            assert_null(place_left(&device_place));
            xenstore_fake_stop(); /* when it has done all it was asked for */
            as_before();
            xenstore_fake_start();
        }
    }
    vm_close();
}

static void hung(void **state)
{
    (void)state;
    remember();
    store_timeout_ms = 100;
    xenstore_fake_trouble(1, FAKE_HANG, "");
    create_fails(CHAOS_E_TIMEOUT);
    xenstore_fake_stop();
    create_fails(CHAOS_E_IO);
    as_before();
    store_timeout_ms = 5000;
    xenstore_fake_start();
    device_vm_create(yaml);
    device_vm_destroy();
    vm_close();
}

static int create_and_destroy(void)
{
    chaos_config *cfg = place_config(&device_place, CHAOS_PVH, yaml);
    uint32_t domid;
    int rc = chaos_create(device_place.host, cfg, "vm", false, &domid, &device_place.err);

    chaos_config_free(cfg);
    if (rc == 0)
        device_vm_destroy();
    as_before();
    return rc;
}

/* Each call of the kernel: loop device, listening, waiting, bridge. */
static void kernel_fails(void **state)
{
    (void)state;
    remember();
    for (unsigned int n = 1;; n++) {
        int rc;

        device_fake_fail_at(n, EIO);
        rc = create_and_destroy();
        if (!device_fake_struck()) {
            assert_true(n > 4);
            place_worked(&device_place, rc);
            break;
        }
        place_failed(&device_place, rc, CHAOS_OK);
    }
    vm_close();
}

static void hypervisor_fails(void **state)
{
    (void)state;
    remember();
    for (unsigned long n = 1;; n++) {
        int rc;

        fake_fail_at(device_place.hv, n, ENOMEM);
        rc = create_and_destroy();
        if (rc == 0)
            break;
        place_failed(&device_place, rc, CHAOS_OK);
        assert_null(place_left(&device_place));
    }
    vm_close();
}

static bool memory_fails(void *opaque)
{
    chaos_config *cfg = opaque;
    uint32_t domid;
    int rc = chaos_create(device_place.host, cfg, "vm", false, &domid, &device_place.err);

    failing_malloc_at(0);
    if (rc == 0) {
        place_worked(&device_place, rc);
        device_vm_destroy();
    } else {
        place_failed(&device_place, rc, CHAOS_OK);
    }
    return rc == 0;
}

static void no_memory(void **state)
{
    chaos_config *cfg = place_config(&device_place, CHAOS_PV, yaml);

    (void)state;
    for (unsigned long n = 1;; n++) {
        bool struck;

        failing_malloc_at(n);
        memory_fails(cfg);
        struck = failing_malloc_struck();
        assert_null(place_left(&device_place));
        if (!struck)
            break;
    }
    chaos_config_free(cfg);
    vm_close();
}

/* Back ends of an earlier domain of the same number. */
static void left_over(void **state)
{
    (void)state;
    remember();
    fake_next_domid(device_place.hv, 9);
    xenstore_fake_set("/libxl/9/type", "pvh");
    xenstore_fake_set("/local/domain/9/vm", "/vm/old");
    xenstore_fake_set("/vm/old/uuid", "old");
    xenstore_fake_set("/local/domain/0/backend/vbd/9/51744/state", "4");
    assert_int_equal(device_vm_create(yaml), 9);
    assert_null(xenstore_fake_value("/vm/old"));
    assert_null(xenstore_fake_value("/local/domain/0/backend/vbd/9/51744"));
    has("vm", "/local/domain/%u/name", 9);
    device_vm_destroy();
    as_before();
    vm_close();
}

/* What was ours goes, where the domain is gone; what xl made stays. */
static void swept(void **state)
{
    char uuid[CHAOS_UUID_TEXT];
    uint32_t domid;
    uint8_t raw[16];
    size_t count;

    (void)state;
    xenstore_fake_set("/libxl/77/type", "pv");
    xenstore_fake_set("/local/domain/0/backend/vif/77/0/state", "4");
    domid = device_vm_create(yaml);
    remember();
    assert_int_equal(uuid_make(raw, UUID_XENSTORE), 0);
    uuid_format(raw, uuid);
    xenstore_fake_set("/libxl/78/chaos", uuid);
    xenstore_fake_set("/local/domain/78/name", "old");
    xenstore_fake_set("/local/domain/0/backend/vif/78/0/state", "4");
    place_worked(&device_place, chaos_sweep(device_place.host, &count, &device_place.err));
    assert_int_equal(count, 1);
    as_before();
    has("vm", "/local/domain/%u/name", domid);
    device_vm_destroy();
    vm_close();
}

static struct chaos_domain vm(void)
{
    return place_find(&device_place, "vm");
}

static void plugged(void **state)
{
    struct chaos_device *list;
    struct chaos_domain dom;
    unsigned int index;
    size_t count;
    uint32_t domid;
    char spec[200];

    (void)state;
    remember();
    domid = device_vm_create(yaml);
    dom = vm();
    place_worked(&device_place, chaos_device_add(device_place.host, &dom, "vif", "bridge=br0",
                                                 &index, &device_place.err));
    assert_int_equal(index, 1);
    has("1", "/local/domain/0/backend/vif/%u/1/state", domid);
    snprintf(spec, sizeof(spec), "target=%s,format=raw", device_place.kernel);
    assert_int_equal(truncate(device_place.kernel, 4096), 0);
    place_worked(&device_place,
                 chaos_device_add(device_place.host, &dom, "vbd", spec, &index, &device_place.err));
    assert_int_equal(index, 1);
    has("w", "/local/domain/0/backend/vbd/%u/51728/mode", domid);
    xenstore_fake_set(words("/local/domain/0/backend/vif/%u/0/state", domid), "4");
    place_worked(&device_place,
                 chaos_device_list(device_place.host, &dom, &list, &count, &device_place.err));
    assert_int_equal(count, 4);
    assert_string_equal(list[0].state, "connected");
    assert_string_equal(list[1].state, "starting");
    assert_non_null(strstr(list[0].detail, words("vif%u.0 mac ", domid)));
    assert_string_equal(list[2].detail, "xvda ro");
    assert_string_equal(list[3].detail, "xvdb rw");
    free(list);

    place_failed(
        &device_place,
        chaos_device_remove(device_place.host, &dom, "vif", 7, 100, false, &device_place.err),
        CHAOS_E_NOT_FOUND);
    /* One that never connected goes at once. */
    place_worked(&device_place, chaos_device_remove(device_place.host, &dom, "vbd", 1, 100, false,
                                                    &device_place.err));
    assert_null(xenstore_fake_value(words("/local/domain/0/backend/vbd/%u/51728", domid)));
    /* A guest that does not answer keeps it, but for force. */
    place_failed(
        &device_place,
        chaos_device_remove(device_place.host, &dom, "vif", 0, 50, false, &device_place.err),
        CHAOS_E_TIMEOUT);
    has("5", "/local/domain/0/backend/vif/%u/0/state", domid);
    place_worked(&device_place, chaos_device_remove(device_place.host, &dom, "vif", 0, 50, true,
                                                    &device_place.err));
    device_vm_destroy();
    as_before();
    vm_close();
}

/* A guest that does as it is told: lets go of devices, and takes power requests. */
static void obeys(const char *path, const char *value)
{
    size_t len = strlen(path);

    if (strstr(path, "/backend/") && len > 6 && strcmp(path + len - 6, "/state") == 0 &&
        strcmp(value, "5") == 0)
        xenstore_fake_set(path, "6");
    if (strstr(path, "/control/shutdown"))
        xenstore_fake_set(path, "");
}

static void obedient(void **state)
{
    struct chaos_domain dom;
    uint32_t domid = device_vm_create(yaml);

    (void)state;
    dom = vm();
    xenstore_fake_set(words("/local/domain/0/backend/vif/%u/0/state", domid), "4");
    xenstore_fake_on_write(obeys);
    place_worked(&device_place, chaos_device_remove(device_place.host, &dom, "vif", 0, 5000, false,
                                                    &device_place.err));
    xenstore_fake_on_write(NULL);
    device_vm_destroy();
    vm_close();
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(whole_tree), TEST(introduced), TEST(messages),     TEST(trouble),
        TEST(hung),       TEST(no_memory),  TEST(kernel_fails), TEST(hypervisor_fails),
        TEST(left_over),  TEST(swept),      TEST(plugged),      TEST(obedient),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
