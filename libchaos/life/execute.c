/* SPDX-License-Identifier: BSD-3-Clause */
/* execute: turns one shell into this VM. Nothing here forks, sleeps, polls or parses. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "build/build.h"
#include "config/config.h"
#include "base/error.h"
#include "life/lifecycle.h"
#include "pool/pool_client.h"
#include "base/util.h"

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
    int rc = host_image(host, cfg->kernel, &req.image, err);

    if (rc == 0)
        rc = image_require(req.image, cfg->kernel, shell->type, err);
    if (rc < 0)
        return rc;
    rc = open_ramdisk(cfg, &req, err);
    if (rc == 0)
        rc = shell->type == CHAOS_PV ? build_pv(host->hv, shell, &req, &shell->built, err)
                                     : build_pvh(host->hv, shell, &req, &shell->built, err);
    if (req.ramdisk >= 0)
        close(req.ramdisk);
    return rc;
}

/* A warm shell lacks the command line only, and that only where it differs. */
static bool image_ready(const struct chaos_shell *shell, const chaos_config *cfg)
{
    return shell->warm && strcmp(cfg->cmdline, shell->built_cmdline) == 0;
}

/* True where nothing is to be changed in it before it runs. */
static bool ready_as_it_is(const struct chaos_shell *shell, const chaos_config *cfg)
{
    return image_ready(shell, cfg) && !cfg->pinned && cfg->tsc_mode == TSC_DEFAULT &&
           !shell->devices.nr;
}

static int finish_image(chaos_host *host, struct chaos_shell *shell, const chaos_config *cfg,
                        chaos_error *err)
{
    int rc = 0;

    if (!shell->warm)
        rc = shell_build(host, shell, cfg, err);
    else if (!image_ready(shell, cfg))
        rc = build_cmdline(host->hv, shell, cfg->cmdline, err);
    return rc < 0 ? rc : host_step(host, "image", err);
}

static int pin_vcpus(chaos_host *host, const struct chaos_shell *shell, const chaos_config *cfg,
                     chaos_error *err)
{
    for (unsigned int i = 0; cfg->pinned && i < shell->vcpus; i++) {
        struct hv_op op = {
            .code = HV_AFFINITY, .arg = i, .cpus = cfg->cpus, .count = ARRAY_SIZE(cfg->cpus)};
        int rc = hv_run(host->hv, shell->domid, &op, 1, err);

        if (rc < 0)
            return rc;
    }
    return 0;
}

/* Before the guest runs: it may not see its time stamps jump. */
static int set_tsc_mode(chaos_host *host, const struct chaos_shell *shell, const chaos_config *cfg,
                        chaos_error *err)
{
    struct hv_op op = {.code = HV_TSC_MODE, .arg = cfg->tsc_mode};

    return cfg->tsc_mode == TSC_DEFAULT ? 0 : hv_run(host->hv, shell->domid, &op, 1, err);
}

static int enter(chaos_host *host, const struct chaos_shell *shell, const chaos_config *cfg,
                 const char *name, const char *replaces, chaos_error *err)
{
    struct record rec = {.domid = shell->domid,
                         .console_port = shell->console_port,
                         .console_frame = shell->built.console_frame};
    int rc = config_text(cfg, &rec.config, err);

    if (rc < 0)
        return rc;
    snprintf(rec.uuid, sizeof(rec.uuid), "%s", shell->uuid_text);
    snprintf(rec.name, sizeof(rec.name), "%s", name);
    rc = registry_put(&host->registry, &rec, err);
    if (rc == 0)
        rc = replaces ? registry_pass_on(&host->registry, name, replaces, shell->uuid_text, err)
                      : lifecycle_claim(host, name, shell->uuid_text, err);
    return rc < 0 ? rc : host_step(host, "registry", err);
}

