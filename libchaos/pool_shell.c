/* SPDX-License-Identifier: BSD-3-Clause */
/* Shells as chaosd makes them and looks after them. */
#include <string.h>

#include "config.h"
#include "error.h"
#include "pv_early.h"
#include "shell.h"

int chaos_pool_prepare(chaos_host *host, const chaos_config *cfg, bool warm, chaos_shell **out,
                       chaos_error *err)
{
    struct chaos_shell *shell;
    struct chaos_pool_image image;
    int rc;

    *out = NULL;
    /* Looked at before it is read: what changes in between looks changed afterwards. */
    rc = warm ? chaos_pool_image(cfg, &image, err) : 0;
    if (rc == 0)
        rc = shell_prepare(host, cfg, true, &shell, err);
    if (rc < 0)
        return rc;
    if (warm) {
        shell->image = image;
        shell->built_cmdline = strdup(cfg->cmdline);
        rc = shell->built_cmdline ? shell_build(host, shell, cfg, err) : error_oom(err);
        shell->warm = true;
    } else if (shell->type == CHAOS_PV) {
        rc = early_make(host->hv, shell, err);
    }
    if (rc < 0) {
        chaos_discard(host, shell);
        return rc;
    }
    *out = shell;
    return 0;
}

bool chaos_shell_intact(chaos_host *host, const chaos_shell *shell)
{
    struct hv_domain now;
    struct hv_op op = {.code = HV_DOMAIN_INFO, .info = &now};

    return hv_run(host->hv, shell->domid, &op, 1, NULL) == 0 &&
           memcmp(now.uuid, shell->uuid, sizeof(now.uuid)) == 0 && now.paused && !now.dying &&
           now.cpu_ns == 0;
}

bool chaos_shell_claimed(chaos_host *host, const chaos_shell *shell)
{
    char owner[CHAOS_UUID_TEXT];
    struct record rec;
    bool claimed;

    if (registry_get(&host->registry, shell->uuid_text, &rec, NULL) < 0)
        return false;
    claimed = registry_lookup(&host->registry, rec.name, owner) == 0 &&
              strcmp(owner, shell->uuid_text) == 0;
    record_clear(&rec);
    return claimed;
}

void chaos_host_is_chaosd(chaos_host *host)
{
    host->is_chaosd = true;
}
