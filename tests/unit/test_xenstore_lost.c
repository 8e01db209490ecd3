/* SPDX-License-Identifier: BSD-3-Clause */
/* A xenstored that was restarted, and has forgotten VMs that run: what is said about them, and what
 * becomes of the back ends of those that are gone, of which Dom0's kernel never hears. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "device_fake.h"
#include "device_place.h"
#include "devices/xenstore/store.h"
#include "devices/xenstore/unheard.h"
#include "xenstore_fake.h"

static char folder[80]; /* where the kernel shows its back ends */

static int begin(void **state)
{
    device_vm_make(state);
    device_fake_reset(false);
    xenstore_fake_reset();
    xenstore_fake_start();
    store_timeout_ms = 5000;
    xenstore_fake_set("/libxl", "");
    snprintf(folder, sizeof(folder), "%s/back-ends", device_place.dir);
    assert_int_equal(mkdir(folder, 0700), 0);
    unheard_folder = folder;
    return 0;
}

static int end(void **state)
{
    char command[100];

    snprintf(command, sizeof(command), "rm -r %s", folder);
    assert_int_equal(system(command), 0);
    device_vm_unmake(state);
    xenstore_fake_stop();
    return 0;
}

static void vm_close(void)
{
    xenstore_fake_stop();
    device_vm_close();
}

static struct chaos_domain vm(void)
{
    return place_find(&device_place, "vm");
}

/* All that xenstored had of the domain. */
static void forget(uint32_t domid)
{
    static const char *const roots[] = {"/libxl/%u", "/local/domain/%u",
                                        "/local/domain/0/backend/vif/%u",
                                        "/local/domain/0/backend/vbd/%u"};
    char path[64];

    for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++) {
        snprintf(path, sizeof(path), roots[i], domid);
        xenstore_fake_remove(path);
    }
}

/* Shows a back end with a driver. */
static void show(const char *name)
{
    char path[200];
    int fd;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(path, sizeof(path), "%s/%s/driver", folder, name);
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(path, sizeof(path), "%s/%s/driver/unbind", folder, name);
    fd = open(path, O_CREAT | O_WRONLY, 0600);
    assert_true(fd >= 0);
    close(fd);
}

/* What its driver was told to let go of. */
static const char *let_go(const char *name)
{
    static char text[64];
    char path[200];
    ssize_t len;
    int fd;

    snprintf(path, sizeof(path), "%s/%s/driver/unbind", folder, name);
    fd = open(path, O_RDONLY);
    assert_true(fd >= 0);
    len = read(fd, text, sizeof(text) - 1);
    close(fd);
    text[len > 0 ? len : 0] = '\0';
    return text;
}

static void forgotten(int rc)
{
    assert_int_equal(rc, -ENODATA);
    assert_non_null(strstr(device_place.err.text, "xenstored knows nothing of domain "));
    place_failed(&device_place, rc, CHAOS_E_IO);
}

/* Nothing can be asked of it, nothing is written about it, and it can be destroyed. */
static void vm_forgotten(void **state)
{
    struct chaos_device *list;
    struct chaos_domain dom;
    unsigned int index;
    char before[8192], name[32];
    uint32_t domid;
    size_t count;

    (void)state;
    domid = device_vm_create("devices: xenstore\nvifs: [{bridge: " DEVICE_FAKE_BRIDGE "}]\n");
    dom = vm();
    forget(domid);
    snprintf(before, sizeof(before), "%s", xenstore_fake_dump());
    forgotten(chaos_device_list(device_place.host, &dom, &list, &count, &device_place.err));
    forgotten(chaos_device_add(device_place.host, &dom, "vif", "bridge=" DEVICE_FAKE_BRIDGE, &index,
                               &device_place.err));
    forgotten(chaos_device_remove(device_place.host, &dom, "vif", 0, 100, true, &device_place.err));
    forgotten(chaos_power(device_place.host, &dom, CHAOS_POWER_OFF, 100, &device_place.err));
    assert_string_equal(xenstore_fake_dump(), before);

    snprintf(name, sizeof(name), "vif-%u-0", domid);
    show(name);
    show("vif-30000-0");
    device_vm_destroy();
    assert_string_equal(let_go(name), name);
    assert_string_equal(let_go("vif-30000-0"), ""); /* another VM's */
    vm_close();
}

/* A number that was used again: what is under it is another domain's. */
static void of_another(void **state)
{
    struct chaos_device *list;
    struct chaos_domain dom;
    char path[64];
    uint32_t domid;
    size_t count;

    (void)state;
    domid = device_vm_create("devices: xenstore\n");
    dom = vm();
    snprintf(path, sizeof(path), "/libxl/%u/chaos", domid);
    xenstore_fake_set(path, "6368616f-0000-8000-8000-000000000000");
    forgotten(chaos_device_list(device_place.host, &dom, &list, &count, &device_place.err));
    device_vm_destroy();
    vm_close();
}

/* A sweep frees what no VM has and XenStore does not know, and nothing else. */
static void swept(void **state)
{
    char living[32];
    uint32_t domid;
    size_t count;

    (void)state;
    domid = device_vm_create("devices: xenstore\n");
    forget(domid);
    snprintf(living, sizeof(living), "vif-%u-0", domid);
    show(living);
    show("vif-78-0");
    show("vbd-78-51712");
    show("vif-79-1");
    show("vscsi-78-0");
    xenstore_fake_set("/local/domain/0/backend/vif/79/1", "");
    place_worked(&device_place, chaos_sweep(device_place.host, &count, &device_place.err));
    assert_string_equal(let_go("vif-78-0"), "vif-78-0");
    assert_string_equal(let_go("vbd-78-51712"), "vbd-78-51712");
    assert_string_equal(let_go("vif-79-1"), ""); /* its toolstack is about to remove it */
    assert_string_equal(let_go("vscsi-78-0"), "");
    assert_string_equal(let_go(living), "");
    device_vm_destroy();
    vm_close();
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(vm_forgotten), TEST(of_another), TEST(swept)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
