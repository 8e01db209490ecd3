/* SPDX-License-Identifier: BSD-3-Clause */
/* Devices that come and go while the VM runs, guests that do not let go, and power control. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <cmocka.h>

#include <chaos/daemon.h>
#include "config/config.h"
#include "device_fake.h"
#include "device_place.h"
#include "devices/bridge.h"

static unsigned int added;

static int hotplug(void)
{
    struct chaos_domain dom;
    char disk[120];
    int rc;

    if (!fake_count(device_place.hv))
        device_vm_create("");
    dom = place_find(&device_place, "vm");
    rc = chaos_device_add(device_place.host, &dom, "vif", "bridge=" DEVICE_FAKE_BRIDGE, &added,
                          &device_place.err);
    snprintf(disk, sizeof(disk), "target=%s,mode=ro", device_place.ramdisk);
    if (rc == 0)
        rc = chaos_device_add(device_place.host, &dom, "vbd", disk, &added, &device_place.err);
    if (rc == 0)
        rc = chaos_device_remove(device_place.host, &dom, "vif", 0, 100, false, &device_place.err);
    if (rc == 0)
        rc = chaos_device_remove(device_place.host, &dom, "vbd", 0, 100, false, &device_place.err);
    if (rc < 0) {
        struct chaos_error err = {0};

        assert_int_equal(chaos_destroy(device_place.host, &dom, &err), 0);
        assert_int_equal(device_fake_count(dom.domid), 0);
    }
    return rc;
}

static void hotplug_failing(void **state)
{
    (void)state;
    /* two to open; list, back end, bridge, entry; list, disk, back end, entry; twice let go and
     * out of the page */
    device_vm_sweep(hotplug, 14);
    assert_int_equal(device_fake_count(place_find(&device_place, "vm").domid), 0);
    device_vm_destroy();
    device_vm_close();
}

static void lists_devices(void **state)
{
    struct chaos_device *devs;
    struct chaos_domain dom;
    unsigned int index;
    size_t count;

    (void)state;
    device_vm_create(device_vm_yaml);
    dom = place_find(&device_place, "vm");
    place_worked(&device_place, chaos_device_add(device_place.host, &dom, "vif", "mtu=1400", &index,
                                                 &device_place.err));
    assert_int_equal(index, 2);
    place_worked(&device_place, chaos_device_remove(device_place.host, &dom, "vif", 1, 100, false,
                                                    &device_place.err));
    place_worked(&device_place, chaos_device_add(device_place.host, &dom, "vif", "mtu=1400", &index,
                                                 &device_place.err));
    assert_int_equal(index, 1); /* the lowest that is free */
    place_worked(&device_place,
                 chaos_device_list(device_place.host, &dom, &devs, &count, &device_place.err));
    assert_int_equal(count, 4);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(devs[i].state, "connected");
    free(devs);
    place_failed(
        &device_place,
        chaos_device_remove(device_place.host, &dom, "vbd", 7, 100, false, &device_place.err),
        CHAOS_E_NOT_FOUND);
    place_failed(&device_place,
                 chaos_device_add(device_place.host, &dom, "usb", "", &index, &device_place.err),
                 CHAOS_E_USAGE);
    place_failed(
        &device_place,
        chaos_device_add(device_place.host, &dom, "vif", "color=red", &index, &device_place.err),
        CHAOS_E_CONFIG);
    device_vm_destroy();
    device_vm_close();
}

/* A guest that does not let go keeps its device, unless it is taken by force. */
static void stubborn_guest(void **state)
{
    uint32_t domid = device_vm_create(device_vm_yaml);
    struct chaos_domain dom = place_find(&device_place, "vm");

    (void)state;
    device_fake_guest(0, -ETIMEDOUT);
    place_failed(
        &device_place,
        chaos_device_remove(device_place.host, &dom, "vif", 0, 100, false, &device_place.err),
        CHAOS_E_TIMEOUT);
    assert_non_null(device_fake_entry(domid, NOXS_TYPE_VIF, 0));
    assert_non_null(device_fake_back(domid, NOXS_TYPE_VIF, 0));
    place_worked(&device_place, chaos_device_remove(device_place.host, &dom, "vif", 0, 100, true,
                                                    &device_place.err));
    assert_null(device_fake_entry(domid, NOXS_TYPE_VIF, 0));
    assert_null(device_fake_back(domid, NOXS_TYPE_VIF, 0));
    device_vm_destroy();
    device_vm_close();
}

static int plug_disk(const struct chaos_domain *dom, const char *vdev, unsigned int *index)
{
    char spec[200];

    snprintf(spec, sizeof(spec), "target=%s,mode=ro%s%s", device_place.ramdisk,
             *vdev ? ",vdev=" : "", vdev);
    return chaos_device_add(device_place.host, dom, "vbd", spec, index, &device_place.err);
}

