/* SPDX-License-Identifier: BSD-3-Clause */
/* Sizes, lists of CPUs, and text from outside. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "config/cpus.h"
#include "base/error.h"
#include "base/fnv.h"
#include "base/size.h"
#include "base/text.h"
#include "base/util.h"

static void test_sizes(void **state)
{
    static const struct {
        const char *text;
        int rc;
        uint64_t kib;
    } cases[] = {
        {"0", 0, 0},
        {"1", 0, 1024},
        {"512KiB", 0, 512},
        {"8MiB", 0, 8192},
        {"1GiB", 0, 1 << 20},
        {"16TiB", 0, 16ULL << 30},
        {"18446744073709551615KiB", 0, UINT64_MAX},
        {"18446744073709551616KiB", 0, UINT64_MAX}, /* saturates: as much too much */
        {"18014398509481983MiB", 0, UINT64_MAX - 1023},
        {"18014398509481984MiB", -ERANGE, 0},
        {"18014398509481984", -ERANGE, 0},
        {"17592186044416GiB", -ERANGE, 0},
        {"17179869184TiB", -ERANGE, 0},
        {"99999999999999999999999", -ERANGE, 0},
        {"", -EINVAL, 0},
        {"MiB", -EINVAL, 0},
        {"12Q", -EINVAL, 0},
        {"8M", -EINVAL, 0},
        {"8MB", -EINVAL, 0},
        {"8mib", -EINVAL, 0},
        {"8 MiB", -EINVAL, 0},
        {" 8MiB", -EINVAL, 0},
        {"8MiB ", -EINVAL, 0},
        {"8MiBs", -EINVAL, 0},
        {"-8MiB", -EINVAL, 0},
        {"+8MiB", -EINVAL, 0},
        {"1.5GiB", -EINVAL, 0},
        {"010MiB", -EINVAL, 0},
        {"0x10", -EINVAL, 0},
        {"1_000", -EINVAL, 0},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        uint64_t kib = 0;
        int rc = size_parse_kib(cases[i].text, &kib);

        if (rc != cases[i].rc || kib != cases[i].kib)
            fail_msg("\"%s\": %d, %llu KiB", cases[i].text, rc, (unsigned long long)kib);
    }
}

static void test_rates(void **state)
{
    static const struct {
        const char *text;
        int rc;
        uint64_t kib;
    } cases[] = {
        {"1KiB/s", 0, 1},
        {"10MiB/s", 0, 10240},
        {"18014398509481984MiB/s", -ERANGE, 0},
        {"10/s", -EINVAL, 0}, /* it would be MiB, which nobody expects */
        {"10MiB", -EINVAL, 0},
        {"10MiB/", -EINVAL, 0},
        {"10MiB/sec", -EINVAL, 0},
        {"10MB/s", -EINVAL, 0},
        {"/s", -EINVAL, 0},
        {"", -EINVAL, 0},
        {"100000000000000000000000KiB/s", -EINVAL, 0},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        uint64_t kib = 0;
        int rc = rate_parse_kib(cases[i].text, &kib);

        if (rc != cases[i].rc || kib != cases[i].kib)
            fail_msg("\"%s\": %d, %llu KiB/s", cases[i].text, rc, (unsigned long long)kib);
    }
}

/* The published values of FNV-1a: MAC addresses are made from it and must never change. */
static void test_fnv(void **state)
{
    (void)state;
    assert_true(fnv_add(FNV_START, "", 0) == 0xcbf29ce484222325ULL);
    assert_true(fnv_add(FNV_START, "a", 1) == 0xaf63dc4c8601ec8cULL);
    assert_true(fnv_add(FNV_START, "foobar", 6) == 0x85944171f73967e8ULL);
    assert_true(fnv_add(fnv_add(FNV_START, "foo", 3), "bar", 3) == 0x85944171f73967e8ULL);
}

