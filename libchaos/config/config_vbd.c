/* SPDX-License-Identifier: BSD-3-Clause */
/* The keys of a disk. */
#include "config/config_device.h"

#include "base/error.h"
#include "base/text.h"
#include "base/util.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Xen's vbd interface: block major 202, 16 minors (partitions) a disk. */
#define VDEV(n)      (202U << 8 | (uint32_t)(n) << 4)
#define VDEV_LETTERS 16

#define bad(err, ...) error_set(err, CHAOS_E_CONFIG, EINVAL, __VA_ARGS__)

_Static_assert(CONFIG_MAX_VBDS <= VDEV_LETTERS, "each disk finds a name");

int config_vbd_init(struct config_vbd *vbd, chaos_error *err)
{
    memset(vbd, 0, sizeof(*vbd));
    vbd->target = strdup("");
    return vbd->target ? 0 : error_oom(err);
}

static int set_vdev(struct config_vbd *vbd, const char *text, chaos_error *err)
{
    bool named = !strncmp(text, "xvd", 3) && text[3] >= 'a' && text[3] < 'a' + VDEV_LETTERS;

    if (named && text[4] >= '1' && text[4] <= '9')
        return bad(err, "\"%s\" is a partition (give a whole disk, as %.4s)", SHOW(text), text);
    if (!named || text[4])
        return bad(err, "\"%s\" is not a disk's name (xvda to xvdp)", SHOW(text));
    vbd->vdev = VDEV(text[3] - 'a');
    vbd->has_vdev = true;
    return 0;
}

static int set_mode(struct config_vbd *vbd, const char *text, chaos_error *err)
{
    if (strcmp(text, "ro") && strcmp(text, "rw"))
        return bad(err, "\"%s\" is not a mode (ro or rw)", SHOW(text));
    vbd->readonly = text[1] == 'o';
    return 0;
}

static int reset(struct config_vbd *vbd, enum config_vbd_key key, chaos_error *err)
{
    char *none;

    if (key == VBD_TARGET) {
        none = strdup("");
        if (!none)
            return error_oom(err);
        free(vbd->target);
        vbd->target = none;
    } else if (key == VBD_VDEV) {
        vbd->has_vdev = false;
        vbd->vdev = 0;
    } else {
        vbd->readonly = false;
    }
    return 0;
}

int config_vbd_set(struct config_vbd *vbd, enum config_vbd_key key, const char *base,
                   const char *text, chaos_error *err)
{
    if (!text)
        return reset(vbd, key, err);
    switch (key) {
    case VBD_TARGET:
        return config_set_path(&vbd->target, base, text, err);
    case VBD_VDEV:
        return set_vdev(vbd, text, err);
    case VBD_MODE:
        return set_mode(vbd, text, err);
    case VBD_KEYS:
        break;
    }
    return error_set(err, CHAOS_E_FAILED, EINVAL, "no such key");
}

const char *config_vbd_text(const struct config_vbd *vbd, enum config_vbd_key key,
                            char buf[ITEM_BUF])
{
    if (key == VBD_TARGET)
        return *vbd->target ? vbd->target : NULL;
    if (key == VBD_MODE)
        return vbd->readonly ? "ro" : "rw";
    snprintf(buf, ITEM_BUF, "xvd%c", (char)('a' + (vbd->vdev >> 4 & 0xf)));
    return buf;
}

void config_vbds_name(chaos_config *cfg)
{
    uint32_t taken = 0;
    unsigned int n = 0;

    for (unsigned int i = 0; i < cfg->nr_vbds; i++) {
        if (cfg->vbds[i].has_vdev)
            taken |= 1U << (cfg->vbds[i].vdev >> 4 & 0xf);
    }
    for (unsigned int i = 0; i < cfg->nr_vbds; i++) {
        if (cfg->vbds[i].has_vdev)
            continue;
        while (taken & 1U << n)
            n++;
        cfg->vbds[i].vdev = VDEV(n++);
    }
}
