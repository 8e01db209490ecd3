/* SPDX-License-Identifier: BSD-3-Clause */
/* vifs: and vbds: that are wrong, and the very line that each is answered with. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "config/config_device.h"
#include "base/error.h"
#include "base/util.h"

#include <errno.h>
#include <stdio.h>

#define AT_VIF   "vm.yaml:2:"
#define NO_MAC   " is not a MAC address (try 02:00:00:00:00:01)"
#define NO_HOST  " is not the address of a host in that network"
#define NO_NAME  " is not an interface's name (at most 15 bytes without \"/\", \":\" and spaces)"
#define NO_RATE  " is not a size a second (try "
#define NO_DISK  " is not a disk's name (xvda to xvdz)"
#define NO_VALUE "has no value (give one, or leave the key out)"

struct wrong {
    const char *text, *message;
};

static void assert_failed(const chaos_error *err, const char *message)
{
    assert_string_equal(err->text, message);
    assert_int_equal(err->status, CHAOS_E_CONFIG);
}

static void assert_all_refused(const struct wrong *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *text = cases[i].text;
        chaos_error err = {0};
        chaos_config *cfg = NULL;

        if (chaos_config_parse("vm.yaml", text, strlen(text), &cfg, &err) >= 0)
            fail_msg("accepted: %s", text);
        assert_null(cfg);
        assert_failed(&err, cases[i].message);
    }
}

static void test_lists(void **state)
{
    static const struct wrong cases[] = {
        {"vifs: br0",
         "vm.yaml:1:7: vifs: is not a list (write - bridge: NAME, one line or more for each)"},
        {"vbds: x", "vm.yaml:1:7: vbds: is not a list (write - target: FILE, one line or more for "
                    "each)"},
        {"vifs: {bridge: br0}",
         "vm.yaml:1:7: vifs: is not a list (write - bridge: NAME, one line or more for each)"},
        {"vifs:\n  - br0", "vm.yaml:2:5: vifs[0]: is not a mapping (write - bridge: NAME)"},
        {"vbds: [{}, [a]]", "vm.yaml:1:12: vbds[1]: is not a mapping (write - target: FILE)"},
        {"vifs: []\nvbds: []\nvifs: []", "vm.yaml:3:1: vifs: given twice (first in line 1)"},
        {"vifs: [{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}]",
         "vm.yaml:1:56: vifs: is too long (at most 16 items)"},
        {"vbds: [{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},x]",
         "vm.yaml:1:56: vbds: is too long (at most 16 items)"},
        {"vifs: [&a {}]", "vm.yaml:1:8: vifs: anchors are not accepted (leave out &a)"},
        {"vif: []", "vm.yaml:1:1: vif: unknown key (did you mean vifs?)"},
        {"disk: []", "vm.yaml:1:1: disk: unknown key (did you mean vbds?)"},
    };

    (void)state;
    assert_all_refused(cases, ARRAY_SIZE(cases));
}

static void test_keys(void **state)
{
    static const struct wrong cases[] = {
        {"vifs:\n  - brigde: a", "vm.yaml:2:5: vifs[0].brigde: unknown key (did you mean bridge?)"},
        {"vifs:\n  - {}\n  - mtu: 68\n    gatway: x",
         "vm.yaml:4:5: vifs[1].gatway: unknown key (did you mean gateway?)"},
        {"vifs: [{netmask: x}]", "vm.yaml:1:9: vifs[0].netmask: unknown key (did you mean ip?)"},
        {"vifs: [{target: x}]", "vm.yaml:1:9: vifs[0].target: unknown key (there are bridge, mac, "
                                "ip, gateway, mtu and rate)"},
        {"vbds: [{access: x}]", "vm.yaml:1:9: vbds[0].access: unknown key (did you mean mode?)"},
        {"vbds: [{file: x}]", "vm.yaml:1:9: vbds[0].file: unknown key (did you mean target?)"},
        {"vbds: [{bridge: x}]",
         "vm.yaml:1:9: vbds[0].bridge: unknown key (there are target, vdev, mode and format)"},
        {"vbds: [{\"\": x}]",
         "vm.yaml:1:9: vbds[0].\"\": unknown key (there are target, vdev, mode and format)"},
        {"vbds: [{\"mode\\0\": x}]", "vm.yaml:1:9: vbds[0].mode: a key holds a NUL"},
        {"vbds: [{\"a\\e[2J\": x}]",
         "vm.yaml:1:9: vbds[0].a\\x1b[2J: unknown key (there are target, vdev, mode and format)"},
        {"vifs: [{[a]: x}]", "vm.yaml:1:9: vifs[0]: a key is not a word (write KEY: VALUE)"},
        {"vifs:\n  - mtu: 68\n    mtu: 68",
         "vm.yaml:3:5: vifs[0].mtu: given twice (first in line 2)"},
        {"vifs: [{mtu: }]", "vm.yaml:1:14: vifs[0].mtu: " NO_VALUE},
        {"vifs: [{mac: ~}]", "vm.yaml:1:14: vifs[0].mac: " NO_VALUE},
        {"vifs: [{mtu: [68]}]", "vm.yaml:1:14: vifs[0].mtu: is a list (give one value)"},
        {"vifs: [{mtu: *a }]", "vm.yaml:1:14: vifs[0].mtu: aliases are not accepted (write the "
                               "value again instead of *a)"},
    };

    (void)state;
    assert_all_refused(cases, ARRAY_SIZE(cases));
}

/* Values of one vif, in line 2. */
static void test_vif_values(void **state)
{
    static const struct wrong cases[] = {
        {"bridge: abcdefghijklmnop", "13: vifs[0].bridge: \"abcdefghijklmnop\"" NO_NAME},
        {"bridge: \"\"", "13: vifs[0].bridge: \"\"" NO_NAME},
        {"bridge: a/b", "13: vifs[0].bridge: \"a/b\"" NO_NAME},
        {"bridge: a b", "13: vifs[0].bridge: \"a b\"" NO_NAME},
        {"bridge: a:b", "13: vifs[0].bridge: \"a:b\"" NO_NAME},
        {"bridge: ..", "13: vifs[0].bridge: \"..\"" NO_NAME},
        {"bridge: \"a\\nb\"", "13: vifs[0].bridge: \"a\\x0ab\"" NO_NAME},
        {"mac: 2:0:0:0:0:1", "10: vifs[0].mac: \"2:0:0:0:0:1\"" NO_MAC},
        {"mac: 02-00-00-00-00-01", "10: vifs[0].mac: \"02-00-00-00-00-01\"" NO_MAC},
        {"mac: 02:00:00:00:00", "10: vifs[0].mac: \"02:00:00:00:00\"" NO_MAC},
        {"mac: 02:00:00:00:00:0g", "10: vifs[0].mac: \"02:00:00:00:00:0g\"" NO_MAC},
        {"mac: 02:00:00:00:00:011", "10: vifs[0].mac: \"02:00:00:00:00:011\"" NO_MAC},
        {"mac: \"02:00:00:00:00:01:\"", "10: vifs[0].mac: \"02:00:00:00:00:01:\"" NO_MAC},
        {"mac: random", "10: vifs[0].mac: \"random\"" NO_MAC},
        {"mac: 01:00:5e:00:00:01", "10: vifs[0].mac: \"01:00:5e:00:00:01\" is a group's address "
                                   "(its first byte is odd; try 02:00:00:00:00:01)"},
        {"mac: ff:ff:ff:ff:ff:ff", "10: vifs[0].mac: \"ff:ff:ff:ff:ff:ff\" is a group's address "
                                   "(its first byte is odd; try 02:00:00:00:00:01)"},
        {"mac: 00:00:00:00:00:00", "10: vifs[0].mac: \"00:00:00:00:00:00\" is nobody's address "
                                   "(try 02:00:00:00:00:01)"},
        {"ip: 10.0.0.2",
         "9: vifs[0].ip: \"10.0.0.2\" lacks its network's length (try 10.0.0.2/24)"},
        {"ip: 10.0.0.2/", "9: vifs[0].ip: \"10.0.0.2/\" is not an IPv4 address with its network's "
                          "length (1 to 32; try 10.0.0.2/24)"},
        {"ip: 10.0.0.2/0", "9: vifs[0].ip: \"10.0.0.2/0\" is not an IPv4 address with its "
                           "network's length (1 to 32; try 10.0.0.2/24)"},
        {"ip: 10.0.0.2/33", "9: vifs[0].ip: \"10.0.0.2/33\" is not an IPv4 address with its "
                            "network's length (1 to 32; try 10.0.0.2/24)"},
        {"ip: 10.0.0.2/255.0.0.0", "9: vifs[0].ip: \"10.0.0.2/255.0.0.0\" is not an IPv4 address "
                                   "with its network's length (1 to 32; try 10.0.0.2/24)"},
        {"ip: 10.0.0.256/24",
         "9: vifs[0].ip: \"10.0.0.256/24\" is not an IPv4 address (try 10.0.0.2/24)"},
        {"ip: fe80::1/64",
         "9: vifs[0].ip: \"fe80::1/64\" is not an IPv4 address (try 10.0.0.2/24)"},
        {"ip: dhcp", "9: vifs[0].ip: \"dhcp\" is not an IPv4 address (try 10.0.0.2/24)"},
        {"ip: 10.0.0.0/24", "9: vifs[0].ip: \"10.0.0.0/24\"" NO_HOST},
        {"ip: 10.0.0.255/24", "9: vifs[0].ip: \"10.0.0.255/24\"" NO_HOST},
        {"ip: 0.0.0.1/8", "9: vifs[0].ip: \"0.0.0.1/8\"" NO_HOST},
        {"ip: 127.0.0.1/8", "9: vifs[0].ip: \"127.0.0.1/8\"" NO_HOST},
        {"ip: 224.0.0.1/24", "9: vifs[0].ip: \"224.0.0.1/24\"" NO_HOST},
        {"gateway: 10.0.0.1/24",
         "14: vifs[0].gateway: \"10.0.0.1/24\" is not an IPv4 address (try 10.0.0.1)"},
        {"gateway: 0.0.0.0", "14: vifs[0].gateway: \"0.0.0.0\" is not the address of a host"},
        {"mtu: 67", "10: vifs[0].mtu: \"67\" is not a number of bytes from 68 to 9000"},
        {"mtu: 9001", "10: vifs[0].mtu: \"9001\" is not a number of bytes from 68 to 9000"},
        {"mtu: 1500.0", "10: vifs[0].mtu: \"1500.0\" is not a number of bytes from 68 to 9000"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char text[128], message[256];
        const struct wrong one = {text, message};

        snprintf(text, sizeof(text), "vifs:\n  - %s\n", cases[i].text);
        snprintf(message, sizeof(message), AT_VIF "%s", cases[i].message);
        assert_all_refused(&one, 1);
    }
}

static void test_rates(void **state)
{
    static const struct wrong cases[] = {
        {"10", NO_RATE "10MiB/s)"},
        {"10/s", NO_RATE "10MiB/s)"},
        {"10MiB", NO_RATE "10MiB/s)"},
        {"10MB/s", NO_RATE "10MiB/s)"},
        {"10MB/s@20ms", NO_RATE "10MiB/s)"},
        {"10MiB/m", NO_RATE "10MiB/s)"},
        {"10Mb/s", NO_RATE "1221KiB/s)"},
        {"10 Mbit/s", NO_RATE "1221KiB/s)"},
        {"1Gb/s", NO_RATE "122070KiB/s)"},
        {"8kb/s", NO_RATE "8KiB/s)"},
        {"fast", NO_RATE "512MiB/s)"},
        {"\"/s\"", NO_RATE "10MiB/s)"},
        {"\"\"", NO_RATE "10MiB/s)"},
        {"0KiB/s", " lets nothing through (leave rate out for no limit)"},
        {"65GiB/s", " is too much (at most 64GiB/s)"},
        {"18014398509481984KiB/s", " is too much (at most 64GiB/s)"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        bool quoted = cases[i].text[0] == '"';
        char text[128], message[256];
        const struct wrong one = {text, message};

        snprintf(text, sizeof(text), "vifs: [{rate: %s}]", cases[i].text);
        snprintf(message, sizeof(message), "vm.yaml:1:15: vifs[0].rate: %s%s%s%s",
                 quoted ? "" : "\"", cases[i].text, quoted ? "" : "\"", cases[i].message);
        assert_all_refused(&one, 1);
    }
}

static void test_vbd_values(void **state)
{
    static const struct wrong cases[] = {
        {"vbds: [{target: \"\"}]",
         "vm.yaml:1:17: vbds[0].target: is empty (give the path of a file)"},
        {"vbds: [{target: \"a\\0b\"}]", "vm.yaml:1:17: vbds[0].target: holds a NUL"},
        {"vbds: [{target: \"a\\x01\"}]",
         "vm.yaml:1:17: vbds[0].target: \"a\\x01\" holds a control character"},
        {"vbds: [{vdev: sda}]", "vm.yaml:1:15: vbds[0].vdev: \"sda\"" NO_DISK},
        {"vbds: [{vdev: xvdza}]", "vm.yaml:1:15: vbds[0].vdev: \"xvdza\"" NO_DISK},
        {"vbds: [{vdev: xvd}]", "vm.yaml:1:15: vbds[0].vdev: \"xvd\"" NO_DISK},
        {"vbds: [{vdev: xvdA}]", "vm.yaml:1:15: vbds[0].vdev: \"xvdA\"" NO_DISK},
        {"vbds: [{vdev: xvdaa}]", "vm.yaml:1:15: vbds[0].vdev: \"xvdaa\"" NO_DISK},
        {"vbds: [{vdev: xvda1}]",
         "vm.yaml:1:15: vbds[0].vdev: \"xvda1\" is a partition (give a whole disk, as xvda)"},
        {"vbds: [{mode: w}]", "vm.yaml:1:15: vbds[0].mode: \"w\" is not a mode (rw, ro or shared)"},
        {"vbds: [{mode: \"\"}]",
         "vm.yaml:1:15: vbds[0].mode: \"\" is not a mode (rw, ro or shared)"},
    };

    (void)state;
    assert_all_refused(cases, ARRAY_SIZE(cases));
}

/* What parses, but does not fit together. */
static void test_check(void **state)
{
    static const struct wrong cases[] = {
        {"vifs:\n  - gateway: 10.0.0.1\n", "vm.yaml:4:14: vifs[0].gateway: means nothing without "
                                           "ip (add ip, or leave it out)"},
        {"vifs:\n  - {}\n  - ip: 10.0.0.2/24\n    gateway: 10.0.1.1\n",
         "vm.yaml:6:14: vifs[1].gateway: is not in the network of ip, 10.0.0.2/24 (only that of a "
         "/32 may be outside)"},
        {"vifs:\n  - ip: 10.0.0.2/31\n    gateway: 10.0.1.1\n",
         "vm.yaml:5:14: vifs[0].gateway: is not in the network of ip, 10.0.0.2/31 (only that of a "
         "/32 may be outside)"},
        {"vifs:\n  - ip: 10.0.0.2/32\n    gateway: 10.0.0.2\n",
         "vm.yaml:5:14: vifs[0].gateway: is the VM's own address"},
        {"vifs:\n  - ip: 10.0.0.2/24\n    gateway: 10.0.0.2\n",
         "vm.yaml:5:14: vifs[0].gateway: is the VM's own address"},
        {"vifs:\n  - ip: 10.0.0.2/24\n    gateway: 10.0.0.255\n",
         "vm.yaml:5:14: vifs[0].gateway: is not the address of a host in the network of ip, "
         "10.0.0.2/24"},
        {"vifs:\n  - mac: 02:00:00:00:00:0a\n  - {}\n  - mac: 02:00:00:00:00:0A\n",
         "vm.yaml:6:10: vifs[2].mac: \"02:00:00:00:00:0a\" is vifs[0]'s already (give another, or "
         "leave mac out)"},
        {"vbds:\n  - mode: ro\n", "vm.yaml:4:5: vbds[0].target: is missing (add target: FILE)"},
        {"vbds:\n  - {target: /a, vdev: xvdc}\n  - {target: /b}\n  - {target: /c, vdev: xvdc}\n",
         "vm.yaml:6:24: vbds[2].vdev: \"xvdc\" is vbds[0]'s already (give another, or leave vdev "
         "out)"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char text[256];
        chaos_error err = {0};
        chaos_config *cfg;

        snprintf(text, sizeof(text), "kernel: /\nmemory: 1\n%s", cases[i].text);
        assert_int_equal(chaos_config_parse("vm.yaml", text, strlen(text), &cfg, &err), 0);
        assert_int_equal(chaos_config_check(cfg, &err), -EINVAL);
        assert_failed(&err, cases[i].message);
        chaos_config_free(cfg);
    }
}

static void test_count(void **state)
{
    static const struct wrong cases[] = {
        {"vifs:\n  - {}\n  - mac: 02:00:00:00:00:01\n",
         "vm.yaml:3:10: vifs[1].mac: 300 VMs cannot have the same (leave mac out: each gets its "
         "own)"},
        {"vifs:\n  - ip: 10.0.0.2/24\n",
         "vm.yaml:2:9: vifs[0].ip: from 10.0.0.2/24 on there are 253 addresses for 300 VMs (take a "
         "larger network)"},
        {"vbds:\n  - {target: /a, mode: ro}\n  - target: /b\n",
         "vm.yaml:3:5: vbds[1].mode: 300 VMs cannot write to the same disk (set mode: ro)"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        const char *text = cases[i].text;
        chaos_error err = {0};
        chaos_config *cfg;

        assert_int_equal(chaos_config_parse("vm.yaml", text, strlen(text), &cfg, &err), 0);
        assert_int_equal(chaos_config_check_count(cfg, 1, &err), 0);
        assert_true(chaos_config_check_count(cfg, 300, &err) < 0);
        assert_failed(&err, cases[i].message);
        chaos_config_free(cfg);
    }
}

/* Overrides name no place; what fails changes nothing. */
static void test_set(void **state)
{
    static const struct wrong cases[] = {
        {"vifs=br0", "vifs: is a list (set its items, as in vifs[0].bridge=VALUE)"},
        {"vbds[0]=/d", "vbds[0]: is not a key (try vbds[0].target=VALUE)"},
        {"vbds.target=/d", "vbds.target: is not a key (try vbds[0].target=VALUE)"},
        {"vifs[]=/d", "vifs[]: is not a key (try vifs[0].bridge=VALUE)"},
        {"vifs[-1].mac=", "vifs[-1].mac: is not a key (try vifs[0].bridge=VALUE)"},
        {"vifs[01].mac=", "vifs[01].mac: is not a key (try vifs[0].bridge=VALUE)"},
        {"vifs[0]mac=", "vifs[0]mac: is not a key (try vifs[0].bridge=VALUE)"},
        {"vifs[0].mca=x", "vifs[0].mca: unknown key (did you mean mac?)"},
        {"vifs[2].mtu=68", "vifs[2].mtu: is not there, nor the next (which is vifs[1])"},
        {"vifs[16].mtu=68", "vifs[16].mtu: is too many (at most 16)"},
        {"vifs[99999999999999999999].mtu=68",
         "vifs[99999999999999999999].mtu: is too many (at most 16)"},
        {"vifs[0].mtu=1", "vifs[0].mtu: \"1\" is not a number of bytes from 68 to 9000"},
        {"vifs[1].mtu=1", "vifs[1].mtu: \"1\" is not a number of bytes from 68 to 9000"},
        {"vbds[0].vdev=hda", "vbds[0].vdev: \"hda\"" NO_DISK},
        {"vbds[1].target=\xff", "vbds[1].target: \"\\xff\" is not UTF-8 text"},
        {"vif[0].mtu=68",
         "vif[0].mtu: unknown key (there are name, type, kernel, ramdisk, "
         "cmdline, memory, vcpus, cpus, cpu_weight, cpu_cap, tsc_mode, max_event_channels, "
         "max_grant_frames, "
         "max_maptrack_frames, devices, on_poweroff, "
         "on_reboot, on_crash, console.log, console.log_size, console.log_keep, console.rate, "
         "console.server, vifs and vbds)"},
    };
    static const char text[] = "vifs: [{bridge: br0}]\nvbds: [{target: /d, vdev: xvdb}]\n";
    chaos_config *cfg;
    char *before, *after;

    (void)state;
    assert_int_equal(chaos_config_parse("vm.yaml", text, strlen(text), &cfg, NULL), 0);
    assert_int_equal(chaos_config_dump(cfg, &before, NULL), 0);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        chaos_error err = {0};

        assert_int_equal(chaos_config_set(cfg, cases[i].text, &err), -EINVAL);
        assert_failed(&err, cases[i].message);
    }
    assert_int_equal(chaos_config_dump(cfg, &after, NULL), 0);
    assert_string_equal(before, after);
    free(before);
    free(after);
    chaos_config_free(cfg);
}

static void test_pairs(void **state)
{
    static const struct {
        bool vif;
        const char *text;
        enum chaos_status status;
        const char *message;
    } cases[] = {
        {true, "", CHAOS_E_USAGE, "\"\" sets nothing (try bridge=VALUE)"},
        {true, "br0", CHAOS_E_USAGE, "\"br0\" sets nothing (try bridge=VALUE)"},
        {true, "bridge=br0,", CHAOS_E_USAGE, "\"\" sets nothing (try bridge=VALUE)"},
        {true, "=br0", CHAOS_E_USAGE, "\"=br0\" sets nothing (try bridge=VALUE)"},
        {true, "bridge=", CHAOS_E_CONFIG, "bridge: " NO_VALUE},
        {true, "brdige=a", CHAOS_E_CONFIG, "brdige: unknown key (did you mean bridge?)"},
        {true, "mtu=68,mtu=69", CHAOS_E_CONFIG, "mtu: given twice"},
        {true, "mac=x", CHAOS_E_CONFIG, "mac: \"x\"" NO_MAC},
        {true, "gateway=10.0.0.1", CHAOS_E_CONFIG,
         "gateway: means nothing without ip (add ip, or leave it out)"},
        {false, "disk.img", CHAOS_E_USAGE, "\"disk.img\" sets nothing (try target=VALUE)"},
        {false, "vdev=xvdb", CHAOS_E_CONFIG, "target: is missing (add target=FILE)"},
        {false, "target=/d,mode=no", CHAOS_E_CONFIG,
         "mode: \"no\" is not a mode (rw, ro or shared)"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct config_vif vif;
        struct config_vbd vbd = {.target = NULL};
        chaos_error err = {0};
        int rc = cases[i].vif ? config_vif_parse_pairs(cases[i].text, &vif, &err)
                              : config_vbd_parse_pairs(cases[i].text, &vbd, &err);

        assert_int_equal(rc, -EINVAL);
        assert_null(vbd.target);
        assert_string_equal(err.text, cases[i].message);
        assert_int_equal(err.status, cases[i].status);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lists),      cmocka_unit_test(test_keys),
        cmocka_unit_test(test_vif_values), cmocka_unit_test(test_rates),
        cmocka_unit_test(test_vbd_values), cmocka_unit_test(test_check),
        cmocka_unit_test(test_count),      cmocka_unit_test(test_set),
        cmocka_unit_test(test_pairs),
    };

    return cmocka_run_group_tests_name("config device errors", tests, NULL, NULL);
}
