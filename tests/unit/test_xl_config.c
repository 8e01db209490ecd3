/* SPDX-License-Identifier: BSD-3-Clause */
/* Files in xl's format: each form that xl.cfg(5), xl-network-configuration(5) and
 * xl-disk-configuration(5) have, and what it is in chaos.yaml(5). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "config/xl.h"
#include "base/error.h"
#include "base/text.h"
#include "base/util.h"
#include "failing_malloc.h"

#include <stdio.h>

/* The YAML is that of the same VM, but for "type: pv", which is xl's default. NULL: refused if the
 * reader is strict; the notes are then those of one that is not, each with a line end. */
struct form {
    const char *xl, *yaml, *notes;
};

static chaos_config *read_xl(const char *text, bool strict, bool *whole, chaos_error *err)
{
    chaos_config *cfg = NULL;
    int rc = config_read_xl("vm.cfg", "/b", text, strlen(text), strict, whole, &cfg, err);

    assert_true(rc < 0 ? !cfg : !!cfg);
    return cfg;
}

static char *dumped(chaos_config *cfg)
{
    char *text;

    assert_int_equal(chaos_config_dump(cfg, &text, NULL), 0);
    chaos_config_free(cfg);
    return text;
}

static char *dumped_yaml(const char *text)
{
    chaos_error err = {0};
    chaos_config *cfg = NULL;

    if (config_read_yaml("vm.yaml", "/b", text, strlen(text), &cfg, &err) < 0)
        fail_msg("%s", err.text);
    return dumped(cfg);
}

static void assert_form(const struct form *form)
{
    chaos_error err = {0};
    bool whole = false;
    chaos_config *cfg = read_xl(form->xl, true, &whole, &err);
    char yaml[2048], *want, *got;

    if (!cfg)
        fail_msg("%s: %s", form->xl, err.text);
    assert_true(whole);
    assert_string_equal(cfg->notes ? cfg->notes : "", form->notes ? form->notes : "");
    snprintf(yaml, sizeof(yaml), "%s%s", strstr(form->yaml, "type:") ? "" : "type: pv\n",
             form->yaml);
    want = dumped_yaml(yaml);
    got = dumped(cfg);
    if (strcmp(got, want))
        fail_msg("%s:\n%s\n%s", form->xl, got, want);
    free(want);
    free(got);
}

static void assert_forms(const struct form *forms, size_t count)
{
    for (size_t i = 0; i < count; i++)
        assert_form(&forms[i]);
}

/* What the error of a strict reader says a reader that is not notes. */
static void assert_refused(const char *text, const char *message)
{
    chaos_error err = {0};
    bool whole = true;
    char line[1100];
    chaos_config *cfg = read_xl(text, true, &whole, &err);

    if (cfg)
        fail_msg("accepted: %s", text);
    assert_string_equal(err.text, message);
    assert_int_equal(err.status, CHAOS_E_CONFIG);
    memset(&err, 0, sizeof(err));
    cfg = read_xl(text, false, &whole, &err);
    if (!cfg)
        fail_msg("%s: %s", text, err.text);
    assert_false(whole);
    snprintf(line, sizeof(line), "%s\n", message);
    if (!strstr(cfg->notes, line))
        fail_msg("%s is not in %s", line, cfg->notes);
    chaos_config_free(cfg);
}

/* Wrong for every reader. */
static void assert_wrong(const char *text, const char *message)
{
    chaos_error err = {0};
    bool whole;

    for (int strict = 0; strict < 2; strict++) {
        memset(&err, 0, sizeof(err));
        if (read_xl(text, strict, &whole, &err))
            fail_msg("accepted: %s", text);
        assert_string_equal(err.text, message);
        assert_int_equal(err.status, CHAOS_E_CONFIG);
    }
    assert_null(read_xl(text, true, &whole, NULL));
}

