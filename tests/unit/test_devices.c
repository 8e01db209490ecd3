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
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <chaos/daemon.h>

#include "config/config.h"
#include "device_fake.h"
#include "devices/devices.h"
#include "devices/mac.h"
#include "device_place.h"

static void made_and_gone(void **state)
{
    uint32_t domid = device_vm_create(device_vm_yaml);
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
    device_vm_destroy();

    domid = device_vm_create(device_vm_yaml); /* the same name, the same address */
    assert_memory_equal(device_fake_entry(domid, NOXS_TYPE_VIF, 0)->u.vif.mac, automatic, 6);
    device_vm_destroy();
    device_vm_close();
}

static void no_noxs(void **state)
{
    chaos_config *cfg = place_config(&device_place, CHAOS_PV, device_vm_yaml);
    uint32_t domid;

    (void)state;
    device_fake_reset(false);
    place_failed(&device_place,
                 chaos_create(device_place.host, cfg, "vm", false, &domid, &device_place.err),
                 CHAOS_E_HYPERVISOR);
    device_vm_create("");
    device_vm_destroy();
    chaos_config_free(cfg);
    device_vm_close();
}

static void missing_bridge_and_disk(void **state)
{
    static const char *const yamls[] = {"vifs: [{bridge: br7}]", "vbds: [{target: /nowhere}]",
                                        "vbds: [{target: /dev/null}]"};
    uint32_t domid;

    (void)state;
    for (size_t i = 0; i < sizeof(yamls) / sizeof(yamls[0]); i++) {
        chaos_config *cfg = place_config(&device_place, CHAOS_PVH, yamls[i]);

        place_failed(&device_place,
                     chaos_create(device_place.host, cfg, "vm", false, &domid, &device_place.err),
                     CHAOS_E_IO);
        assert_null(place_left(&device_place));
        assert_int_equal(device_fake_count(1), 0);
        chaos_config_free(cfg);
    }
    device_vm_close();
}

static int create_op(void)
{
    chaos_config *cfg = place_config(&device_place, CHAOS_PV, device_vm_yaml);
    uint32_t domid;
    int rc = chaos_create(device_place.host, cfg, "vm", false, &domid, &device_place.err);

    chaos_config_free(cfg);
    if (rc < 0)
        assert_null(place_left(&device_place));
    return rc;
}

static void create_failing(void **state)
{
    (void)state;
    /* Two to open, disk, back ends, bridge, entries: one each, for all. */
    device_vm_sweep(create_op, 6);
    device_vm_destroy();
    device_vm_close();
}

/* Every call to the hypervisor, too, with devices made already. */
static void hypervisor_failing(void **state)
{
    chaos_config *cfg = place_config(&device_place, CHAOS_PV, device_vm_yaml);
    uint32_t domid;

    (void)state;
    for (unsigned long n = 1;; n++) {
        int rc;

        fake_fail_at(device_place.hv, n, EINVAL);
        rc = chaos_create(device_place.host, cfg, "vm", false, &domid, &device_place.err);
        if (!fake_struck(device_place.hv)) {
            fake_fail_at(device_place.hv, 0, 0);
            place_worked(&device_place, rc);
            break;
        }
        place_failed(&device_place, rc, CHAOS_E_HYPERVISOR);
        assert_null(place_left(&device_place));
        for (uint16_t id = 1; id < 100; id++)
            assert_int_equal(device_fake_count(id), 0);
    }
    device_vm_destroy();
    chaos_config_free(cfg);
    device_vm_close();
}

/* What a killed client left in Dom0's kernel goes with destroy --all, what lives stays. */
static void sweeps_back_ends(void **state)
{
    uint32_t domid = device_vm_create(device_vm_yaml);
    struct chaos_domain dom = place_find(&device_place, "vm");
    size_t count;

    (void)state;
    assert_int_equal(device_place.hv->backend->destroy(device_place.hv, domid), 0);
    assert_int_equal(device_fake_count(domid), 3);
    place_worked(&device_place, chaos_destroy_all(device_place.host, &count, &device_place.err));
    assert_int_equal(count, 0);
    assert_int_equal(device_fake_count(dom.domid), 0);
    device_vm_close();
}

