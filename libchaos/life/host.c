/* SPDX-License-Identifier: BSD-3-Clause */
#include "shell/host.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "chaos-pool.h"
#include "devices/devices.h"
#include "base/error.h"
#include "pool/pool_client.h"
#include "base/util.h"
#include "life/watch.h"

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
    host->kernels_max = 1;
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

void chaos_host_close(chaos_host *host)
{
    if (!host)
        return;
    pool_close(host);
    watch_close(host);
    devices_close(host);
    host_drop_kernels(host);
    registry_close(&host->registry);
    hv_close(host->hv);
    free(host->run_dir);
    free(host);
}

int chaos_host_info(chaos_host *host, struct chaos_host_info *out, chaos_error *err)
{
    return hv_host_info(host->hv, out, err);
}

uint64_t host_now_ns(void)
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
        host->step_start = host_now_ns();
}

int host_step(chaos_host *host, const char *step, chaos_error *err)
{
    uint64_t end;

    if (chaos_fault(step) < 0)
        return error_set(err, CHAOS_E_FAILED, EIO, "fault at %s", step);
    if (!host->on_step)
        return 0;
    end = host_now_ns();
    host->on_step(host->on_step_opaque, step, end - host->step_start);
    host->step_start = host_now_ns(); /* the listener's own time belongs to nobody */
    return 0;
}
