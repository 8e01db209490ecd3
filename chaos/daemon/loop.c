/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Opens and closes the event loop. libuv aborts the process if it has no memory to note that a
 * descriptor is watched, or no descriptors for itself. So chaosd reserves the memory for all
 * descriptors that it may have, and does not begin with too few of them.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "daemon/daemon.h"

#define FDS_MAX   65536
#define FDS_NEEDS 32 /* libuv's, Xen's, ours, and some for clients */

/* Memory for libuv's array of watchers, which is the first thing that it reallocates. */
static void *reserve;
static size_t reserve_bytes;
static bool reserve_used;

static void *uv_realloc_in_reserve(void *old, size_t bytes)
{
    if (!old && reserve && !reserve_used && bytes <= reserve_bytes) {
        reserve_used = true;
        return reserve;
    }
    return old && old == reserve && bytes <= reserve_bytes ? old : realloc(old, bytes);
}

static void uv_free_in_reserve(void *old)
{
    if (old && old == reserve)
        reserve_used = false;
    else
        free(old);
}

/* Raises the limit of descriptors as far as allowed; fails if too few are free to begin. */
static int descriptors(unsigned int *max)
{
    int fds[FDS_NEEDS], nr = 0;
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return -errno;
    limit.rlim_cur = limit.rlim_max < FDS_MAX ? limit.rlim_max : FDS_MAX;
    setrlimit(RLIMIT_NOFILE, &limit);
    getrlimit(RLIMIT_NOFILE, &limit);
    *max = limit.rlim_cur < FDS_MAX ? (unsigned int)limit.rlim_cur : FDS_MAX;
    while (nr < FDS_NEEDS && (fds[nr] = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3)) >= 0)
        nr++;
    for (int i = 0; i < nr; i++)
        close(fds[i]);
    if (nr == FDS_NEEDS)
        return 0;
    log_line(LOG_ERR, "too few descriptors: %u are allowed, %d are free, %d are needed", *max, nr,
             FDS_NEEDS);
    return -EMFILE;
}

int loop_open(struct daemon *d)
{
    size_t slots = 64;
    int rc = descriptors(&d->max_fds);

    if (rc < 0)
        return rc;
    while (slots < d->max_fds + 2) /* libuv counts in powers of two */
        slots *= 2;
    reserve_bytes = slots * sizeof(void *);
    reserve_used = false;
    reserve = malloc(reserve_bytes);
    if (!reserve)
        return -ENOMEM;
    rc = uv_replace_allocator(malloc, uv_realloc_in_reserve, calloc, uv_free_in_reserve);
    if (rc == 0)
        rc = uv_loop_init(&d->loop);
    if (rc < 0) {
        free(reserve);
        reserve = NULL;
        return rc;
    }
    d->loop.data = d;
    d->looping = true;
    return 0;
}

static void close_one(uv_handle_t *handle, void *opaque)
{
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

void loop_close(struct daemon *d)
{
    if (!d->looping)
        return;
    uv_walk(&d->loop, close_one, NULL);
    uv_run(&d->loop, UV_RUN_DEFAULT);
    uv_loop_close(&d->loop);
    free(reserve);
    reserve = NULL;
    d->looping = false;
}