static void test_language(void **state)
{
    static const struct form forms[] = {
        {"", "", NULL},
        {"# only a comment", "", NULL},
        {"name=\"h0\"\ntype=\"pvh\"\n", "name: h0\ntype: pvh", NULL},
        {"name=\"h0\"; type=\"pvh\"", "name: h0\ntype: pvh", NULL},
        {";;\n\tname = 'h0' # a comment\n;", "name: h0", NULL},
        {"extra = 'a \"b\" c'", "cmdline: 'a \"b\" c'", NULL},
        {"extra = \"a 'b' c\"", "cmdline: \"a 'b' c\"", NULL},
        {"extra = \"a \\\"\\\\\\x41\\\" # no comment\"", "cmdline: 'a \"\\A\" # no comment'", NULL},
        {"memory = 512", "memory: 512", NULL},
        {"memory = \"512\"", "memory: 512", NULL},
        {"memory = 0x200", "memory: 512", NULL},
        {"memory = 01000", "memory: 512", NULL},
        {"vif = [ 'bridge=a',\n\n 'bridge=b', # c\n ]\n", "vifs: [{bridge: a}, {bridge: b}]", NULL},
        {"vif = [\n]\nname = 'x'", "name: x", NULL},
        {"name = 'old'\nname = 'new'", "name: new", NULL},
        {"extra = 'a'\nextra += ' b'", "cmdline: a b", NULL},
        {"vif = ['bridge=a']\nvif += ['bridge=b']", "vifs: [{bridge: a}, {bridge: b}]", NULL},
        {"vif += ['bridge=b']", "vifs: [{bridge: b}]", NULL},
    };

    (void)state;
    assert_forms(forms, ARRAY_SIZE(forms));
}

static void test_language_wrong(void **state)
{
    static const char python[] = "write text in quotes; these files are no Python)";
    char text[200];

    (void)state;
    assert_wrong("name = h0",
                 "vm.cfg:1:8: \"h0\" is no value (write text in quotes; these files are "
                 "no Python)");
    snprintf(text, sizeof(text), "vm.cfg:2:1: \"Name\" is neither a key nor a value (%s", python);
    assert_wrong("memory=8\nName = 'h0'", text);
    snprintf(text, sizeof(text), "vm.cfg:1:10: \"-1\" is neither a key nor a value (%s", python);
    assert_wrong("memory = -1", text);
    assert_wrong("name", "vm.cfg:1:5: name: no = behind the key (write KEY = VALUE)");
    assert_wrong("name =", "vm.cfg:1:7: a value is missing (write KEY = VALUE)");
    assert_wrong("name =\n'x'", "vm.cfg:1:7: a value is missing (write KEY = VALUE)");
    assert_wrong("name = 'x' 'y'", "vm.cfg:1:12: name: the line goes on behind its value");
    assert_wrong("\xc3\xbc = 1",
                 "vm.cfg:1:1: \"\xc3\xbc\" is neither a key nor a value (write text "
                 "in quotes; these files are no Python)");
    assert_wrong("extra = '\xc3\xbc' 1", "vm.cfg:1:13: extra: the line goes on behind its value");
    assert_wrong("name = 'x\n'", "vm.cfg:1:8: the text has no end in its line (write ' behind it)");
    assert_wrong("name = \"x\\q\"",
                 "vm.cfg:1:10: a backslash before neither a quote nor one of \\abfnrtv nor xHH "
                 "(write \\\\ for the backslash itself)");
    assert_wrong("name = \"x\\", "vm.cfg:1:8: the text has no end (write \" behind it)");
    assert_wrong("name = 'x'\r\n",
                 "vm.cfg:1:11: a carriage return (save the file with line ends of Unix)");
    assert_wrong("vif = ['a'", "vm.cfg:1:7: the list has no end (write ] behind it)");
    assert_wrong("vif = ['a' 'b']", "vm.cfg:1:12: a comma is missing between two values");
    assert_wrong("vif = ['a'; 'b']", "vm.cfg:1:11: a comma is missing between two values");
    assert_wrong("x = [[[[[[[[[1]]]]]]]]]", "vm.cfg:1:13: more than 8 lists in each other");
    assert_wrong("= 1", "vm.cfg:1:1: no key begins like this (write KEY = VALUE)");
    assert_wrong("extra = 'a'\nextra += ['b']",
                 "vm.cfg:2:10: extra: a list and a single value cannot be added");
    assert_wrong("memory = '8MiB'", "vm.cfg:1:10: memory: \"8MiB\" is not a number");
    assert_wrong("memory = 08", "vm.cfg:1:10: memory: \"08\" is not a number");
    assert_wrong("name = ['x']", "vm.cfg:1:8: name: is a list (give one value)");
    assert_wrong(
        "name = 'x y'",
        "vm.cfg:1:8: name: \"x y\" is not a name (letters, digits, \"-\", \"_\" and \".\", "
        "the first a letter or digit, and not a uuid)");
}

