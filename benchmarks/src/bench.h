/* SPDX-License-Identifier: BSD-3-Clause */
/* What the benchmarks that run in Dom0 share. */
#ifndef BENCH_H
#define BENCH_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <chaos.h>

uint64_t now_ns(void);
/* Lets guests that were just started come to rest, outside of all measurements. */
void settle(void);
/* Sorts; 0 where there are none. */
uint64_t median(uint64_t *values, size_t count);
/* fork, execv, exit and waitpid of `path` with `argv`: ns; exits with a message where it fails. */
uint64_t run_process(const char *path, char *const argv[]);
void die(const char *what, const chaos_error *err) __attribute__((noreturn));

/* The unit of all figures: the minimum of 20 runs of a static `return 0`. A page table more or
 * less, by where the kernel happens to put a process' parts, makes its forks 2.5 % dearer, so that
 * this is the mean over PARENTS processes that are started anew. */
#define PARENTS 16
uint64_t fork_exec_unit(const char *path);

/* One of those processes, bench-parent. It is small: with a parent that has been through some
 * creations, the same command takes 0.1 units longer. */
struct parent {
    pid_t pid;
    int fd;
};
struct parent parent_start(void);
/* The least of `times` runs of a command in it, in ns. */
uint64_t parent_run(const struct parent *parent, char *const argv[], int times);
uint64_t parent_unit(const struct parent *parent, const char *path);
void parent_end(struct parent *parent);

/* One sample: a whole operation and its steps. */
#define MAX_STEPS 12
struct sample {
    uint64_t ns;
    size_t nr_steps;
    struct {
        const char *name;
        uint64_t ns;
    } steps[MAX_STEPS];
};
void sample_listen(chaos_host *host, struct sample *into);

/* {step: the median of its ns}; the steps are those of the first sample. */
json_t *steps_json(const struct sample *samples, size_t count);

#define WINDOW 10 /* samples behind each row */

/* One row of the document: the median over samples[0..count). */
json_t *result_row(const char *tool, const char *what, const char *mode, const char *op,
                   size_t running, const struct sample *samples, size_t count, uint64_t unit);

/* Destroys the domain PREFIX-I. */
void destroy_named(chaos_host *host, const char *prefix, size_t i, chaos_error *err);

/* A case: which guest is created. */
struct guest {
    const char *what, *type, *image;
    unsigned int memory_mib;
    bool vif; /* one, in the bridge named on the command line */
};

/* The same guest from the pool of a chaosd that is started for it; `count` samples. */
void bench_pool(json_t *results, const struct guest *guest, const chaos_config *cfg, bool warm,
                size_t count, uint64_t unit);

/* Its parts: a chaosd with a pool of `cfg`; waiting until that is full; its end. */
pid_t pool_start(const chaos_config *cfg, bool warm, chaos_error *err);
/* With a max_cpu_share. */
pid_t pool_start_shared(const chaos_config *cfg, bool warm, int cpu_share, chaos_error *err);
void pool_wait_full(void);
struct pool_state {
    long idle, target; /* idle: -1 while chaosd does not answer */
    long hits, refills;
};
struct pool_state pool_state(void);
void pool_resize(unsigned int target);
void pool_stop(pid_t pid);

/* The whole command: `chaos create FILE`, directly and out of a pool. */
void bench_command(json_t *results, const struct guest *guest, const chaos_config *cfg,
                   const char *chaos, const char *unit_path);
/* As many creations as there are `count`, without a pause, out of a pool of half as many. */
void bench_burst(json_t *results, const struct guest *guest, const chaos_config *cfg, size_t count);
/* What refilling takes from a guest, and from a process of Dom0, that could use all CPU time. */
void bench_refill(json_t *results, const struct guest *guest, const chaos_config *cfg,
                  const chaos_config *spin);

/* One xl create of `config` with the name mass-NR, and its end: ns. */
uint64_t xl_create(const char *config, size_t nr);
uint64_t xl_destroy(size_t nr);

/* xl create and xl destroy of the same guest, appended to `results` as rows. */
void bench_xl(json_t *results, const struct guest *guest, const char *images, const char *bridge,
              size_t count, uint64_t unit);

#endif
