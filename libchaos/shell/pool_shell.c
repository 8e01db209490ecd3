/* SPDX-License-Identifier: BSD-3-Clause */
/* Shells as chaosd makes them and looks after them. */
#include <errno.h>
#include <string.h>

#include "config/config.h"
#include "base/error.h"
#include "build/pv_early.h"
#include "shell/shell.h"

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
        rc = shell_prepare(host, cfg, NULL, true, &shell, err);
    if (rc < 0)
        return rc;
    if (warm) {
        shell->image = image;
        rc = shell_build_ahead(host, shell, cfg, err);
    } else if (shell->guest.type == CHAOS_PV) {
        rc = early_make(host->hv, &shell->guest, err);
    }
    if (rc == 0)
        rc = shell_announce_ahead(host, shell, cfg, err);
    if (rc == 0)
        rc = host_step(host, "image", err);
    if (rc < 0) {
        shell_discard(host, shell);
        return rc;
    }
    *out = shell;
    return 0;
}

/* 1: it is as it was made; 0: it is not; -errno: nobody knows. */
static int intact(chaos_host *host, const chaos_shell *shell)
{
    struct hv_domain now;
    struct hv_op op = {.code = HV_DOMAIN_INFO, .info = &now};
    int rc = hv_run(host->hv, shell->guest.domid, &op, 1, NULL);

    if (rc < 0)
        return rc == -ESRCH ? 0 : rc;
    return memcmp(now.uuid, shell->uuid, sizeof(now.uuid)) == 0 && now.paused && !now.dying &&
           now.cpu_ns == 0;
}

bool chaos_shell_intact(chaos_host *host, const chaos_shell *shell)
{
    return intact(host, shell) > 0;
}

int chaos_shell_destroy(chaos_host *host, chaos_shell *shell)
{
    int rc = intact(host, shell);

    if (rc > 0)
        rc = domain_end(host, shell->guest.domid, shell->uuid,
                        devices_any(shell->uuid, &shell->devices), NULL);
    if (rc < 0 && rc != -ESRCH)
        return rc;
    shell_free(shell);
    return 0;
}

int chaos_shell_named(chaos_host *host, const chaos_shell *shell)
{
    char owner[CHAOS_UUID_TEXT];
    struct record rec;
    int rc = registry_get(&host->registry, shell->uuid_text, &rec, NULL);

    if (rc == 0) {
        rc = registry_lookup(&host->registry, rec.name, owner);
        record_clear(&rec);
    }
    if (rc < 0) /* a damaged record is that of a client which was killed while it wrote */
        return rc == -ENOENT || rc == -EINVAL || rc == -EBADMSG ? 0 : rc;
    return strcmp(owner, shell->uuid_text) == 0;
}

void chaos_host_is_chaosd(chaos_host *host)
{
    host->is_chaosd = true;
}

void chaos_host_on_reclaim(chaos_host *host, chaos_reclaim_fn *fn, void *opaque)
{
    host->on_reclaim = fn;
    host->on_reclaim_opaque = opaque;
}
