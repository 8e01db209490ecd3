/* SPDX-License-Identifier: BSD-3-Clause */
/* Specifications of Tinyx: what is read of a good one, and the very line that a bad one is answered
 * with. */
#include <setjmp.h>
#include <stdarg.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "arena.h"
#include "conf.h"
#include "spec.h"
#include "base/util.h"

#define APP "name: a\nbinary: a\n"

static int parse(const char *text, struct spec *spec, chaos_error *err)
{
    return spec_parse("a.yaml", NULL, text, strlen(text), spec, err);
}

static void test_all(void **state)
{
    static const char text[] =
        "name: web\npackage: nginx-light\npackages: [nginx-common]\n"
        "command: nginx -g x\nenv: {TZ: Europe/Rome, E: \"\"}\nworkdir: /srv\nuser: www-data\n"
        "users: [{name: w, uid: 100}]\n"
        "files:\n  - {path: /a, text: \"x\\ny\\n\", mode: 0644, owner: w}\n  - {path: /b, link: "
        "/a}\n"
        "mounts: [{path: /tmp}]\nnetwork: {ip: 10.0.0.2/24, gateway: 10.0.0.1}\n"
        "dlopen: x.so\nplatform: xen-pv\nmemory: 16MiB\ntest: |\n  curl\n  true\n";
    chaos_error err = {0};
    struct spec spec;
    const struct spec_file *files;
    const struct spec_user *users;
    const struct spec_mount *mounts;

    (void)state;
    assert_int_equal(parse(text, &spec, &err), 0);
    files = spec.files.items;
    users = spec.users.items;
    mounts = spec.mounts.items;
    assert_string_equal(spec.name.text, "web");
    assert_int_equal(spec.command.count, 3);
    assert_string_equal(spec.command.items[2].text, "x");
    assert_int_equal(spec.env.count, 2);
    assert_string_equal(spec.env.items[0].text, "TZ=Europe/Rome");
    assert_string_equal(spec.env.items[1].text, "E=");
    assert_string_equal(files[0].text.text, "x\ny\n");
    assert_int_equal(files[0].path.line, 10);
    assert_int_equal(files[0].path.column, 12);
    assert_string_equal(files[1].link.text, "/a");
    assert_string_equal(users[0].gid.text, "100");
    assert_string_equal(users[0].home.text, "/");
    assert_string_equal(mounts[0].type.text, "tmpfs");
    assert_string_equal(spec.network.mode.text, "static");
    assert_int_equal(spec.platform.count, 1);
    assert_string_equal(spec.test.text, "curl\ntrue\n");
    arena_release();
}

static void test_defaults(void **state)
{
    chaos_error err = {0};
    struct spec spec;

    (void)state;
    assert_int_equal(parse(APP, &spec, &err), 0);
    assert_int_equal(spec.platform.count, 2);
    assert_string_equal(spec.platform.items[0].text, "xen-pvh");
    assert_string_equal(spec.network.mode.text, "none");
    assert_string_equal(spec.user.text, "root");
    assert_string_equal(spec.memory.text, "64MiB");
    assert_string_equal(spec.workdir.text, "/");
    assert_int_equal(parse(APP "network: {bridge: br0}", &spec, &err), 0);
    assert_string_equal(spec.network.mode.text, "noxs");
    assert_int_equal(parse(APP "network: {mode: noxs, ip: 10.0.0.2/24}", &spec, &err), 0);
    assert_string_equal(spec.network.mode.text, "noxs");
    assert_int_equal(parse(APP "network: {ip: 203.0.113.7/32, gateway: 172.31.1.1}", &spec, &err),
                     0);
    assert_string_equal(spec.network.gateway.text, "172.31.1.1");
    arena_release();
}

