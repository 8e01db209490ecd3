/* SPDX-License-Identifier: BSD-3-Clause */
/* vifs: and vbds: read, written again, refused. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_device.h"
#include "error.h"
#include "failing_malloc.h"

static const char both[] = "type: pv\nkernel: /k\nmemory: 4\n"
                           "vifs:\n"
                           "  - bridge: br0\n    mac: 02:00:00:00:00:01\n    ip: 10.0.0.2/16\n"
                           "    gateway: 10.0.0.1\n    mtu: 9000\n    rate: 10MiB/s\n"
                           "  - {}\n"
                           "vbds:\n"
                           "  - target: /d0\n    vdev: xvdb\n    mode: ro\n"
                           "  - {target: /d1}\n  - {target: /d2}\n";

static chaos_config *parse(const char *text)
{
    chaos_error err = {0};
    chaos_config *cfg;

    if (chaos_config_parse("vm.yaml", text, strlen(text), &cfg, &err) < 0)
        fail_msg("%s", err.text);
    return cfg;
}

static void test_values(void **state)
{
    chaos_config *cfg = parse(both);
    static const uint8_t mac[] = {2, 0, 0, 0, 0, 1}, ip[] = {10, 0, 0, 2}, gw[] = {10, 0, 0, 1};

    assert_int_equal(cfg->nr_vifs, 2);
    assert_string_equal(cfg->vifs[0].bridge, "br0");
    assert_true(cfg->vifs[0].has_mac);
    assert_memory_equal(cfg->vifs[0].mac, mac, 6);
    assert_memory_equal(cfg->vifs[0].ip, ip, 4);
    assert_memory_equal(cfg->vifs[0].gateway, gw, 4);
    assert_int_equal(cfg->vifs[0].prefix, 16);
    assert_int_equal(cfg->vifs[0].mtu, 9000);
    assert_int_equal(cfg->vifs[0].rate_bytes, 10 << 20);
    assert_false(cfg->vifs[1].has_mac);
    assert_int_equal(cfg->vifs[1].mtu, 1500);
    assert_int_equal(cfg->nr_vbds, 3);
    assert_int_equal(cfg->vbds[0].vdev, 202 << 8 | 16);
    assert_true(cfg->vbds[0].readonly);
    assert_int_equal(cfg->vbds[1].vdev, 202 << 8);
    assert_int_equal(cfg->vbds[2].vdev, 202 << 8 | 32);
    assert_false(cfg->vbds[2].readonly);
    chaos_config_free(cfg);
}

static void test_round_trip(void **state)
{
    chaos_config *cfg = parse(both), *again;
    char *first, *second;

    assert_int_equal(chaos_config_dump(cfg, &first, NULL), 0);
    again = parse(first);
    assert_int_equal(chaos_config_dump(again, &second, NULL), 0);
    assert_string_equal(first, second);
    assert_non_null(strstr(first, "rate: \"10MiB/s\""));
    free(first);
    free(second);
    chaos_config_free(cfg);
    chaos_config_free(again);
}

static void test_refused(void **state)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"vifs: br0", "vm.yaml:1:7: vifs: is not a list (write \"- bridge: NAME\", one a device)"},
        {"vifs:\n  - br0", "vm.yaml:2:5: vifs: is not a list of mappings (write \"- bridge: NAME\")"},
        {"vifs:\n  - brigde: a", "vm.yaml:2:13: vifs[0].brigde: unknown key (did you mean bridge?)"},
        {"vifs:\n  - colour: a", "vm.yaml:2:13: vifs[0].colour: unknown key (there are bridge, mac, "
                                 "ip, gateway, mtu and rate)"},
        {"vifs:\n  - mtu: 1\n", "vm.yaml:2:10: vifs[0].mtu: \"1\" is not a number from 68 to 9000"},
        {"vifs:\n  - mtu: 68\n    mtu: 69", "vm.yaml:3:5: vifs[0].mtu: given twice"},
        {"vifs:\n  - {}\n  - mac: 01:00:00:00:00:01",
         "vm.yaml:3:10: vifs[1].mac: \"01:00:00:00:00:01\" is not the address of one interface (its "
         "first byte must be even, and not all may be 0; try 02:00:00:00:00:01)"},
        {"vifs:\n  - ip: 10.0.0.2",
         "vm.yaml:2:9: vifs[0].ip: \"10.0.0.2\" is not an IPv4 address with its network's length "
         "(try 10.0.0.2/24)"},
        {"vifs:\n  - ip: 10.0.0.255/24",
         "vm.yaml:2:9: vifs[0].ip: \"10.0.0.255/24\" is not the address of a host in its network"},
        {"vifs:\n  - gateway: 10.0.0.1",
         "vm.yaml:2:5: vifs[0]: gateway: means nothing without ip"},
        {"vifs:\n  - ip: 10.0.0.2/24\n    gateway: 10.0.1.1",
         "vm.yaml:2:5: vifs[0]: gateway: is not in the network of ip (10.0.0.2/24)"},
        {"vifs:\n  - rate: 10", "vm.yaml:2:11: vifs[0].rate: \"10\" is not bytes a second (try "
                                "10MiB/s)"},
        {"vifs:\n  - bridge: a-very-long-bridge",
         "vm.yaml:2:13: vifs[0].bridge: \"a-very-long-bridge\" is not an interface's name (at most "
         "15 bytes, no \"/\", \":\" or space)"},
        {"vifs: []\nvifs: []", "vm.yaml:2:1: vifs: given twice (first in line 1)"},
        {"vbds:\n  - mode: rw", "vm.yaml:2:5: vbds[0]: target: is missing (add target: FILE)"},
        {"vbds:\n  - {target: /a, mode: x}", "vm.yaml:2:24: vbds[0].mode: \"x\" is neither ro nor rw"},
        {"vbds:\n  - {target: /a, vdev: sda}",
         "vm.yaml:2:24: vbds[0].vdev: \"sda\" is not a disk's name (xvda to xvdp)"},
        {"vbds:\n  - {target: /a, vdev: xvda}\n  - {target: /b, vdev: xvda}",
         "vm.yaml:2:3: vbds: vdev: two disks are xvda"},
        {"vifs: [{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}]",
         "vm.yaml:1:56: vifs: more than 16"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        chaos_error err = {0};
        chaos_config *cfg;

        assert_true(chaos_config_parse("vm.yaml", cases[i].text, strlen(cases[i].text), &cfg,
                                       &err) < 0);
        assert_null(cfg);
        assert_string_equal(err.text, cases[i].message);
    }
}

static void test_set(void **state)
{
    chaos_config *cfg = parse(both);
    chaos_error err = {0};

    assert_int_equal(chaos_config_set(cfg, "vifs[1].bridge=br7", &err), 0);
    assert_string_equal(cfg->vifs[1].bridge, "br7");
    assert_int_equal(chaos_config_set(cfg, "vbds[2].mode=ro", &err), 0);
    assert_true(cfg->vbds[2].readonly);
    assert_true(chaos_config_set(cfg, "vifs[2].bridge=br7", &err) < 0);
    assert_string_equal(err.text, "vifs[2].bridge: there is no such device (the file has 2)");
    assert_true(chaos_config_set(cfg, "vbds[1].vdev=xvdb", &err) < 0);
    assert_string_equal(err.text, "vbds[1].vdev: vdev: two disks are xvdb");
    chaos_config_free(cfg);
}

static void test_next_ip(void **state)
{
    chaos_config *cfg = parse("vifs:\n  - ip: 10.0.0.252/24\n    gateway: 10.0.0.253\n  - {}\n");
    chaos_error err = {0};

    assert_int_equal(chaos_config_next_ip(cfg, &err), 0);
    assert_int_equal(cfg->vifs[0].ip[3], 254); /* not the gateway's */
    assert_int_equal(cfg->vifs[1].ip[3], 0);
    assert_true(chaos_config_next_ip(cfg, &err) < 0);
    assert_string_equal(err.text, "vifs[0].ip: no address is left in the network behind "
                                  "10.0.0.254/24 (take a larger one)");
    chaos_config_free(cfg);
}

