/* SPDX-License-Identifier: BSD-3-Clause */
/* The first process of a tinyx guest: what it reads of its configuration, and addresses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "init/init.h"
#include "base/util.h"

#define LEAST "nweb\0a/bin/web\0w/\0inone\0"

static struct conf conf;
static char said[512];

void say(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(said, sizeof(said), fmt, ap);
    va_end(ap);
}

/* On the heap, so that ASan sees a read beyond the end. */
static char *text;

static bool parse(const char *bytes, size_t len)
{
    free(text);
    text = malloc(len ? len : 1);
    assert_non_null(text);
    memcpy(text, bytes, len);
    memset(&conf, 0, sizeof(conf));
    said[0] = '\0';
    return conf_parse(text, len, &conf);
}

#define PARSE(bytes) parse(bytes, sizeof(bytes) - 1)

static int release(void **state)
{
    (void)state;
    free(text);
    text = NULL;
    return 0;
}

static void test_all(void **state)
{
    (void)state;
    assert_true(PARSE("nweb\0a/bin/web\0a-v\0a\0eA=1\0e\0w/srv\0u33\0g34\0g35\0"
                      "p/tmp\0ttmpfs\0snone\0o\0p/data\0text4\0s/dev/xvda\0oro,noatime\0"
                      "istatic\0I10.0.0.2/24\0G10.0.0.1\0"));
    assert_string_equal(conf.name, "web");
    assert_int_equal(conf.nr_args, 3);
    assert_string_equal(conf.args[1], "-v");
    assert_string_equal(conf.args[2], "");
    assert_null(conf.args[3]);
    assert_int_equal(conf.nr_env, 2);
    assert_string_equal(conf.env[0], "A=1");
    assert_null(conf.env[2]);
    assert_string_equal(conf.workdir, "/srv");
    assert_int_equal(conf.uid, 33);
    assert_int_equal(conf.gid, 34);
    assert_int_equal(conf.nr_groups, 2);
    assert_int_equal(conf.nr_mounts, 2);
    assert_string_equal(conf.mounts[0].options, "");
    assert_string_equal(conf.mounts[1].path, "/data");
    assert_string_equal(conf.mounts[1].type, "ext4");
    assert_string_equal(conf.mounts[1].source, "/dev/xvda");
    assert_string_equal(conf.network, "static");
    assert_string_equal(conf.ip, "10.0.0.2/24");
    assert_string_equal(conf.gateway, "10.0.0.1");
}

static void test_least(void **state)
{
    (void)state;
    assert_true(PARSE(LEAST));
    assert_null(conf.ip);
    assert_null(conf.gateway);
    assert_int_equal(conf.uid, 0);
    assert_int_equal(conf.nr_env, 0);
}

static void test_refused(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
        const char *said;
    } cases[] = {
#define CASE(bytes, said) {bytes, sizeof(bytes) - 1, said}
        CASE("", "/init.conf is cut short"),
        CASE("nweb", "/init.conf is cut short"),
        CASE(LEAST "eA=", "/init.conf is cut short"),
        CASE(LEAST "\0", "/init.conf: a record that makes no sense: "),
        CASE(LEAST "zzz\0", "/init.conf: a record that makes no sense: zzz"),
        CASE("ttmpfs\0" LEAST, "/init.conf: a record that makes no sense: ttmpfs"),
        CASE("a/bin/web\0w/\0inone\0", "/init.conf: incomplete"),
        CASE("nweb\0w/\0inone\0", "/init.conf: incomplete"),
        CASE("nweb\0a/bin/web\0inone\0", "/init.conf: incomplete"),
        CASE("nweb\0a/bin/web\0w/\0", "/init.conf: incomplete"),
        CASE(LEAST "p/tmp\0", "/init.conf: incomplete"),
        CASE(LEAST "p/tmp\0ttmpfs\0snone\0", "/init.conf: incomplete"),
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        assert_false(parse(cases[i].bytes, cases[i].len));
        assert_string_equal(said, cases[i].said);
    }
}