static void test_refused(void **state)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"", "a.yaml:1:1: no key in it (name, and package, binary or directory are needed)"},
        {"nmae: a", "a.yaml:1:1: \"nmae\": unknown key (did you mean name?)"},
        {"xyzzy: a", "a.yaml:1:1: \"xyzzy\": unknown key (there are name, package, binary, "
                     "directory, packages, "
                     "command, env, workdir, user, users, files, mounts, network, dlopen, "
                     "whitelist, blacklist, "
                     "platform, memory, kernel, cmdline and test)"},
        {APP "files:\n  - {pth: /a}",
         "a.yaml:4:6: files[0]: \"pth\": unknown key (did you mean path?)"},
        {APP "network: {gatewy: 1}",
         "a.yaml:3:11: network: \"gatewy\": unknown key (did you mean gateway?)"},
        {"name: a\nname: b", "a.yaml:2:1: name: given twice (first in line 1)"},
        {"binary: a", "a.yaml: name: is missing (add name: VALUE)"},
        {"name: a", "a.yaml: the application is missing (add package, binary or directory)"},
        {APP "package: ab",
         "a.yaml:3:10: the application is given already, in line 2 (give one of package, "
         "binary and directory)"},
        {"name: a\npackage: ab",
         "a.yaml: command: is missing (add command: [PROGRAM, ARGUMENT, ...])"},
        {"name: a\npackage: Ab",
         "a.yaml:2:10: package: \"Ab\" is not a package's name (lower-case letters, digits, \"+\", "
         "\"-\" and \".\")"},
        {APP "command: sh -c 'x y'",
         "a.yaml:3:10: command: \"sh -c 'x y'\" has quotes or variables in it, which no shell will "
         "see (write a list: [PROGRAM, ARGUMENT, ...])"},
        {APP "command: []\nmemory: 12Q", "a.yaml:4:9: memory: \"12Q\" is not a size (try 12MiB)"},
        {APP "memory: 512KiB",
         "a.yaml:3:9: memory: \"512KiB\" is not what a VM may have (1MiB to 16TiB)"},
        {APP "files: x",
         "a.yaml:3:8: files: is not a list (write - {path: /etc/app.conf, source: app.conf}, one "
         "line or more for each)"},
        {APP "files: [{path: a}]",
         "a.yaml:3:16: files[0].path: \"a\" is not a path in the image (begin it with /)"},
        {APP "files: [{path: /a/../b}]", "a.yaml:3:16: files[0].path: \"/a/../b\" is not a plain "
                                         "path (no //, /. or /.. in it, nor a "
                                         "/ behind it)"},
        {APP "files: [{path: /a/}]",
         "a.yaml:3:16: files[0].path: \"/a/\" is not a plain path (no //, /. or /.. in it, nor a / "
         "behind it)"},
        {APP "files: [{path: /a, mode: 888}]",
         "a.yaml:3:26: files[0].mode: \"888\" is not a file's mode (try 0644)"},
        {APP "files: [{path: /a, text: x, source: y}]",
         "a.yaml:3:16: files[0]: has more than one content (give one of source, text and link)"},
        {APP "files: [{path: /a}, {path: /a}]",
         "a.yaml:3:28: files[1]: /a is given already, in line 3"},
        {APP "files: [{text: x}]",
         "a.yaml:1:7: files[0].path: is missing (add path: /WHERE/IN/THE/IMAGE)"},
        {APP "env: [a]", "a.yaml:3:6: env: is not a mapping (write env: {KEY: VALUE})"},
        {APP "env: {A: 1, A: 2}", "a.yaml:3:13: env: A is given twice (first in line 3)"},
        {APP "env: {A-B: 1}",
         "a.yaml:3:7: env: \"A-B\" is not a variable's name (letters, digits and \"_\")"},
        {APP "users: [{name: a}]", "a.yaml:3:16: users: a has no number (add uid: 100)"},
        {APP "mounts: [{path: /a, type: ext4}]",
         "a.yaml:3:27: mounts[0]: has no source (add source: /dev/xvda)"},
        {APP "network: wifi",
         "a.yaml:3:10: network: \"wifi\" is not a kind of network (none, dhcp, noxs or static)"},
        {APP "network: static",
         "a.yaml:3:10: network: static needs an address (write {ip: 10.0.0.2/24})"},
        {APP "network: {mode: dhcp, ip: 10.0.0.2/24}",
         "a.yaml:3:17: network: dhcp brings the addresses along"},
        {APP "network: {ip: 10.0.0.2/24, gateway: 10.1.0.1}",
         "a.yaml:3:37: network.gateway: is not in the network of ip, 10.0.0.2/24 (only that of a "
         "/32 may be outside)"},
        {APP "platform: [xen-pv, xen-pv]", "a.yaml:3:20: platform: xen-pv is given twice"},
        {APP "platform: kvm",
         "a.yaml:3:11: platform: \"kvm\" is not a platform (xen-pv or xen-pvh)"},
        {APP "dlopen: a/b",
         "a.yaml:3:9: dlopen: \"a/b\" is neither a library's name (libnss_files.so.2) nor a path "
         "that begins with /"},
        {APP "test: \"a\\e\"", "a.yaml:3:7: test: holds a control character"},
        {APP "---\n", "a.yaml:3:1: a second document begins (write one specification a file)"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        chaos_error err = {0};
        struct spec spec;

        if (parse(cases[i].text, &spec, &err) >= 0)
            fail_msg("accepted: %s", cases[i].text);
        assert_string_equal(err.text, cases[i].message);
        assert_int_equal(err.status, CHAOS_E_CONFIG);
        arena_release();
    }
}

/* `count` items, the first in line 4; the list is to end at item `most`. */
static void assert_most(const char *key, const char *item, unsigned int most)
{
    static char text[1 << 16];
    char expected[200];
    chaos_error err = {0};
    struct spec spec;

    for (unsigned int count = most; count <= most + 1; count++) {
        size_t used = (size_t)snprintf(text, sizeof(text), APP "%s:\n", key);

        for (unsigned int i = 0; i < count; i++) {
            used += (size_t)snprintf(text + used, sizeof(text) - used, item, i);
            assert_true(used < sizeof(text));
        }
        assert_int_equal(parse(text, &spec, &err), count == most ? 0 : -EINVAL);
        arena_release();
    }
    /* The line says which item. */
    snprintf(expected, sizeof(expected), "%s: is too long (at most %u items)", key, most);
    assert_non_null(strstr(err.text, expected));
    snprintf(expected, sizeof(expected), "a.yaml:%u:", 4 + most);
    assert_memory_equal(err.text, expected, strlen(expected));
}

/* What the guest's first process does not hold is refused here. */
static void test_limits(void **state)
{
    static char words[sizeof(APP) + 16 + 2 * CONF_MAX_ARGS];
    chaos_error err = {0};
    struct spec spec;

    (void)state;
    assert_most("command", "  - a%u\n", CONF_MAX_ARGS);
    assert_most("env", "  A%u: b\n", CONF_MAX_ENV);
    assert_most("mounts", "  - {path: /m%u}\n", CONF_MAX_MOUNTS);
    assert_most("packages", "  - ab%u\n", 1000);
    snprintf(words, sizeof(words), APP "command: a");
    for (size_t i = 1; i < CONF_MAX_ARGS; i++)
        strcat(words, " a");
    assert_int_equal(parse(words, &spec, &err), 0);
    assert_int_equal(spec.command.count, CONF_MAX_ARGS);
    strcat(words, " a");
    assert_int_equal(parse(words, &spec, &err), -EINVAL);
    assert_string_equal(err.text, "a.yaml:3:10: command: is too long (at most 1000 items)");
    arena_release();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all),
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_limits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
