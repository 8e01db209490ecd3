/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <string.h>

#include <chaos/daemon.h>
#include "devices/devices.h"
#include "base/error.h"
#include "pool/pool_client.h"
#include "base/util.h"
#include "life/backoff.h"
#include "life/end_event.h"

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
    host->devices.hv = hv;
    host->devices.registry = &host->registry;
    host->exc_timer = host->exc_poll = -1;
    host->kernels.max = 1;
    host->run_dir = strdup(run_dir ? run_dir : REGISTRY_DIR);
    host->devices.run_dir = host->run_dir;
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
    backoff_close(host);
    devices_close(&host->devices);
    kernel_cache_clear(&host->kernels);
    registry_close(&host->registry);
    hv_close(host->hv);
    free(host->run_dir);
    free(host);
}

int chaos_host_info(chaos_host *host, struct chaos_host_info *out, chaos_error *err)
{
    return hv_host_info(host->hv, out, err);
}

void chaos_host_kernel(chaos_host *host, struct chaos_kernel *kernel)
{
    kernel_cache_put(&host->kernels, kernel);
}

void chaos_host_keep_kernels(chaos_host *host, unsigned int max)
{
    host->kernels.max = max;
}

bool chaos_host_has_kernel(const chaos_host *host, const char *path)
{
    return kernel_cache_has(&host->kernels, path);
}
