/* SPDX-License-Identifier: BSD-3-Clause */
/* Configurations that are right: defaults, every key, overriding, writing and reading again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "config/config.h"
#include "base/error.h"
#include "failing_malloc.h"
#include "base/util.h"

#include <errno.h>

static const char everything[] = "name: \"web-1\"\n"
                                 "type: pv\n"
                                 "kernel: \"/boot/vm\\tlinuz\"\n"
                                 "ramdisk: \"/boot/gr\xc3\xbc\xc3\x9f\"\n"
                                 "cmdline: \"console=hvc0 a=\\\"b c\\\" \\\\ # no comment\"\n"
                                 "memory: 1028KiB\n"
                                 "vcpus: 128\n"
                                 "cpus: 0-1,3,1023\n"
                                 "cpu_weight: 512\n"
                                 "cpu_cap: 250\n"
                                 "tsc_mode: always_emulate\n"
                                 "max_event_channels: 4095\n"
                                 "max_grant_frames: 64\n"
                                 "max_maptrack_frames: 0\n"
                                 "devices: xenstore\n"
                                 "on_poweroff: preserve\n"
                                 "on_reboot: destroy\n"
                                 "on_crash: restart\n"
                                 "console:\n"
                                 "  log: \"/var/log/web\"\n"
                                 "  log_size: 16MiB\n"
                                 "  log_keep: 0\n"
                                 "  rate: 64KiB/s\n"
                                 "  server: off\n";

static const char least[] = "type: pvh\n"
                            "kernel: \"/k\"\n"
                            "cmdline: \"\"\n"
                            "memory: 8MiB\n"
                            "vcpus: 1\n"
                            "on_poweroff: destroy\n"
                            "on_reboot: restart\n"
                            "on_crash: destroy\n";

static chaos_config *parse(const char *text)
{
    chaos_error err = {0};
    chaos_config *cfg = NULL;

    if (chaos_config_parse("vm.yaml", text, strlen(text), &cfg, &err) < 0)
        fail_msg("%s", err.text);
    assert_string_equal(err.text, "");
    assert_non_null(cfg);
    return cfg;
}

static void assert_dump(const chaos_config *cfg, const char *expected)
{
    char *text;

    assert_int_equal(chaos_config_dump(cfg, &text, NULL), 0);
    assert_string_equal(text, expected);
    free(text);
}

static void test_defaults(void **state)
{
    chaos_config *cfg = parse("kernel: /k\nmemory: 8\n");

    (void)state;
    assert_null(chaos_config_name(cfg));
    assert_int_equal(chaos_config_type(cfg), CHAOS_PVH);
    assert_string_equal(chaos_config_kernel(cfg), "/k");
    assert_null(chaos_config_ramdisk(cfg));
    assert_string_equal(chaos_config_cmdline(cfg), "");
    assert_int_equal(chaos_config_memory_kib(cfg), 8192);
    assert_int_equal(chaos_config_vcpus(cfg), 1);
    assert_false(cfg->pinned);
    assert_int_equal(cfg->tsc_mode, TSC_DEFAULT);
    assert_int_equal(config_event_channels(cfg), 1023);
    assert_int_equal(cfg->on_poweroff, CHAOS_DESTROY);
    assert_int_equal(cfg->on_reboot, CHAOS_RESTART);
    assert_int_equal(cfg->on_crash, CHAOS_DESTROY);
    assert_null(chaos_config_console_log(cfg));
    assert_dump(cfg, least);
    chaos_config_free(cfg);
    chaos_config_free(NULL);
}

static void test_every_key(void **state)
{
    chaos_config *cfg = parse(everything);

    (void)state;
    assert_string_equal(chaos_config_name(cfg), "web-1");
    assert_int_equal(chaos_config_type(cfg), CHAOS_PV);
    assert_string_equal(chaos_config_kernel(cfg), "/boot/vm\tlinuz");
    assert_string_equal(chaos_config_ramdisk(cfg), "/boot/gr\xc3\xbc\xc3\x9f");
    assert_string_equal(chaos_config_cmdline(cfg), "console=hvc0 a=\"b c\" \\ # no comment");
    assert_int_equal(chaos_config_memory_kib(cfg), 1028);
    assert_int_equal(chaos_config_vcpus(cfg), 128);
    assert_true(cfg->pinned);
    assert_int_equal(cfg->cpus[0], 0xb);
    assert_true(cfg->cpus[15] == 1ULL << 63);
    assert_int_equal(cfg->tsc_mode, TSC_ALWAYS_EMULATE);
    assert_int_equal(config_event_channels(cfg), 4095);
    assert_int_equal(cfg->on_poweroff, CHAOS_PRESERVE);
    assert_int_equal(cfg->on_reboot, CHAOS_DESTROY);
    assert_int_equal(cfg->on_crash, CHAOS_RESTART);
    assert_string_equal(chaos_config_console_log(cfg), "/var/log/web");
    assert_int_equal(cfg->console.log_kib, 16384);
    assert_int_equal(cfg->console.log_keep, 0);
    assert_int_equal(cfg->console.rate_kib, 64);
    assert_int_equal(cfg->console.server, CONSOLE_OFF);
    assert_dump(cfg, everything);
    chaos_config_free(cfg);
}

/* Ways to write the same thing. */
static void test_spellings(void **state)
{
    static const char *const texts[] = {
        "\xef\xbb\xbfkernel: /k\nmemory: 8\n", /* a byte order mark */
        "kernel: /k\r\nmemory: 8\r\n",         /* line ends of DOS */
        "# a comment\n%YAML 1.1\n---\nkernel: /k\nmemory: 8\n...\n",
        "{kernel: /k, memory: 8}",                    /* JSON, nearly */
        "{\"kernel\": \"/k\", \"memory\": \"8MiB\"}", /* JSON */
        "memory:\t8192KiB\nkernel: >-\n  /k\n",
        "kernel: '/k'\nmemory: 8MiB\ncpus: all\ntsc_mode: default\nconsole: {}\n",
        "kernel: /k\nmemory: 8\nvifs:\nvbds: ~\nconsole:\n", /* of a template, with nothing to say
                                                              */
        "{kernel: /k, memory: 8, vifs: NULL, vbds: null, console: Null}",
        "kernel: /k\nmemory: 8MiB\ncpus: [all, '0-1023']\n",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        chaos_config *cfg = parse(texts[i]);

        assert_dump(cfg, least);
        chaos_config_free(cfg);
    }
}