static void test_keys(void **state)
{
    static const struct form forms[] = {
        {"type = 'pv'", "type: pv", NULL},
        {"builder = 'generic'", "type: pv", NULL},
        {"builder = 'generic'\ntype = 'pv'", "type: pv", NULL},
        {"kernel = '/k'\nramdisk = 'r.gz'", "kernel: /k\nramdisk: /b/r.gz", NULL},
        {"cmdline = 'a b'", "cmdline: a b", NULL},
        {"root = '/dev/xvda1 ro'", "cmdline: root=/dev/xvda1 ro", NULL},
        {"extra = 'quiet'\nroot = '/dev/xvda1'", "cmdline: root=/dev/xvda1 quiet", NULL},
        {"root = 'x'\ncmdline = 'a'", "cmdline: a",
         "vm.cfg:1:1: root: does not count beside cmdline in line 2\n"},
        {"memory = 128\nmaxmem = 128\nvcpus = 4\nmaxvcpus = 4", "memory: 128\nvcpus: 4", NULL},
        {"memory = 128\nmaxmem = 512", "memory: 128",
         "vm.cfg:2:1: maxmem: has no counterpart (the VM keeps the memory that it starts with)\n"},
        {"maxvcpus = 4", "",
         "vm.cfg:1:1: maxvcpus: has no counterpart (the VM keeps the vcpus that it starts with)\n"},
        {"cpus = 'all'", "", NULL},
        {"cpus = '0-3,5,^1'", "cpus: '0-3,5,^1'", NULL},
        {"cpus = 'all,^7,^9'", "cpus: 'all,^7,^9'", NULL},
        {"cpus = 'all,^7'", "cpus: 'all,^7'", NULL},
        {"cpus = 2", "cpus: 2", NULL},
        {"cpus = ['2']", "cpus: [2]", NULL},
        {"cpus = ['2', '3']\nvcpus = 2", "cpus: [2, 3]\nvcpus: 2", NULL},
        {"vcpus = 3\ncpus = ['2', '3-8,^5']", "cpus: [2, '3-4,6-8']\nvcpus: 3", NULL},
        {"cpus = ['all', 'all,^3']\nvcpus = 2", "cpus: [all, 'all,^3']\nvcpus: 2", NULL},
        {"cpus = ['all', 'all']\nvcpus = 2", "vcpus: 2", NULL},
        {"cpus = ['2', '3']", "cpus: [2]",
         "vm.cfg:1:14: cpus: has CPUs for 2 vCPUs, of which there are 1\n"},
        {"cpus = []", "", NULL},
        {"tsc_mode = 'native'", "tsc_mode: native", NULL},
        {"tsc_mode = 1", "tsc_mode: always_emulate", NULL},
        {"max_event_channels = 4095\nmax_grant_frames = 64\nmax_maptrack_frames = 0",
         "max_event_channels: 4095\nmax_grant_frames: 64\nmax_maptrack_frames: 0", NULL},
        {"on_poweroff = 'preserve'\non_reboot = 'destroy'\non_crash = 'restart'",
         "on_poweroff: preserve\non_reboot: destroy\non_crash: restart", NULL},
        {"on_crash = 'coredump-restart'", "on_crash: restart",
         "vm.cfg:1:1: on_crash: \"coredump-restart\" has no counterpart, \"restart\" is taken: no "
         "core "
         "is dumped\n"},
        {"on_reboot = 'rename-restart'", "on_reboot: restart",
         "vm.cfg:1:1: on_reboot: \"rename-restart\" has no counterpart, \"restart\" is taken: the "
         "VM "
         "that ended is not kept\n"},
        {"uuid = '4f5c1b2e-0000-4000-8000-000000000000'", "",
         "vm.cfg:1:1: uuid: has no counterpart (chaos knows its VMs by uuids of its own making; "
         "the name stays)\n"},
        {"cpu_weight = 256\ncap = 50", "cpu_weight: 256\ncpu_cap: 50", NULL},
        {"cap = 0\nvnc = 0\npci = []\nnestedhvm = 0\nhap = 1\nbootloader = ''", "", NULL},
        {"hap = 0", "", "vm.cfg:1:1: hap: has no counterpart (PVH guests have it)\n"},
        {"keymap = 'de'", "",
         "vm.cfg:1:1: keymap: has no counterpart (it is for the device model of HVM guests)\n"},
        {"memroy = 8", "", "vm.cfg:1:1: memroy: unknown key (did you mean memory?)\n"},
        {"foo = 8", "", "vm.cfg:1:1: foo: unknown key, for xl, too\n"},
    };

    (void)state;
    assert_forms(forms, ARRAY_SIZE(forms));
}

