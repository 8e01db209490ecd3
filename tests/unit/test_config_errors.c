/* SPDX-License-Identifier: BSD-3-Clause */
/* Configurations that are wrong, and the very line that each is answered with. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "config/config.h"
#include "base/error.h"
#include "base/yaml_reader.h"
#include "base/text.h"
#include "base/util.h"

#include <errno.h>
#include <stdio.h>

/* The ends that several messages share. */
#define KNOWN                                                                                      \
    "unknown key (there are name, type, kernel, ramdisk, cmdline, memory, vcpus, cpus, "           \
    "cpu_weight, cpu_cap, tsc_mode, max_event_channels, max_grant_frames, max_maptrack_frames, "   \
    "devices, on_poweroff, "                                                                       \
    "on_reboot, on_crash, console.log, "                                                           \
    "console.log_size, console.log_keep, console.rate, console.server, vifs and vbds)"
#define LETTERS                                                                                    \
    "is not a name (letters, digits, \"-\", \"_\" and \".\", the first a letter or digit, and "    \
    "not a uuid)"

struct wrong {
    const char *text, *message;
};

static void assert_refused(const char *text, size_t len, const char *message)
{
    chaos_error err = {0};
    chaos_config *cfg = NULL;
    int rc = chaos_config_parse("vm.yaml", text, len, &cfg, &err);

    if (rc >= 0)
        fail_msg("accepted: %s", text);
    assert_null(cfg);
    assert_string_equal(err.text, message);
    assert_int_equal(err.status, CHAOS_E_CONFIG);
    assert_int_equal(chaos_config_parse("vm.yaml", text, len, &cfg, NULL), rc);
}

static void assert_all_refused(const struct wrong *cases, size_t count)
{
    for (size_t i = 0; i < count; i++)
        assert_refused(cases[i].text, strlen(cases[i].text), cases[i].message);
}

static void test_keys(void **state)
{
    static const struct wrong cases[] = {
        {"memroy: 8", "vm.yaml:1:1: memroy: unknown key (did you mean memory?)"},
        {"memory: 8\non-crash: restart",
         "vm.yaml:2:1: on-crash: unknown key (did you mean on_crash?)"},
        {"extra: x", "vm.yaml:1:1: extra: unknown key (did you mean cmdline?)"},
        {"initrd: x", "vm.yaml:1:1: initrd: unknown key (did you mean ramdisk?)"},
        {"foo: 1", "vm.yaml:1:1: foo: " KNOWN},
        {"\"\": 1", "vm.yaml:1:1: \"\": " KNOWN},
        {"<<: {memory: 8}", "vm.yaml:1:1: <<: " KNOWN},
        {"\"a\\e[2J\": 1", "vm.yaml:1:1: a\\x1b[2J: " KNOWN},
        {"\"memory\\0\": 8", "vm.yaml:1:1: memory\\0: unknown key (did you mean memory?)"},
        {"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk: 1",
         "vm.yaml:1:1: "
         "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk...: " KNOWN},
        {"memory: 8\nmemory: 9", "vm.yaml:2:1: memory: given twice (first in line 1)"},
        {"cpus: [0]\nmemory: 8\ncpus: 1", "vm.yaml:3:1: cpus: given twice (first in line 1)"},
        {"console: {}\nconsole: {log: b}", "vm.yaml:2:1: console: given twice (first in line 1)"},
        {"console: {log: a, log: b}", "vm.yaml:1:19: console.log: given twice (first in line 1)"},
        {"console:\n  lgo: x", "vm.yaml:2:3: console.lgo: unknown key (did you mean console.log?)"},
        {"console: x", "vm.yaml:1:10: console: is not a mapping (write console: {log: FILE})"},
        {"console: [x]", "vm.yaml:1:10: console: is not a mapping (write console: {log: FILE})"},
        {"console.log: x", "vm.yaml:1:1: console.log: is written console: {log: FILE} in a file"},
        {"console.rate: x",
         "vm.yaml:1:1: console.rate: is written console: {rate: VALUE} in a file"},
        {"? [a]\n: b", "vm.yaml:1:3: a key is not a word (write KEY: VALUE)"},
        {"console:\n  ? {a: b}\n  : c",
         "vm.yaml:2:5: console: a key is not a word (write KEY: VALUE)"},
    };

    (void)state;
    assert_all_refused(cases, ARRAY_SIZE(cases));
}

