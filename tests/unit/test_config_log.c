/* SPDX-License-Identifier: BSD-3-Clause */
/* console.log: off, the VM's name in the file's, and one log for one VM. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <chaos/console.h>
#include <chaos/log.h>
#include "config/config.h"
#include "failing_malloc.h"
#include "place.h"

static chaos_config *read_log(const char *base, const char *log)
{
    char text[256];
    chaos_config *cfg;

    snprintf(text, sizeof(text), "kernel: /k\nmemory: 1\nconsole: {log: %s}\n", log);
    place_worked(&place, config_read_yaml("vm.yaml", base, text, strlen(text), &cfg, &place.err));
    return cfg;
}

/* What VM "web" logs to; NULL: nothing. The caller frees it. */
static char *log_of_web(const chaos_config *cfg)
{
    char *path;

    place_worked(&place, config_log_path(cfg, "web", &path, &place.err));
    return path;
}

static void paths(void **state)
{
    static const struct {
        const char *base, *log, *expected;
    } cases[] = {
        {"/vms", "/var/log/%n.log", "/var/log/web.log"},
        {"/vms", "'%n'", "/vms/web"},
        {"/vms", "'%n-%n%%'", "/vms/web-web%"},
        {"/vms", "./off", "/vms/off"},
        {"/vms", "\"./none\"", "/vms/none"},
        {"/vms", "offer", "/vms/offer"},
        {"/50%/100%n", "./a%n", "/50%/100%n/aweb"}, /* of the directory's own name */
        {"/50%", "/a%%n", "/a%n"},
        {"/vms", "off", NULL},
        {"/vms", "\"off\"", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        chaos_config *cfg = read_log(cases[i].base, cases[i].log), *again;
        char *path = log_of_web(cfg), *text, *text_again;

        if (!cases[i].expected != !path || (path && strcmp(path, cases[i].expected) != 0))
            fail_msg("%s: %s", cases[i].log, path ? path : "none");
        free(path);
        assert_int_equal(cfg->console.log_off, !cases[i].expected);

        /* As running VMs are recorded. */
        place_worked(&place, chaos_config_dump(cfg, &text, &place.err));
        place_worked(&place, chaos_config_parse("dump", text, strlen(text), &again, &place.err));
        path = log_of_web(again);
        assert_true(!cases[i].expected == !path);
        assert_true(!path || strcmp(path, cases[i].expected) == 0);
        place_worked(&place, chaos_config_dump(again, &text_again, &place.err));
        assert_string_equal(text, text_again);
        free(path);
        free(text);
        free(text_again);
        chaos_config_free(cfg);
        chaos_config_free(again);
    }
}

static void off_and_on_again(void **state)
{
    chaos_config *cfg = read_log("/", "off");
    char *path;

    (void)state;
    place_worked(&place, chaos_config_set(cfg, "console.log=/a", &place.err));
    assert_false(cfg->console.log_off);
    place_worked(&place, chaos_config_set(cfg, "console.log=off", &place.err));
    assert_true(cfg->console.log_off);
    assert_null(chaos_config_console_log(cfg));
    place_failed(&place, chaos_config_set(cfg, "console.log=%", &place.err), CHAOS_E_CONFIG);
    assert_true(cfg->console.log_off);
    place_worked(&place, chaos_config_set(cfg, "console.log=", &place.err));
    assert_false(cfg->console.log_off);
    path = log_of_web(cfg);
    assert_null(path);
    chaos_config_free(cfg);
}

static void refused(const char *log, const char *message)
{
    struct chaos_error err = {.status = CHAOS_OK};
    char text[256], expected[512];
    chaos_config *cfg;

    snprintf(text, sizeof(text), "console: {log: %s}", log);
    assert_true(config_read_yaml("vm.yaml", "/", text, strlen(text), &cfg, &err) < 0);
    assert_null(cfg);
    snprintf(expected, sizeof(expected), "vm.yaml:1:16: console.log: %s", message);
    assert_string_equal(chaos_error_message(&err), expected);
}

static void refuses(void **state)
{
    (void)state;
    refused("no", "\"no\" is neither a file nor off (a file of that name is ./no)");
    refused("Off", "\"Off\" is neither a file nor off (a file of that name is ./Off)");
    refused("none", "\"none\" is neither a file nor off (a file of that name is ./none)");
    refused("true", "\"true\" is neither a file nor off (a file of that name is ./true)");
    refused("/a%d", "\"/a%d\" has a % before neither n nor % (%n is the VM's name, %% a percent "
                    "sign)");
    refused("/a%", "\"/a%\" has a % before neither n nor % (%n is the VM's name, %% a percent "
                   "sign)");
    refused("/%n/log", "\"/%n/log\" has %n in a directory's name (give it to the file's)");
}

static void many_need_one_each(void **state)
{
    struct chaos_error err = {.status = CHAOS_OK};
    chaos_config *cfg = read_log("/", "/var/log/vm");

    (void)state;
    place_worked(&place, chaos_config_check_count(cfg, 1, &place.err));
    assert_true(chaos_config_check_count(cfg, 3, &err) < 0);
    assert_string_equal(err.text, "vm.yaml:3:16: console.log: 3 VMs cannot have the same (write "
                                  "%n for the VM's name in it)");
    place_worked(&place, chaos_config_set(cfg, "console.log=/a%%n", &place.err));
    place_failed(&place, chaos_config_check_count(cfg, 3, &place.err), CHAOS_E_CONFIG);
    place_worked(&place, chaos_config_set(cfg, "console.log=/a%%%n", &place.err));
    place_worked(&place, chaos_config_check_count(cfg, 3, &place.err));
    place_worked(&place, chaos_config_set(cfg, "console.log=off", &place.err));
    place_worked(&place, chaos_config_check_count(cfg, 3, &place.err));
    chaos_config_free(cfg);
}

static chaos_config *with_log(const char *log)
{
    char more[128];

    snprintf(more, sizeof(more), "console: {log: %s, log_size: 16KiB, log_keep: 2}\n", log);
    return place_config(&place, CHAOS_PV, more);
}

/* The VM that has the log is named; a lock alone, or a VM alone, is no reason to refuse. */
static void another_has_it(void **state)
{
    struct chaos_error err = {.status = CHAOS_OK};
    struct chaos_console_settings own;
    struct chaos_domain dom;
    char file[80], link[80], expected[256];
    chaos_config *cfg, *by_link;
    chaos_log *log;

    (void)state;
    snprintf(file, sizeof(file), "%s/log", place.dir);
    snprintf(link, sizeof(link), "%s/link", place.dir);
    assert_int_equal(symlink("log", link), 0);
    cfg = with_log(file);
    by_link = with_log(link);

    place_worked(&place, chaos_log_open(file, 0, 1, &log, &place.err));
    place_worked(&place, chaos_console_log_free(place.host, cfg, "b", &place.err));
    place_create(&place, cfg, "a");
    dom = place_find(&place, "a");
    place_worked(&place, chaos_domain_console(place.host, &dom, &own, &place.err));
    assert_string_equal(own.log, file);
    assert_int_equal(own.log_kib, 16);
    assert_int_equal(own.log_keep, 2);
    free(own.log);

    assert_int_equal(chaos_console_log_free(place.host, by_link, "b", &err), -EBUSY);
    assert_int_equal(err.status, CHAOS_E_BUSY);
    snprintf(expected, sizeof(expected),
             "console.log: %s: the console of \"a\" is logged to it (give each VM its own file; "
             "%%n in its name is the VM's)",
             link);
    assert_string_equal(err.text, expected);
    place_worked(&place, chaos_console_log_free(place.host, cfg, "a", &place.err));
    chaos_log_close(log);
    place_worked(&place, chaos_console_log_free(place.host, cfg, "b", &place.err));
    place_worked(&place, chaos_destroy(place.host, &dom, &place.err));
    chaos_config_free(cfg);
    chaos_config_free(by_link);
}

static int read_with_memory_failing(void *opaque)
{
    static const char text[] = "console: {log: ./a%n}\n";
    chaos_config *cfg;
    char *path;
    int rc = config_read_yaml("vm.yaml", "/50%", text, sizeof(text) - 1, &cfg, opaque);

    if (rc < 0)
        return rc;
    rc = config_log_path(cfg, "web", &path, opaque);
    free(path);
    chaos_config_free(cfg);
    return rc;
}

static void out_of_memory(void **state)
{
    (void)state;
    assert_true(failing_malloc_sweep(read_with_memory_failing, &place.err) >= 4);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, place_begin, place_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(paths),          TEST(off_and_on_again), TEST(refuses), TEST(many_need_one_each),
        TEST(another_has_it), TEST(out_of_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