#define GRUB                                                                                       \
    "Debian's grub-xen-host has GRUB's own image, which loads the kernel from the guest's disk: "  \
    "kernel = \"/usr/lib/grub-xen/grub-x86_64-xen.bin\", or grub-i386-xen_pvh.bin for pvh)"

static void test_keys_refused(void **state)
{
    static const char hvm[] = "\"hvm\" has no counterpart (kernels of Linux run as \"pvh\", too)";
    char text[200];

    (void)state;
    snprintf(text, sizeof(text), "vm.cfg:1:8: type: %s", hvm);
    assert_refused("type = 'hvm'", text);
    snprintf(text, sizeof(text), "vm.cfg:1:11: builder: %s", hvm);
    assert_refused("builder = 'hvm'", text);
    assert_refused("cpus = ['2', 'node:1']\nvcpus = 2",
                   "vm.cfg:1:14: cpus: \"node:1\" names NUMA nodes, which has no counterpart (give "
                   "their CPUs)");
    assert_refused("cpus = '^2, 0-3'",
                   "vm.cfg:1:8: cpus: \"^2, 0-3\" has a ^ ahead of CPUs that it does not "
                   "hold for (write those with ^ last)");
    assert_wrong("cpus = ['2', '^3']\nvcpus = 2",
                 "vm.cfg:1:14: cpus: leaves no CPU to run on (try 0-3,^2)");
    assert_wrong("cpu_weight = 0",
                 "vm.cfg:1:14: cpu_weight: \"0\" is not a number of shares (1 to 65535)");
    assert_refused("cpus = 'nodes:0-3,^node:2'",
                   "vm.cfg:1:8: cpus: \"nodes:0-3,^node:2\" names NUMA nodes, which has no "
                   "counterpart (give their CPUs)");
    assert_refused("bootloader = 'pygrub'",
                   "vm.cfg:1:14: bootloader: \"pygrub\", a boot loader that runs in Dom0, has no "
                   "counterpart (" GRUB);
    assert_refused("firmware = 'pvgrub64'",
                   "vm.cfg:1:12: firmware: \"pvgrub64\" has no counterpart (give its file as "
                   "kernel; " GRUB);
    assert_refused("pci = ['01:00.0']",
                   "vm.cfg:1:1: pci: has no counterpart (there is no passthrough)");
    assert_refused("vnuma = [['pnode=0', 'size=512'], ['pnode=1']]",
                   "vm.cfg:1:1: vnuma: has no counterpart");
    assert_refused("tsc_mode = 3", "vm.cfg:1:12: tsc_mode: \"native_paravirt\" has no counterpart "
                                   "(try native)");
    assert_refused("on_crash = 'soft-reset'",
                   "vm.cfg:1:12: on_crash: \"soft-reset\" has no counterpart");
    assert_wrong("builder = 'generic'\ntype = 'pvh'",
                 "vm.cfg:1:11: builder: \"generic\" contradicts type in line 2 (leave it out)");
    assert_wrong("builder = 'x'", "vm.cfg:1:11: builder: \"x\" is neither generic nor hvm");
    assert_wrong("maxmem = 64\nmemory = 128", "vm.cfg:1:10: maxmem: is less than memory in line 2");
    assert_wrong("type = 'x'", "vm.cfg:1:8: type: \"x\" is not a type (pv or pvh)");
    assert_wrong("on_crash = 'x'",
                 "vm.cfg:1:12: on_crash: \"x\" is not an action (destroy, restart "
                 "or preserve)");
    assert_wrong("cpus = [['1']]", "vm.cfg:1:9: cpus: a list in a list");
}

