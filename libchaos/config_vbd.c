/* SPDX-License-Identifier: BSD-3-Clause */
/* The keys of a disk; and devices as "KEY=VALUE,KEY=VALUE". */
#include "config_device.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "error.h"
#include "text.h"
#include "util.h"

/* Xen's vbd interface: block major 202, 16 minors (partitions) a disk */
#define VDEV(n) (202U << 8 | (uint32_t)(n) << 4)

#define bad(err, ...) error_set(err, CHAOS_E_CONFIG, EINVAL, __VA_ARGS__)

const char *const config_vbd_keys[] = {"target", "vdev", "mode", NULL};

int config_vbd_set(struct config_vbd *vbd, const char *base, const char *key, const char *text,
                   chaos_error *err)
{
    const char *guess;
    char *path;
    int rc;

    if (strcmp(key, "target") == 0) {
        if (!*text || text_fault(text))
            return bad(err, "\"%s\" is not a path", SHOW(text));
        rc = config_path(base, text, &path, err);
        if (rc < 0)
            return rc;
        free(vbd->target);
        vbd->target = path;
        return 0;
    }
    if (strcmp(key, "vdev") == 0) {
        if (strncmp(text, "xvd", 3) != 0 || text[3] < 'a' || text[3] > 'p' || text[4])
            return bad(err, "\"%s\" is not a disk's name (xvda to xvdp)", SHOW(text));
        vbd->vdev = VDEV(text[3] - 'a');
        return 0;
    }
    if (strcmp(key, "mode") == 0) {
        if (strcmp(text, "ro") != 0 && strcmp(text, "rw") != 0)
            return bad(err, "\"%s\" is neither ro nor rw", SHOW(text));
        vbd->readonly = text[1] == 'o';
        return 0;
    }
    guess = text_guess(key, config_vbd_keys, 3);
    if (guess)
        return bad(err, "unknown key (did you mean %s?)", guess);
    return bad(err, "unknown key (there are target, vdev and mode)");
}

int config_vbd_check(const struct config_vbd *vbd, chaos_error *err)
{
    return vbd->target ? 0 : bad(err, "target: is missing (add target: FILE)");
}

void config_vbd_text(const struct config_vbd *vbd, const char *key, char out[DEVICE_TEXT])
{
    out[0] = '\0';
    if (strcmp(key, "vdev") == 0 && vbd->vdev)
        snprintf(out, DEVICE_TEXT, "xvd%c", 'a' + ((vbd->vdev & 0xff) >> 4));
    else if (strcmp(key, "mode") == 0)
        snprintf(out, DEVICE_TEXT, "%s", vbd->readonly ? "ro" : "rw");
}

static bool vdev_taken(const chaos_config *cfg, uint32_t vdev, unsigned int but)
{
    for (unsigned int i = 0; i < cfg->nr_vbds; i++) {
        if (i != but && cfg->vbds[i].vdev == vdev)
            return true;
    }
    return false;
}

int config_vbds_finish(chaos_config *cfg, unsigned int *at, chaos_error *err)
{
    char name[DEVICE_TEXT];

    for (unsigned int i = 0; i < cfg->nr_vbds; i++) {
        struct config_vbd *vbd = &cfg->vbds[i];

        *at = i;
        if (vbd->vdev && vdev_taken(cfg, vbd->vdev, i)) {
            config_vbd_text(vbd, "vdev", name);
            return bad(err, "vdev: two disks are %s", name);
        }
    }
    for (unsigned int i = 0; i < cfg->nr_vbds; i++) {
        for (unsigned int n = 0; !cfg->vbds[i].vdev; n++) {
            if (!vdev_taken(cfg, VDEV(n), i))
                cfg->vbds[i].vdev = VDEV(n);
        }
    }
    return 0;
}

/* Calls set(opaque, key, value) for each pair. */
static int each_pair(const char *text, int (*set)(void *, const char *, const char *, chaos_error *),
                     void *opaque, chaos_error *err)
{
    cleanup_free char *copy = strdup(text);
    char *rest = copy, *pair;

    if (!copy)
        return error_oom(err);
    while ((pair = strsep(&rest, ",")) != NULL) {
        char *equals = strchr(pair, '=');
        int rc;

        if (!equals || equals == pair || !equals[1])
            return error_set(err, CHAOS_E_USAGE, EINVAL, "\"%s\" is not KEY=VALUE", SHOW(pair));
        *equals = '\0';
        rc = set(opaque, pair, equals + 1, err);
        if (rc < 0)
            return rc == -ENOMEM ? rc : error_prefix(err, rc, "%s", SHOW(pair));
    }
    return 0;
}

static int pair_vif(void *opaque, const char *key, const char *value, chaos_error *err)
{
    return config_vif_set(opaque, key, value, err);
}

static int pair_vbd(void *opaque, const char *key, const char *value, chaos_error *err)
{
    return config_vbd_set(opaque, NULL, key, value, err);
}

int config_vif_parse_pairs(const char *text, struct config_vif *out, chaos_error *err)
{
    int rc;

    config_vif_init(out);
    rc = each_pair(text, pair_vif, out, err);
    return rc < 0 ? rc : config_vif_check(out, err);
}

int config_vbd_parse_pairs(const char *text, struct config_vbd *out, chaos_error *err)
{
    int rc;

    memset(out, 0, sizeof(*out));
    rc = each_pair(text, pair_vbd, out, err);
    if (rc == 0)
        rc = config_vbd_check(out, err);
    if (rc < 0) {
        free(out->target);
        out->target = NULL;
    }
    return rc;
}