static void test_pairs(void **state)
{
    chaos_error err = {0};
    struct config_vif vif;
    struct config_vbd vbd;

    assert_int_equal(config_vif_parse_pairs("bridge=br0,ip=10.0.0.9/8", &vif, &err), 0);
    assert_int_equal(vif.prefix, 8);
    assert_int_equal(vif.mtu, 1500);
    assert_int_equal(config_vbd_parse_pairs("target=/d,mode=ro", &vbd, &err), 0);
    assert_int_equal(vbd.vdev, 0);
    free(vbd.target);
    assert_true(config_vbd_parse_pairs("target=/d,mode=no", &vbd, &err) < 0);
    assert_string_equal(err.text, "mode: \"no\" is neither ro nor rw");
    assert_null(vbd.target);
    assert_true(config_vif_parse_pairs("bridge", &vif, &err) < 0);
    assert_string_equal(err.text, "\"bridge\" is not KEY=VALUE");
}

static int parse_and_dump(void *opaque)
{
    chaos_config *cfg;
    char *text = NULL;
    int rc = chaos_config_parse("vm.yaml", both, strlen(both), &cfg, NULL);

    if (rc == 0)
        rc = chaos_config_dump(cfg, &text, NULL);
    free(text);
    chaos_config_free(cfg);
    return rc;
}

static void test_no_memory(void **state)
{
    failing_malloc_sweep(parse_and_dump, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values), cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_refused), cmocka_unit_test(test_set),
        cmocka_unit_test(test_next_ip), cmocka_unit_test(test_pairs),
        cmocka_unit_test(test_no_memory),
    };

    return cmocka_run_group_tests_name("config devices", tests, NULL, NULL);
}
