/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * No failure of memory, files, descriptors or the hypervisor ends chaosd or makes it lose a shell.
 * Where it cannot begin it says so; where it has begun it lives, and works again once nothing
 * fails.
 */
#include "chaosd_place.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <jansson.h>
#include <sanitizer/lsan_interface.h>

#include "failing_files.h"
#include "failing_malloc.h"

CHAOSD_PLACE_HV_OPEN

/* What there is to do, from a client's side; where it is refused that is as well. */
static void scenario(struct vm *vm, bool *created)
{
    char uuid[CHAOS_UUID_TEXT];
    struct chaos_pool_reader r;
    struct chaos_pool_writer w;
    int fd = dial(), other, looks[] = {CHAOS_POOL_STATUS, CHAOS_POOL_METRICS, CHAOS_POOL_FILL};

    for (int i = 0; i < 100 && !full(); i++) {
        turn();
        usleep(100);
    }
    if (fd >= 0 && take(fd, uuid) == 1)
        give_back(fd, uuid);
    if (fd >= 0)
        take(fd, uuid);
    other = dial();
    for (size_t i = 0; other >= 0 && i < sizeof(looks) / sizeof(looks[0]); i++)
        simple(other, looks[i], &r);
    if (other >= 0) {
        chaos_pool_begin(&w, msg, sizeof(msg), CHAOS_POOL_RECLAIM);
        chaos_pool_put_u64(&w, 4);
        ask(other, &w, &r);
        close(other);
    }
    if (fd >= 0)
        close(fd);
    turn();
    other = dial();
    if (*created) {
        vm_writes(vm, "hello");
        if (other >= 0 && attach(other, vm->dom.uuid, CHAOS_CONSOLE_CLAIM, &r) == CHAOS_POOL_OK) {
            hear(other, &r);
            chaos_pool_begin(&w, msg, sizeof(msg), CHAOS_POOL_INPUT);
            chaos_pool_put(&w, "typed", 5);
            ask(other, &w, &r);
        }
        vm_writes(vm, "world");
    }
    if (other >= 0)
        close(other);
    for (int i = 0; i < 20; i++)
        turn();
    raise(SIGHUP);
    for (int i = 0; i < 20; i++)
        turn();
}

/* After whatever happened: it answers, fills, and serves. */
static const char *recovers(struct vm *vm, bool created)
{
    struct chaos_pool_reader r;
    int fd;

    d.pool.no_refill_before = 0;
    for (struct flavour *fl = d.settings.flavours; fl; fl = fl->next)
        fl->not_before = 0;
    refill_look(&d);
    if (!works_until(full))
        return "it does not fill any more";
    fd = dial();
    if (fd < 0 || simple(fd, CHAOS_POOL_STATUS, &r) != CHAOS_POOL_TEXT)
        return "it does not answer any more";
    close(fd);
    if (!created)
        return NULL;
    fd = dial();
    if (fd < 0 || attach(fd, vm->dom.uuid, 0, &r) != CHAOS_POOL_OK)
        return "it does not serve the console any more";
    vm_writes(vm, "again");
    do {
        if (await(fd, &r) != CHAOS_POOL_DATA)
            return "a console is dead";
    } while (!memmem(r.p, r.end - r.p, "again", 5));
    close(fd);
    turn();
    return NULL;
}

/* Which domains there are, and whose. */
static const char *domains(void)
{
    static char text[400];
    size_t used = 0;

    text[0] = '\0';
    for (uint32_t id = 1; id < 30 && used < sizeof(text); id++) {
        const struct fake_domain *dom = fake_domain(hv, id);
        const char *whose = "nobody";

        for (struct flavour *fl = d.settings.flavours; fl; fl = fl->next) {
            for (unsigned int i = 0; i < fl->nr_idle; i++)
                whose = chaos_shell_domid(fl->idle[i]) == id ? fl->name : whose;
        }
        if (dom)
            used += snprintf(text + used, sizeof(text) - used, " %u:%s%s%s", id, whose,
                             dom->dying ? " dying" : "", dom->pauses ? "" : " running");
    }
    return text;
}

static unsigned int refused, lived;

