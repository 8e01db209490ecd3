/* SPDX-License-Identifier: BSD-3-Clause */
/* Checks that need the whole configuration, or the host's files. */
#include "config/config_device.h"

#include "base/error.h"
#include "base/ipv4.h"
#include "base/util.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Puts the key before the message, and before that its place if it came from a file. */
static int blame_name(const chaos_config *cfg, const char *name, struct config_where where, int rc,
                      chaos_error *err)
{
    if (rc == -ENOMEM)
        return rc;
    if (!where.line)
        return error_prefix(err, rc, "%s", name);
    return error_prefix(err, rc, "%s:%u:%u: %s", cfg->label, where.line, where.column, name);
}

static int blame(const chaos_config *cfg, enum config_key key, struct config_where where, int rc,
                 chaos_error *err)
{
    return blame_name(cfg, config_key_name(key), where, rc, err);
}

/* The same for a key of an item of a list. */
static int blame_item(const chaos_config *cfg, enum config_list list, unsigned int index,
                      unsigned int key, int rc, chaos_error *err)
{
    struct config_where where = config_item_where((chaos_config *)cfg, list, index)->keys[key];
    char name[32];

    snprintf(name, sizeof(name), "%s[%u].%s", config_lists[list].name, index,
             config_lists[list].keys[key]);
    return blame_name(cfg, name, where, rc, err);
}

static int check_given(const chaos_config *cfg, enum config_key key, bool given,
                       const char *example, chaos_error *err)
{
    if (given)
        return 0;
    return blame(cfg, key, cfg->root,
                 error_set(err, CHAOS_E_CONFIG, EINVAL, "is missing (add %s)", example), err);
}

static int check_regular(const char *path, chaos_error *err)
{
    struct stat st;

    if (stat(path, &st) || access(path, R_OK))
        return error_errno(err, CHAOS_E_IMAGE, errno, "%s", path);
    if (!S_ISREG(st.st_mode))
        return error_set(err, CHAOS_E_IMAGE, EINVAL, "%s: is not a regular file", path);
    return 0;
}

static int check_readable(const chaos_config *cfg, enum config_key key, const char *path,
                          chaos_error *err)
{
    int rc = path ? check_regular(path, err) : 0;

    return rc ? blame(cfg, key, cfg->where[key], rc, err) : 0;
}

/* The log may not be there yet; its directory must be. */
static int check_log_path(const char *path, bool exact, chaos_error *err)
{
    cleanup_free char *dir = NULL;
    char *slash;
    struct stat st;

    if (exact && !stat(path, &st)) {
        if (S_ISDIR(st.st_mode))
            return error_set(err, CHAOS_E_IO, EISDIR, "%s: is a directory (give a file)", path);
        if (S_ISBLK(st.st_mode))
            return error_set(err, CHAOS_E_IO, EINVAL,
                             "%s: is a block device, which it would overwrite (give a file)", path);
        return 0;
    }
    if (exact && errno != ENOENT)
        return error_errno(err, CHAOS_E_IO, errno, "%s", path);
    dir = strdup(path);
    if (!dir)
        return error_oom(err);
    slash = strrchr(dir, '/');
    slash[slash == dir] = '\0';
    if (stat(dir, &st))
        return error_errno(err, CHAOS_E_IO, errno, "%s (make the directory first)", dir);
    return 0;
}

static int check_log(const chaos_config *cfg, chaos_error *err)
{
    bool exact = cfg->name || !config_log_named(cfg); /* else the file's name is not known yet */
    cleanup_free char *path = NULL;
    int rc = config_log_path(cfg, cfg->name ? cfg->name : "", &path, err);

    if (!rc && path)
        rc = check_log_path(path, exact, err);
    return rc ? blame(cfg, KEY_CONSOLE_LOG, cfg->where[KEY_CONSOLE_LOG], rc, err) : 0;
}

static int check_vdev(const chaos_config *cfg, unsigned int index, chaos_error *err)
{
    char buf[ITEM_BUF];

    for (unsigned int i = 0; i < index; i++) {
        if (cfg->vbds[i].vdev == cfg->vbds[index].vdev)
            return error_set(err, CHAOS_E_CONFIG, EINVAL,
                             "\"%s\" is vbds[%u]'s already (give another, or leave vdev out)",
                             config_vbd_text(&cfg->vbds[i], VBD_VDEV, buf), i);
    }
    return 0;
}

