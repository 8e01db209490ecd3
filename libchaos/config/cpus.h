/* SPDX-License-Identifier: BSD-3-Clause */
/* Lists of physical CPUs as xl and taskset write them: "0-3,^2", "8", "all". */
#ifndef CHAOS_CPUS_H
#define CHAOS_CPUS_H

#include "config/config.h"

#define CPUS_WORDS (CONFIG_MAX_CPUS / 64)
/* The worst case is every other CPU: 512 numbers of four digits with their commas. */
#define CPUS_BUF (CONFIG_MAX_CPUS / 2 * 5 + 1)

/* All zero to begin with. In any order, exclusions win over inclusions. */
struct cpu_list {
    uint64_t in[CPUS_WORDS], out[CPUS_WORDS];
};

/* Adds one or more items, separated by commas. */
int cpus_add(struct cpu_list *list, const char *text, chaos_error *err);
/* Writes the result to `bits`. Fails if no CPU is left. */
int cpus_finish(const struct cpu_list *list, uint64_t bits[CPUS_WORDS], chaos_error *err);
/* True where every bit is set, which is as good as no list at all. */
bool cpus_all(const uint64_t bits[CPUS_WORDS]);
/* The shortest list of ranges. Returns buf. */
const char *cpus_format(const uint64_t bits[CPUS_WORDS], char buf[CPUS_BUF]);

#endif