static void test_vif(void **state)
{
    static const struct form forms[] = {
        {"vif = ['']", "vifs: [{bridge: xenbr0}]", NULL},
        {"vif = ['mac=00:16:3E:74:34:32', 'mac=00:16:3e:5f:48:e4,bridge=xenbr1']",
         "vifs: [{bridge: xenbr0, mac: '00:16:3e:74:34:32'}, "
         "{bridge: xenbr1, mac: '00:16:3e:5f:48:e4'}]",
         NULL},
        {"vif = ['mac=00:16:3E:74:3d:76,model=rtl8139,bridge=xenbr0']",
         "vifs: [{bridge: xenbr0, mac: '00:16:3e:74:3d:76'}]",
         "vm.cfg:1:8: vif[0].model: has no counterpart (nothing is emulated)\n"},
        {"vif = [' bridge=br0 , mtu=9000,,']", "vifs: [{bridge: br0, mtu: 9000}]", NULL},
        {"vif = ['type=vif,script=vif-bridge,backend=0,devid=0,trusted']",
         "vifs: [{bridge: xenbr0}]", NULL},
        {"vif = ['script=/etc/xen/scripts/vif-bridge,backend=Domain-0']",
         "vifs: [{bridge: xenbr0}]", NULL},
        {"vif = ['type=ioemu,untrusted']", "vifs: [{bridge: xenbr0}]",
         "vm.cfg:1:8: vif[0].type: \"ioemu\" has no counterpart (nothing is emulated)\n"
         "vm.cfg:1:8: vif[0].untrusted: has no counterpart (the guest trusts Dom0)\n"},
        {"vif = ['', 'vifname=web,gatewaydev=eth0,devid=4']",
         "vifs: [{bridge: xenbr0}, {bridge: xenbr0}]",
         "vm.cfg:1:12: vif[1].vifname: has no counterpart\n"
         "vm.cfg:1:12: vif[1].gatewaydev: has no counterpart\n"
         "vm.cfg:1:12: vif[1].devid: has no counterpart (the interface is number 1)\n"},
        {"vif = ['ip=10.0.0.2/24']", "vifs: [{bridge: xenbr0, ip: 10.0.0.2/24}]", NULL},
        {"vif = ['ip=10.0.0.2']", "vifs: [{bridge: xenbr0}]",
         "vm.cfg:1:8: vif[0].ip: \"10.0.0.2\" has no counterpart without its network's length: the "
         "guest is not told, and there is no rule of the firewall (try 10.0.0.2/24)\n"},
        {"vif = ['rate=10Mb/s']", "vifs: [{bridge: xenbr0, rate: 1221KiB/s}]", NULL},
        {"vif = ['rate=250KB/s']", "vifs: [{bridge: xenbr0, rate: 244KiB/s}]", NULL},
        {"vif = ['rate=1GB/s@50ms']", "vifs: [{bridge: xenbr0, rate: 976563KiB/s}]", NULL},
        {"vif = ['rate=8b/s@50000us']", "vifs: [{bridge: xenbr0, rate: 1KiB/s}]", NULL},
        {"vif = ['rate=1MB/s@20ms']", "vifs: [{bridge: xenbr0, rate: 977KiB/s}]",
         "vm.cfg:1:8: vif[0].rate: the interval has no counterpart (it is fixed)\n"},
        {"vif = ['rate=4096B/s@1s']", "vifs: [{bridge: xenbr0, rate: 4KiB/s}]",
         "vm.cfg:1:8: vif[0].rate: the interval has no counterpart (it is fixed)\n"},
    };

    (void)state;
    assert_forms(forms, ARRAY_SIZE(forms));
    assert_refused(
        "vif = ['script=vif-openvswitch']",
        "vm.cfg:1:8: vif[0].script: \"vif-openvswitch\" has no counterpart (no script is "
        "run; an interface is in a bridge of Linux)");
    assert_refused("vif = ['backend=net']",
                   "vm.cfg:1:8: vif[0].backend: \"net\" has no counterpart "
                   "(back ends are in Dom0)");
    assert_wrong("vif = ['rate=10MiB/s']",
                 "vm.cfg:1:8: vif[0].rate: \"10MiB/s\" is not a rate (try 10Mb/s or 1MB/s)");
    assert_wrong("vif = ['rate=0B/s']",
                 "vm.cfg:1:8: vif[0].rate: \"0B/s\" is not a rate (try 10Mb/s or 1MB/s)");
    assert_wrong("vif = ['rate=1MB/s@x']",
                 "vm.cfg:1:8: vif[0].rate: \"x\" is not an interval (try 50ms)");
    assert_wrong("vif = ['mac=1']", "vm.cfg:1:8: vif[0].mac: \"1\" is not a MAC address (try "
                                    "02:00:00:00:00:01)");
    assert_wrong("vif = ['bridge']", "vm.cfg:1:8: vif[0].bridge: has no value (write KEY=VALUE)");
    assert_wrong("vif = 'bridge=br0'", "vm.cfg:1:7: vif: is not a list (write vif = [ \"...\" ])");
    assert_wrong("vif = [['bridge=br0']]", "vm.cfg:1:8: vif[0]: is a list (write it as text)");
    assert_wrong("vif = ['colour=red']",
                 "vm.cfg:1:8: vif[0].colour: unknown key (there are mac, bridge, ip, rate, mtu, "
                 "script, type, model, vifname, gatewaydev, backend and devid)");
}

