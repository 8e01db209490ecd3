/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Kernels that a host has read and unpacked. A mass creation needs one, again and again; chaosd has
 * some at a time, and reads them in a thread of its own, because unpacking takes long.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include <chaos/daemon.h>
#include "base/error.h"
#include "image/kernel_cache.h"
#include "base/util.h"

struct chaos_kernel {
    struct chaos_kernel *next; /* the most recently used one comes first */
    struct image *image;
    char *path;
    struct stat stat; /* as it was before it was read */
};

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
           a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

void chaos_kernel_free(struct chaos_kernel *kernel)
{
    if (!kernel)
        return;
    image_free(kernel->image);
    free(kernel->path);
    free(kernel);
}

static int load(const char *path, const struct stat *st, struct chaos_kernel **out,
                chaos_error *err)
{
    struct chaos_kernel *kernel = calloc(1, sizeof(*kernel));
    int rc;

    *out = NULL;
    if (kernel && (kernel->path = strdup(path))) {
        kernel->stat = *st;
        rc = image_load(path, &kernel->image, err);
    } else {
        rc = error_oom(err);
    }
    if (rc < 0) {
        chaos_kernel_free(kernel);
        return rc;
    }
    *out = kernel;
    return 0;
}

int chaos_kernel_load(const char *path, struct chaos_kernel **out, chaos_error *err)
{
    struct stat st;

    *out = NULL;
    if (stat(path, &st) < 0)
        return error_errno(err, CHAOS_E_IMAGE, errno, "%s", path);
    return load(path, &st, out, err);
}

/* Removes the kernel of this path from the list and returns it. */
static struct chaos_kernel *unlink_kernel(struct kernel_cache *cache, const char *path)
{
    struct chaos_kernel **at = &cache->first, *found;

    while (*at && strcmp((*at)->path, path) != 0)
        at = &(*at)->next;
    found = *at;
    if (found)
        *at = found->next;
    return found;
}

void kernel_cache_put(struct kernel_cache *cache, struct chaos_kernel *kernel)
{
    struct chaos_kernel **at = &cache->first;

    chaos_kernel_free(unlink_kernel(cache, kernel->path));
    kernel->next = cache->first;
    cache->first = kernel;
    for (unsigned int i = 0; i < cache->max && *at; i++)
        at = &(*at)->next;
    while (*at) {
        struct chaos_kernel *last = *at;

        *at = last->next;
        chaos_kernel_free(last);
    }
}

bool kernel_cache_has(const struct kernel_cache *cache, const char *path)
{
    const struct chaos_kernel *kernel = cache->first;
    struct stat st;

    while (kernel && strcmp(kernel->path, path) != 0)
        kernel = kernel->next;
    return kernel && stat(path, &st) == 0 && same_file(&st, &kernel->stat);
}

int kernel_cache_get(struct kernel_cache *cache, const char *path, const struct image **out,
                     chaos_error *err)
{
    struct chaos_kernel *kernel;
    struct stat st;
    int rc;

    if (stat(path, &st) < 0)
        return error_errno(err, CHAOS_E_IMAGE, errno, "%s", path);
    kernel = unlink_kernel(cache, path);
    if (kernel && same_file(&st, &kernel->stat)) {
        kernel->next = cache->first;
        cache->first = kernel;
    } else {
        chaos_kernel_free(kernel);
        rc = load(path, &st, &kernel, err);
        if (rc < 0)
            return rc;
        kernel_cache_put(cache, kernel);
    }
    *out = kernel->image;
    return 0;
}

void kernel_cache_clear(struct kernel_cache *cache)
{
    while (cache->first) {
        struct chaos_kernel *kernel = cache->first;

        cache->first = kernel->next;
        chaos_kernel_free(kernel);
    }
}
