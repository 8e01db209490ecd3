/* SPDX-License-Identifier: BSD-3-Clause */
/* Devices that come and go while the VM runs. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <noxs/ioctl.h>

#include "noxs.h"
#include "devices/devices.h"
#include "devices/noxs/back_ends.h"
#include "devices/noxs/entries.h"
#include "base/error.h"
#include "config/config_device.h"
#include "base/util.h"

static int bad_type(const char *type, chaos_error *err)
{
    return error_set(err, CHAOS_E_USAGE, EINVAL, "\"%s\" is no kind of device (vif or vbd)", type);
}

/* The lowest index of its type that is free. */
static uint16_t free_index(const struct noxs_entry *entries, int nr, uint8_t type)
{
    uint16_t index = 0;

    for (int i = 0; i < nr; i++) {
        if (entries[i].type == type && entries[i].index == index) {
            index++;
            i = -1; /* begin anew: entries are in no order */
        }
    }
    return index;
}

static int add_vif(struct device_host *host, uint32_t domid, const char *name, const char *spec,
                   uint16_t index, chaos_error *err)
{
    struct config_vif vif;
    int rc = config_vif_parse_pairs(spec, &vif, err);

    return rc < 0 ? rc : devices_plug(host, domid, name, &vif, NULL, index, err);
}

/* Gives the disk a number that none of the VM's disks has; a number it was given must be free. */
static int choose_vdev(struct config_vbd *vbd, const struct noxs_entry *entries, int nr,
                       chaos_error *err)
{
    uint32_t vdev = vbd->has_vdev ? vbd->vdev : config_vdev(0);
    char name[VDEV_NAME];

    for (unsigned int n = 0, i = 0; i < (unsigned int)nr; i++) {
        if (entries[i].type != NOXS_TYPE_VBD || entries[i].u.vbd.vdev != vdev)
            continue;
        config_vdev_name(vdev, name);
        if (vbd->has_vdev)
            return error_set(err, CHAOS_E_CONFIG, EEXIST,
                             "vdev: \"%s\" is vbd %u's already (give another, or leave vdev out)",
                             name, entries[i].index);
        vdev = config_vdev(++n);
        i = -1U; /* begin anew: entries are in no order */
    }
    vbd->vdev = vdev;
    return 0;
}

static int add_vbd(struct device_host *host, uint32_t domid, const char *name, const char *spec,
                   uint16_t index, const struct noxs_entry *entries, int nr, chaos_error *err)
{
    char note[DISK_NOTE];
    struct config_vbd vbd;
    int rc = config_vbd_parse_pairs(spec, &vbd, err);

    if (rc < 0)
        return rc;
    rc = config_disk_check(&vbd, err);
    if (rc == 0)
        rc = config_disk_look(&vbd, note, err);
    if (rc == 0)
        rc = choose_vdev(&vbd, entries, nr, err);
    if (rc == 0)
        rc = devices_plug(host, domid, name, NULL, &vbd, index, err);
    free(vbd.target);
    return rc;
}

int devices_add(struct device_host *host, uint32_t domid, const char *name, const char *type,
                const char *spec, unsigned int *index, chaos_error *err)
{
    struct noxs_entry entries[NOXS_MAX_DEVICES];
    uint8_t number = entry_type_number(type);
    int nr;

    if (number == NOXS_TYPE_NONE)
        return bad_type(type, err);
    nr = entries_read(host, domid, entries, err);
    if (nr < 0)
        return nr;
    *index = free_index(entries, nr, number);
    return number == NOXS_TYPE_VIF ? add_vif(host, domid, name, spec, *index, err)
                                   : add_vbd(host, domid, name, spec, *index, entries, nr, err);
}

/* Asks the guest to let go of a device. With `force` it need not, nor need there be a back end. */
static int release(struct device_host *host, const struct noxs_close *which, bool force,
                   chaos_error *err)
{
    const char *type = entry_type_name(which->type);
    struct noxs_entry entries[NOXS_MAX_DEVICES];
    int rc = back_ends_release(host->backs, which), nr;

    if (rc >= 0 || force)
        return 0;
    if (rc != -ENOENT)
        return error_set(err, rc == -ETIMEDOUT ? CHAOS_E_TIMEOUT : CHAOS_E_FAILED, -rc,
                         "domain %u does not let go of %s %u (%s); --force takes it away all the "
                         "same",
                         which->domid, type, which->index, strerror(-rc));
    nr = entries_read(host, which->domid, entries, err);
    for (int i = 0; i < nr; i++) {
        if (entries[i].type == which->type && entries[i].index == which->index)
            return error_set(err, CHAOS_E_FAILED, ENOENT,
                             "the back end of domain %u's %s %u is gone; --force takes the device "
                             "from the guest, too",
                             which->domid, type, which->index);
    }
    return nr < 0 ? nr
                  : error_set(err, CHAOS_E_NOT_FOUND, ENOENT, "domain %u has no %s %u",
                              which->domid, type, which->index);
}

int devices_remove(struct device_host *host, uint32_t domid, const char *type, unsigned int index,
                   unsigned int timeout_ms, bool force, chaos_error *err)
{
    struct noxs_id id = {.type = entry_type_number(type), .index = index};
    struct noxs_close which = {
        .domid = domid, .type = id.type, .index = index, .timeout_ms = timeout_ms};
    int rc, removed;

    if (id.type == NOXS_TYPE_NONE)
        return bad_type(type, err);
    rc = devices_need(host, err);
    if (rc == 0)
        rc = release(host, &which, force, err);
    if (rc < 0)
        return rc;
    rc = noxs_remove(host->noxs, domid, &id, 1);
    removed = back_ends_remove(host->backs, &which);
    if (rc == -ENOENT && removed <= 0)
        return error_set(err, CHAOS_E_NOT_FOUND, ENOENT, "domain %u has no %s %u", domid, type,
                         index);
    return rc < 0 && rc != -ENOENT ? hv_refused(err, rc, domid, "noxs_op(remove)") : 0;
}

int devices_power(struct device_host *host, uint32_t domid, uint32_t request,
                  unsigned int timeout_ms, int *answer, chaos_error *err)
{
    int rc = devices_need(host, err);

    if (rc < 0)
        return rc;
    *answer = back_ends_power(host->backs, domid, request, timeout_ms);
    if (*answer != -ENOENT)
        return 0;
    rc = devices_plug(host, domid, NULL, NULL, NULL, 0, err); /* it had no power control yet */
    if (rc == 0)
        *answer = back_ends_power(host->backs, domid, request, timeout_ms);
    return rc;
}