/* Disks get the first number that is free, whatever their index, and none twice. */
static void numbers_of_disks(void **state)
{
    struct chaos_device *devs;
    struct chaos_domain dom;
    unsigned int index;
    char yaml[200];
    uint32_t domid;
    size_t count;

    (void)state;
    snprintf(yaml, sizeof(yaml), "vbds: [{target: %s, mode: ro, vdev: xvdb}]",
             device_place.ramdisk);
    domid = device_vm_create(yaml);
    dom = place_find(&device_place, "vm");
    place_worked(&device_place, plug_disk(&dom, "", &index));
    assert_int_equal(index, 1);
    assert_int_equal(device_fake_entry(domid, NOXS_TYPE_VBD, 1)->u.vbd.vdev, 202 << 8);
    place_failed(&device_place, plug_disk(&dom, "xvdb", &index), CHAOS_E_CONFIG);
    place_failed(&device_place, plug_disk(&dom, "xvda", &index), CHAOS_E_CONFIG);
    while (index < 17)
        place_worked(&device_place, plug_disk(&dom, "", &index));
    assert_int_equal(device_fake_entry(domid, NOXS_TYPE_VBD, 15)->u.vbd.vdev, 202 << 8 | 15 << 4);
    /* Behind the sixteenth: Xen's extended numbers, not the next major. */
    assert_int_equal(device_fake_entry(domid, NOXS_TYPE_VBD, 16)->u.vbd.vdev, 1 << 28 | 16 << 8);
    place_worked(&device_place,
                 chaos_device_list(device_place.host, &dom, &devs, &count, &device_place.err));
    assert_int_equal(count, 18);
    assert_non_null(strstr(devs[17].detail, "xvdr "));
    free(devs);
    device_vm_destroy();
    device_vm_close();
}

/* The back end may be gone: killed commands, modules that were loaded anew. */
static void no_back_end(void **state)
{
    uint32_t domid = device_vm_create(device_vm_yaml);
    struct chaos_domain dom = place_find(&device_place, "vm");

    (void)state;
    device_fake_lose(domid, NOXS_TYPE_VIF, 0);
    place_failed(
        &device_place,
        chaos_device_remove(device_place.host, &dom, "vif", 0, 100, false, &device_place.err),
        CHAOS_E_FAILED);
    assert_non_null(device_fake_entry(domid, NOXS_TYPE_VIF, 0));
    place_worked(&device_place, chaos_device_remove(device_place.host, &dom, "vif", 0, 100, true,
                                                    &device_place.err));
    assert_null(device_fake_entry(domid, NOXS_TYPE_VIF, 0));
    place_failed(
        &device_place,
        chaos_device_remove(device_place.host, &dom, "vif", 0, 100, true, &device_place.err),
        CHAOS_E_NOT_FOUND);
    device_vm_destroy();
    device_vm_close();
}

static void power(void **state)
{
    static const struct {
        int answer;
        enum chaos_status status;
    } answers[] = {{-ETIMEDOUT, CHAOS_E_TIMEOUT},
                   {-ENOTCONN, CHAOS_E_FAILED},
                   {-EBUSY, CHAOS_E_BUSY},
                   {-EOPNOTSUPP, CHAOS_E_FAILED}};
    uint32_t domid = device_vm_create("");
    struct chaos_domain dom = place_find(&device_place, "vm");

    (void)state;
    /* made without devices: it gets power control when somebody asks for it */
    assert_int_equal(device_fake_count(domid), 0);
    place_worked(&device_place,
                 chaos_power(device_place.host, &dom, CHAOS_POWER_OFF, 100, &device_place.err));
    assert_int_equal(device_fake_powered(), 1);
    assert_non_null(device_fake_entry(domid, NOXS_TYPE_CONTROL, 0));
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        device_fake_guest(answers[i].answer, 0);
        place_failed(&device_place,
                     chaos_power(device_place.host, &dom, CHAOS_POWER_REBOOT, 1, &device_place.err),
                     answers[i].status);
    }
    fake_shutdown(device_place.hv, domid, CHAOS_POWEROFF);
    place_failed(&device_place,
                 chaos_power(device_place.host, &dom, CHAOS_POWER_OFF, 100, &device_place.err),
                 CHAOS_E_FAILED);
    device_vm_destroy();
    device_vm_close();
}

