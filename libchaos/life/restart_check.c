/* SPDX-License-Identifier: BSD-3-Clause */
/* What can be known of a restart before the old domain is destroyed for it. */
#include <errno.h>

#include "base/error.h"
#include "config/config.h"
#include "devices/bridge.h"
#include "life/restart.h"
#include "pool/pool_client.h"

static int check_kernel(chaos_host *host, const chaos_config *cfg, chaos_error *err)
{
    const struct image *image;
    int rc = kernel_cache_get(&host->kernels, cfg->kernel, &image, err);

    return rc < 0 ? rc : image_require(image, cfg->kernel, cfg->type, err);
}

static int check_bridges(chaos_host *host, const chaos_config *cfg, chaos_error *err)
{
    for (unsigned int i = 0; i < cfg->nr_vifs; i++) {
        const char *bridge = cfg->vifs[i].bridge;

        if (!bridge[0])
            continue;
        /* Without an answer it counts as there: making the interface will say what is wrong. */
        if (!host->devices.bridges && bridges_open(&host->devices.bridges) < 0)
            return 0;
        if (!bridges_has(host->devices.bridges, bridge))
            return error_set(err, CHAOS_E_IO, ENODEV, "vifs[%u].bridge: there is no bridge \"%s\"",
                             i, bridge);
    }
    return 0;
}

/* A guest may have given back memory that others have by now. */
static int check_memory(chaos_host *host, const chaos_config *cfg, uint64_t has_kib,
                        chaos_error *err)
{
    struct chaos_host_info info;
    int rc = hv_host_info(host->hv, &info, err);

    if (rc == 0 && info.free_kib + has_kib < cfg->memory_kib && pool_reclaim(host, cfg))
        rc = hv_host_info(host->hv, &info, err);
    if (rc < 0 || info.free_kib + has_kib >= cfg->memory_kib)
        return rc;
    return error_set(
        err, CHAOS_E_NO_MEMORY, ENOMEM, "it needs %llu KiB of memory, and there are %llu KiB",
        (unsigned long long)cfg->memory_kib, (unsigned long long)(info.free_kib + has_kib));
}

int restart_check(chaos_host *host, const chaos_config *cfg, uint64_t has_kib, chaos_error *err)
{
    int rc = check_kernel(host, cfg, err);

    if (rc == 0)
        rc = config_check_files(cfg, err);
    if (rc == 0)
        rc = check_bridges(host, cfg, err);
    return rc < 0 ? rc : check_memory(host, cfg, has_kib, err);
}
