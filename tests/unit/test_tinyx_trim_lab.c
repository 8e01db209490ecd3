/* SPDX-License-Identifier: BSD-3-Clause */
/* tinyx trim and its lab: answers, and labs that die. The lab is a script that plays one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "arena.h"
#include "cache.h"
#include "trim_lab.h"

static char dir[] = "/tmp/test-trim.XXXXXX";
static const char *const types[] = {"pv", "pvh", NULL};

/* Plays by the kernels' names, its third argument from the end (two types follow). */
static const char script[] =
    "#!/bin/sh\n"
    "while [ $# -gt 2 ]; do kernels=$1; shift; done\n"
    "for kernel in $(echo \"$kernels\" | tr , ' '); do\n"
    "    echo begin\n"
    "    case $kernel in\n"
    "    good) printf 'pv created until up: 123 us\\npvh created until up: 45 us\\nend\\n' ;;\n"
    "    bad) printf 'pv created until up: 7 us\\nfailed: pvh: it sulks\\nend\\n' ;;\n"
    "    deadly) echo 'pv created until up: 7 us'; exit 125 ;;\n"
    "    esac\n"
    "done\n";

static void write_file(const char *path, const char *text, mode_t mode)
{
    FILE *file = fopen(path, "we");

    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static int begin(void **state)
{
    chaos_error err = {0};

    assert_non_null(mkdtemp(dir));
    assert_int_equal(make_dirs(format("%s/tests/lab", dir), &err), 0);
    write_file(format("%s/tests/lab/lab", dir), script, 0755);
    setenv("TINYX_DATA", dir, 1);
    return 0;
}

static int finish(void **state)
{
    remove_tree(dir);
    arena_release();
    return 0;
}

static struct trim_lab lab_of(void)
{
    return (struct trim_lab){.dir = dir,
                             .log = format("%s/log", dir),
                             .memory = "32MiB",
                             .cmdline = "quiet",
                             .types = types};
}

static void test_trials(void **state)
{
    struct trim_lab lab = lab_of();
    struct trim_boot boot;
    chaos_error err = {0};
    const char *why;
    bool passed = false;

    assert_int_equal(trim_lab_try(&lab, "good", &boot, &passed, &why, &err), 0);
    assert_true(passed);
    assert_int_equal(boot.us[0], 123);
    assert_int_equal(boot.us[1], 45);
    assert_int_equal(trim_lab_try(&lab, "bad", &boot, &passed, &why, &err), 0);
    assert_false(passed);
    assert_string_equal(why, "pvh: it sulks");
}

/* A kernel that kills its host is none that passes, and the next one gets a new lab. */
static void test_dead_lab(void **state)
{
    struct trim_lab lab = lab_of();
    struct trim_boot boot;
    chaos_error err = {0};
    const char *why;
    bool passed = true;

    assert_int_equal(trim_lab_try(&lab, "deadly", &boot, &passed, &why, &err), 0);
    assert_false(passed);
    assert_string_equal(why, "it brings Xen or Dom0 down");
    assert_int_equal(trim_lab_try(&lab, "good", &boot, &passed, &why, &err), 0);
    assert_true(passed);
}

/* A lab that fails by itself says nothing about the kernel. */
static void test_no_lab(void **state)
{
    static const char *const dead[] = {"#!/bin/sh\nexit 125\n", "#!/bin/sh\necho begin\nexit 3\n"};
    struct trim_lab lab = lab_of();
    struct trim_boot boot;
    const char *why;
    bool passed;

    for (size_t i = 0; i < 2; i++) {
        chaos_error err = {0};

        write_file(format("%s/tests/lab/lab", dir), dead[i], 0755);
        assert_true(trim_lab_try(&lab, "good", &boot, &passed, &why, &err) < 0);
        assert_non_null(strstr(chaos_error_message(&err), i ? "the lab (see" : "does not start"));
    }
    write_file(format("%s/tests/lab/lab", dir), script, 0755);
}

static void test_measure(void **state)
{
    struct trim_lab lab = lab_of();
    struct trim_boot a, b;
    struct trim_boot *const boots[2] = {&a, &b};
    chaos_error err = {0};

    assert_int_equal(trim_lab_measure(&lab, (const char *[]){"good", "good"}, boots, &err), 0);
    assert_int_equal(a.us[0], 123);
    assert_int_equal(b.us[1], 45);
    assert_true(trim_lab_measure(&lab, (const char *[]){"good", "bad"}, boots, &err) < 0);
    assert_true(trim_lab_measure(&lab, (const char *[]){"good", "deadly"}, boots, &err) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_trials),
        cmocka_unit_test(test_dead_lab),
        cmocka_unit_test(test_no_lab),
        cmocka_unit_test(test_measure),
    };

    return cmocka_run_group_tests(tests, begin, finish);
}
