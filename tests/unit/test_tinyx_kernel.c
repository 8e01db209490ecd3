/* SPDX-License-Identifier: BSD-3-Clause */
/* Kernels of Tinyx: fragments laid over each other, and the reasons of what came of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "arena.h"
#include "kernel_parts.h"
#include "base/util.h"

static int parse(const char *label, const char *text, struct wishes *wishes, chaos_error *err)
{
    return fragment_parse(label, text, strlen(text), wishes, err);
}

static void test_merge(void **state)
{
    struct wishes wishes = {NULL, 0, 0};
    chaos_error err = {0};

    (void)state;
    assert_int_equal(
        parse("a",
              "# a comment\n\nCONFIG_ZED=y # one\nCONFIG_BEE=y\n  CONFIG_HOST=\"a # b\" "
              "# two\n",
              &wishes, &err),
        0);
    assert_int_equal(parse("b",
                           "CONFIG_START=0x200000\n# CONFIG_ZED is not set\nCONFIG_SHIFT=13\t#   "
                           "small  \r\n#CONFIG_MORE=y\nCONFIG_BEE=n",
                           &wishes, &err),
                     0);
    assert_int_equal(wishes.count, 5);
    for (size_t i = 1; i < wishes.count; i++)
        assert_true(strcmp(wishes.items[i - 1].name, wishes.items[i].name) < 0);
    assert_string_equal(wish_find(&wishes, "ZED")->value, "n");
    assert_null(wish_find(&wishes, "ZED")->reason);
    assert_int_equal(wish_find(&wishes, "ZED")->line, 2);
    assert_string_equal(wish_find(&wishes, "ZED")->file, "b");
    assert_string_equal(wish_find(&wishes, "BEE")->value, "n");
    assert_int_equal(wish_find(&wishes, "BEE")->line, 5);
    assert_string_equal(wish_find(&wishes, "HOST")->value, "\"a # b\"");
    assert_string_equal(wish_find(&wishes, "HOST")->reason, "two");
    assert_string_equal(wish_find(&wishes, "SHIFT")->value, "13");
    assert_string_equal(wish_find(&wishes, "SHIFT")->reason, "small");
    assert_string_equal(wish_find(&wishes, "START")->value, "0x200000");
    assert_null(wish_find(&wishes, "MORE"));
    arena_release();
}

static void test_many(void **state)
{
    struct wishes wishes = {NULL, 0, 0};
    chaos_error err = {0};
    char line[64];

    (void)state;
    for (unsigned int i = 0; i < 2000; i++) {
        snprintf(line, sizeof(line), "CONFIG_N%u=%u\n", i * 7919 % 1000, i);
        assert_int_equal(parse("many", line, &wishes, &err), 0);
    }
    assert_int_equal(wishes.count, 1000);
    for (unsigned int i = 1000; i < 2000; i++) {
        snprintf(line, sizeof(line), "N%u", i * 7919 % 1000);
        assert_int_equal(atoi(wish_find(&wishes, line)->value), i);
    }
    arena_release();
}

static const struct {
    const char *text, *message;
} bad[] = {
    {"CONFIG_A=y\nCONFIG_B=m\n", "f:2: CONFIG_B: these kernels have no modules: y or n"},
    {"CONFIG_A=yes", "f:1: CONFIG_A: \"yes\" is none of y, n, a number and a text in quotes"},
    {"CONFIG_A=", "f:1: CONFIG_A: \"\" is none of y, n, a number and a text in quotes"},
    {"CONFIG_A=\"", "f:1: CONFIG_A: \"\"\" is none of y, n, a number and a text in quotes"},
    {"CONFIG_A=0x", "f:1: CONFIG_A: \"0x\" is none of y, n, a number and a text in quotes"},
    {"CONFIG_A", "f:1: \"CONFIG_A\" is not CONFIG_NAME=VALUE  # reason"},
    {"\n\nA=y", "f:3: \"A=y\" is not CONFIG_NAME=VALUE  # reason"},
    {"CONFIG_=y", "f:1: \"CONFIG_\" is not CONFIG_NAME=VALUE  # reason"},
    {"CONFIG_A B=y", "f:1: \"CONFIG_A B\" is not CONFIG_NAME=VALUE  # reason"},
};

static void test_bad(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct wishes wishes = {NULL, 0, 0};
        chaos_error err = {0};

        assert_true(parse("f", bad[i].text, &wishes, &err) < 0);
        assert_string_equal(err.text, bad[i].message);
        assert_int_equal(err.status, CHAOS_E_CONFIG);
        arena_release();
    }
}

static void test_files(void **state)
{
    struct wishes wishes = {NULL, 0, 0};
    chaos_error err = {0};

    (void)state;
    assert_true(fragment_read("/nonexistent", &wishes, &err) < 0);
    assert_string_equal(err.text, "/nonexistent: No such file or directory");
    assert_true(fragment_read("/", &wishes, &err) < 0);
    assert_true(fragment_parse("f", "CONFIG_A=y\0\n", 12, &wishes, &err) < 0);
    assert_string_equal(err.text, "f: this is not a text");
    arena_release();
}

static const char *reason(const struct kernel *kernel, const char *name)
{
    for (size_t i = 0; i < kernel->nr_options; i++) {
        if (strcmp(kernel->options[i].name, name) == 0)
            return kernel->options[i].reason;
    }
    return NULL;
}

static void test_reasons(void **state)
{
    char path[] = "/tmp/why.XXXXXX";
    int fd = mkstemp(path);
    FILE *file = fdopen(fd, "w");
    struct wishes wishes = {NULL, 0, 0};
    struct kernel kernel = {0};
    chaos_error err = {0};

    (void)state;
    assert_int_equal(parse("f", "CONFIG_NET=y # sockets\nCONFIG_INET=y\n", &wishes, &err), 0);
    fputs("make[1]: noise\non\tNET\ty\tselect\t WIRELESS\non\tINET\ty\tprompt\tTCP/IP\n"
          "on\tBITS\t64\tdefault\tX86 [=y]\non\tALWAYS\ty\tdefault\t\n"
          "on\tA\ty\tselect\t X Y\non\tCHOICE\ty\tprompt\tTimer\nunmet\tB\ty\tn\twhatever\n",
          file);
    fclose(file);
    assert_int_equal(kernel_options(path, &wishes, &kernel, &err), 0);
    unlink(path);
    assert_int_equal(kernel.nr_options, 6);
    assert_string_equal(kernel.options[0].name, "A");
    assert_string_equal(kernel.options[2].value, "64");
    assert_string_equal(reason(&kernel, "NET"), "sockets");
    assert_string_equal(reason(&kernel, "INET"), "f:2");
    assert_string_equal(reason(&kernel, "A"), "selected by X Y");
    assert_string_equal(reason(&kernel, "BITS"), "default where X86 [=y]");
    assert_string_equal(reason(&kernel, "ALWAYS"), "default");
    assert_string_equal(reason(&kernel, "CHOICE"), "default of: Timer");
    arena_release();
}

static void test_hash(void **state)
{
    char path[] = "/tmp/hash.XXXXXX", text[HASH_TEXT], other[HASH_TEXT];
    int fd = mkstemp(path);
    chaos_error err = {0};
    struct hash hash;

    (void)state;
    assert_int_equal(write(fd, "abc", 3), 3);
    close(fd);
    assert_int_equal(hash_of_file(path, text, &err), 0);
    assert_string_equal(text, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_true(hash_of_file("/nonexistent", text, &err) < 0);
    unlink(path);

    hash_begin(&hash);
    hash_text(&hash, "ab");
    hash_text(&hash, "c");
    hash_end(&hash, text);
    hash_begin(&hash);
    hash_text(&hash, "a");
    hash_text(&hash, "bc");
    hash_end(&hash, other);
    assert_string_not_equal(text, other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_merge), cmocka_unit_test(test_many),    cmocka_unit_test(test_bad),
        cmocka_unit_test(test_files), cmocka_unit_test(test_reasons), cmocka_unit_test(test_hash),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
