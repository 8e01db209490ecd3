/* SPDX-License-Identifier: BSD-3-Clause */
/* The parts of bench-mass. */
#ifndef BENCH_MASS_H
#define BENCH_MASS_H

#include "bench.h"

struct mass {
    const char *config, *unit, *way, *answer;
    json_t *costs;
    size_t count, ask, points;
    unsigned long rest_us, calm_ms, idle_ms, seed;
    bool each, steps;
};

/* What the machine has in use: of Xen's memory, of Dom0's, and of its CPU while nobody asks for
 * anything. */
struct cost {
    uint64_t xen_free_kib, dom0_used_kib;
    uint64_t window_ns, busy_ns; /* over a time without any work; 0 where not asked for */
    uint64_t guests_ns;          /* of busy_ns, what other domains than Dom0 had */
};
void cost_read(struct cost *cost, unsigned long idle_ms);
/* Waits until the machine is idle, but not for longer than `ms`. */
void cost_calm(unsigned long ms);
json_t *cost_json(const struct cost *cost);

/* Sends a word to the consoles of mass->ask guests, picked by mass->seed, and reads it back: how
 * many answered. */
size_t ask_some(const struct mass *mass, chaos_host *host, chaos_error *err);
/* Runs mass->answer, where there is one, and returns the number it prints. */
size_t ask_all(const struct mass *mass);

/* After each creation; and, where `running` is one of the points, what all cost. */
void mass_rest(const struct mass *mass);
void mass_point(const struct mass *mass, size_t running);

void run_xl(const struct mass *mass, struct sample *created, uint64_t *destroyed);
void run_processes(const struct mass *mass, struct sample *created);

#endif
