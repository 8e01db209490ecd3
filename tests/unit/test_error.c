/* SPDX-License-Identifier: BSD-3-Clause */
/* The error object: docs/errors.md is what these hold it to. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "failing_malloc.h"

static void test_new_is_clean(void **state)
{
    chaos_error *err = chaos_error_new();

    (void)state;
    assert_non_null(err);
    assert_int_equal(chaos_error_status(err), CHAOS_OK);
    assert_int_equal(chaos_error_errno(err), 0);
    assert_string_equal(chaos_error_message(err), "");
    chaos_error_free(err);
    chaos_error_free(NULL);
}

static void test_set(void **state)
{
    chaos_error err = {0};

    (void)state;
    assert_int_equal(error_set(&err, CHAOS_E_EXISTS, EEXIST, "%s: in use", "vm"), -EEXIST);
    assert_int_equal(chaos_error_status(&err), CHAOS_E_EXISTS);
    assert_int_equal(chaos_error_errno(&err), EEXIST);
    assert_string_equal(chaos_error_message(&err), "vm: in use");
}

static void test_without_errno_is_einval(void **state)
{
    chaos_error err = {0};

    (void)state;
    assert_int_equal(error_set(&err, CHAOS_E_CONFIG, 0, "odd"), -EINVAL);
    assert_int_equal(chaos_error_errno(&err), 0);
}

static void test_errno_appends_reason(void **state)
{
    chaos_error err = {0};

    (void)state;
    assert_int_equal(error_errno(&err, CHAOS_E_IO, ENOENT, "open %s", "/x"), -ENOENT);
    assert_string_equal(chaos_error_message(&err), "open /x: No such file or directory");
}

static void test_copy(void **state)
{
    chaos_error err = {0}, from = {0};
    int rc = error_set(&from, CHAOS_E_IO, ENOSPC, "full");

    (void)state;
    assert_int_equal(error_copy(&err, rc, &from), -ENOSPC);
    assert_memory_equal(&err, &from, sizeof(err));
    assert_int_equal(error_copy(NULL, rc, &from), -ENOSPC);
}

static void test_prefix(void **state)
{
    chaos_error err = {0};
    int rc = error_set(&err, CHAOS_E_CONFIG, 0, "\"12Q\" is not a size");

    (void)state;
    rc = error_prefix(&err, rc, "memory");
    rc = error_prefix(&err, rc, "%s:%d:%d", "vm.yaml", 7, 11);
    assert_int_equal(rc, -EINVAL);
    assert_int_equal(err.status, CHAOS_E_CONFIG);
    assert_string_equal(err.text, "vm.yaml:7:11: memory: \"12Q\" is not a size");
}

static void test_null_is_allowed(void **state)
{
    (void)state;
    assert_int_equal(error_set(NULL, CHAOS_E_IO, EIO, "x"), -EIO);
    assert_int_equal(error_errno(NULL, CHAOS_E_IO, EIO, "x"), -EIO);
    assert_int_equal(error_oom(NULL), -ENOMEM);
    assert_int_equal(error_prefix(NULL, -EIO, "x"), -EIO);
}

static void test_message_is_one_line(void **state)
{
    chaos_error err = {0};

    (void)state;
    error_set(&err, CHAOS_E_IO, EIO, "a\nb\x1b[2J\x7f");
    assert_string_equal(err.text, "a?b?[2J?");
    error_prefix(&err, -EIO, "c\r");
    assert_string_equal(err.text, "c?: a?b?[2J?");
    error_set(&err, CHAOS_E_IO, EIO, "gr\xc3\xbc\xc3\x9f");
    assert_string_equal(err.text, "gr\xc3\xbc\xc3\x9f");
}

static void test_long_text_is_cut(void **state)
{
    chaos_error err = {0};
    char text[3 * sizeof(err.text)];

    (void)state;
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    assert_int_equal(error_set(&err, CHAOS_E_IO, EIO, "%s", text), -EIO);
    assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
    assert_int_equal(error_errno(&err, CHAOS_E_IO, EIO, "%s", text), -EIO);
    assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
    /* The prefix, which says where, outlives the end of a long text. */
    error_prefix(&err, -EIO, "vm.yaml:1:1");
    assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
    assert_memory_equal(err.text, "vm.yaml:1:1: xxx", 16);
    /* A prefix that leaves no room for the text itself is left out. */
    error_set(&err, CHAOS_E_IO, EIO, "short");
    assert_int_equal(error_prefix(&err, -EIO, "%s", text), -EIO);
    assert_string_equal(err.text, "short");
}

static void test_oom_never_allocates(void **state)
{
    chaos_error err = {0};

    (void)state;
    failing_malloc_at(1);
    assert_int_equal(error_oom(&err), -ENOMEM);
    assert_false(failing_malloc_struck());
    assert_null(chaos_error_new());
    failing_malloc_at(0);
    assert_int_equal(err.status, CHAOS_E_NO_MEMORY);
    assert_int_equal(err.errnum, ENOMEM);
    assert_string_equal(err.text, "this process is out of memory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_new_is_clean),
        cmocka_unit_test(test_set),
        cmocka_unit_test(test_without_errno_is_einval),
        cmocka_unit_test(test_errno_appends_reason),
        cmocka_unit_test(test_copy),
        cmocka_unit_test(test_prefix),
        cmocka_unit_test(test_null_is_allowed),
        cmocka_unit_test(test_message_is_one_line),
        cmocka_unit_test(test_long_text_is_cut),
        cmocka_unit_test(test_oom_never_allocates),
    };

    return cmocka_run_group_tests_name("error", tests, NULL, NULL);
}