static void record_of_age(const struct chaos_domain *dom, long seconds)
{
    struct timespec times[2] = {{.tv_sec = time(NULL) - seconds}, {.tv_sec = time(NULL) - seconds}};
    char path[200];

    snprintf(path, sizeof(path), "%s/domains/%s", device_place.run, dom->uuid);
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static unsigned int count_late(const struct chaos_domain *dom)
{
    struct chaos_device *devs;
    unsigned int late = 0;
    size_t count;

    place_worked(&device_place,
                 chaos_device_list(device_place.host, dom, &devs, &count, &device_place.err));
    for (size_t i = 0; i < count; i++)
        late += devs[i].late;
    free(devs);
    return late;
}

/* A guest that has not connected a device a minute after it began is told of. */
static void late_guest(void **state)
{
    struct chaos_domain dom;

    (void)state;
    device_vm_create(device_vm_yaml);
    dom = place_find(&device_place, "vm");
    record_of_age(&dom, 61);
    assert_int_equal(count_late(&dom), 0);
    device_fake_waits(true);
    assert_int_equal(count_late(&dom), 3);
    record_of_age(&dom, 30);
    assert_int_equal(count_late(&dom), 0);
    record_of_age(&dom, 61);
    place_worked(&device_place, chaos_pause(device_place.host, &dom, &device_place.err));
    dom = place_find(&device_place, "vm");
    assert_int_equal(count_late(&dom), 0);
    device_fake_waits(false);
    device_vm_destroy();
    device_vm_close();
}

/* Which bus the VM has, and why. */
static void bus_told(void **state)
{
    struct chaos_domain dom;
    struct chaos_bus bus;

    (void)state;
    device_vm_create(device_vm_yaml);
    dom = place_find(&device_place, "vm");
    place_worked(&device_place, chaos_device_bus(device_place.host, &dom, &bus, &device_place.err));
    assert_string_equal(bus.name, "noxs");
    assert_string_equal(bus.why, "this host has no XenStore");
    device_vm_destroy();
    device_vm_close();
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, device_vm_make, device_vm_unmake)

static void assert_detail(const char *end)
{
    struct chaos_domain dom = place_find(&device_place, "vm");
    struct chaos_device *devs;
    size_t count, len;

    place_worked(&device_place,
                 chaos_device_list(device_place.host, &dom, &devs, &count, &device_place.err));
    assert_true(count > 0);
    assert_string_equal(devs[0].type, "vif");
    len = strlen(devs[0].detail);
    assert_true(len > strlen(end));
    assert_string_equal(devs[0].detail + len - strlen(end), end);
    free(devs);
}

/* An interface that lost its bridge is told, and finds back when the bridge is there again. */
static void bridges_remade(void **state)
{
    chaos_config *cfg;

    (void)state;
    device_vm_create("vifs: [{bridge: " DEVICE_FAKE_BRIDGE ", mtu: 9000}, {}]\n");
    assert_detail(" bridge " DEVICE_FAKE_BRIDGE " (mtu 1500)");
    device_fake_remake_bridge();
    assert_detail(" bridge " DEVICE_FAKE_BRIDGE ": not in it");
    assert_int_equal(chaos_replug(device_place.host), 1);
    assert_detail(" (mtu 1500)");
    assert_int_equal(chaos_replug(device_place.host), 0);
    place_worked(&device_place,
                 chaos_config_parse("x", "vifs: [{bridge: br0}]\n", 22, &cfg, &device_place.err));
    assert_int_equal(chaos_bridged(device_place.host, cfg), 1);
    place_worked(&device_place, chaos_config_set(cfg, "vifs[0].bridge=br1", &device_place.err));
    assert_int_equal(chaos_bridged(device_place.host, cfg), 0);
    place_worked(&device_place, chaos_config_set(cfg, "vifs[0].bridge=", &device_place.err));
    assert_int_equal(chaos_bridged(device_place.host, cfg), -ENOENT);
    chaos_config_free(cfg);
    device_vm_destroy();
    device_vm_close();
}

static void place_texts(void **state)
{
    struct bridge_place place = {.wanted = "br0", .actual = "br1", .mtu = 1500};
    char text[60];

    (void)state;
    bridge_place_text(&place, 1500, text, sizeof(text));
    assert_string_equal(text, " bridge br0: in br1 instead");
    place.wanted[0] = '\0'; /* somebody put it there by hand */
    bridge_place_text(&place, 1500, text, sizeof(text));
    assert_string_equal(text, " bridge br1");
    place.actual[0] = '\0';
    bridge_place_text(&place, 1500, text, sizeof(text));
    assert_string_equal(text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(hotplug_failing), TEST(lists_devices),
        TEST(stubborn_guest),  TEST(numbers_of_disks),
        TEST(late_guest),      TEST(bus_told),
        TEST(no_back_end),     TEST(power),
        TEST(bridges_remade),  cmocka_unit_test(place_texts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