static void test_values(void **state)
{
    static const struct wrong cases[] = {
        {"  memory: \"12Q\"", "vm.yaml:1:11: memory: \"12Q\" is not a size (try 12MiB)"},
        {"memory: \"\"", "vm.yaml:1:9: memory: \"\" is not a size (try 512MiB)"},
        {"memory: 8\n  kernel: /k", "vm.yaml:1:9: memory: \"8 kernel\" is not a size (try 512MiB)"},
        {"memory: -8", "vm.yaml:1:9: memory: \"-8\" is not a size (try 512MiB)"},
        {"memory: 18014398509481984",
         "vm.yaml:1:9: memory: \"18014398509481984\" is too much (at most 16TiB)"},
        {"memory: 17TiB", "vm.yaml:1:9: memory: \"17TiB\" is too much (at most 16TiB)"},
        {"memory: 17179869188KiB",
         "vm.yaml:1:9: memory: \"17179869188KiB\" is too much (at most 16TiB)"},
        {"memory: 252KiB", "vm.yaml:1:9: memory: \"252KiB\" is too little (at least 256KiB)"},
        {"memory: 0", "vm.yaml:1:9: memory: \"0\" is too little (at least 256KiB)"},
        {"memory: 1023KiB",
         "vm.yaml:1:9: memory: \"1023KiB\" is not a multiple of 4KiB (try 1MiB)"},
        {"vcpus: 0", "vm.yaml:1:8: vcpus: \"0\" is not a number of vCPUs (1 to 128)"},
        {"vcpus: 129", "vm.yaml:1:8: vcpus: \"129\" is not a number of vCPUs (1 to 128)"},
        {"vcpus: 99999999999999999999",
         "vm.yaml:1:8: vcpus: \"99999999999999999999\" is not a number of vCPUs (1 to 128)"},
        {"vcpus: 1.0", "vm.yaml:1:8: vcpus: \"1.0\" is not a number of vCPUs (1 to 128)"},
        {"vcpus: two", "vm.yaml:1:8: vcpus: \"two\" is not a number of vCPUs (1 to 128)"},
        {"type: hvm", "vm.yaml:1:7: type: \"hvm\" is not a type (pv or pvh)"},
        {"type: PV", "vm.yaml:1:7: type: \"PV\" is not a type (pv or pvh)"},
        {"on_poweroff: halt",
         "vm.yaml:1:14: on_poweroff: \"halt\" is not an action (destroy, restart or preserve)"},
        {"on_reboot: \"\"",
         "vm.yaml:1:12: on_reboot: \"\" is not an action (destroy, restart or preserve)"},
        {"on_crash: coredump-restart", "vm.yaml:1:11: on_crash: \"coredump-restart\" is not an "
                                       "action (destroy, restart or preserve)"},
        {"memory: 8\ntsc_mode: native_paravirt",
         "vm.yaml:2:11: tsc_mode: \"native_paravirt\" is not a TSC mode (default, always_emulate "
         "or native)"},
        {"max_event_channels: 15",
         "vm.yaml:1:21: max_event_channels: \"15\" is not a number of event channels (16 to "
         "131071)"},
        {"max_event_channels: 131072",
         "vm.yaml:1:21: max_event_channels: \"131072\" is not a number of event channels (16 to "
         "131071)"},
        {"max_grant_frames: 0",
         "vm.yaml:1:19: max_grant_frames: \"0\" is not a number of frames (1 to 65536)"},
        {"devices: xen",
         "vm.yaml:1:10: devices: \"xen\" is no way to tell of devices (auto, noxs or xenstore)"},
        {"max_maptrack_frames: -1",
         "vm.yaml:1:22: max_maptrack_frames: \"-1\" is not a number of frames (0 to 65536)"},
        {"tsc_mode: 2", "vm.yaml:1:11: tsc_mode: \"2\" is not a TSC mode (default, always_emulate "
                        "or native)"},
        {"tsc_mode: [native]", "vm.yaml:1:11: tsc_mode: is a list (give one value)"},
        {"tsc: native", "vm.yaml:1:1: tsc: unknown key (did you mean tsc_mode?)"},
        {"cpus: [0, ^1]", "vm.yaml:1:11: cpus: leaves no CPU to run on (try 0-3,^2)"},
        {"cpus: nodes:1", "vm.yaml:1:7: cpus: \"nodes:1\" names NUMA nodes, which cannot be given "
                          "(give their CPUs)"},
        {"cpu_weight: 0", "vm.yaml:1:13: cpu_weight: \"0\" is not a number of shares (1 to 65535)"},
        {"cpu_cap: 50%", "vm.yaml:1:10: cpu_cap: \"50%\" is not a number of percent (0 to 12800)"},
        {"cap: 1", "vm.yaml:1:1: cap: unknown key (did you mean cpu_cap?)"},
        {"cpus: 0-x", "vm.yaml:1:7: cpus: \"0-x\" is not a list of CPUs (try 0-3,^2)"},
        {"cpus: [0, x]", "vm.yaml:1:11: cpus: \"x\" is not a list of CPUs (try 0-3,^2)"},
        {"cpus: []", "vm.yaml:1:7: cpus: is an empty list (leave it out)"},
        {"cpus: ^2", "vm.yaml:1:7: cpus: leaves no CPU to run on (try 0-3,^2)"},
        {"cpus: [[0]]", "vm.yaml:1:8: cpus: is a list (give one value)"},
        {"cpus: {a: b}", "vm.yaml:1:7: cpus: is a mapping (give one value)"},
        {"memory: [8]", "vm.yaml:1:9: memory: is a list (give one value)"},
        {"memory: {a: b}", "vm.yaml:1:9: memory: is a mapping (give one value)"},
        {"memory:", "vm.yaml:1:8: memory: has no value (give one, or leave the key out)"},
        {"ramdisk: ~", "vm.yaml:1:10: ramdisk: has no value (give one, or leave the key out)"},
        {"cmdline: null", "vm.yaml:1:10: cmdline: has no value (give one, or leave the key out)"},
        {"ramdisk: NULL", "vm.yaml:1:10: ramdisk: has no value (give one, or leave the key out)"},
        {"ramdisk: Null", "vm.yaml:1:10: ramdisk: has no value (give one, or leave the key out)"},
        {"vifs: ''", "vm.yaml:1:7: vifs: is not a list (write - bridge: NAME, one line or more for "
                     "each)"},
        {"console: ''", "vm.yaml:1:10: console: is not a mapping (write console: {log: FILE})"},
    };

    (void)state;
    assert_all_refused(cases, ARRAY_SIZE(cases));
}

