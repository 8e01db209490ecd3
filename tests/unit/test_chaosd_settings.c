/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * chaosd.yaml: what it may say, and what it may not. chaosd had a YAML reader of its own, which
 * took anchors, tags, keys given twice, second documents and octal numbers without a word.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/pool/flavour.h"
#include "daemon/settings/settings.h"

static chaos_error *err;

static int parse(const char *text, size_t len, struct settings *out)
{
    return settings_parse("chaosd.yaml", text, len, out, err);
}

/* `text` is refused with this message. */
static void refused(const char *text, const char *message)
{
    struct settings s;

    assert_true(parse(text, strlen(text), &s) < 0);
    assert_int_equal(chaos_error_status(err), CHAOS_E_CONFIG);
    assert_string_equal(chaos_error_message(err), message);
    settings_free(&s);
}

static void accepted(const char *text, struct settings *out)
{
    if (parse(text, strlen(text), out) < 0)
        fail_msg("%s", chaos_error_message(err));
}

static void one_reader(void **state)
{
    refused("keep_free: &a 64MiB\n", "chaosd.yaml:1:12: keep_free: anchors are not accepted "
                                     "(leave out &a)");
    refused("keep_free: !!str 64MiB\n", "chaosd.yaml:1:12: keep_free: tags are not accepted "
                                        "(write the value without its !)");
    refused("keep_free: *a\n", "chaosd.yaml:1:12: keep_free: aliases are not accepted (write the "
                               "value again instead of *a)");
    refused("keep_free: 1MiB\nkeep_free: 2MiB\n",
            "chaosd.yaml:2:1: keep_free: given twice (first in line 1)");
    refused("pools:\npools:\n", "chaosd.yaml:1:7: pools: is not a list (write \"- flavour: NAME\" "
                                "for each)");
    refused("pools: []\npools: []\n", "chaosd.yaml:2:1: pools: given twice (first in line 1)");
    refused("console: {rate: 1KiB/s, rate: 2KiB/s}\n",
            "chaosd.yaml:1:25: console.rate: given twice (first in line 1)");
    refused("keep_free: 1MiB\n---\nkeep_free: nonsense\n",
            "chaosd.yaml:2:1: a second document begins (write one configuration a file)");
    refused("--- \n---\nkeep_free: 1MiB\n",
            "chaosd.yaml:2:1: a second document begins (write one configuration a file)");
    refused("\tkeep_free: 1MiB\n",
            "chaosd.yaml:1:1: a tab in the indentation (indent with spaces)");
    refused("keep_free: \"\xff\"\n",
            "chaosd.yaml:1:13: not UTF-8 text (invalid leading UTF-8 octet)");
    refused("- pools\n", "chaosd.yaml:1:1: not a mapping (write KEY: VALUE, one a line)");
}

static void flavours(void **state)
{
    const char *head = "pools:\n- flavour: a\n  memory: 1MiB\n";
    char text[512];

    snprintf(text, sizeof(text), "%s  target: 1\n  target: 2\n", head);
    refused(text, "chaosd.yaml:5:3: pools.target: given twice (first in line 4)");
    snprintf(text, sizeof(text), "%s  target: 010\n", head);
    refused(text, "chaosd.yaml:4:11: pools.target: \"010\" is not a number from 0 to 100000");
    snprintf(text, sizeof(text), "%s  max_cpu_share: 101\n", head);
    refused(text, "chaosd.yaml:4:18: pools.max_cpu_share: \"101\" is not a number from 1 to 100");
    snprintf(text, sizeof(text), "%s  low: 1\n", head);
    refused(text, "chaosd.yaml:2:3: pools.a: low: is above target (0)");
    snprintf(text, sizeof(text), "%s  target: 2\n  vbds: [{target: /d}]\n", head);
    refused(text, "chaosd.yaml:2:3: pools.a: target: 2 shells cannot write to the same disk (set "
                  "its mode: ro)");
    snprintf(text, sizeof(text), "%s  devices: usb\n", head);
    refused(text, "chaosd.yaml:4:12: devices: \"usb\" is no way to tell of devices (auto, noxs or "
                  "xenstore)");
    snprintf(text, sizeof(text), "%s  memory: 2MiB\n", head);
    refused(text, "chaosd.yaml:4:3: pools.memory: given twice (first in line 3)");
    snprintf(text, sizeof(text), "%s  vifs: &x []\n", head);
    refused(text, "chaosd.yaml:4:9: pools.vifs: anchors are not accepted (leave out &x)");
    snprintf(text, sizeof(text), "%s- flavour: a\n  memory: 1MiB\n", head);
    refused(text, "chaosd.yaml:4:12: pools.flavour: \"a\" is another flavour's name already");
    refused("pools:\n- memory: 1MiB\n",
            "chaosd.yaml:2:3: pools: flavour: is missing (give the flavour a name)");
    refused("pools:\n- flavour: a\n",
            "chaosd.yaml:2:3: pools.a: memory: is missing (add memory: 512MiB)");
    refused("pools:\n- flavour: ''\n  memory: 1MiB\n",
            "chaosd.yaml:2:12: pools.flavour: \"\" is not a name (letters, digits, '.', '_' and "
            "'-', at most 63)");
    refused("pools:\n- {flavour: a, memory: 1MiB}\n",
            "chaosd.yaml:2:3: pools: is not a flavour (write KEY: VALUE, one a line)");
    refused("pools:\n- flavour: a\n  memory: 12Q\n",
            "chaosd.yaml:3:11: memory: \"12Q\" is not a size (try 12MiB)");
}

