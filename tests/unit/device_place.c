/* SPDX-License-Identifier: BSD-3-Clause */
#include "device_place.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "config/config.h"
#include "device_fake.h"

struct place device_place;
char device_vm_yaml[400];

int device_vm_make(void **state)
{
    (void)state;
    device_fake_reset(true);
    place_make(&device_place);
    place_open(&device_place);
    snprintf(device_vm_yaml, sizeof(device_vm_yaml),
             "vifs:\n"
             "  - bridge: %s\n"
             "    ip: 10.0.0.2/24\n"
             "  - mac: 00:16:3e:00:00:01\n"
             "    mtu: 9000\n"
             "vbds:\n"
             "  - target: %s\n"
             "    mode: ro\n",
             DEVICE_FAKE_BRIDGE, device_place.ramdisk);
    return 0;
}

int device_vm_unmake(void **state)
{
    (void)state;
    place_remove(&device_place);
    device_fake_reset(false);
    return 0;
}

void device_vm_close(void)
{
    place_close(&device_place);
    assert_null(device_fake_leaks());
}

uint32_t device_vm_create(const char *more)
{
    chaos_config *cfg = place_config(&device_place, CHAOS_PV, more);
    uint32_t domid = place_create(&device_place, cfg, "vm");

    chaos_config_free(cfg);
    return domid;
}

void device_vm_destroy(void)
{
    struct chaos_domain dom = place_find(&device_place, "vm");

    place_worked(&device_place, chaos_destroy(device_place.host, &dom, &device_place.err));
    assert_int_equal(device_fake_count(dom.domid), 0);
}

void device_vm_sweep(int (*op)(void), unsigned int calls)
{
    unsigned long n;

    for (n = 1;; n++) {
        int rc;

        device_fake_fail_at(n, EIO);
        rc = op();
        if (!device_fake_struck()) {
            device_fake_fail_at(0, 0);
            place_worked(&device_place, rc);
            break;
        }
        device_fake_fail_at(0, 0);
        place_failed(&device_place, rc, CHAOS_OK);
        /* what is opened once is opened the next time, too */
        chaos_host_close(device_place.host);
        assert_null(device_fake_leaks());
        place_open(&device_place);
    }
    assert_int_equal(n - 1, calls);
}