/* `count` records like `record`, behind what each needs. */
static bool parse_many(const char *record, size_t len, size_t count)
{
    static char many[1 << 20];
    size_t used = sizeof(LEAST) - 1;

    memcpy(many, LEAST, used);
    for (size_t i = 0; i < count; i++, used += len)
        memcpy(many + used, record, len);
    return parse(many, used);
}

#define PARSE_MANY(record, count) parse_many(record, sizeof(record) - 1, count)

static void test_limits(void **state)
{
    (void)state;
    /* LEAST has the first argument. */
    assert_true(PARSE_MANY("ax\0", CONF_MAX_ARGS - 1));
    assert_int_equal(conf.nr_args, CONF_MAX_ARGS);
    assert_null(conf.args[CONF_MAX_ARGS]);
    assert_false(PARSE_MANY("ax\0", CONF_MAX_ARGS));
    assert_true(PARSE_MANY("eA=1\0", CONF_MAX_ENV + CONF_OWN_ENV));
    assert_null(conf.env[CONF_MAX_ENV + CONF_OWN_ENV]);
    assert_false(PARSE_MANY("eA=1\0", CONF_MAX_ENV + CONF_OWN_ENV + 1));
    assert_true(PARSE_MANY("p/tmp\0ttmpfs\0snone\0o\0", CONF_MAX_MOUNTS));
    assert_int_equal(conf.nr_mounts, CONF_MAX_MOUNTS);
    assert_false(PARSE_MANY("p/tmp\0ttmpfs\0snone\0o\0", CONF_MAX_MOUNTS + 1));
    assert_true(PARSE_MANY("g1\0", MAX_GROUPS));
    assert_false(PARSE_MANY("g1\0", MAX_GROUPS + 1));
}

static void test_address(void **state)
{
    static const char *const wrong[] = {"",
                                        "/24",
                                        "10.0.0.2/",
                                        "10.0.0.2/33",
                                        "10.0.0.2/x",
                                        "10.0.0/24",
                                        "10.0.0.2/8 ",
                                        "10.0.0.2.3/8",
                                        "x",
                                        "10.0.0.256",
                                        "1111.0000.00000.22222/24"};
    struct address address;

    (void)state;
    assert_true(address_parse("10.0.0.2/24", &address));
    assert_int_equal(address.ip, 0x0a000002);
    assert_int_equal(address.mask, 0xffffff00);
    assert_true(address_parse("10.0.0.2/0", &address));
    assert_int_equal(address.mask, 0);
    assert_true(address_parse("255.255.255.255", &address));
    assert_int_equal(address.mask, 0xffffffff);
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
        assert_false(address_parse(wrong[i], &address));
}

/* A gateway that the network does not reach needs a route of its own. */
static void test_reaches(void **state)
{
    static const struct {
        const char *own, *other;
        bool reaches;
    } cases[] = {
        {"10.0.0.2/24", "10.0.0.1", true},       {"10.0.0.2/24", "10.0.1.1", false},
        {"10.0.0.0/31", "10.0.0.1", true},       {"10.0.0.0/31", "10.0.0.2", false},
        {"203.0.113.7/32", "172.31.1.1", false}, {"203.0.113.7/32", "203.0.113.7", true},
        {"203.0.113.7/0", "172.31.1.1", true},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct address own, other;

        assert_true(address_parse(cases[i].own, &own));
        assert_true(address_parse(cases[i].other, &other));
        assert_int_equal(address_reaches(&own, other.ip), cases[i].reaches);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_all, release),
        cmocka_unit_test_teardown(test_least, release),
        cmocka_unit_test_teardown(test_refused, release),
        cmocka_unit_test_teardown(test_limits, release),
        cmocka_unit_test(test_address),
        cmocka_unit_test(test_reaches),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
