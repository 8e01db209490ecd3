/* SPDX-License-Identifier: BSD-3-Clause */
/* The keys of a disk. */
#include "config/config_device.h"

#include "base/error.h"
#include "base/text.h"
#include "base/util.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define VDEV_LETTERS 26

#define bad(err, ...) error_set(err, CHAOS_E_CONFIG, EINVAL, __VA_ARGS__)

_Static_assert(CONFIG_MAX_VBDS <= VDEV_LETTERS, "each disk finds a name");

/* Xen's vbd interface: block major 202 has 16 disks of 16 minors (partitions). Further disks are in
 * the extended form, with 256 minors each. */
#define VDEV_EXTENDED (1U << 28)

uint32_t config_vdev(unsigned int n)
{
    return n < 16 ? 202U << 8 | n << 4 : VDEV_EXTENDED | n << 8;
}

static unsigned int vdev_number(uint32_t vdev)
{
    return vdev & VDEV_EXTENDED ? vdev >> 8 & 0xfffff : vdev >> 4 & 0xf;
}

void config_vdev_name(uint32_t vdev, char out[VDEV_NAME])
{
    unsigned int n = vdev_number(vdev);

    if (n < VDEV_LETTERS)
        snprintf(out, VDEV_NAME, "xvd%c", (char)('a' + n));
    else /* as Linux goes on */
        snprintf(out, VDEV_NAME, "xvd%c%c", (char)('a' + (n / 26 - 1) % 26), (char)('a' + n % 26));
}

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
        return bad(err, "\"%s\" is not a disk's name (xvda to xvdz)", SHOW(text));
    vbd->vdev = config_vdev(text[3] - 'a');
    vbd->has_vdev = true;
    return 0;
}

static int set_mode(struct config_vbd *vbd, const char *text, chaos_error *err)
{
    bool shared = strcmp(text, "shared") == 0;

    if (!shared && strcmp(text, "ro") && strcmp(text, "rw"))
        return bad(err, "\"%s\" is not a mode (rw, ro or shared)", SHOW(text));
    vbd->readonly = text[1] == 'o';
    vbd->shared = shared;
    return 0;
}

static int set_format(struct config_vbd *vbd, const char *text, chaos_error *err)
{
    if (strcmp(text, "raw"))
        return bad(err, "\"%s\" is not a format (raw, which says that the file is meant as it is)",
                   SHOW(text));
    vbd->raw = true;
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
    } else if (key == VBD_MODE) {
        vbd->readonly = vbd->shared = false;
    } else {
        vbd->raw = false;
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
    case VBD_FORMAT:
        return set_format(vbd, text, err);
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
        return vbd->shared ? "shared" : vbd->readonly ? "ro" : "rw";
    if (key == VBD_FORMAT)
        return vbd->raw ? "raw" : NULL;
    config_vdev_name(vbd->vdev, buf);
    return buf;
}

void config_vbds_name(chaos_config *cfg)
{
    uint32_t taken = 0;
    unsigned int n = 0;

    for (unsigned int i = 0; i < cfg->nr_vbds; i++) {
        if (cfg->vbds[i].has_vdev)
            taken |= 1U << vdev_number(cfg->vbds[i].vdev);
    }
    for (unsigned int i = 0; i < cfg->nr_vbds; i++) {
        if (cfg->vbds[i].has_vdev)
            continue;
        while (taken & 1U << n)
            n++;
        cfg->vbds[i].vdev = config_vdev(n++);
    }
}