#define VOLUME(vdev) "vbds: [{target: /dev/vg/guest-volume, vdev: " vdev "}]"
#define RAW(vdev)    "vbds: [{target: /dev/vg/guest-volume, vdev: " vdev ", format: raw}]"
#define HDA          "vm.cfg:1:9: disk[0].vdev: \"hda\" has no counterpart, xvda is taken\n"

static void test_disk(void **state)
{
    static const struct form forms[] = {
        {"disk = ['/dev/vg/guest-volume,,hda']", VOLUME("xvda"), HDA},
        {"disk = ['/dev/vg/guest-volume,raw,hda,rw']", RAW("xvda"), HDA},
        {"disk = ['format=raw, vdev=hda, access=rw, target=/dev/vg/guest-volume']", RAW("xvda"),
         HDA},
        {"disk = ['raw:/dev/vg/guest-volume,hda,w']", VOLUME("xvda"), HDA},
        {"disk = ['/dev/vg/guest-volume,raw,xvda,rw']", RAW("xvda"), NULL},
        {"disk = ['/dev/vg/guest-volume,,xvda']", VOLUME("xvda"), NULL},
        {"disk = ['vg/guest-volume,,xvdb']", VOLUME("xvdb"), NULL},
        {"disk = ['phy:/dev/vg/guest-volume,xvdc,w']", VOLUME("xvdc"), NULL},
        {"disk = ['phy:vg/guest-volume,d3,w']", VOLUME("xvdd"), NULL},
        {"disk = ['file:/i.img,xvda,r']", "vbds: [{target: /i.img, vdev: xvda, mode: ro}]", NULL},
        {"disk = ['tap:aio:/i.img,xvda,ro']", "vbds: [{target: /i.img, vdev: xvda, mode: ro}]",
         NULL},
        {"disk = ['tap2:tapdisk:aio:/i.img,xvda:disk,w']", "vbds: [{target: /i.img, vdev: xvda}]",
         NULL},
        {"disk = ['xvdb']", "vbds: [{target: /dev/xvdb}]", NULL},
        {"disk = ['/i,raw,,r']", "vbds: [{target: /i, mode: ro, format: raw}]", NULL},
        {"disk = ['vdev=xvdb,/i,access=ro']", "vbds: [{target: /i, vdev: xvdb, mode: ro}]", NULL},
        {"disk = ['/i,,xvda,direct-io-safe,discard,trusted,devtype=disk,backendtype=phy,r']",
         "vbds: [{target: /i, vdev: xvda, mode: ro}]", NULL},
        {"disk = ['/i,no-discard,raw,backendtype=qdisk,xvda,specification=xen,backend=0']",
         "vbds: [{target: /i, vdev: xvda, format: raw}]", NULL},
        {"disk = ['vdev=xvda,target=/a, b=c:d']", "vbds: [{target: '/a, b=c:d', vdev: xvda}]",
         NULL},
        {"disk = [',,xvda,,target=/i']", "vbds: [{target: /i, vdev: xvda}]", NULL},
        {"disk = ['/i,,sdb', '/j,,xvda']",
         "vbds: [{target: /i, vdev: xvdb}, {target: /j, vdev: xvda}]",
         "vm.cfg:1:9: disk[0].vdev: \"sdb\" has no counterpart, xvdb is taken\n"},
    };

    (void)state;
    assert_forms(forms, ARRAY_SIZE(forms));
}

