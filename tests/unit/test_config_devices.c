/* SPDX-License-Identifier: BSD-3-Clause */
/* vifs: and vbds: that are right: every key, overriding, counting addresses up, one device alone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "config/config_device.h"
#include "base/error.h"
#include "failing_malloc.h"
#include "base/util.h"

#include <errno.h>
#include <stdio.h>

#define XVD(n) (202U << 8 | (n) << 4)

static const char everything[] = "type: pvh\n"
                                 "cmdline: \"\"\n"
                                 "vcpus: 1\n"
                                 "on_poweroff: destroy\n"
                                 "on_reboot: restart\n"
                                 "on_crash: destroy\n"
                                 "vifs:\n"
                                 "- bridge: \"br0\"\n"
                                 "  mac: \"12:34:56:ab:cd:ef\"\n"
                                 "  ip: \"10.0.0.2/16\"\n"
                                 "  gateway: \"10.0.0.1\"\n"
                                 "  mtu: 9000\n"
                                 "  rate: 10MiB/s\n"
                                 "- mtu: 1500\n"
                                 "vbds:\n"
                                 "- target: \"/d \\\"0\\\"\"\n"
                                 "  vdev: xvdb\n"
                                 "  mode: ro\n"
                                 "- target: \"/d1\"\n"
                                 "  vdev: xvda\n"
                                 "  mode: rw\n"
                                 "- target: \"/d2\"\n"
                                 "  vdev: xvdc\n"
                                 "  mode: rw\n";

/* The same, as somebody may have written it. */
static const char written[] = "vbds:\n"
                              "  - {mode: ro, vdev: xvdb, target: '/d \"0\"'}\n"
                              "  - {target: /d1}\n"
                              "  - target: /d2\n"
                              "vifs:\n"
                              "  - rate: 10240KiB/s\n"
                              "    bridge: br0\n"
                              "    gateway: 10.0.0.1 # before the address that it goes with\n"
                              "    mac: 12:34:56:AB:cd:eF\n"
                              "    ip: 10.0.0.2/16\n"
                              "    mtu: 9000\n"
                              "  - {}\n";

static chaos_config *parse(const char *text)
{
    chaos_error err = {0};
    chaos_config *cfg = NULL;

    if (chaos_config_parse("vm.yaml", text, strlen(text), &cfg, &err) < 0)
        fail_msg("%s", err.text);
    assert_string_equal(err.text, "");
    return cfg;
}

/* `expected` is the end of the dump. */
static void assert_dump(const chaos_config *cfg, const char *expected)
{
    size_t len = strlen(expected);
    char *text;

    assert_int_equal(chaos_config_dump(cfg, &text, NULL), 0);
    assert_true(strlen(text) >= len);
    assert_string_equal(text + strlen(text) - len, expected);
    free(text);
}

static void set(chaos_config *cfg, const char *assignment)
{
    chaos_error err = {0};

    if (chaos_config_set(cfg, assignment, &err) < 0)
        fail_msg("%s", err.text);
}

static void test_every_key(void **state)
{
    static const uint8_t mac[] = {0x12, 0x34, 0x56, 0xab, 0xcd, 0xef}, ip[] = {10, 0, 0, 2},
                         gateway[] = {10, 0, 0, 1};
    chaos_config *cfg = parse(written), *again = parse(everything);
    const struct config_vif *vif = &cfg->vifs[0];

    (void)state;
    assert_int_equal(cfg->nr_vifs, 2);
    assert_string_equal(vif->bridge, "br0");
    assert_true(vif->has_mac);
    assert_memory_equal(vif->mac, mac, sizeof(mac));
    assert_memory_equal(vif->ip, ip, sizeof(ip));
    assert_memory_equal(vif->gateway, gateway, sizeof(gateway));
    assert_int_equal(vif->prefix, 16);
    assert_int_equal(vif->mtu, 9000);
    assert_int_equal(vif->rate_bytes, 10 << 20);
    assert_int_equal(cfg->nr_vbds, 3);
    assert_string_equal(cfg->vbds[0].target, "/d \"0\"");
    assert_int_equal(cfg->vbds[0].vdev, XVD(1));
    assert_true(cfg->vbds[0].readonly);
    assert_int_equal(cfg->vbds[1].vdev, XVD(0));
    assert_false(cfg->vbds[1].readonly);
    assert_int_equal(cfg->vbds[2].vdev, XVD(2));
    assert_dump(cfg, everything);
    assert_dump(again, everything);
    chaos_config_free(again);
    chaos_config_free(cfg);
}

