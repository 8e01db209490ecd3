/* SPDX-License-Identifier: BSD-3-Clause */
/* The log of bounded size: nothing is lost or doubled until it falls off the end. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "failing_files.h"
#include "failing_malloc.h"
#include "log_place.h"

static void rotates(void **state)
{
    chaos_log *log = log_open(10, 1);

    (void)state;
    log_put(log, "0123456789");
    assert_string_equal(log_text(0), "0123456789"); /* full, but not over */
    assert_string_equal(log_text(1), "-");
    log_put(log, "a");
    assert_string_equal(log_text(0), "a");
    assert_string_equal(log_text(1), "0123456789");
    log_put(log, "bcdefghijKL");
    assert_string_equal(log_text(0), "KL");
    assert_string_equal(log_text(1), "abcdefghij");
    assert_string_equal(log_text(2), "-");
    chaos_log_close(log);
}

static void keeps_four(void **state)
{
    chaos_log *log = log_open(2, 4);

    (void)state;
    log_put(log, "aabbccddeeffg");
    assert_string_equal(log_text(0), "g");
    assert_string_equal(log_text(1), "ff");
    assert_string_equal(log_text(2), "ee");
    assert_string_equal(log_text(3), "dd");
    assert_string_equal(log_text(4), "cc");
    assert_string_equal(log_text(5), "-");
    chaos_log_close(log);
}

static void keeps_none(void **state)
{
    chaos_log *log = log_open(4, 0);

    (void)state;
    log_put(log, "aaaabbbbcc");
    assert_string_equal(log_text(0), "cc");
    assert_string_equal(log_text(1), "-");
    chaos_log_close(log);
}

static void appends_to_what_is_there(void **state)
{
    chaos_log *log = log_open(10, 1);

    (void)state;
    log_put(log, "12345");
    chaos_log_close(log);
    log = log_open(10, 1);
    log_put(log, "67890x");
    assert_string_equal(log_text(1), "1234567890");
    assert_string_equal(log_text(0), "x");
    chaos_log_close(log);
    log = log_open(1, 1); /* a smaller cap than it is already long */
    log_put(log, "yz");
    assert_string_equal(log_text(1), "y");
    assert_string_equal(log_text(0), "z");
    chaos_log_close(log);
}

static void bytes_of_any_kind(void **state)
{
    chaos_log *log = log_open(100, 1);
    struct stat st;

    (void)state;
    assert_int_equal(chaos_log_write(log, "a\0b\xff", 4), 0);
    assert_int_equal(chaos_log_write(log, "", 0), 0);
    assert_int_equal(stat(log_path, &st), 0);
    assert_int_equal(st.st_size, 4);
    assert_int_equal(st.st_mode & 07777, 0600); /* what guests print is not everybody's */
    chaos_log_close(log);
}

/* No bound at all, rather than none that could ever hold anything. */
static void no_cap(void **state)
{
    chaos_log *log = log_open(0, 1);

    (void)state;
    alarm(20); /* it once rotated for ever */
    log_put(log, "as much as one likes");
    alarm(0);
    assert_string_equal(log_text(0), "as much as one likes");
    assert_string_equal(log_text(1), "-");
    chaos_log_close(log);
}

static void removed_by_somebody(void **state)
{
    (void)state;
    for (unsigned int keep = 0; keep < 2; keep++) {
        chaos_log *log = log_open(4, keep);

        log_put(log, "aaaa");
        assert_int_equal(unlink(log_path), 0);
        log_put(log, "bb");
        assert_string_equal(log_text(0), "bb");
        chaos_log_close(log);
        assert_int_equal(unlink(log_path), 0);
    }
}

static void cannot_open(void **state)
{
    chaos_log *log;

    (void)state;
    place_failed(&place, chaos_log_open("/nowhere/log", 10, 1, &log, &place.err), CHAOS_E_IO);
    assert_null(log);
    place_failed(&place, chaos_log_open(place.dir, 10, 1, &log, &place.err), CHAOS_E_IO);
    assert_null(log);
    chaos_log_close(NULL);
}

/* Whichever call fails, the error comes back, and writing goes on when it is over. */
static void goes_on_after_errors(void **state)
{
    (void)state;
    for (unsigned int keep = 0; keep < 3; keep++) {
        for (unsigned long n = 1;; n++) {
            chaos_log *log = log_open(4, keep);
            bool struck;
            int rc;

            log_put(log, "aaaa");
            failing_files_at(n, EIO);
            rc = chaos_log_write(log, "bb", 2);
            struck = failing_files_struck() != NULL;
            failing_files_at(0, 0);
            assert_int_equal(rc, struck ? -EIO : 0);
            log_put(log, "cc");
            assert_string_equal(log_text(0), struck ? "cc" : "bbcc");
            chaos_log_close(log);
            assert_int_equal(unlink(log_path), 0);
            if (!struck)
                break;
        }
    }
}

static int open_and_rotate(void *opaque)
{
    chaos_log *log;
    int rc = chaos_log_open(log_path, 2, 2, &log, opaque);

    if (rc < 0)
        return rc;
    rc = chaos_log_write(log, "aabbcc", 6);
    chaos_log_close(log);
    return rc;
}

static void out_of_memory(void **state)
{
    (void)state;
    assert_true(failing_malloc_sweep(open_and_rotate, &place.err) >= 4);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, log_begin, place_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(rotates),
        TEST(keeps_four),
        TEST(keeps_none),
        TEST(appends_to_what_is_there),
        TEST(bytes_of_any_kind),
        TEST(no_cap),
        TEST(removed_by_somebody),
        TEST(cannot_open),
        TEST(goes_on_after_errors),
        TEST(out_of_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
