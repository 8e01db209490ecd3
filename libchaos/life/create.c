/* SPDX-License-Identifier: BSD-3-Clause */
/* create: a shell, chaosd's or a new one, and its execution. */
#include <errno.h>

#include "base/error.h"
#include "config/config.h"
#include "life/execute.h"
#include "life/claim.h"
#include "pool/pool_client.h"

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
    return shell_execute(host, shell, cfg, name, NULL, paused, domid, err);
}

/* Finds out early what would fail after all the work for a new domain. */
static int look_ahead(chaos_host *host, const chaos_config *cfg, const char *name,
                      const struct image **image, chaos_error *err)
{
    int rc = name_check_free(host, name, err);

    if (rc == 0)
        rc = kernel_cache_get(&host->kernels, cfg->kernel, image, err);
    return rc < 0 ? rc : image_require(*image, cfg->kernel, cfg->type, err);
}

/* Whether a shell of chaosd's has the bus that the VM gets: a cold one did not know the kernel, and
 * flavour and VM need not both name a bus. A warm one over noxs fits a VM that leaves it open,
 * without another look at the kernel. Where nobody knows, it has. */
static bool right_bus(chaos_host *host, const struct chaos_shell *shell, const chaos_config *cfg,
                      const struct image *image)
{
    struct device_choice choice;

    if (shell->warm && !devices_in_store(shell->uuid))
        return cfg->devices != DEVICES_XENSTORE;
    return shell_choose(host, cfg, image, &choice, NULL) < 0 ||
           devices_in_store(shell->uuid) == (choice.devices == DEVICES_XENSTORE);
}

/* The shell, or NULL where it had the other bus: it goes back. */
static struct chaos_shell *keep_right(chaos_host *host, struct chaos_shell *shell,
                                      const chaos_config *cfg, const struct image *image)
{
    if (!shell || right_bus(host, shell, cfg, image))
        return shell;
    chaos_discard(host, shell);
    return NULL;
}

/* A shell for this VM: chaosd's if it has one that fits, else a new one. The image of a warm one is
 * known to be good, and it goes back if the name turns out to be another's. */
static int get_shell(chaos_host *host, const chaos_config *cfg, const char *name,
                     struct chaos_shell **out, chaos_error *err)
{
    struct chaos_shell *shell = pool_take(host, cfg);
    chaos_error before = {CHAOS_OK};
    const struct image *image = NULL;
    int rc = 0;

    if (shell && shell->warm)
        shell = keep_right(host, shell, cfg, NULL);
    if (!shell || !shell->warm)
        rc = look_ahead(host, cfg, name, &image, err);
    if (rc == 0 && shell && !shell->warm)
        shell = keep_right(host, shell, cfg, image);
    if (rc == 0)
        rc = host_create_step(host, "check", err);
    *out = shell;
    if (rc < 0 && shell)
        chaos_discard(host, shell);
    if (rc < 0 || shell)
        return rc;
    if (err)
        before = *err;
    rc = shell_prepare(host, cfg, image, false, out, err);
    if (rc != -ENOMEM || !pool_reclaim(host, cfg))
        return rc;
    rc = chaos_prepare(host, cfg, out, err);
    if (rc == 0 && err)
        *err = before;
    return rc;
}

int chaos_create(chaos_host *host, const chaos_config *cfg, const char *name, bool paused,
                 uint32_t *domid, chaos_error *err)
{
    chaos_shell *shell;
    int rc;

    host_step_begin(host);
    rc = check_name(name, err);
    if (rc == 0)
        rc = get_shell(host, cfg, name, &shell, err);
    return rc < 0 ? rc : shell_execute(host, shell, cfg, name, NULL, paused, domid, err);
}