/* chaos_sweep takes what domains left that somebody else destroyed, and nothing of a living one. */
static void sweeps_beside_the_living(void **state)
{
    chaos_config *cfg = place_config(&device_place, CHAOS_PV, device_vm_yaml);
    uint32_t domid = device_vm_create(device_vm_yaml);
    uint32_t lost = place_create(&device_place, cfg, "lost");
    size_t count;

    (void)state;
    assert_int_equal(device_place.hv->backend->destroy(device_place.hv, lost), 0);
    assert_int_equal(device_fake_count(lost), 3);
    place_worked(&device_place, chaos_sweep(device_place.host, &count, &device_place.err));
    assert_int_equal(count, 3); /* a name, a record, and one domain's back ends */
    assert_int_equal(device_fake_count(lost), 0);
    assert_int_equal(device_fake_count(domid), 3);
    place_worked(&device_place, chaos_sweep(device_place.host, &count, &device_place.err));
    assert_int_equal(count, 0);
    device_vm_destroy();
    chaos_config_free(cfg);
    device_vm_close();
}

/* The end of a domain that somebody else destroyed is heard of: its back ends go, too. */
static void reaped_without_its_domain(void **state)
{
    uint32_t domid = device_vm_create(device_vm_yaml);
    struct chaos_domain dom = place_find(&device_place, "vm");
    enum chaos_outcome outcome;
    enum chaos_reason reason;

    (void)state;
    assert_int_equal(device_place.hv->backend->destroy(device_place.hv, domid), 0);
    place_worked(&device_place,
                 chaos_reap(device_place.host, &dom, false, &outcome, &reason, &device_place.err));
    assert_int_equal(outcome, CHAOS_ENDED);
    assert_int_equal(device_fake_count(domid), 0);
    device_vm_close();
}

static unsigned int removals;

/* A removal may wait for a disk that never answers: no guest may run on beside it. */
static void gone_or_dying(uint16_t domid)
{
    const struct fake_domain *dom = fake_domain(device_place.hv, domid);

    assert_true(!dom || dom->dying);
    removals++;
}

/* Whatever ends a domain destroys it before its back ends go. */
static void destroyed_first(void **state)
{
    chaos_config *cfg;
    chaos_shell *shell;
    struct chaos_domain dom;
    enum chaos_outcome outcome;
    enum chaos_reason reason;

    (void)state;
    device_fake_on_remove(gone_or_dying);
    device_vm_create(device_vm_yaml);
    device_vm_destroy();
    assert_int_equal(removals, 1);

    cfg = place_config(&device_place, CHAOS_PV, device_vm_yaml);
    place_worked(&device_place, chaos_prepare(device_place.host, cfg, &shell, &device_place.err));
    chaos_discard(device_place.host, shell);
    assert_int_equal(removals, 2);
    place_worked(&device_place,
                 chaos_pool_prepare(device_place.host, cfg, true, &shell, &device_place.err));
    assert_int_equal(chaos_shell_destroy(device_place.host, shell), 0);
    assert_int_equal(removals, 3);
    chaos_config_free(cfg);

    fake_shutdown(device_place.hv, device_vm_create(device_vm_yaml), CHAOS_REBOOT);
    dom = place_find(&device_place, "vm");
    place_worked(&device_place,
                 chaos_reap(device_place.host, &dom, false, &outcome, &reason, &device_place.err));
    assert_int_equal(outcome, CHAOS_RESTARTED);
    assert_int_equal(removals, 4);
    device_vm_destroy();
    device_fake_on_remove(NULL);
    device_vm_close();
}

/* A new domain has nothing of an earlier one's with the same number. */
static void left_by_another(void **state)
{
    uint32_t domid = device_vm_create(device_vm_yaml);

    (void)state;
    device_vm_destroy();
    device_fake_leave(domid + 1, NOXS_TYPE_VIF, 0);
    device_fake_leave(domid + 1, NOXS_TYPE_VIF, 7);
    assert_int_equal(device_vm_create(device_vm_yaml), domid + 1);
    assert_int_equal(device_fake_count(domid + 1), 3);
    device_vm_destroy();
    device_fake_leave(domid + 2, NOXS_TYPE_VIF, 7);
    assert_int_equal(device_vm_create(""), domid + 2);
    assert_int_equal(device_fake_count(domid + 2), 0);
    device_vm_destroy();
    device_vm_close();
}