static int check_mac(const chaos_config *cfg, unsigned int index, chaos_error *err)
{
    const struct config_vif *vif = &cfg->vifs[index];
    char buf[ITEM_BUF];

    for (unsigned int i = 0; vif->has_mac && i < index; i++) {
        if (cfg->vifs[i].has_mac && !memcmp(cfg->vifs[i].mac, vif->mac, sizeof(vif->mac)))
            return error_set(err, CHAOS_E_CONFIG, EINVAL,
                             "\"%s\" is vifs[%u]'s already (give another, or leave mac out)",
                             config_vif_text(vif, VIF_MAC, buf), i);
    }
    return 0;
}

static int check_devices(const chaos_config *cfg, chaos_error *err)
{
    for (unsigned int i = 0; i < cfg->nr_vifs; i++) {
        int rc = check_mac(cfg, i, err);

        if (rc < 0)
            return blame_item(cfg, LIST_VIFS, i, VIF_MAC, rc, err);
        rc = config_vif_check(&cfg->vifs[i], err);

        if (rc < 0)
            return blame_item(cfg, LIST_VIFS, i, VIF_GATEWAY, rc, err);
    }
    for (unsigned int i = 0; i < cfg->nr_vbds; i++) {
        int rc = check_vdev(cfg, i, err);

        if (rc < 0)
            return blame_item(cfg, LIST_VBDS, i, VBD_VDEV, rc, err);
        if (!*cfg->vbds[i].target)
            return blame_item(
                cfg, LIST_VBDS, i, VBD_TARGET,
                error_set(err, CHAOS_E_CONFIG, EINVAL, "is missing (add target: FILE)"), err);
    }
    return 0;
}

/* Two disks of one VM on one file or device would overwrite each other. */
static int check_twice(const chaos_config *cfg, unsigned int index, chaos_error *err)
{
    const struct config_vbd *vbd = &cfg->vbds[index];

    for (unsigned int i = 0; i < index; i++) {
        const struct config_vbd *other = &cfg->vbds[i];

        if (config_disk_together(vbd, other) || !config_disk_same(vbd, other))
            continue;
        return error_set(err, CHAOS_E_CONFIG, EINVAL,
                         "%s: is the disk of vbds[%u], too, and would be written to by two (set "
                         "mode: ro for both)",
                         vbd->target, i);
    }
    return 0;
}

static int check_disks(const chaos_config *cfg, chaos_error *err)
{
    for (unsigned int i = 0; i < cfg->nr_vbds; i++) {
        int rc = config_disk_check(&cfg->vbds[i], err);

        if (rc == 0)
            rc = check_twice(cfg, i, err);
        if (rc < 0)
            return blame_item(cfg, LIST_VBDS, i, VBD_TARGET, rc, err);
    }
    return 0;
}

int config_check_files(const chaos_config *cfg, chaos_error *err)
{
    int rc = cfg->ramdisk ? check_regular(cfg->ramdisk, err) : 0;

    for (unsigned int i = 0; !rc && i < cfg->nr_vbds; i++) {
        rc = config_disk_check(&cfg->vbds[i], err);
        if (rc)
            error_prefix(err, rc, "vbds[%u].target", i);
    }
    return rc;
}

static int check_schedule(const chaos_config *cfg, chaos_error *err)
{
    int rc = config_cpus_check(cfg, err);

    if (rc < 0)
        return blame(cfg, KEY_CPUS, cfg->where[KEY_CPUS], rc, err);
    if (cfg->cpu_cap <= 100 * cfg->vcpus)
        return 0;
    rc = error_set(err, CHAOS_E_CONFIG, EINVAL,
                   "%u percent are more than %u vCPUs can take (at most 100 for each)",
                   cfg->cpu_cap, cfg->vcpus);
    return blame(cfg, KEY_CPU_CAP, cfg->where[KEY_CPU_CAP], rc, err);
}

