/* SPDX-License-Identifier: BSD-3-Clause */
/* Names that several processes want at once: one gets each, and keeps it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "failing_files.h"
#include "place.h"
#include "registry/registry.h"
#include "base/uuid.h"

static struct registry reg;

static int make(void **state)
{
    (void)state;
    place_make(&place);
    place_worked(&place, registry_open(place.run, &reg, &place.err));
    return 0;
}

static int unmake(void **state)
{
    registry_close(&reg);
    return place_end(state);
}

static struct record fresh(void)
{
    struct record rec = {.config = ""};
    uint8_t uuid[16];

    assert_int_equal(uuid_make(uuid, false), 0);
    uuid_format(uuid, rec.uuid);
    return rec;
}

/* Many processes at once: each name has one winner. */
static void races(void **state)
{
    enum { PROCESSES = 8, NAMES = 200 };
    unsigned int won = 0;

    (void)state;
    for (unsigned int p = 0; p < PROCESSES; p++) {
        struct record rec = fresh();
        pid_t pid = fork();

        assert_true(pid >= 0);
        if (pid == 0) {
            unsigned int mine = 0;
            char name[16];

            for (unsigned int i = 0; i < NAMES; i++) {
                snprintf(name, sizeof(name), "n%u", i);
                mine += registry_claim(&reg, name, rec.uuid, NULL) == 0;
            }
            _exit((int)mine);
        }
    }
    for (unsigned int p = 0; p < PROCESSES; p++) {
        int status;

        assert_true(wait(&status) > 0);
        assert_true(WIFEXITED(status));
        won += (unsigned int)WEXITSTATUS(status);
    }
    assert_int_equal(won, NAMES);
}

/* A name whose owner is gone is taken over by several at once: one of them has it in the end, and
 * no late drop of the old owner takes it away. */
static void stale_races(void **state)
{
    enum { PROCESSES = 4, ROUNDS = 60 };

    (void)state;
    for (unsigned int round = 0; round < ROUNDS; round++) {
        struct record stale = fresh();
        char owner[CHAOS_UUID_TEXT];
        unsigned int won = 0;

        place_worked(&place, registry_claim(&reg, "web", stale.uuid, &place.err));
        for (unsigned int p = 0; p < PROCESSES; p++) {
            struct record rec = fresh();
            pid_t pid = fork();

            assert_true(pid >= 0);
            if (pid == 0) { /* with descriptors of its own: they are what is locked */
                if (registry_open(place.run, &reg, NULL) < 0)
                    _exit(100);
                registry_drop(&reg, "web", stale.uuid);
                _exit(registry_claim(&reg, "web", rec.uuid, NULL) == 0);
            }
        }
        for (unsigned int p = 0; p < PROCESSES; p++) {
            int status;

            assert_true(wait(&status) > 0);
            assert_true(WIFEXITED(status));
            won += (unsigned int)WEXITSTATUS(status);
        }
        if (won != 1)
            fail_msg("round %u: %u processes have the name", round, won);
        assert_int_equal(registry_lookup(&reg, "web", owner), 0);
        registry_drop(&reg, "web", owner);
    }
}

static char stale_uuid[CHAOS_UUID_TEXT];
static pid_t heir;

/* Another process takes over the stale name; it gets half a second, which is all it needs where
 * nothing keeps it from coming between. */
static void take_over(void)
{
    struct record rec = fresh();
    struct registry own;
    int status;

    heir = fork();
    assert_true(heir >= 0);
    if (heir == 0) {
        if (registry_open(place.run, &own, NULL) < 0)
            _exit(1);
        registry_drop(&own, "web", stale_uuid);
        _exit(registry_claim(&own, "web", rec.uuid, NULL) == 0 ? 0 : 2);
    }
    for (unsigned int i = 0; i < 50; i++) {
        if (waitpid(heir, &status, WNOHANG) == heir) {
            assert_int_equal(status, 0);
            heir = 0;
            return;
        }
        usleep(10000);
    }
}

/* Between looking whose a name is and removing it, it becomes another's: that one keeps it. */
static void late_drop(void **state)
{
    struct record stale = fresh();
    char owner[CHAOS_UUID_TEXT];
    int status = 0;

    (void)state;
    memcpy(stale_uuid, stale.uuid, sizeof(stale_uuid));
    place_worked(&place, registry_claim(&reg, "web", stale.uuid, &place.err));
    failing_files_after_readlink(take_over);
    registry_drop(&reg, "web", stale.uuid);
    if (heir)
        assert_int_equal(waitpid(heir, &status, 0), heir);
    assert_int_equal(status, 0);
    assert_int_equal(registry_lookup(&reg, "web", owner), 0);
    assert_string_not_equal(owner, stale.uuid);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, make, unmake)

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(races), TEST(stale_races), TEST(late_drop)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
