/* SPDX-License-Identifier: BSD-3-Clause */
/* Many creations at once while chaosd refills, and what refilling takes from those who run. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

void bench_burst(json_t *results, const struct guest *guest, const chaos_config *cfg, size_t count)
{
    chaos_error *err = chaos_error_new();
    pid_t pid = pool_start(cfg, false, err);
    json_t *in_order = json_array();
    struct pool_state before, after;
    chaos_host *host;

    pool_wait_full();
    pool_resize(count / 2);
    pool_wait_full();
    if (chaos_host_open(NULL, &host, err) < 0)
        die("open", err);
    before = pool_state();
    for (size_t i = 0; i < count; i++) {
        char name[32];
        uint32_t domid;
        uint64_t start = now_ns();

        snprintf(name, sizeof(name), "burst-%zu", i);
        if (chaos_create(host, cfg, name, false, &domid, err) < 0)
            die(name, err);
        json_array_append_new(in_order, json_integer((json_int_t)(now_ns() - start)));
    }
    after = pool_state();
    for (size_t i = 0; i < count; i++)
        destroy_named(host, "burst", i, err);
    chaos_host_close(host);
    pool_stop(pid);
    json_array_append_new(results, json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:o}", "tool",
                                             "chaos", "case", guest->what, "mode", "burst", "op",
                                             "create", "samples", (json_int_t)count, "hits",
                                             (json_int_t)(after.hits - before.hits), "refills",
                                             (json_int_t)(after.refills - before.refills),
                                             "each_ns", in_order));
    chaos_error_free(err);
}

/* A process that counts as fast as it can. */
static pid_t start_counting(volatile uint64_t *count)
{
    pid_t pid = fork();

    if (pid == 0) {
        for (;;)
            ++*count;
    }
    return pid;
}

/* What somebody gets in a while: of a guest, CPU time in ns; of a process, what it counted. */
struct progress {
    chaos_host *host;
    const char *guest;
    volatile uint64_t *count;
};

static uint64_t read_progress(const struct progress *who, chaos_error *err)
{
    struct chaos_domain dom;

    if (!who->guest)
        return *who->count;
    if (chaos_find(who->host, who->guest, &dom, err) < 0)
        die(who->guest, err);
    return dom.cpu_ns;
}

/* Its progress in a while: at rest, and while chaosd makes as many shells as it may. */
static json_t *compare(const struct progress *who, const char *what, const char *victim,
                       chaos_error *err)
{
    enum { WHILE_US = 200000, MORE = 10000 };
    uint64_t start, ns;
    double rest, refill;
    long refills;

    pool_resize(0);
    usleep(WHILE_US);
    start = now_ns();
    rest = read_progress(who, err);
    usleep(WHILE_US);
    rest = (read_progress(who, err) - rest) / (now_ns() - start);

    refills = pool_state().refills;
    pool_resize(MORE);
    start = now_ns();
    refill = read_progress(who, err);
    usleep(WHILE_US);
    refill = read_progress(who, err) - refill;
    ns = now_ns() - start;
    refill /= ns;
    refills = pool_state().refills - refills;
    pool_resize(0);
    if (refills <= 0)
        die("chaosd made no shells", NULL);
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:f, s:I}", "tool", "chaos", "case", what,
                     "mode", "refill", "op", "create", "victim", victim, "shells",
                     (json_int_t)refills, "window_ns", (json_int_t)ns, "share", refill / rest,
                     "lost_ns", (json_int_t)((1 - refill / rest) * ns / refills));
}

void bench_refill(json_t *results, const struct guest *guest, const chaos_config *cfg,
                  const chaos_config *spin)
{
    chaos_error *err = chaos_error_new();
    volatile uint64_t *count =
        mmap(NULL, sizeof(*count), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct progress who = {.count = count};
    pid_t pid, counting;
    uint32_t domid;

    if (count == MAP_FAILED || chaos_host_open(NULL, &who.host, err) < 0)
        die("open", err);
    pid = pool_start_shared(cfg, false, 50, err); /* the share that is the default */
    pool_wait_full();
    counting = start_counting(count);
    json_array_append_new(results, compare(&who, guest->what, "dom0-process", err));
    kill(counting, SIGKILL);
    waitpid(counting, NULL, 0);

    pool_resize(0);
    if (chaos_create(who.host, spin, "spin-0", false, &domid, err) < 0)
        die("spin", err);
    who.guest = "spin-0";
    json_array_append_new(results, compare(&who, guest->what, "guest", err));
    destroy_named(who.host, "spin", 0, err);
    chaos_host_close(who.host);
    pool_stop(pid);
    munmap((void *)count, sizeof(*count));
    chaos_error_free(err);
}