static void test_text(void **state)
{
    static const struct wrong cases[] = {
        {"name: \"\"", "vm.yaml:1:7: name: \"\" " LETTERS},
        {"name: a b", "vm.yaml:1:7: name: \"a b\" " LETTERS},
        {"name: -a", "vm.yaml:1:7: name: \"-a\" " LETTERS},
        {"name: ../a", "vm.yaml:1:7: name: \"../a\" " LETTERS},
        {"name: gr\303\274\303\237", "vm.yaml:1:7: name: \"gr\303\274\303\237\" " LETTERS},
        {"name: 01234567-89ab-cdef-0123-456789abcdef",
         "vm.yaml:1:7: name: \"01234567-89ab-cdef-0123-456789abcdef\" " LETTERS},
        {"name: 17", "vm.yaml:1:7: name: \"17\" is a number, which means a domid (try vm-17)"},
        {"name: nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn",
         "vm.yaml:1:7: name: \"nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn\" "
         "is 64 bytes long (at most 63)"},
        {"name: \"a\\0b\"", "vm.yaml:1:7: name: holds a NUL"},
        {"name: \"a\\nb\"", "vm.yaml:1:7: name: \"a\\x0ab\" " LETTERS},
        {"kernel: \"\"", "vm.yaml:1:9: kernel: is empty (give the path of a file)"},
        {"kernel: \"/\\x01\"", "vm.yaml:1:9: kernel: \"/\\x01\" holds a control character"},
        {"kernel: \"/\\x9b\"", "vm.yaml:1:9: kernel: \"/\\xc2\\x9b\" holds a control character"},
        {"ramdisk: \"/a\\rb\"", "vm.yaml:1:10: ramdisk: \"/a\\x0db\" holds a line break (in YAML, "
                                "fold lines with >- rather than > or |)"},
        {"cmdline: >\n  a\n  b\n", "vm.yaml:1:10: cmdline: \"a b\\x0a\" holds a line break (in "
                                   "YAML, fold lines with >- rather than > or |)"},
        {"console: {log: \"\"}", "vm.yaml:1:16: console.log: is empty (give the path of a file)"},
        {"console: {server: yes}", "vm.yaml:1:19: console.server: \"yes\" is neither on nor off"},
        {"console: {log_size: 1kb}",
         "vm.yaml:1:21: console.log_size: \"1kb\" is not a size (try 1KiB)"},
        {"console: {log_size: 15KiB}",
         "vm.yaml:1:21: console.log_size: \"15KiB\" is not a log's size (16KiB to 1TiB)"},
        {"console: {log_keep: -1}",
         "vm.yaml:1:21: console.log_keep: \"-1\" is not a number of old logs (0 to 100)"},
        {"console: {log_keep: 101}",
         "vm.yaml:1:21: console.log_keep: \"101\" is not a number of old logs (0 to 100)"},
        {"console: {rate: 1MiB}",
         "vm.yaml:1:17: console.rate: \"1MiB\" is not a size a second (try 256KiB/s)"},
        {"console: {rate: 0KiB/s}",
         "vm.yaml:1:17: console.rate: \"0KiB/s\" is not a console's rate (1KiB/s to 1GiB/s)"},
    };

    (void)state;
    assert_all_refused(cases, ARRAY_SIZE(cases));
}