int lifecycle_execute(chaos_host *host, struct chaos_shell *shell, const chaos_config *cfg,
                      const char *name, const char *replaces, bool paused, uint32_t *domid,
                      chaos_error *err)
{
    struct hv_op unpause = {.code = HV_UNPAUSE};
    uint64_t start = shell->pooled ? host_now_ns() : 0;
    int rc;

    shell->touched = !ready_as_it_is(shell, cfg);
    rc = finish_image(host, shell, cfg, err);
    if (rc == 0)
        rc = pin_vcpus(host, shell, cfg, err);
    if (rc == 0)
        rc = set_tsc_mode(host, shell, cfg, err);
    if (rc == 0)
        rc = devices_announce(host, shell->domid, cfg, name, &shell->devices, err);
    if (rc == 0)
        rc = enter(host, shell, cfg, name, replaces, err);
    if (rc == 0 && !paused) {
        shell->touched = true;
        rc = hv_run(host->hv, shell->domid, &unpause, 1, err);
        if (rc == 0)
            rc = host_step(host, "unpause", err);
    }
    if (rc < 0) {
        registry_drop(&host->registry, name, shell->uuid_text);
        chaos_discard(host, shell);
        return rc;
    }
    *domid = shell->domid;
    if (shell->pooled)
        pool_executed(host, host_now_ns() - start);
    shell_free(shell);
    return 0;
}

static int check_name(const char *name, chaos_error *err)
{
    return chaos_name_valid(name)
               ? 0
               : error_set(err, CHAOS_E_USAGE, EINVAL,
                           "\"%s\" cannot name a domain (letters, digits, '.', '_' and '-', at "
                           "most %d, not only digits)",
                           name, CHAOS_NAME_MAX);
}

int chaos_execute(chaos_host *host, chaos_shell *shell, const chaos_config *cfg, const char *name,
                  bool paused, uint32_t *domid, chaos_error *err)
{
    int rc = check_name(name, err);

    if (rc < 0) {
        chaos_discard(host, shell);
        return rc;
    }
    return lifecycle_execute(host, shell, cfg, name, NULL, paused, domid, err);
}

/* What would be in vain to find out after all the work for a new domain. */
static int look_ahead(chaos_host *host, const chaos_config *cfg, const char *name, chaos_error *err)
{
    const struct image *image;
    int rc = name ? lifecycle_name_free(host, name, err) : 0;

    if (rc == 0)
        rc = host_image(host, cfg->kernel, &image, err);
    return rc < 0 ? rc : image_require(image, cfg->kernel, cfg->type, err);
}

/* A shell for this VM: chaosd's where it has one that fits, else a new one. A warm one knows its
 * image, and goes back where the name turns out to be another's. `name`: NULL: not to be claimed.
 */
static int get_shell(chaos_host *host, const chaos_config *cfg, const char *name,
                     struct chaos_shell **out, chaos_error *err)
{
    struct chaos_shell *shell = pool_take(host, cfg);
    chaos_error before = {CHAOS_OK};
    int rc = shell && shell->warm ? 0 : look_ahead(host, cfg, name, err);

    if (rc == 0)
        rc = host_step(host, "check", err);
    *out = shell;
    if (rc < 0 && shell)
        chaos_discard(host, shell);
    if (rc < 0 || shell)
        return rc;
    if (err)
        before = *err;
    rc = chaos_prepare(host, cfg, out, err);
    if (rc != -ENOMEM || !pool_reclaim(host, cfg))
        return rc;
    rc = chaos_prepare(host, cfg, out, err);
    if (rc == 0 && err)
        *err = before;
    return rc;
}

int lifecycle_create(chaos_host *host, const chaos_config *cfg, const char *name,
                     const char *replaces, bool paused, uint32_t *domid, chaos_error *err)
{
    chaos_shell *shell;
    int rc;

    host_step_begin(host);
    rc = check_name(name, err);
    if (rc == 0)
        rc = get_shell(host, cfg, replaces ? NULL : name, &shell, err);
    return rc < 0 ? rc : lifecycle_execute(host, shell, cfg, name, replaces, paused, domid, err);
}

int chaos_create(chaos_host *host, const chaos_config *cfg, const char *name, bool paused,
                 uint32_t *domid, chaos_error *err)
{
    return lifecycle_create(host, cfg, name, NULL, paused, domid, err);
}
