/* SPDX-License-Identifier: BSD-3-Clause */
/* The configuration's kernel and ramdisk into a shell. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "build/build.h"
#include "config/config.h"
#include "shell/shell.h"

static int open_ramdisk(const chaos_config *cfg, struct build_request *req, chaos_error *err)
{
    struct stat st;

    req->ramdisk = -1;
    if (!cfg->ramdisk)
        return 0;
    req->ramdisk = open(cfg->ramdisk, O_RDONLY | O_CLOEXEC);
    if (req->ramdisk < 0 || fstat(req->ramdisk, &st) < 0)
        return error_errno(err, CHAOS_E_IMAGE, errno, "%s", cfg->ramdisk);
    if (!S_ISREG(st.st_mode))
        return error_set(err, CHAOS_E_IMAGE, EINVAL, "%s: not a regular file", cfg->ramdisk);
    req->ramdisk_bytes = st.st_size;
    return 0;
}

int shell_build(chaos_host *host, struct chaos_shell *shell, const chaos_config *cfg,
                chaos_error *err)
{
    struct build_request req = {.cmdline = cfg->cmdline};
    int rc = kernel_cache_get(&host->kernels, cfg->kernel, &req.image, err);

    if (rc == 0)
        rc = image_require(req.image, cfg->kernel, shell->guest.type, err);
    if (rc < 0)
        return rc;
    rc = open_ramdisk(cfg, &req, err);
    if (rc == 0)
        rc = shell->guest.type == CHAOS_PV
                 ? build_pv(host->hv, &shell->guest, &req, &shell->guest.built, err)
                 : build_pvh(host->hv, &shell->guest, &req, &shell->guest.built, err);
    if (req.ramdisk >= 0)
        close(req.ramdisk);
    return rc;
}

int shell_announce_ahead(chaos_host *host, struct chaos_shell *shell, const chaos_config *cfg,
                         chaos_error *err)
{
    struct device_guest guest;
    int rc = !shell->warm && shell->guest.store ? build_place(host->hv, &shell->guest, err) : 0;

    if (rc < 0)
        return rc;
    guest = shell_guest(shell, NULL);
    rc = devices_announce_ahead(&host->devices, &guest, cfg, &shell->devices, err);
    shell->announced = rc > 0;
    return rc < 0 ? rc : 0;
}

int shell_build_ahead(chaos_host *host, struct chaos_shell *shell, const chaos_config *cfg,
                      chaos_error *err)
{
    shell->warm = true;
    shell->built_cmdline = strdup(cfg->cmdline);
    return shell->built_cmdline ? shell_build(host, shell, cfg, err) : error_oom(err);
}