static void test_cpus_as_list(void **state)
{
    static const char list[] = "kernel: /k\nmemory: 8MiB\nvcpus: 3\ncpus: [0, all, '4-6,^5']\n";
    chaos_config *cfg = parse(list);
    struct chaos_error err = {0};

    (void)state;
    assert_true(cfg->pinned);
    assert_int_equal(*config_vcpu_cpus(cfg, 0), 0x1);
    assert_null(config_vcpu_cpus(cfg, 1));
    assert_int_equal(*config_vcpu_cpus(cfg, 2), 0x50);
    assert_null(config_vcpu_cpus(cfg, 3));
    assert_dump(cfg,
                "type: pvh\nkernel: \"/k\"\ncmdline: \"\"\nmemory: 8MiB\nvcpus: 3\ncpus:\n- 0\n"
                "- all\n- 4,6\non_poweroff: destroy\non_reboot: restart\non_crash: destroy\n");
    assert_int_equal(config_cpus_check(cfg, &err), 0);
    /* A list for more vCPUs than there are is not what was meant. */
    assert_int_equal(chaos_config_set(cfg, "vcpus=2", NULL), 0);
    assert_int_equal(chaos_config_check(cfg, &err), -EINVAL);
    assert_string_equal(
        err.text, "vm.yaml:4:7: cpus: has CPUs for 3 vCPUs, but there are 2 (each entry is one "
                  "vCPU's; for all of them write text, as in cpus: 0-3,^2)");
    assert_int_equal(chaos_config_set(cfg, "vcpus=3", NULL), 0);
    assert_int_equal(chaos_config_set(cfg, "cpu_cap=301", NULL), 0);
    assert_int_equal(chaos_config_check(cfg, &err), -EINVAL);
    assert_string_equal(
        err.text, "cpu_cap: 301 percent are more than 3 vCPUs can take (at most 100 for each)");
    /* Text is for all of them, and replaces it; a list that is wrong replaces nothing. */
    assert_int_equal(chaos_config_set(cfg, "cpus=1", NULL), 0);
    assert_int_equal(*config_vcpu_cpus(cfg, 1), 0x2);
    chaos_config_free(cfg);
}

