/* SPDX-License-Identifier: BSD-3-Clause */
/* Kernels that were read and unpacked, by path; the most recently used one comes first. */
#ifndef CHAOS_KERNEL_CACHE_H
#define CHAOS_KERNEL_CACHE_H

#include "image/image.h"

struct chaos_kernel;

struct kernel_cache {
    struct chaos_kernel *first;
    unsigned int max; /* how many it keeps */
};

/* The kernel at `path`, from the cache where the file has not changed. Belongs to the cache, and
 * stays until the next kernel is asked for. */
int kernel_cache_get(struct kernel_cache *cache, const char *path, const struct image **out,
                     chaos_error *err);
/* Adds a kernel, which then belongs to the cache. If there are more than `max`, those that were
 * used longest ago are freed. */
void kernel_cache_put(struct kernel_cache *cache, struct chaos_kernel *kernel);
/* True if kernel_cache_get need not read the file. */
bool kernel_cache_has(const struct kernel_cache *cache, const char *path);
void kernel_cache_clear(struct kernel_cache *cache);

#endif
