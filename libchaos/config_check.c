/* SPDX-License-Identifier: BSD-3-Clause */
/* What only the whole configuration, or the host's files, can show. */
#include "config.h"

#include "error.h"
#include "util.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Puts the key and, where it came from a file, its place before the message. */
static int blame(const chaos_config *cfg, enum config_key key, struct config_where where, int rc,
                 chaos_error *err)
{
    if (rc == -ENOMEM)
        return rc;
    if (!where.line)
        return error_prefix(err, rc, "%s", config_key_name(key));
    return error_prefix(err, rc, "%s:%u:%u: %s", cfg->label, where.line, where.column,
                        config_key_name(key));
}

static int check_given(const chaos_config *cfg, enum config_key key, bool given,
                       const char *example, chaos_error *err)
{
    if (given)
        return 0;
    return blame(cfg, key, cfg->root,
                 error_set(err, CHAOS_E_CONFIG, EINVAL, "is missing (add %s)", example), err);
}

static int check_readable(const chaos_config *cfg, enum config_key key, const char *path,
                          chaos_error *err)
{
    struct stat st;
    int rc = 0;

    if (!path)
        return 0;
    if (stat(path, &st) || access(path, R_OK))
        rc = error_errno(err, CHAOS_E_IMAGE, errno, "%s", path);
    else if (!S_ISREG(st.st_mode))
        rc = error_set(err, CHAOS_E_IMAGE, EINVAL, "%s: is not a regular file", path);
    return rc ? blame(cfg, key, cfg->where[key], rc, err) : 0;
}

/* The log may not be there yet; its directory must be. */
static int check_log(const chaos_config *cfg, chaos_error *err)
{
    const char *path = cfg->console_log;
    cleanup_free char *dir = NULL;
    char *slash;
    struct stat st;
    int rc = 0;

    if (!path)
        return 0;
    if (!stat(path, &st)) {
        if (S_ISDIR(st.st_mode))
            rc = error_set(err, CHAOS_E_IO, EISDIR, "%s: is a directory (give a file)", path);
    } else if (errno != ENOENT) {
        rc = error_errno(err, CHAOS_E_IO, errno, "%s", path);
    } else {
        dir = strdup(path);
        if (!dir)
            return error_oom(err);
        slash = strrchr(dir, '/');
        slash[slash == dir] = '\0';
        if (stat(dir, &st))
            rc = error_errno(err, CHAOS_E_IO, errno, "%s (make the directory first)", dir);
    }
    return rc ? blame(cfg, KEY_CONSOLE_LOG, cfg->where[KEY_CONSOLE_LOG], rc, err) : 0;
}

static int check_disks(const chaos_config *cfg, chaos_error *err)
{
    for (unsigned int i = 0; i < cfg->nr_vbds; i++) {
        const struct config_vbd *vbd = &cfg->vbds[i];
        struct stat st;
        int rc = 0;

        if (stat(vbd->target, &st) || access(vbd->target, vbd->readonly ? R_OK : R_OK | W_OK))
            rc = error_errno(err, CHAOS_E_IO, errno, "%s", vbd->target);
        else if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
            rc = error_set(err, CHAOS_E_IO, EINVAL, "%s: is neither a file nor a block device",
                           vbd->target);
        if (rc)
            return error_prefix(err, rc, "%s: vbds[%u].target", cfg->label, i);
    }
    return 0;
}

int chaos_config_check(const chaos_config *cfg, chaos_error *err)
{
    int rc = check_given(cfg, KEY_KERNEL, cfg->kernel, "kernel: FILE", err);

    if (!rc)
        rc = check_given(cfg, KEY_MEMORY, cfg->memory_kib, "memory: 512MiB", err);
    if (!rc)
        rc = check_readable(cfg, KEY_KERNEL, cfg->kernel, err);
    if (!rc)
        rc = check_readable(cfg, KEY_RAMDISK, cfg->ramdisk, err);
    if (!rc)
        rc = check_log(cfg, err);
    if (!rc)
        rc = check_disks(cfg, err);
    return rc;
}