static void test_defaults(void **state)
{
    static const uint8_t none[6];
    chaos_config *cfg = parse("vifs: [{}]\nvbds: []\n");
    const struct config_vif *vif = &cfg->vifs[0];

    (void)state;
    assert_int_equal(cfg->nr_vifs, 1);
    assert_int_equal(cfg->nr_vbds, 0);
    assert_string_equal(vif->bridge, "");
    assert_false(vif->has_mac);
    assert_memory_equal(vif->mac, none, 6);
    assert_memory_equal(vif->ip, none, 4);
    assert_memory_equal(vif->gateway, none, 4);
    assert_int_equal(vif->prefix, 0);
    assert_int_equal(vif->mtu, 1500);
    assert_int_equal(vif->rate_bytes, 0);
    assert_dump(cfg, "on_crash: destroy\nvifs:\n- mtu: 1500\n");
    chaos_config_free(cfg);
}

/* What is just within the bounds, and read back as it was written. */
static void test_bounds(void **state)
{
    static const char *const items[] = {
        "bridge: \"abcdefghijklmno\"",
        "bridge: \"gr\xc3\xbc\xc3\x9f.10\"",
        "mac: \"fe:ff:ff:ff:ff:ff\"",
        "mac: \"00:00:00:00:00:01\"",
        "ip: \"10.0.0.0/31\"",
        "ip: \"10.0.0.255/32\"",
        "ip: \"10.0.0.255/23\"",
        "ip: \"223.255.255.254/1\"",
        "ip: \"1.0.0.1/8\"",
        "mtu: 68",
        "mtu: 9000",
        "rate: 1KiB/s",
        "rate: 64GiB/s",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(items); i++) {
        char text[128];
        chaos_config *cfg;

        snprintf(text, sizeof(text), "vifs:\n- %s\n", items[i]);
        cfg = parse(text);
        if (!strncmp(items[i], "rate", 4))
            snprintf(text, sizeof(text), "vifs:\n- mtu: 1500\n  %s\n", items[i]);
        else if (strncmp(items[i], "mtu", 3))
            strcat(text, "  mtu: 1500\n");
        assert_dump(cfg, text);
        chaos_config_free(cfg);
    }
}

static void test_sixteen_disks(void **state)
{
    char text[1024] = "vbds: [";
    chaos_config *cfg;
    uint32_t seen = 0;

    (void)state;
    for (unsigned int i = 0; i < 16; i++)
        sprintf(text + strlen(text), "{target: /d%u%s},", i, i == 7 ? ", vdev: xvdp" : "");
    strcat(text, "]");
    cfg = parse(text);
    assert_int_equal(cfg->nr_vbds, 16);
    for (unsigned int i = 0; i < 16; i++) {
        assert_int_equal(cfg->vbds[i].vdev & ~0xf0U, 202 << 8);
        seen |= 1U << (cfg->vbds[i].vdev >> 4 & 0xf);
    }
    assert_int_equal(seen, 0xffff);
    assert_int_equal(cfg->vbds[7].vdev, XVD(15));
    assert_int_equal(cfg->vbds[15].vdev, XVD(14));
    chaos_config_free(cfg);
}

static void test_set_builds_it_all(void **state)
{
    static const char *const assignments[] = {
        "vbds[0].vdev=xvdb",      "vbds[0].target=/d \"0\"", "vifs[0].gateway=10.0.0.1",
        "vifs[0].ip=10.0.0.2/16", "vifs[0].bridge=br0",      "vifs[0].mac=12:34:56:ab:cd:ef",
        "vifs[0].rate=10MiB/s",   "vifs[0].mtu=9000",        "vifs[1].mtu=",
        "vbds[1].target=/d1",     "vbds[0].mode=ro",         "vbds[2].target=/d2",
    };
    chaos_config *cfg = parse("{}");

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(assignments); i++)
        set(cfg, assignments[i]);
    assert_dump(cfg, everything);
    chaos_config_free(cfg);
}

