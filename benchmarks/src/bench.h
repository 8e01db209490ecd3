/* SPDX-License-Identifier: BSD-3-Clause */
/* What the benchmarks that run in Dom0 share. */
#ifndef BENCH_H
#define BENCH_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "chaos.h"

uint64_t now_ns(void);
/* Lets guests that were just started come to rest, outside of all measurements. */
void settle(void);
/* Sorts; 0 where there are none. */
uint64_t median(uint64_t *values, size_t count);
/* fork, execv, exit and waitpid of `path` with `argv`: ns; exits with a message where it fails. */
uint64_t run_process(const char *path, char *const argv[]);
/* The unit of all figures: the minimum of 20 runs of a static `return 0`. */
uint64_t fork_exec_unit(const char *path);
void die(const char *what, const chaos_error *err) __attribute__((noreturn));

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

/* One row of the document: the median over samples[0..count). */
json_t *result_row(const char *tool, const char *what, const char *mode, const char *op,
                   size_t running, const struct sample *samples, size_t count, uint64_t unit);

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
void pool_wait_full(void);
void pool_stop(pid_t pid);

/* One xl create of `config` with the name mass-NR, and its end: ns. */
uint64_t xl_create(const char *config, size_t nr);
uint64_t xl_destroy(size_t nr);

/* xl create and xl destroy of the same guest, appended to `results` as rows. */
void bench_xl(json_t *results, const struct guest *guest, const char *images, const char *bridge,
              size_t count, uint64_t unit);

#endif