static void test_structure(void **state)
{
    static const struct wrong cases[] = {
        {"", "vm.yaml:1:1: no key in it (kernel and memory are needed)"},
        {"\n\n", "vm.yaml:1:1: no key in it (kernel and memory are needed)"},
        {"# only a comment\n", "vm.yaml:1:1: no key in it (kernel and memory are needed)"},
        {"---\n", "vm.yaml:1:1: no key in it (kernel and memory are needed)"},
        {"---\n...\n", "vm.yaml:1:1: no key in it (kernel and memory are needed)"},
        {"\357\273\277", "vm.yaml:1:1: no key in it (kernel and memory are needed)"},
        {"- a\n- b", "vm.yaml:1:1: not a mapping (write KEY: VALUE, one a line)"},
        {"hello", "vm.yaml:1:1: not a mapping (write KEY: VALUE, one a line)"},
        {"~", "vm.yaml:1:1: not a mapping (write KEY: VALUE, one a line)"},
        {"memory: 8\n---\nmemory: 9",
         "vm.yaml:2:1: a second document begins (write one VM a file)"},
        {"memory: 8\n---\n", "vm.yaml:2:1: a second document begins (write one VM a file)"},
        {"memory: &x 8", "vm.yaml:1:9: memory: anchors are not accepted (leave out &x)"},
        {"cpus: &x [0]", "vm.yaml:1:7: cpus: anchors are not accepted (leave out &x)"},
        {"console: &x {log: a}", "vm.yaml:1:10: console: anchors are not accepted (leave out &x)"},
        {"&x memory: 8", "vm.yaml:1:1: anchors are not accepted (leave out &x)"},
        {"memory: *x",
         "vm.yaml:1:9: memory: aliases are not accepted (write the value again instead of *x)"},
        {"*x : 8", "vm.yaml:1:1: aliases are not accepted (write the value again instead of *x)"},
        {"cpus: [0, *x]",
         "vm.yaml:1:11: cpus: aliases are not accepted (write the value again instead of *x)"},
        {"a: &a [l, o, l]\nb: &b [*a, *a, *a]\nc: [*b, *b, *b]", "vm.yaml:1:1: a: " KNOWN},
        {"memory: !!int 8",
         "vm.yaml:1:9: memory: tags are not accepted (write the value without its !)"},
        {"!vm {memory: 8}", "vm.yaml:1:1: tags are not accepted (write the value without its !)"},
        {"cpus: !!seq [0]",
         "vm.yaml:1:7: cpus: tags are not accepted (write the value without its !)"},
        {"\tmemory: 8", "vm.yaml:1:1: a tab in the indentation (indent with spaces)"},
        {"kernel: /k\n\tmemory: 8", "vm.yaml:2:1: a tab in the indentation (indent with spaces)"},
        {"console:\n  \tlog: x", "vm.yaml:2:3: a tab in the indentation (indent with spaces)"},
        {"kernel: \"/k",
         "vm.yaml:1:12: not YAML: found unexpected end of stream while scanning a quoted scalar"},
        {"kernel: \"\\q\"",
         "vm.yaml:1:10: not YAML: found unknown escape character while parsing a quoted scalar"},
        {"kernel: @x", "vm.yaml:1:9: no value begins like this (put it in quotes)"},
        {"kernel: /k\nmemory 8\nvcpus: 1",
         "vm.yaml:3:1: not YAML: could not find expected ':' while scanning a simple key"},
        {"%YAML 2.0\n---\nmemory: 8", "vm.yaml:1:1: not YAML: found incompatible YAML document"},
    };

    (void)state;
    assert_all_refused(cases, ARRAY_SIZE(cases));
}