/* What a plain word would not bring back must be quoted. */
static void test_dump_quotes(void **state)
{
    static const char *const texts[] = {
        "~",
        "null",
        "yes",
        "12",
        "- a",
        "a: b",
        "[",
        "{",
        "*a",
        "&a",
        "!a",
        "|",
        ">",
        "%",
        "@",
        " lead",
        "trail ",
        "'",
        "\"",
        "\\",
        "#",
        "a #b",
        "\t",
        "\xe2\x80\xa8",
        "\xef\xbb\xbf",
        "\xf0\x9f\x90\xa7",
        "\xef\xbf\xbf",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        chaos_config *cfg = parse("kernel: /k\nmemory: 8"), *again;
        char assignment[64] = "cmdline=", *first;

        strcat(assignment, texts[i]);
        assert_int_equal(chaos_config_set(cfg, assignment, NULL), 0);
        assert_string_equal(chaos_config_cmdline(cfg), texts[i]);
        assert_int_equal(chaos_config_dump(cfg, &first, NULL), 0);
        again = parse(first);
        assert_string_equal(chaos_config_cmdline(again), texts[i]);
        assert_dump(again, first);
        free(first);
        chaos_config_free(again);
        chaos_config_free(cfg);
    }
}

/* What a large guest needs by itself: nobody should have to count event channels. */
static void test_event_channels(void **state)
{
    chaos_config *cfg = parse("vcpus: 128\nvifs: [{}, {}]\nvbds: [{target: /a}]\n");

    (void)state;
    assert_int_equal(config_event_channels(cfg), 64 + 128 * (8 + 2 * 2 + 1));
    assert_int_equal(chaos_config_set(cfg, "vcpus=16", NULL), 0);
    assert_int_equal(config_event_channels(cfg), 1023);
    assert_int_equal(chaos_config_set(cfg, "max_event_channels=131071", NULL), 0);
    assert_int_equal(config_event_channels(cfg), 131071);
    chaos_config_free(cfg);
}

static void test_set_overrides(void **state)
{
    static const char *const assignments[] = {
        "name=web-1",
        "type=pv",
        "kernel=/boot/vm\tlinuz",
        "ramdisk=/boot/gr\xc3\xbc\xc3\x9f",
        "cmdline=console=hvc0 a=\"b c\" \\ # no comment",
        "memory=1028KiB",
        "vcpus=128",
        "cpus=0-1,3,1023",
        "cpu_weight=512",
        "cpu_cap=250",
        "tsc_mode=always_emulate",
        "max_event_channels=4095",
        "max_grant_frames=64",
        "max_maptrack_frames=0",
        "devices=xenstore",
        "on_poweroff=preserve",
        "on_reboot=destroy",
        "on_crash=restart",
        "console.log=/var/log/web",
        "console.log_size=16MiB",
        "console.log_keep=0",
        "console.rate=64KiB/s",
        "console.server=off",
    };
    chaos_config *cfg = parse("kernel: /k\nmemory: 8\n");

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(assignments); i++)
        assert_int_equal(chaos_config_set(cfg, assignments[i], NULL), 0);
    assert_dump(cfg, everything);
    chaos_config_free(cfg);
}

