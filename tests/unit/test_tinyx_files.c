/* SPDX-License-Identifier: BSD-3-Clause */
/* Archives of a guest's files, and what apt says of packages. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "arena.h"
#include "base/util.h"
#include "cpio.h"
#include "package.h"

#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static char out[] = "/tmp/test-cpio.XXXXXX", host[] = "/tmp/test-host.XXXXXX";

static int begin(void **state)
{
    int a = mkstemp(out), b = mkstemp(host);

    (void)state;
    assert_true(a >= 0 && b >= 0);
    close(a);
    close(b);
    return 0;
}

static int end(void **state)
{
    (void)state;
    unlink(out);
    unlink(host);
    return 0;
}

static int write_one(struct entry *entry, chaos_error *err)
{
    struct tree tree = {0};

    tree_put(&tree, entry);
    return cpio_write(&tree, out, err);
}

static void test_archive(void **state)
{
    struct entry file = {.path = "/etc/x", .mode = S_IFREG | 0644, .data = "hello", .size = 5};
    char text[300] = "";
    chaos_error err = {0};
    FILE *archive;

    (void)state;
    assert_int_equal(write_one(&file, &err), 0);
    archive = fopen(out, "re");
    assert_non_null(archive);
    assert_int_equal(fread(text, 1, 124, archive), 124);
    fclose(archive);
    assert_memory_equal(text,
                        "070701"
                        "00000001"
                        "000081A4",
                        22);
    assert_memory_equal(text + 54, "00000005", 8);
    assert_string_equal(text + 110, "etc/x");
    assert_string_equal(text + 116, "hello");
    arena_release();
}

/* The header has 32 bits for a size: a larger file must not be cut. */
static void test_too_large(void **state)
{
    struct entry file = {
        .path = "/big", .mode = S_IFREG | 0644, .host = host, .size = (size_t)1 << 32};
    chaos_error err = {0};

    (void)state;
    assert_int_equal(truncate(host, (off_t)file.size), 0); /* takes no room */
    assert_int_equal(write_one(&file, &err), -EFBIG);
    assert_int_equal(err.status, CHAOS_E_IO);
    assert_non_null(strstr(err.text, host));
    assert_non_null(strstr(err.text, "is too large for an initramfs"));
    assert_int_equal(truncate(host, 0), 0);
    arena_release();
}

/* The error is that of the file, not "input/output error" for all. */
static void test_errors(void **state)
{
    struct entry lost = {
        .path = "/lost", .mode = S_IFREG | 0644, .host = "/nowhere/at/all", .size = 1};
    struct entry shorter = {.path = "/shorter", .mode = S_IFREG | 0644, .host = host, .size = 1};
    chaos_error err = {0};

    (void)state;
    assert_int_equal(write_one(&lost, &err), -ENOENT);
    assert_non_null(strstr(err.text, "/nowhere/at/all: No such file"));
    assert_int_equal(write_one(&shorter, &err), -EIO);
    assert_non_null(strstr(err.text, "has become shorter"));
    arena_release();
}

static void test_package(void **state)
{
    static const struct {
        const char *file, *version;
    } cases[] = {
        {"x_1.2_amd64.deb", "1.2"},         {"x_1%3a2.3_amd64.deb", "1:2.3"},
        {"x_1%3A2%2b3_amd64.deb", "1:2+3"}, {"x_1%_amd64.deb", "1%"},
        {"x_1%a_amd64.deb", "1%a"},         {"x_1%zz_amd64.deb", "1%zz"},
        {"x_%3a_amd64.deb", ":"},
    };
    struct package package;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        assert_true(
            package_parse(format("'http://h/x.deb' %s 17 SHA256:" HASH, cases[i].file), &package));
        assert_string_equal(package.name, "x");
        assert_string_equal(package.version, cases[i].version);
        assert_string_equal(package.sha256, HASH);
    }
    assert_false(package_parse("'http://h/x.deb' x_1_amd64.deb 17 MD5Sum:0123", &package));
    assert_false(package_parse("'http://h/x.deb' x.deb 17 SHA256:" HASH, &package));
    arena_release();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_archive),
        cmocka_unit_test(test_too_large),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_package),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