/* Status and metrics of all flavours must fit into one message. */
static void number_of_flavours(void **state)
{
    size_t room = 64 * 1024, used;
    char *text = malloc(room);
    struct settings s;

    assert_non_null(text);
    used = (size_t)snprintf(text, room, "pools:\n");
    for (int i = 0; i < FLAVOURS_MAX; i++)
        used += (size_t)snprintf(text + used, room - used, "- flavour: f%d\n  memory: 1MiB\n", i);
    accepted(text, &s);
    settings_free(&s);
    snprintf(text + used, room - used, "- flavour: more\n  memory: 1MiB\n");
    refused(text, "chaosd.yaml:258:3: pools: are too many (at most 128 flavours)");
    free(text);
}

static void values(void **state)
{
    refused("poolz: 3\n", "chaosd.yaml:1:1: \"poolz\": unknown key (did you mean pools?)");
    refused("x: 3\n", "chaosd.yaml:1:1: \"x\": unknown key (there are pools, console, keep_free, "
                      "policies and socket_group)");
    refused("keep_free: lots\n",
            "chaosd.yaml:1:12: keep_free: \"lots\" is not a size (try 512MiB)");
    refused("keep_free: 010MiB\n",
            "chaosd.yaml:1:12: keep_free: \"010MiB\" is not a size (try 10MiB)");
    refused("keep_free:\n",
            "chaosd.yaml:1:11: keep_free: has no value (give one, or leave the key out)");
    refused("policies: off\n", "chaosd.yaml:1:11: policies: \"off\" is neither follow nor leave");
    refused("console: 1\n",
            "chaosd.yaml:1:10: console: is not a mapping (write console: {log_dir: DIR})");
    refused("console: {server: yes}\n",
            "chaosd.yaml:1:19: console.server: \"yes\" is neither on nor off");
    refused("console: {log_dir: logs}\n",
            "chaosd.yaml:1:20: console.log_dir: \"logs\" is not a path that begins with / (of 511 "
            "bytes at most)");
    refused("console: {log_size: 1KiB}\n",
            "chaosd.yaml:1:21: console.log_size: \"1KiB\" is not from 16KiB to 1TiB");
    refused("console: {log_keep: 101}\n",
            "chaosd.yaml:1:21: console.log_keep: \"101\" is not a number from 0 to 100");
    refused("console: {rate: 64}\n",
            "chaosd.yaml:1:17: console.rate: \"64\" is not a size a second (try 1MiB/s)");
    refused("console: {rate: 2GiB/s}\n",
            "chaosd.yaml:1:17: console.rate: \"2GiB/s\" is not from 1KiB/s to 1GiB/s");
    refused("socket_group: \"\"\n", "chaosd.yaml:1:15: socket_group: \"\" is not a group's name");
}

static void right(void **state)
{
    static const char *const empty[] = {"", "---\n", "# nothing\n", "\xef\xbb\xbf"};
    struct settings s;

    for (size_t i = 0; i < sizeof(empty) / sizeof(empty[0]); i++) {
        accepted(empty[i], &s);
        assert_true(s.policies && s.console.server && !s.flavours && !s.keep_free_kib);
        assert_string_equal(s.group, "chaos");
    }
    accepted("\xef\xbb\xbf# \xc3\xa4\nkeep_free: 0\npolicies: leave\nsocket_group: wheel\n"
             "console: {server: off, log_dir: /l, log_size: 2MiB, log_keep: 0, rate: 5KiB/s, "
             "buffer: 1MiB}\n"
             "pools:\n# \xe2\x82\xac\n- flavour: a\n  target: 3\n  type: pv\n  memory: 2MiB\n"
             "  vifs:\n  - bridge: br0\n  low: 1\n- memory: 1MiB\n  flavour: b\n  vifs: [{bridge: "
             "br1}]\n",
             &s);
    assert_false(s.policies || s.console.server);
    assert_string_equal(s.group, "wheel");
    assert_string_equal(s.console.log_dir, "/l");
    assert_int_equal(s.console.log_kib, 2048);
    assert_int_equal(s.console.rate_kib, 5);
    assert_int_equal(s.console.log_keep, 0);
    assert_string_equal(s.flavours->name, "a");
    assert_int_equal(s.flavours->target, 3);
    assert_int_equal(s.flavours->low, 1);
    assert_int_equal(chaos_config_memory_kib(s.flavours->cfg), 2048);
    assert_string_equal(s.flavours->next->name, "b");
    assert_int_equal(s.flavours->next->low, 0);
    assert_null(s.flavours->next->next);
    settings_free(&s);
}

static void files(void **state)
{
    struct settings s;

    assert_int_equal(settings_load("/nowhere/chaosd.yaml", true, &s, err), 0);
    assert_true(s.policies && s.console.server);
    assert_int_equal(settings_load("/nowhere/chaosd.yaml", false, &s, err), -ENOENT);
    assert_int_equal(chaos_error_status(err), CHAOS_E_CONFIG);
    assert_string_equal(chaos_error_message(err),
                        "/nowhere/chaosd.yaml: No such file or directory");
    assert_true(settings_load("/", true, &s, err) < 0);
    assert_int_equal(chaos_error_status(err), CHAOS_E_CONFIG);
}

static int make_error(void **state)
{
    err = chaos_error_new();
    return err ? 0 : -1;
}

static int free_error(void **state)
{
    chaos_error_free(err);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_reader),         cmocka_unit_test(flavours), cmocka_unit_test(values),
        cmocka_unit_test(number_of_flavours), cmocka_unit_test(right),    cmocka_unit_test(files),
    };

    return cmocka_run_group_tests(tests, make_error, free_error);
}
