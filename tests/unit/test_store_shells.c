/* SPDX-License-Identifier: BSD-3-Clause */
/* Shells whose devices are in XenStore: all of it is there before anybody takes them, but for what
 * only the VM's configuration tells. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <chaos/daemon.h>
#include "config/config.h"
#include "device_fake.h"
#include "device_place.h"
#include "devices/xenstore/store.h"
#include "pv_guest.h"
#include "xenstore_fake.h"

static char yaml[500]; /* a vif and a vbd */

static int begin(void **state)
{
    device_vm_make(state);
    device_fake_reset(false);
    xenstore_fake_reset();
    xenstore_fake_start();
    store_timeout_ms = 5000;
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

static const char *value(const char *fmt, uint32_t domid)
{
    char path[200];

    snprintf(path, sizeof(path), fmt, domid);
    return xenstore_fake_value(path);
}

/* As it arrives at the other end. */
static chaos_shell *handed_over(chaos_shell *shell)
{
    static uint8_t bytes[CHAOS_POOL_MAX];
    chaos_shell *arrived;
    int len = chaos_shell_pack(shell, bytes, sizeof(bytes));

    assert_true(len > 0);
    assert_int_equal(chaos_shell_unpack(bytes, (size_t)len, &arrived), 0);
    chaos_shell_free(shell);
    return arrived;
}

static chaos_shell *shell_of(const chaos_config *cfg, bool warm)
{
    chaos_shell *shell;

    place_worked(&device_place,
                 chaos_pool_prepare(device_place.host, cfg, warm, &shell, &device_place.err));
    return handed_over(shell);
}

static uint32_t run(chaos_shell *shell, const chaos_config *cfg)
{
    uint32_t domid;

    place_worked(&device_place, chaos_execute(device_place.host, shell, cfg, "vm", false, &domid,
                                              &device_place.err));
    chaos_pool_leave(device_place.host); /* what was not waited for is there, too */
    return domid;
}

/* The guest finds its rings where xenstored was told that they are, with what is in them by then.
 */
static void check_rings(uint32_t domid, uint64_t frame, uint32_t port)
{
    const struct fake_domain *dom = fake_domain(device_place.hv, domid);

    assert_int_equal(((uint8_t *)fake_page(device_place.hv, domid, frame))[77], 7);
    assert_int_equal(dom->grants[1], frame);
    if (dom->spec.type == CHAOS_PV) {
        const struct start_info *si = pv_page(device_place.hv, dom, dom->pv.rsi);

        assert_int_equal(si->store_mfn, frame);
        assert_int_equal(si->store_evtchn, port);
        assert_int_equal(si->console.domU.mfn, dom->grants[0]);
    }
}

static void ready_before_it_is_taken(void **state)
{
    (void)state;
    remember();
    for (unsigned int i = 0; i < 4; i++) {
        chaos_config *cfg = place_config(&device_place, i & 1 ? CHAOS_PV : CHAOS_PVH, yaml);
        chaos_shell *shell = shell_of(cfg, i & 2);
        uint32_t domid = chaos_shell_domid(shell), port;
        uint64_t frame;

        assert_true(xenstore_fake_introduced(domid, &frame, &port));
        assert_non_null(value("/local/domain/%u/store/ring-ref", domid));
        assert_non_null(value("/local/domain/%u/console/port", domid));
        assert_non_null(value("/local/domain/0/backend/vif/%u/0/mac", domid));
        assert_string_equal(value("/local/domain/%u/device/vif/0/state", domid), "1");
        assert_null(value("/local/domain/%u/name", domid));
        ((uint8_t *)fake_page(device_place.hv, domid, frame))[77] = 7; /* xenstored is at work */
        xenstore_fake_requests();
        assert_int_equal(run(shell, cfg), domid);
        assert_in_range(xenstore_fake_requests(), 1, 4); /* two names, an address at two ends */
        assert_string_equal(value("/local/domain/%u/name", domid), "vm");
        assert_non_null(value("/local/domain/%u/device/vif/0/mac", domid));
        assert_string_equal(value("/local/domain/0/backend/vif/%u/0/mac", domid),
                            value("/local/domain/%u/device/vif/0/mac", domid));
        check_rings(domid, frame, port);
        device_vm_destroy();
        assert_string_equal(xenstore_fake_dump(), before);
        chaos_config_free(cfg);
    }
    vm_close();
}

/* What the flavour has of an address is not what the VM has. */
static void addresses(void **state)
{
    static const char one[] = "devices: xenstore\nvifs: [{mac: \"00:16:3e:00:00:01\"}]\n",
                      other[] = "devices: xenstore\nvifs: [{mac: \"00:16:3e:00:00:02\"}]\n",
                      none[] = "devices: xenstore\nvifs: [{mtu: 1500}]\n";
    static const struct {
        const char *flavour, *vm, *mac;
        unsigned int messages;
    } cases[] = {
        {none, one, "00:16:3e:00:00:01", 4},
        {one, one, "00:16:3e:00:00:01", 2},
        {one, other, "00:16:3e:00:00:02", 4},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        chaos_config *flavour = place_config(&device_place, CHAOS_PV, cases[i].flavour);
        chaos_config *vm = place_config(&device_place, CHAOS_PV, cases[i].vm);
        chaos_shell *shell = shell_of(flavour, true);
        uint32_t domid;

        xenstore_fake_requests();
        domid = run(shell, vm);
        assert_int_equal(xenstore_fake_requests(), cases[i].messages);
        assert_string_equal(value("/local/domain/%u/device/vif/0/mac", domid), cases[i].mac);
        assert_string_equal(value("/local/domain/0/backend/vif/%u/0/mac", domid), cases[i].mac);
        device_vm_destroy();
        chaos_config_free(flavour);
        chaos_config_free(vm);
    }
    vm_close();
}

/* Each request of making a shell and of using it, refused in turn. */
static void refused(void **state)
{
    chaos_config *cfg = place_config(&device_place, CHAOS_PV, yaml);

    (void)state;
    remember();
    for (int warm = 0; warm <= 1; warm++) {
        for (unsigned int n = 1;; n++) {
            chaos_shell *shell;
            uint32_t domid;
            int rc;

            xenstore_fake_trouble(n, FAKE_REFUSE, "ENOSPC");
            rc = chaos_pool_prepare(device_place.host, cfg, warm, &shell, &device_place.err);
            if (rc == 0)
                rc = chaos_execute(device_place.host, handed_over(shell), cfg, "vm", false, &domid,
                                   &device_place.err);
            if (!xenstore_fake_struck())
                break;
            /* what it only asks may be refused, and what it does not wait for */
            if (rc == 0)
                device_vm_destroy();
            else
                place_failed(&device_place, rc, CHAOS_OK);
            assert_null(place_left(&device_place));
            assert_string_equal(xenstore_fake_dump(), before);
        }
        xenstore_fake_trouble(0, FAKE_NONE, NULL);
        device_vm_destroy();
    }
    chaos_config_free(cfg);
    vm_close();
}

/* What was not waited for and did not come is in nobody's way afterwards. */
static void refused_unseen(void **state)
{
    chaos_config *cfg = place_config(&device_place, CHAOS_PV, yaml);
    chaos_shell *shell = shell_of(cfg, true);
    uint32_t domid;

    (void)state;
    xenstore_fake_trouble(2, FAKE_REFUSE, "ENOSPC"); /* behind the address: the name */
    domid = run(shell, cfg);
    assert_non_null(xenstore_fake_struck());
    assert_null(value("/local/domain/%u/name", domid));
    assert_non_null(value("/local/domain/%u/device/vif/0/mac", domid));
    device_vm_destroy();
    chaos_config_free(cfg);
    vm_close();
}

/* Each call of the hypervisor failing while a shell is made. */
static void hypervisor_fails(void **state)
{
    (void)state;
    remember();
    for (unsigned int i = 0; i < 4; i++) {
        chaos_config *cfg = place_config(&device_place, i & 1 ? CHAOS_PV : CHAOS_PVH, yaml);

        for (unsigned long n = 1;; n++) {
            chaos_shell *shell;
            int rc;

            fake_fail_at(device_place.hv, n, EINVAL);
            rc = chaos_pool_prepare(device_place.host, cfg, i & 2, &shell, &device_place.err);
            if (!fake_struck(device_place.hv)) {
                fake_fail_at(device_place.hv, 0, 0);
                place_worked(&device_place, rc);
                chaos_discard(device_place.host, shell);
                break;
            }
            place_failed(&device_place, rc, CHAOS_OK);
            assert_null(place_left(&device_place));
            assert_string_equal(xenstore_fake_dump(), before);
        }
        chaos_config_free(cfg);
    }
    vm_close();
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(ready_before_it_is_taken), TEST(addresses),        TEST(refused),
        TEST(refused_unseen),           TEST(hypervisor_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
