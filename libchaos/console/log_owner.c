/* SPDX-License-Identifier: BSD-3-Clause */
/* Finds the VM whose console is being logged to a file. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include <chaos/console.h>
#include "config/config.h"
#include "base/error.h"
#include "base/rotating_log.h"
#include "base/util.h"

static bool in_use(const char *path, struct stat *st)
{
    cleanup_close int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

    return fd >= 0 && fstat(fd, st) == 0 && S_ISREG(st->st_mode) && log_in_use(fd);
}

static bool has(chaos_host *host, const struct chaos_domain *dom, const struct stat *log)
{
    struct chaos_console_settings own;
    struct stat st;
    bool same;

    if (!dom->ours || dom->state == CHAOS_DYING || chaos_domain_console(host, dom, &own, NULL) < 0)
        return false;
    same =
        own.log && stat(own.log, &st) == 0 && st.st_dev == log->st_dev && st.st_ino == log->st_ino;
    free(own.log);
    return same;
}

int chaos_console_log_free(chaos_host *host, const chaos_config *cfg, const char *name,
                           chaos_error *err)
{
    cleanup_free struct chaos_domain *doms = NULL;
    cleanup_free char *path = NULL;
    size_t count = 0;
    struct stat st;
    int rc = config_log_path(cfg, name, &path, err);

    if (rc < 0 || !path || !in_use(path, &st))
        return rc;
    /* The lock may still be that of a VM that was destroyed a moment ago: it counts where a VM has
     * that log in its record. */
    rc = chaos_list(host, &doms, &count, err);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(doms[i].name, name) != 0 && has(host, &doms[i], &st))
            return error_set(err, CHAOS_E_BUSY, EBUSY,
                             "console.log: %s: the console of \"%s\" is logged to it (give each VM "
                             "its own file; %%n in its name is the VM's)",
                             path, doms[i].name);
    }
    return rc;
}