static void test_set_to_nothing_is_the_default(void **state)
{
    chaos_config *cfg = parse(everything);

    (void)state;
    set(cfg, "vifs[0].bridge=");
    set(cfg, "vifs[0].mac=");
    set(cfg, "vifs[0].ip=");
    set(cfg, "vifs[0].gateway=");
    set(cfg, "vifs[0].mtu=");
    set(cfg, "vifs[0].rate=");
    set(cfg, "vbds[0].mode=");
    set(cfg, "vbds[0].vdev=");
    set(cfg, "vbds[1].target=");
    assert_string_equal(cfg->vbds[1].target, "");
    set(cfg, "vbds[1].target=/d1");
    /* Those that were given in the file stay; the first one takes what is left. */
    assert_dump(cfg, "vifs:\n- mtu: 1500\n- mtu: 1500\nvbds:\n"
                     "- target: \"/d \\\"0\\\"\"\n  vdev: xvdb\n  mode: rw\n"
                     "- target: \"/d1\"\n  vdev: xvda\n  mode: rw\n"
                     "- target: \"/d2\"\n  vdev: xvdc\n  mode: rw\n");
    set(cfg, "vifs=");
    set(cfg, "vbds=");
    assert_dump(cfg, "on_crash: destroy\n");
    chaos_config_free(cfg);
}

/* A disk without a vdev of its own makes room for one that is given that name later. */
static void test_free_names_move(void **state)
{
    chaos_config *cfg = parse("vbds: [{target: /a}, {target: /b}]");

    (void)state;
    assert_int_equal(cfg->vbds[1].vdev, XVD(1));
    set(cfg, "vbds[1].vdev=xvda");
    assert_int_equal(cfg->vbds[0].vdev, XVD(1));
    assert_int_equal(cfg->vbds[1].vdev, XVD(0));
    chaos_config_free(cfg);
}

static void assert_ip(const struct config_vif *vif, unsigned int a, unsigned int b, unsigned int c,
                      unsigned int d)
{
    const uint8_t expected[] = {(uint8_t)a, (uint8_t)b, (uint8_t)c, (uint8_t)d};

    assert_memory_equal(vif->ip, expected, 4);
}

static void test_next_ip(void **state)
{
    chaos_config *cfg = parse("vifs:\n"
                              "  - {ip: 10.0.0.252/24, gateway: 10.0.0.253}\n"
                              "  - {}\n"
                              "  - {ip: 10.0.255.255/8}\n");
    chaos_error err = {0};
    const char *text;

    (void)state;
    assert_int_equal(config_text(cfg, &text, NULL), 0);
    assert_int_equal(chaos_config_next_ip(cfg, &err), 0);
    assert_ip(&cfg->vifs[0], 10, 0, 0, 254); /* not the gateway's */
    assert_ip(&cfg->vifs[1], 0, 0, 0, 0);
    assert_ip(&cfg->vifs[2], 10, 1, 0, 0);
    assert_int_equal(config_text(cfg, &text, NULL), 0);
    assert_non_null(strstr(text, "10.0.0.254/24"));
    assert_int_equal(chaos_config_next_ip(cfg, &err), -ERANGE);
    assert_int_equal(err.status, CHAOS_E_CONFIG);
    assert_string_equal(err.text, "vm.yaml:2:10: vifs[0].ip: no address is left in its network "
                                  "(take a larger one)");
    assert_ip(&cfg->vifs[0], 10, 0, 0, 254);
    assert_ip(&cfg->vifs[2], 10, 1, 0, 0);
    chaos_config_free(cfg);
}

/* The gateway of a /32 is outside of its network, and each VM has a /32 of its own. */
static void test_gateway_outside(void **state)
{
    chaos_config *cfg = parse(
        "vifs:\n  - {ip: 203.0.113.7/32, gateway: 172.31.1.1}\n"
        "  - {ip: 10.0.0.0/31, gateway: 10.0.0.1}\n  - {ip: 10.0.0.1/31, gateway: 10.0.0.0}\n");
    const uint8_t gateway[] = {172, 31, 1, 1};

    (void)state;
    assert_int_equal(cfg->vifs[0].prefix, 32);
    assert_memory_equal(cfg->vifs[0].gateway, gateway, sizeof(gateway));
    chaos_config_free(cfg);
    cfg = parse("vifs:\n  - {ip: 203.0.113.7/32, gateway: 203.0.113.8}\n");
    assert_int_equal(chaos_config_check_count(cfg, 3, NULL), 0);
    assert_int_equal(chaos_config_next_ip(cfg, NULL), 0);
    assert_ip(&cfg->vifs[0], 203, 0, 113, 9);
    assert_int_equal(cfg->vifs[0].prefix, 32);
    chaos_config_free(cfg);
}

