/* SPDX-License-Identifier: BSD-3-Clause */
/* execute: turns one shell into this VM. Nothing here forks, sleeps, polls or parses. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "build/build.h"
#include "config/config.h"
#include "base/error.h"
#include "life/execute.h"
#include "life/claim.h"
#include "life/schedule.h"
#include "pool/pool_client.h"
#include "base/util.h"

/* A warm shell lacks the command line only, and that only where it differs. */
static bool image_ready(const struct chaos_shell *shell, const chaos_config *cfg)
{
    return shell->warm && strcmp(cfg->cmdline, shell->built_cmdline) == 0;
}

/* True where nothing is to be changed in it before it runs. */
static bool ready_as_it_is(const struct chaos_shell *shell, const chaos_config *cfg)
{
    return image_ready(shell, cfg) && !schedule_any(cfg) && cfg->tsc_mode == TSC_DEFAULT &&
           !devices_any(shell->uuid, &shell->devices);
}

/* The build has the guest's memory mapped: devices that a page there tells of go into it then. True
 * in *told where they did. */
static int build(chaos_host *host, struct chaos_shell *shell, const chaos_config *cfg,
                 const char *name, bool *told, chaos_error *err)
{
    struct device_guest guest = shell_guest(shell, name);
    _Alignas(8) uint8_t page[PAGE_SIZE];
    int rc = devices_compose(&host->devices, &guest, cfg, &shell->devices, page, err);

    if (rc < 0)
        return rc;
    *told = rc > 0;
    shell->guest.bus_content = page;
    shell->guest.bus_bytes = rc;
    rc = shell_build(host, shell, cfg, err);
    shell->guest.bus_content = NULL;
    shell->guest.bus_bytes = 0;
    return rc;
}

static int finish_image(chaos_host *host, struct chaos_shell *shell, const chaos_config *cfg,
                        const char *name, bool *told, chaos_error *err)
{
    int rc = 0;

    if (!shell->warm)
        rc = build(host, shell, cfg, name, told, err);
    else if (!image_ready(shell, cfg))
        rc = build_cmdline(host->hv, &shell->guest, cfg->cmdline, err);
    return rc < 0 ? rc : host_create_step(host, "image", err);
}

/* Before the guest runs: it may not see its time stamps jump. */
static int set_tsc_mode(chaos_host *host, const struct chaos_shell *shell, const chaos_config *cfg,
                        chaos_error *err)
{
    struct hv_op op = {.code = HV_TSC_MODE, .arg = cfg->tsc_mode};

    return cfg->tsc_mode == TSC_DEFAULT ? 0 : hv_run(host->hv, shell->guest.domid, &op, 1, err);
}

static int announce(chaos_host *host, struct chaos_shell *shell, const chaos_config *cfg,
                    const char *name, chaos_error *err)
{
    struct device_guest guest = shell_guest(shell, name);

    return devices_announce(&host->devices, &guest, cfg, &shell->devices, err);
}

static int enter(chaos_host *host, const struct chaos_shell *shell, const chaos_config *cfg,
                 const char *name, const char *replaces, chaos_error *err)
{
    struct record rec = {.domid = shell->guest.domid,
                         .console_port = shell->guest.console_port,
                         .console_frame = shell->guest.built.console_frame,
                         .bus_port = shell->guest.bus_port,
                         .bus_frame = shell->guest.built.bus_frame};
    int rc = config_text(cfg, &rec.config, err);

    if (rc < 0)
        return rc;
    snprintf(rec.uuid, sizeof(rec.uuid), "%s", shell->uuid_text);
    snprintf(rec.name, sizeof(rec.name), "%s", name);
    if (shell->bus_why)
        snprintf(rec.bus_why, sizeof(rec.bus_why), "%s", shell->bus_why);
    rc = registry_put(&host->registry, &rec, err);
    if (rc == 0)
        rc = replaces ? registry_pass_on(&host->registry, name, replaces, shell->uuid_text, err)
                      : name_claim(host, name, shell->uuid_text, err);
    return rc < 0 ? rc : host_create_step(host, "registry", err);
}

int shell_execute(chaos_host *host, struct chaos_shell *shell, const chaos_config *cfg,
                  const char *name, const char *replaces, bool paused, uint32_t *domid,
                  chaos_error *err)
{
    struct hv_op unpause = {.code = HV_UNPAUSE};
    uint64_t start = shell->pooled ? host_now_ns() : 0;
    bool told = false;
    int rc;

    shell->touched = !ready_as_it_is(shell, cfg);
    rc = finish_image(host, shell, cfg, name, &told, err);
    if (rc == 0)
        rc = schedule_any(cfg) ? schedule(host->hv, &shell->guest, cfg, err) : 0;
    if (rc == 0)
        rc = set_tsc_mode(host, shell, cfg, err);
    if (rc == 0 && !told)
        rc = announce(host, shell, cfg, name, err);
    if (rc == 0)
        rc = enter(host, shell, cfg, name, replaces, err);
    if (rc == 0 && !paused) {
        shell->touched = true;
        rc = hv_run(host->hv, shell->guest.domid, &unpause, 1, err);
        if (rc == 0)
            rc = host_step(host, "unpause", err);
    }
    if (rc < 0) {
        if (replaces)
            registry_pass_on(&host->registry, name, shell->uuid_text, replaces, NULL);
        registry_drop(&host->registry, name, shell->uuid_text);
        chaos_discard(host, shell);
        return rc;
    }
    *domid = shell->guest.domid;
    if (shell->pooled)
        pool_executed(host, host_now_ns() - start);
    shell_free(shell);
    return 0;
}

void chaos_discard(chaos_host *host, chaos_shell *shell)
{
    if (shell->pooled && !shell->touched && pool_give_back(host, shell) == 0)
        return;
    shell_discard(host, shell);
}