static void test_set_to_nothing_is_the_default(void **state)
{
    static const char *const assignments[] = {
        "name=",
        "type=",
        "ramdisk=",
        "cmdline=",
        "vcpus=",
        "cpus=",
        "cpu_weight=",
        "cpu_cap=",
        "tsc_mode=",
        "max_event_channels=",
        "max_grant_frames=",
        "max_maptrack_frames=",
        "devices=",
        "on_poweroff=",
        "on_reboot=",
        "on_crash=",
        "console.log=",
        "console.log_size=",
        "console.log_keep=",
        "console.rate=",
        "console.server=",
    };
    chaos_config *cfg = parse(everything);

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(assignments); i++)
        assert_int_equal(chaos_config_set(cfg, assignments[i], NULL), 0);
    assert_int_equal(chaos_config_set(cfg, "kernel=/k", NULL), 0);
    assert_int_equal(chaos_config_set(cfg, "memory=8", NULL), 0);
    assert_dump(cfg, least);
    assert_int_equal(chaos_config_set(cfg, "kernel=", NULL), 0);
    assert_int_equal(chaos_config_set(cfg, "memory=", NULL), 0);
    assert_null(chaos_config_kernel(cfg));
    assert_int_equal(chaos_config_memory_kib(cfg), 0);
    chaos_config_free(cfg);
}

static void test_names(void **state)
{
    static const struct {
        const char *name;
        bool valid;
    } cases[] = {
        {"a", true},
        {"Web-1.x_y", true},
        {"0x10", true},
        {"1a", true},
        {"1-1", true},
        {"a23456789b123456789c123456789d123456789e123456789f123456789g123", true},
        {"a23456789b123456789c123456789d123456789e123456789f123456789g1234", false},
        {"01234567-89ab-cdef-0123-456789abcde", true},
        {"01234567-89ab-cdef-0123-456789abcdef", false},
        {"01234567-89AB-CDEF-0123-456789ABCDEF", false},
        {"01234567-89ab-cdef-0123-456789abcdef0", true},
        {"", false},
        {"17", false},
        {"0", false},
        {".", false},
        {"-n", false},
        {"_a", false},
        {"a b", false},
        {"a/b", false},
        {"a\n", false},
        {"gr\xc3\xbc\xc3\x9f", false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        if (chaos_name_valid(cases[i].name) != cases[i].valid)
            fail_msg("\"%s\"", cases[i].name);
    }
}

static int parse_and_dump(void *text)
{
    chaos_error err = {0};
    chaos_config *cfg;
    char *dump = NULL;
    int rc = chaos_config_parse("vm.yaml", text, strlen(text), &cfg, &err);

    if (!rc)
        rc = chaos_config_set(cfg, "ramdisk=/r", &err);
    if (!rc)
        rc = chaos_config_set(cfg, "name=", &err);
    if (!rc)
        rc = chaos_config_set(cfg, "cmdline=", &err);
    if (!rc)
        rc = chaos_config_dump(cfg, &dump, &err);
    if (rc < 0)
        assert_null(dump);
    if (rc == -ENOMEM) {
        assert_int_equal(err.status, CHAOS_E_NO_MEMORY);
        assert_string_equal(err.text, "this process is out of memory");
    }
    free(dump);
    chaos_config_free(cfg);
    return rc;
}

static void test_every_allocation_may_fail(void **state)
{
    (void)state;
    assert_true(failing_malloc_sweep(parse_and_dump, (void *)everything) > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),      cmocka_unit_test(test_every_key),
        cmocka_unit_test(test_spellings),     cmocka_unit_test(test_cpus_as_list),
        cmocka_unit_test(test_dump_quotes),   cmocka_unit_test(test_event_channels),
        cmocka_unit_test(test_set_overrides), cmocka_unit_test(test_set_to_nothing_is_the_default),
        cmocka_unit_test(test_names),         cmocka_unit_test(test_every_allocation_may_fail),
    };

    return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