/* check_count must foretell what next_ip will do. */
static void test_count_is_what_next_ip_reaches(void **state)
{
    static const struct {
        const char *text;
        unsigned long count;
    } cases[] = {
        {"vifs: [{ip: 10.0.0.1/24}]", 254},
        {"vifs: [{ip: 10.0.0.254/24}]", 1},
        {"vifs: [{ip: 10.0.0.1/24, gateway: 10.0.0.254}]", 253},
        {"vifs: [{ip: 10.0.0.2/24, gateway: 10.0.0.1}]", 253},
        {"vifs: [{ip: 10.0.0.2/24, gateway: 10.0.0.3}]", 252},
        {"vifs: [{ip: 10.0.0.253/24, gateway: 10.0.0.254}]", 1},
        {"vifs: [{ip: 10.0.0.0/31}]", 2},
        {"vifs: [{ip: 10.0.0.0/31, gateway: 10.0.0.1}]", 1},
        {"vifs: [{ip: 10.0.0.1/31}]", 1},
        {"vifs: [{ip: 10.255.255.254/32}]", 2},
        {"vifs: [{ip: 10.255.255.254/32, gateway: 172.31.1.1}]", 2},
        {"vifs: [{ip: 10.255.255.253/32, gateway: 10.255.255.254}]", 2},
        {"vifs: [{ip: 10.0.0.1/24}, {ip: 10.0.0.1/30}]", 2},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        chaos_config *cfg = parse(cases[i].text);

        assert_int_equal(chaos_config_check_count(cfg, 0, NULL), 0);
        assert_int_equal(chaos_config_check_count(cfg, cases[i].count, NULL), 0);
        assert_int_equal(chaos_config_check_count(cfg, cases[i].count + 1, NULL), -ERANGE);
        for (unsigned long n = 1; n < cases[i].count; n++)
            assert_int_equal(chaos_config_next_ip(cfg, NULL), 0);
        assert_int_equal(chaos_config_next_ip(cfg, NULL), -ERANGE);
        chaos_config_free(cfg);
    }
}

static void test_pairs(void **state)
{
    static const uint8_t ip[] = {10, 0, 0, 9};
    struct config_vif vif;
    struct config_vbd vbd;

    (void)state;
    assert_int_equal(
        config_vif_parse_pairs("bridge=br0,gateway=10.0.0.1,ip=10.0.0.9/8", &vif, NULL), 0);
    assert_string_equal(vif.bridge, "br0");
    assert_memory_equal(vif.ip, ip, 4);
    assert_int_equal(vif.prefix, 8);
    assert_int_equal(vif.mtu, 1500);
    assert_int_equal(config_vbd_parse_pairs("target=/d=1,vdev=xvdp,mode=ro", &vbd, NULL), 0);
    assert_string_equal(vbd.target, "/d=1");
    assert_int_equal(vbd.vdev, XVD(15));
    assert_true(vbd.readonly);
    free(vbd.target);
    assert_int_equal(config_vbd_parse_pairs("target=/d", &vbd, NULL), 0);
    assert_int_equal(vbd.vdev, 0);
    assert_false(vbd.readonly);
    free(vbd.target);
}

static int parse_and_change(void *opaque)
{
    chaos_config *cfg;
    struct config_vbd vbd;
    char *text = NULL;
    int rc = chaos_config_parse("vm.yaml", written, strlen(written), &cfg, NULL);

    (void)opaque;
    if (!rc)
        rc = chaos_config_set(cfg, "vbds[3].target=/d3", NULL);
    if (!rc)
        rc = chaos_config_set(cfg, "vbds[0].target=", NULL);
    if (!rc)
        rc = chaos_config_dump(cfg, &text, NULL);
    if (!rc) {
        rc = config_vbd_parse_pairs("target=/d", &vbd, NULL);
        free(vbd.target);
    }
    free(text);
    chaos_config_free(cfg);
    return rc;
}

static void test_every_allocation_may_fail(void **state)
{
    (void)state;
    assert_true(failing_malloc_sweep(parse_and_change, NULL) > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_key),
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_sixteen_disks),
        cmocka_unit_test(test_set_builds_it_all),
        cmocka_unit_test(test_set_to_nothing_is_the_default),
        cmocka_unit_test(test_free_names_move),
        cmocka_unit_test(test_next_ip),
        cmocka_unit_test(test_gateway_outside),
        cmocka_unit_test(test_count_is_what_next_ip_reaches),
        cmocka_unit_test(test_pairs),
        cmocka_unit_test(test_every_allocation_may_fail),
    };

    return cmocka_run_group_tests_name("config devices", tests, NULL, NULL);
}