static void test_size_text(void **state)
{
    static const struct {
        uint64_t kib;
        const char *text;
    } cases[] = {
        {0, "0KiB"},
        {1, "1KiB"},
        {1023, "1023KiB"},
        {1024, "1MiB"},
        {1028, "1028KiB"},
        {1536 << 10, "1536MiB"},
        {1 << 20, "1GiB"},
        {16ULL << 30, "16TiB"},
        {UINT64_MAX, "18446744073709551615KiB"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char buf[SIZE_BUF];
        uint64_t back = 1;

        assert_string_equal(size_format_kib(cases[i].kib, buf), cases[i].text);
        assert_int_equal(size_parse_kib(buf, &back), 0);
        assert_true(back == cases[i].kib);
    }
}

static void test_size_guesses(void **state)
{
    static const char *const cases[][2] = {
        {"12Q", "12MiB"},
        {"8M", "8MiB"},
        {"8MB", "8MiB"},
        {"8mb", "8MiB"},
        {"1g", "1GiB"},
        {"2 TiB", "2TiB"},
        {"64k", "64KiB"},
        {"010", "10MiB"},
        {"lots", "512MiB"},
        {"", "512MiB"},
        {"-5", "512MiB"},
        {"1.5GiB", "512MiB"},
        {"0x10", "512MiB"},
        {"0Q", "512MiB"},
        {"1_000", "512MiB"},
        {"5MiB!", "512MiB"},
        {"99999999999999999999Q", "512MiB"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char buf[SIZE_BUF];

        assert_string_equal(size_guess(cases[i][0], buf), cases[i][1]);
    }
}

static void test_cpu_lists(void **state)
{
    /* NULL: refused. */
    static const struct {
        const char *text, *canonical, *message;
    } cases[] = {
        {"0", "0", NULL},
        {"0-3", "0-3", NULL},
        {"0-3,^2", "0-1,3", NULL},
        {"^2,0-3", "0-1,3", NULL},
        {" 5 , 1 ,2-3", "1-3,5", NULL},
        {"0,1,1,0", "0-1", NULL},
        {"63-64", "63-64", NULL},
        {"1023", "1023", NULL},
        {"all", "0-1023", NULL},
        {"all,^0-1022", "1023", NULL},
        {"", NULL, "\"\" is not a list of CPUs (try 0-3,^2)"},
        {"0,", NULL, "\"\" is not a list of CPUs (try 0-3,^2)"},
        {"0,,1", NULL, "\"\" is not a list of CPUs (try 0-3,^2)"},
        {"a", NULL, "\"a\" is not a list of CPUs (try 0-3,^2)"},
        {"0-", NULL, "\"0-\" is not a list of CPUs (try 0-3,^2)"},
        {"-1", NULL, "\"-1\" is not a list of CPUs (try 0-3,^2)"},
        {"0-6:2", NULL, "\"0-6:2\" is not a list of CPUs (try 0-3,^2)"},
        {"^^1", NULL, "\"^^1\" is not a list of CPUs (try 0-3,^2)"},
        {"1 2", NULL, "\"1 2\" is not a list of CPUs (try 0-3,^2)"},
        {"3-0", NULL, "\"3-0\" runs backwards (try 0-3)"},
        {"1024", NULL, "CPU 1024 is too high (0 to 1023)"},
        {"0-4096", NULL, "CPU 4096 is too high (0 to 1023)"},
        {"99999999999999999999", NULL, "a CPU's number is too high (0 to 1023)"},
        {"^2", NULL, "leaves no CPU to run on (try 0-3,^2)"},
        {"0-3,^all", NULL, "leaves no CPU to run on (try 0-3,^2)"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct cpu_list list = {0};
        chaos_error err = {0};
        uint64_t bits[CPUS_WORDS];
        char buf[CPUS_BUF];
        int rc = cpus_add(&list, cases[i].text, &err);

        if (!rc)
            rc = cpus_finish(&list, bits, &err);
        if (cases[i].canonical) {
            assert_int_equal(rc, 0);
            assert_string_equal(cpus_format(bits, buf), cases[i].canonical);
        } else {
            assert_int_equal(rc, -EINVAL);
            assert_string_equal(err.text, cases[i].message);
        }
    }
}

static void test_longest_cpu_list(void **state)
{
    uint64_t bits[CPUS_WORDS];
    struct cpu_list list = {0};
    char buf[CPUS_BUF], again[CPUS_BUF];

    (void)state;
    memset(bits, 0xaa, sizeof(bits));
    cpus_format(bits, buf);
    assert_memory_equal(buf, "1,3,5,7,9,11,", 13);
    assert_int_equal(cpus_add(&list, buf, NULL), 0);
    assert_int_equal(cpus_finish(&list, bits, NULL), 0);
    assert_string_equal(cpus_format(bits, again), buf);
    assert_false(cpus_all(bits));
    memset(bits, 0xff, sizeof(bits));
    assert_true(cpus_all(bits));
}

static void test_shown_text(void **state)
{
    char longest[TEXT_SHOWN + 2], worst[2 * TEXT_SHOWN];

    (void)state;
    assert_string_equal(SHOW(""), "");
    assert_string_equal(SHOW("gr\xc3\xbc\xc3\x9f"), "gr\xc3\xbc\xc3\x9f");
    assert_string_equal(SHOW("a\nb\x1b[2J"), "a\\x0ab\\x1b[2J");
    assert_string_equal(SHOW("\xc2\x9b"), "\\xc2\\x9b"); /* CSI in eight bits */
    assert_string_equal(SHOW("\xff\xc3"), "\\xff\\xc3");
    memset(longest, 'x', sizeof(longest));
    longest[TEXT_SHOWN] = '\0';
    assert_string_equal(SHOW(longest), longest);
    longest[TEXT_SHOWN] = 'x';
    longest[TEXT_SHOWN + 1] = '\0';
    assert_string_equal(SHOW(longest) + TEXT_SHOWN, "...");
    memset(worst, 1, sizeof(worst));
    worst[sizeof(worst) - 1] = '\0';
    assert_int_equal(strlen(SHOW(worst)), TEXT_BUF - 1);
}

static void test_utf8(void **state)
{
    static const struct {
        const char *text;
        size_t len;
        uint32_t c;
    } cases[] = {
        {"", 0, 0},
        {"a", 1, 'a'},
        {"\xc3\xbc", 2, 0xfc},
        {"\xe2\x82\xac", 3, 0x20ac},
        {"\xf0\x9f\x90\xa7", 4, 0x1f427},
        {"\xf4\x8f\xbf\xbf", 4, 0x10ffff},
        {"\x80", 0, 0},             /* a continuation alone */
        {"\xc0\x80", 0, 0},         /* overlong */
        {"\xc1\xbf", 0, 0},         /* overlong */
        {"\xe0\x9f\xbf", 0, 0},     /* overlong */
        {"\xf0\x8f\xbf\xbf", 0, 0}, /* overlong */
        {"\xed\xa0\x80", 0, 0},     /* half of a surrogate pair */
        {"\xf4\x90\x80\x80", 0, 0}, /* beyond the last */
        {"\xf5\x80\x80\x80", 0, 0},
        {"\xe2\x82", 0, 0}, /* ends too early */
        {"\xe2", 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        uint32_t c = 0;

        assert_int_equal(text_decode(cases[i].text, &c), cases[i].len);
        assert_int_equal(c, cases[i].c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_rates),
        cmocka_unit_test(test_fnv),
        cmocka_unit_test(test_size_text),
        cmocka_unit_test(test_size_guesses),
        cmocka_unit_test(test_cpu_lists),
        cmocka_unit_test(test_longest_cpu_list),
        cmocka_unit_test(test_shown_text),
        cmocka_unit_test(test_utf8),
    };

    return cmocka_run_group_tests_name("size", tests, NULL, NULL);
}