static void test_disk_refused(void **state)
{
    static const char cdrom[] = "vm.cfg:1:9: disk[0]: a CD-ROM has no counterpart (give the image "
                                "as a disk, with ro)";
    static const char *const cdroms[] = {
        "disk = ['/root/image.iso,,hdc,cdrom']",
        "disk = ['/root/image.iso,,hdc,,cdrom']",
        "disk = ['/root/image.iso,raw,hdc,devtype=cdrom']",
        "disk = ['format=raw, vdev=hdc, access=ro, devtype=cdrom, target=/root/image.iso']",
        "disk = ['raw:/root/image.iso,hdc:cdrom,ro']",
        "disk = [',hdc:cdrom,r']",
    };
    static const char *const formats[] = {"qcow", "qcow2", "vhd", "qed"};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cdroms); i++)
        assert_refused(cdroms[i], cdrom);
    for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
        char text[100], message[200];

        snprintf(text, sizeof(text), "disk = ['/i,%s,xvda']", formats[i]);
        snprintf(message, sizeof(message),
                 "vm.cfg:1:9: disk[0].format: \"%s\" has no counterpart (make it raw with qemu-img "
                 "convert -O raw)",
                 formats[i]);
        assert_refused(text, message);
    }
    assert_refused("disk = ['tap:qcow2:/i,xvda,w']",
                   "vm.cfg:1:9: disk[0].format: \"qcow2\" has no counterpart (make it raw with "
                   "qemu-img convert -O raw)");
    assert_refused(
        "disk = ['iscsi:iqn,xvda,w']",
        "vm.cfg:1:9: disk[0].script: \"iscsi\" has no counterpart (give the block device "
        "as target)");
    assert_refused(
        "disk = ['script=block-drbd,vdev=xvda,target=r0']",
        "vm.cfg:1:9: disk[0].script: \"block-drbd\" has no counterpart (no script is run; "
        "give the block device as target)");
    assert_refused("disk = ['/i,,xvda,specification=virtio']",
                   "vm.cfg:1:9: disk[0].specification: \"virtio\" has no counterpart");
    assert_refused("disk = ['/i,,xvda', '/j,,xvdb,backend=storage']",
                   "vm.cfg:1:21: disk[1].backend: \"storage\" has no counterpart (back ends are in "
                   "Dom0)");
    assert_wrong("disk = ['/i,,xvda,rw,more']",
                 "vm.cfg:1:9: disk[0]: \"more\" is one too many (TARGET,FORMAT,VDEV,ACCESS)");
    assert_wrong("disk = ['/i,,xvda,x']",
                 "vm.cfg:1:9: disk[0].access: \"x\" is not r, ro, w or rw");
    assert_wrong("disk = ['/i,,xvda,vdev=xvdb']",
                 "vm.cfg:1:9: disk[0].vdev: \"xvdb\" is the second (\"xvda\" is the first)");
    assert_wrong("disk = ['/i,,xvda1']",
                 "vm.cfg:1:9: disk[0].vdev: \"xvda1\" is a partition (give a "
                 "whole disk, as xvda)");
    assert_wrong("disk = ['foo:/i,xvda,w']",
                 "vm.cfg:1:9: disk[0].target: \"foo:\" is no prefix (leave it out)");
    assert_wrong("disk = [',,xvda']",
                 "vm.cfg:1:9: disk[0].target: is missing (write target=FILE, at the end)");
    assert_wrong("disk = ['/i,colour=red']",
                 "vm.cfg:1:9: disk[0].colour: unknown key (there are target, format, vdev, access, "
                 "devtype, backend, backendtype, specification and script)");
}