/* True where it came to the n-th failure. */
static bool attempt(const struct sweep_way *way, unsigned long n, int errnum, bool from_start)
{
    struct vm vm;
    bool created = false, struck;
    const char *wrong = NULL, *what;
    int status;

    hv = fake_open(PLACE_PAGES);
    place.hv = hv;
    if (from_start)
        way->arm(n, errnum);
    status = begin();
    if (status == CHAOS_OK && !from_start) {
        vm_make(&vm, "vm");
        created = true;
        way->arm(n, errnum);
    }
    if (status == CHAOS_OK)
        scenario(&vm, &created);
    what = way->struck();
    struck = what != NULL;
    way->arm(0, 0);
    if (status != CHAOS_OK) {
        refused++;
        if (!struck)
            wrongly("%s %lu: it does not begin, though nothing failed", way->name, n);
        return true;
    }
    lived += struck;
    wrong = recovers(&vm, created);
    if (wrong)
        wrongly("%s %lu (errno %d): %s", way->name, n, errnum, wrong);
    if (created) {
        vm_destroy(&vm);
        works_until(none_served);
    }
    works_until(no_orphans);
    if (fake_count(hv) != 4)
        wrongly("%s %lu, %s: %u domains rather than 4:%s", way->name, n, what, fake_count(hv),
                domains());
    end();
    return struck;
}

static void sweep_way(const struct sweep_way *way, bool from_start)
{
    unsigned long n = 0;

    quiet();
    refused = lived = 0;
    for (size_t i = 0; i < 4 && way->errnums[i]; i++) {
        for (n = 1; attempt(way, n, way->errnums[i], from_start); n++)
            ;
    }
    loud();
    print_message("%s: %lu points; it refused to begin at %u and lived through %u\n", way->name,
                  n - 1, refused, lived);
    assert_true(n > 20);
}

static void test_without_memory(void **state)
{
    sweep_way(&sweep_ways[1], true);
    sweep_way(&sweep_ways[1], false);
    assert_false(__lsan_do_recoverable_leak_check());
}

static void test_without_files(void **state)
{
    sweep_way(&sweep_ways[2], true);
    sweep_way(&sweep_ways[2], false);
}

static void test_without_hypervisor(void **state)
{
    struct sweep_way way = sweep_ways[0];

    memcpy(way.errnums, (int[4]){ENOMEM, EINVAL, EPERM},
           sizeof(way.errnums)); /* ESRCH is an answer */
    sweep_way(&way, false);
}

/* ---- descriptors ---- */

#define LIMIT 256

static int held[LIMIT], nr_held;

/* Only so many are free from now on. */
static void hold_all_but(int count)
{
    int fd;

    while ((fd = dup(STDERR_FILENO)) >= 0)
        held[nr_held++] = fd;
    while (count-- && nr_held)
        close(held[--nr_held]);
}

static void let_go(void)
{
    while (nr_held)
        close(held[--nr_held]);
}

static bool descriptors(int count, bool from_start)
{
    struct vm vm;
    bool created = false;
    const char *wrong;
    int status;

    hv = fake_open(PLACE_PAGES);
    place.hv = hv;
    if (from_start)
        hold_all_but(count);
    status = begin();
    if (status != CHAOS_OK) {
        let_go();
        refused++;
        return false;
    }
    lived++;
    if (!from_start) {
        vm_make(&vm, "vm");
        created = true;
        hold_all_but(count);
    }
    scenario(&vm, &created);
    let_go();
    wrong = recovers(&vm, created);
    if (wrong)
        wrongly("with %d descriptors: %s", count, wrong);
    if (created) {
        vm_destroy(&vm);
        works_until(none_served);
    }
    works_until(no_orphans);
    if (fake_count(hv) != 4)
        wrongly("with %d descriptors: %u domains rather than 4:%s", count, fake_count(hv),
                domains());
    end();
    return true;
}

static void test_without_descriptors(void **state)
{
    struct rlimit limit = {LIMIT, LIMIT};
    bool began = false;

    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0); /* for good: others need few */
    quiet();
    refused = lived = 0;
    for (int count = 0; count < 60; count++) {
        bool begins = descriptors(count, true);

        if (began && !begins)
            wrongly("it begins with fewer, and not with %d descriptors", count);
        began |= begins;
    }
    for (int count = 0; count < 15; count++)
        descriptors(count, false);
    loud();
    print_message("descriptors: it refused to begin at %u and lived with %u\n", refused, lived);
    assert_true(refused >= 20);
    assert_true(lived >= 30);
}

static int make(void **state)
{
    json_set_alloc_funcs(malloc, free); /* so that they can fail */
    sweep_make(state);
    write_config(2);
    return 0;
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, make, sweep_unmake)

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_without_memory), TEST(test_without_files),
                                       TEST(test_without_hypervisor),
                                       TEST(test_without_descriptors)};

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