int chaos_config_check(const chaos_config *cfg, chaos_error *err)
{
    int rc = check_given(cfg, KEY_KERNEL, cfg->kernel, "kernel: FILE", err);

    if (!rc)
        rc = check_given(cfg, KEY_MEMORY, cfg->memory_kib, "memory: 512MiB", err);
    if (!rc)
        rc = check_schedule(cfg, err);
    if (!rc)
        rc = check_devices(cfg, err);
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

int chaos_config_check_disks(const chaos_config *cfg, chaos_note_fn *note, void *opaque,
                             chaos_error *err)
{
    for (unsigned int i = 0; i < cfg->nr_vbds; i++) {
        char text[DISK_NOTE];
        int rc = config_disk_look(&cfg->vbds[i], text, err);

        if (rc < 0)
            return blame_item(cfg, LIST_VBDS, i, VBD_TARGET, rc, err);
        if (*text && note)
            note(opaque, text);
    }
    return 0;
}

/* How many addresses there are from that of `vif` to the last of its network, without the gateway.
 * Addresses of length 32 have no network in common: they are counted up to the end of the range
 * that the first byte stands for. */
static unsigned long addresses(const struct config_vif *vif)
{
    uint32_t ip = ipv4_number(vif->ip), gateway = ipv4_number(vif->gateway);
    uint32_t last = vif->prefix == 32 ? ip | 0xffffff : ipv4_last_host(ip, vif->prefix);

    return last - ip + 1UL - (gateway > ip && gateway <= last);
}

static int check_vif_count(const chaos_config *cfg, unsigned int index, unsigned long count,
                           chaos_error *err)
{
    const struct config_vif *vif = &cfg->vifs[index];
    char text[ITEM_BUF];
    int rc;

    if (vif->has_mac) {
        rc = error_set(err, CHAOS_E_CONFIG, EINVAL,
                       "%lu VMs cannot have the same (leave mac out: each gets its own)", count);
        return blame_item(cfg, LIST_VIFS, index, VIF_MAC, rc, err);
    }
    if (vif->prefix && addresses(vif) < count) {
        rc = error_set(err, CHAOS_E_CONFIG, ERANGE,
                       "from %s on there are %lu addresses for %lu VMs (take a larger network)",
                       config_vif_text(vif, VIF_IP, text), addresses(vif), count);
        return blame_item(cfg, LIST_VIFS, index, VIF_IP, rc, err);
    }
    return 0;
}

int chaos_config_check_count(const chaos_config *cfg, unsigned long count, chaos_error *err)
{
    int rc = 0;

    for (unsigned int i = 0; count > 1 && i < cfg->nr_vifs && !rc; i++)
        rc = check_vif_count(cfg, i, count, err);
    for (unsigned int i = 0; count > 1 && i < cfg->nr_vbds && !rc; i++) {
        if (cfg->vbds[i].readonly || cfg->vbds[i].shared)
            continue;
        rc = error_set(err, CHAOS_E_CONFIG, EINVAL,
                       "%lu VMs cannot write to the same disk (set mode: ro)", count);
        rc = blame_item(cfg, LIST_VBDS, i, VBD_MODE, rc, err);
    }
    if (count > 1 && !rc && cfg->console_log && !config_log_named(cfg)) {
        rc = error_set(err, CHAOS_E_CONFIG, EINVAL,
                       "%lu VMs cannot have the same (write %%n for the VM's name in it)", count);
        rc = blame(cfg, KEY_CONSOLE_LOG, cfg->where[KEY_CONSOLE_LOG], rc, err);
    }
    return rc;
}

int chaos_config_next_ip(chaos_config *cfg, chaos_error *err)
{
    bool changed = false;

    for (unsigned int i = 0; i < cfg->nr_vifs; i++) {
        int rc = 0;

        if (cfg->vifs[i].prefix && addresses(&cfg->vifs[i]) < 2)
            rc = error_set(err, CHAOS_E_CONFIG, ERANGE,
                           "no address is left in its network (take a larger one)");
        if (rc < 0)
            return blame_item(cfg, LIST_VIFS, i, VIF_IP, rc, err);
    }
    for (unsigned int i = 0; i < cfg->nr_vifs; i++) {
        struct config_vif *vif = &cfg->vifs[i];
        uint32_t next = ipv4_number(vif->ip) + 1;

        if (!vif->prefix)
            continue;
        ipv4_bytes(next + (next == ipv4_number(vif->gateway)), vif->ip);
        changed = true;
    }
    if (changed) /* else the text of the VM before is right for this one, too */
        config_changed(cfg);
    return 0;
}