/* As the examples are that come with xl. */
static void test_examples(void **state)
{
    static const char head[] = "# ====\n# Example of a guest\n# ====\n\n# Guest name\n";
    static const char tail[] = "\n#uuid = \"XXXXXXXX\"\n# Kernel image to boot\n"
                               "kernel = \"/boot/vmlinuz\"\n#ramdisk = \"/boot/initrd.gz\"\n"
                               "extra = \"root=/dev/xvda1\"\nmemory = 128\n#maxmem = 512\n"
                               "vcpus = 2\n# Network devices\nvif = [ '' ]\n"
                               "# Disk Devices\ndisk = [ '/dev/vg/guest-volume,raw,xvda,rw' ]\n";
    static const char same[] = "kernel: /boot/vmlinuz\ncmdline: root=/dev/xvda1\nmemory: 128\n"
                               "vcpus: 2\nvifs: [{bridge: xenbr0}]\n" RAW("xvda");
    char xl[1000], yaml[1000];

    (void)state;
    snprintf(xl, sizeof(xl), "%sname = \"example.pvlinux\"\n%s", head, tail);
    snprintf(yaml, sizeof(yaml), "name: example.pvlinux\n%s", same);
    assert_form(&(struct form){xl, yaml, NULL});
    snprintf(xl, sizeof(xl), "%stype = \"pvh\"\nname = \"example.pvhlinux\"\n%s", head, tail);
    snprintf(yaml, sizeof(yaml), "name: example.pvhlinux\ntype: pvh\n%s", same);
    assert_form(&(struct form){xl, yaml, NULL});
    snprintf(xl, sizeof(xl), "%stype = \"hvm\"\nname = \"example.hvm\"\n%s\nsdl = 1\n#vnc = 1\n",
             head, tail);
    assert_refused(xl, "vm.cfg:6:8: type: \"hvm\" has no counterpart (kernels of Linux run as "
                       "\"pvh\", too)");
}

static void test_which_format(void **state)
{
    static const char *const xl[] = {"name='x'", "# c\n\n\tname \t= 1", ";\nname+=1",
                                     "a.b_1=", "a="};
    static const char *const yaml[] = {"name: x", "# a = 1\nname: x", "{name: x}", "",        "#",
                                       "name",    "name +: 1",        "Name=1",    "'name'=1"};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(xl); i++)
        assert_true(config_is_xl(xl[i], strlen(xl[i])));
    for (size_t i = 0; i < ARRAY_SIZE(yaml); i++)
        assert_false(config_is_xl(yaml[i], strlen(yaml[i])));
}

static int read_once(void *arg)
{
    static const char text[] =
        "name = 'x'\nname = 'y'\nextra = 'a'\nextra += 'b'\nroot = 'c'\nvif = ['', 'rate=1MB/s']\n"
        "vif += ['backend=1']\ndisk = ['i,,hda', '/j,qcow2,xvdb']\nvnc = 1\ncpus = ['1']\n";
    chaos_config *cfg;
    bool whole;
    int rc = config_read_xl("vm.cfg", "/b", text, strlen(text), false, &whole, &cfg, arg);

    if (rc == 0)
        chaos_config_free(cfg);
    else
        assert_null(cfg);
    return rc;
}

static void test_without_memory(void **state)
{
    chaos_error err = {0};

    (void)state;
    assert_true(failing_malloc_sweep(read_once, &err) > 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_language),     cmocka_unit_test(test_language_wrong),
        cmocka_unit_test(test_keys),         cmocka_unit_test(test_keys_refused),
        cmocka_unit_test(test_vif),          cmocka_unit_test(test_disk),
        cmocka_unit_test(test_disk_refused), cmocka_unit_test(test_examples),
        cmocka_unit_test(test_which_format), cmocka_unit_test(test_without_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