/* That /dev/noxs could not be opened once does not mean that there is none. */
static void opened_later(void **state)
{
    uint32_t first = device_vm_create(device_vm_yaml), second;
    size_t count;

    (void)state;
    devices_close(&device_place.host->devices);
    device_fake_fail_at(1, EMFILE);
    {
        struct chaos_domain dom = place_find(&device_place, "vm");

        place_worked(&device_place, chaos_destroy(device_place.host, &dom, &device_place.err));
    }
    assert_int_equal(device_fake_count(first), 3); /* nobody could take them away */
    second = device_vm_create(device_vm_yaml);
    devices_close(&device_place.host->devices);
    device_vm_destroy();
    assert_int_equal(device_fake_count(second), 0);
    place_worked(&device_place, chaos_destroy_all(device_place.host, &count, &device_place.err));
    assert_int_equal(device_fake_count(first), 0);
    device_vm_close();
}

static void write_line(const char *dir, const char *file, const char *text)
{
    char path[200];
    FILE *out;

    snprintf(path, sizeof(path), "%s/%s", dir, file);
    out = fopen(path, "we");
    assert_non_null(out);
    fputs(text, out);
    assert_int_equal(fclose(out), 0);
}

/* The address of the interface 0 of "web", as a number. */
static uint64_t address(const char *etc, const char *run_dir)
{
    uint64_t number = 0;
    uint8_t mac[6];

    mac_automatic(mac_seed(etc, run_dir), "web", 0, mac);
    assert_int_equal(mac[0], 0x02);
    for (unsigned int i = 0; i < 6; i++)
        number = number << 8 | mac[i];
    return number;
}

static void automatic_macs(void **state)
{
    char etc[] = "/tmp/test-mac.XXXXXX", path[200];
    uint64_t nameless, first, second, seeded;

    (void)state;
    assert_non_null(mkdtemp(etc));
    nameless = address(etc, "/run/chaos");
    write_line(etc, "machine-id", "uninitialized\n");
    assert_int_equal(address(etc, "/run/chaos"), nameless);
    write_line(etc, "machine-id", "");
    assert_int_equal(address(etc, "/run/chaos"), nameless);
    write_line(etc, "machine-id", "0123456789abcdef0123456789abcdef\n");
    first = address(etc, "/run/chaos");
    assert_int_not_equal(first, nameless);
    assert_int_equal(address(etc, "/run/chaos"), first); /* after every restart */
    write_line(etc, "machine-id", "0123456789abcdef0123456789abcdee\n");
    second = address(etc, "/run/chaos");
    assert_int_not_equal(second, first);
    /* Two run directories can have VMs of one name in one bridge. */
    assert_int_not_equal(address(etc, etc), second);
    snprintf(path, sizeof(path), "%s/.", etc);
    assert_int_equal(address(etc, path), address(etc, etc));
    /* The administrator's word, whatever its file ends with. */
    snprintf(path, sizeof(path), "%s/chaos", etc);
    assert_int_equal(mkdir(path, 0700), 0);
    write_line(path, "mac_seed", "rack 7, host 3\n");
    seeded = address(etc, "/run/chaos");
    assert_int_not_equal(seeded, second);
    write_line(path, "mac_seed", " rack 7, host 3 \r\nnot read\n");
    assert_int_equal(address(etc, "/run/chaos"), seeded);
    write_line(path, "mac_seed", "rack 7, host 3");
    assert_int_equal(address(etc, "/run/chaos"), seeded);
    write_line(path, "mac_seed", "\n");
    assert_int_equal(address(etc, "/run/chaos"), second);
    snprintf(path, sizeof(path), "rm -r %s", etc);
    assert_int_equal(system(path), 0);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, device_vm_make, device_vm_unmake)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(automatic_macs),
        TEST(made_and_gone),
        TEST(no_noxs),
        TEST(missing_bridge_and_disk),
        TEST(create_failing),
        TEST(hypervisor_failing),
        TEST(sweeps_back_ends),
        TEST(sweeps_beside_the_living),
        TEST(reaped_without_its_domain),
        TEST(destroyed_first),
        TEST(opened_later),
        TEST(left_by_another),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