/* Bytes that are no text; UTF-16 is among them. */
static void test_bytes(void **state)
{
    static const struct {
        const char *text;
        size_t len;
        const char *message;
    } cases[] = {
        {"mem\000ory: 8", 10, "vm.yaml:1:4: a NUL byte (write UTF-8 text)"},
        {"memory: 8\000", 10, "vm.yaml:1:10: a NUL byte (write UTF-8 text)"},
        {"\000", 1, "vm.yaml:1:1: a NUL byte (write UTF-8 text)"},
        {"kernel: /\001x", 11, "vm.yaml:1:10: a control character, 0x01 (leave it out)"},
        {"# gr\303\274\n# \303\274\374", 12,
         "vm.yaml:2:4: not UTF-8 text (invalid leading UTF-8 octet)"},
        {"kernel: /\303", 10, "vm.yaml:1:10: not UTF-8 text (incomplete UTF-8 octet sequence)"},
        {"kernel: /\303(", 11, "vm.yaml:1:11: not UTF-8 text (invalid trailing UTF-8 octet)"},
        {"kernel: /\300\200", 11,
         "vm.yaml:1:10: not UTF-8 text (invalid length of a UTF-8 sequence)"},
        {"kernel: /\355\240\200", 12, "vm.yaml:1:10: not UTF-8 text (invalid Unicode character)"},
        {"\377\376k\000", 4, "vm.yaml:1:1: not UTF-8 text (invalid leading UTF-8 octet)"},
        {"\376\377N-", 4, "vm.yaml:1:1: not UTF-8 text (invalid leading UTF-8 octet)"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        assert_refused(cases[i].text, cases[i].len, cases[i].message);
}

/* What is as long as it may be, and one byte longer. */
static void test_lengths(void **state)
{
    static const struct {
        const char *key;
        size_t max;
        const char *end;
    } cases[] = {
        {"kernel", 4095, "makes a path of 4096 bytes (at most 4095)"},
        {"cmdline", CONFIG_MAX_CMDLINE, "is 1024 bytes long (at most 1023)"},
    };
    char text[8192], shown[TEXT_SHOWN + 1], message[512];

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        chaos_config *cfg;
        int at = snprintf(text, sizeof(text), "%s: ", cases[i].key);

        memset(text + at, '/', cases[i].max);
        text[(size_t)at + cases[i].max] = '\0';
        assert_int_equal(chaos_config_parse("vm.yaml", text, strlen(text), &cfg, NULL), 0);
        chaos_config_free(cfg);
        strcat(text, "/");
        memset(shown, '/', TEXT_SHOWN);
        shown[TEXT_SHOWN] = '\0';
        snprintf(message, sizeof(message), "vm.yaml:1:%d: %s: \"%s...\" %s", at + 1, cases[i].key,
                 shown, cases[i].end);
        assert_refused(text, strlen(text), message);
    }
}

static void test_longest_file(void **state)
{
    static char text[READER_MAX_BYTES + 1];
    chaos_config *cfg;

    (void)state;
    memset(text, '#', sizeof(text));
    memcpy(text, "memory: 8 ", 10);
    assert_int_equal(chaos_config_parse("vm.yaml", text, sizeof(text) - 1, &cfg, NULL), 0);
    chaos_config_free(cfg);
    assert_refused(text, sizeof(text), "vm.yaml: longer than 1 MiB, which no configuration is");
}

/* Deep nesting must end at its first level, not at the stack's. */
static void test_depth(void **state)
{
    static char text[READER_MAX_BYTES];

    (void)state;
    memset(text, '[', sizeof(text));
    assert_refused(text, sizeof(text), "vm.yaml:1:1: not a mapping (write KEY: VALUE, one a line)");
    memcpy(text, "cpus: ", 6);
    assert_refused(text, sizeof(text), "vm.yaml:1:8: cpus: is a list (give one value)");
}

/* Overrides name no place; what fails changes nothing. */
static void test_set(void **state)
{
    static const struct {
        const char *assignment;
        enum chaos_status status;
        const char *message;
    } cases[] = {
        {"", CHAOS_E_USAGE, "\"\" sets nothing (try KEY=VALUE, as in memory=8MiB)"},
        {"memory", CHAOS_E_USAGE, "\"memory\" sets nothing (try KEY=VALUE, as in memory=8MiB)"},
        {"=8", CHAOS_E_USAGE, "\"=8\" sets nothing (try KEY=VALUE, as in memory=8MiB)"},
        {"memroy=8", CHAOS_E_CONFIG, "memroy: unknown key (did you mean memory?)"},
        {"console=x", CHAOS_E_CONFIG, "console: " KNOWN},
        {"memory=12Q", CHAOS_E_CONFIG, "memory: \"12Q\" is not a size (try 12MiB)"},
        {"name=a b", CHAOS_E_CONFIG, "name: \"a b\" " LETTERS},
        {"cmdline=\xff", CHAOS_E_CONFIG, "cmdline: \"\\xff\" is not UTF-8 text"},
        {"kernel=/\xc0\x80", CHAOS_E_CONFIG, "kernel: \"/\\xc0\\x80\" is not UTF-8 text"},
        {"cpus=^0", CHAOS_E_CONFIG, "cpus: leaves no CPU to run on (try 0-3,^2)"},
    };
    static const char text[] = "name: a\nkernel: /k\nmemory: 8\ncpus: 0-3\ncmdline: x\n";
    chaos_config *cfg;
    char *before, *after;

    (void)state;
    assert_int_equal(chaos_config_parse("vm.yaml", text, strlen(text), &cfg, NULL), 0);
    assert_int_equal(chaos_config_dump(cfg, &before, NULL), 0);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        chaos_error err = {0};

        assert_int_equal(chaos_config_set(cfg, cases[i].assignment, &err), -EINVAL);
        assert_string_equal(err.text, cases[i].message);
        assert_int_equal(err.status, cases[i].status);
    }
    assert_int_equal(chaos_config_dump(cfg, &after, NULL), 0);
    assert_string_equal(before, after);
    free(before);
    free(after);
    chaos_config_free(cfg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys),         cmocka_unit_test(test_values),
        cmocka_unit_test(test_text),         cmocka_unit_test(test_structure),
        cmocka_unit_test(test_bytes),        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_longest_file), cmocka_unit_test(test_depth),
        cmocka_unit_test(test_set),
    };

    return cmocka_run_group_tests_name("config errors", tests, NULL, NULL);
}
