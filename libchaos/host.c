/* SPDX-License-Identifier: BSD-3-Clause */
#include "host.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "chaos-pool.h"
#include "devices.h"
#include "error.h"
#include "pool.h"
#include "util.h"
#include "watch.h"

int host_open_with(struct hv *hv, const char *run_dir, chaos_host **out, chaos_error *err)
{
    chaos_host *host = calloc(1, sizeof(*host));
    int rc;

    *out = NULL;
    if (!host) {
        hv_close(hv);
        return error_oom(err);
    }
    host->hv = hv;
    host->exc_timer = -1;
    host->run_dir = strdup(run_dir ? run_dir : HOST_RUN_DIR);
    rc = host->run_dir ? registry_open(host->run_dir, &host->registry, err) : error_oom(err);
    if (rc < 0) {
        hv_close(hv);
        free(host->run_dir);
        free(host);
        return rc;
    }
    *out = host;
    return 0;
}

int chaos_host_open(const char *run_dir, chaos_host **out, chaos_error *err)
{
    struct hv *hv;
    int rc = hv_open(&hv, err);

    *out = NULL;
    return rc < 0 ? rc : host_open_with(hv, run_dir, out, err);
}

static void drop_image(chaos_host *host)
{
    image_free(host->image);
    free(host->image_path);
    host->image = NULL;
    host->image_path = NULL;
}

void chaos_host_close(chaos_host *host)
{
    if (!host)
        return;
    pool_close(host);
    watch_close(host);
    devices_close(host);
    drop_image(host);
    registry_close(&host->registry);
    hv_close(host->hv);
    free(host->run_dir);
    free(host);
}

int chaos_host_info(chaos_host *host, struct chaos_host_info *out, chaos_error *err)
{
    return hv_host_info(host->hv, out, err);
}

static uint64_t now_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

void chaos_host_on_step(chaos_host *host, chaos_step_fn *fn, void *opaque)
{
    host->on_step = fn;
    host->on_step_opaque = opaque;
}

void host_step_begin(chaos_host *host)
{
    if (host->on_step)
        host->step_start = now_ns();
}

void host_step(chaos_host *host, const char *step)
{
    uint64_t end;

    chaos_fault(step);
    if (!host->on_step)
        return;
    end = now_ns();
    host->on_step(host->on_step_opaque, step, end - host->step_start);
    host->step_start = now_ns(); /* the listener's own time belongs to nobody */
}

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
           a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

int host_image(chaos_host *host, const char *path, const struct image **out, chaos_error *err)
{
    struct stat st;
    int rc;

    if (stat(path, &st) < 0)
        return error_errno(err, CHAOS_E_IMAGE, errno, "%s", path);
    if (!host->image || strcmp(host->image_path, path) != 0 || !same_file(&st, &host->image_stat)) {
        drop_image(host);
        host->image_path = strdup(path);
        if (!host->image_path)
            return error_oom(err);
        rc = image_load(path, &host->image, err);
        if (rc < 0) {
            drop_image(host);
            return rc;
        }
        host->image_stat = st;
    }
    *out = host->image;
    return 0;
}
