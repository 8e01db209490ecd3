/* SPDX-License-Identifier: BSD-3-Clause */
/* The search of tinyx trim: finds exactly what is needed, in few trials, and goes on where it was
 * interrupted. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "arena.h"
#include "trim.h"
#include "base/util.h"

#define MANY 100

struct world {
    bool needed[MANY];
    unsigned int calls, stop_after; /* 0: never */
};

static char names[MANY][24];

static int try(void *opaque, const struct names *off, bool *passed, const char **why,
               chaos_error *err)
{
    struct world *world = opaque;

    if (world->stop_after && world->calls == world->stop_after)
        return error_set(err, CHAOS_E_FAILED, EINTR, "interrupted");
    world->calls++;
    *passed = true;
    for (size_t i = 0; i < off->count; i++) {
        assert_true(i == 0 || strcmp(off->items[i - 1], off->items[i]) < 0);
        *passed = *passed && !world->needed[atoi(off->items[i] + 1)];
    }
    *why = *passed ? "none" : "it does not boot";
    return 0;
}

static struct trim prepare(struct world *world, size_t count)
{
    struct trim trim = {.try = try, .opaque = world};

    for (size_t i = 0; i < count; i++) {
        snprintf(names[i], sizeof(names[i]), "N%zu", i);
        list_add(&trim.candidates, names[i]);
    }
    return trim;
}

static void check(const struct trim *trim, const struct world *world)
{
    size_t needed = 0;

    for (size_t i = 0; i < trim->candidates.count; i++)
        needed += world->needed[i];
    assert_int_equal(trim->needed.count, needed);
    assert_int_equal(trim->off.count, trim->candidates.count - needed);
    for (size_t i = 0; i < needed; i++) {
        assert_true(world->needed[atoi(trim->needed.items[i].name + 1)]);
        assert_string_equal(trim->needed.items[i].why, "it does not boot");
    }
}

static void test_finds(void **state)
{
    (void)state;
    srand(1);
    for (int percent = 0; percent <= 100; percent += 10) {
        for (size_t count = 0; count <= MANY; count += 17) {
            struct world world = {.stop_after = 0};
            struct trim trim = prepare(&world, count);
            chaos_error err = {0};

            for (size_t i = 0; i < count; i++)
                world.needed[i] = rand() % 100 < percent;
            assert_int_equal(trim_search(&trim, &err), 0);
            check(&trim, &world);
            assert_int_equal(trim.trials, world.calls);
            arena_release();
        }
    }
}

/* One of eight: a group, its halves, their halves …; none: one trial a group. */
static void test_few_trials(void **state)
{
    struct world world = {.stop_after = 0};
    struct trim trim = prepare(&world, 96);
    chaos_error err = {0};

    (void)state;
    assert_int_equal(trim_search(&trim, &err), 0);
    assert_int_equal(trim.trials, 96 / TRIM_GROUP);
    arena_release();

    world = (struct world){.stop_after = 0};
    world.needed[5] = true;
    trim = prepare(&world, 8);
    assert_int_equal(trim_search(&trim, &err), 0);
    assert_true(trim.trials <= 5);
    check(&trim, &world);
    arena_release();
}

static void test_resumes(void **state)
{
    char path[] = "/tmp/trim.XXXXXX";
    struct world world = {.needed = {[3] = true, [17] = true, [18] = true}};
    chaos_error err = {0};
    unsigned int runs = 0, all;
    struct trim trim;
    int rc;

    (void)state;
    close(mkstemp(path));
    trim = prepare(&world, 40);
    assert_int_equal(trim_search(&trim, &err), 0);
    all = trim.trials;
    arena_release();

    world.calls = 0;
    do {
        world.stop_after = world.calls + 4;
        trim = prepare(&world, 40);
        trim.state = path;
        trim.subject = "kernel 1";
        rc = trim_search(&trim, &err);
        if (rc == 0)
            check(&trim, &world);
        arena_release();
        runs++;
    } while (rc < 0 && runs < 100);
    assert_int_equal(rc, 0);
    assert_int_equal(runs, (all + 3) / 4);
    assert_int_equal(world.calls, all);

    /* All is remembered; a line that was cut is not, nor what is about something else. */
    trim = prepare(&world, 40);
    trim.state = path;
    trim.subject = "kernel 1";
    assert_int_equal(trim_search(&trim, &err), 0);
    assert_int_equal(trim.trials, 0);
    assert_int_equal(trim.remembered, all);
    check(&trim, &world);
    arena_release();

    world.stop_after = 0;
    trim = prepare(&world, 40);
    trim.state = path;
    trim.subject = "kernel 2";
    assert_int_equal(trim_search(&trim, &err), 0);
    assert_int_equal(trim.trials, all);
    arena_release();
    unlink(path);
}

static void test_cut_line(void **state)
{
    char path[] = "/tmp/trim.XXXXXX";
    static const char text[] = "kernel 1\nfail N0 N1 : it does not boot\npass N0";
    struct world world = {.needed = {[1] = true}};
    struct trim trim = prepare(&world, 2);
    chaos_error err = {0};
    int fd = mkstemp(path);

    (void)state;
    assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
    close(fd);
    trim.state = path;
    trim.subject = "kernel 1";
    assert_int_equal(trim_search(&trim, &err), 0);
    check(&trim, &world);
    assert_int_equal(trim.remembered, 1);
    assert_int_equal(trim.trials, 1); /* N0; N1 follows from it */
    arena_release();

    trim = prepare(&world, 2);
    trim.state = "/nonexistent/state";
    trim.subject = "kernel 1";
    assert_true(trim_search(&trim, &err) < 0);
    assert_int_equal(err.status, CHAOS_E_IO);
    arena_release();
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_finds),
        cmocka_unit_test(test_few_trials),
        cmocka_unit_test(test_resumes),
        cmocka_unit_test(test_cut_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
