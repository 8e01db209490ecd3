/* SPDX-License-Identifier: BSD-3-Clause */
/* Devices that come and go while the VM runs: what there is to add or remove, for any bus. */
#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "base/util.h"
#include "config/config_device.h"
#include "devices/devices_internal.h"

static const char *const kinds[] = {"none", "control", "vif", "vbd"};

const char *device_kind_name(enum device_kind kind)
{
    return (unsigned int)kind < ARRAY_SIZE(kinds) ? kinds[kind] : "unknown";
}

/* Of a kind that comes and goes. */
static int find_kind(const char *type, enum device_kind *out, chaos_error *err)
{
    for (*out = DEVICE_VIF; *out <= DEVICE_VBD; (*out)++) {
        if (strcmp(type, kinds[*out]) == 0)
            return 0;
    }
    return error_set(err, CHAOS_E_USAGE, EINVAL, "\"%s\" is no kind of device (vif or vbd)", type);
}

/* The lowest index of its kind that is free. */
static uint16_t free_index(const struct device_slot *slots, int nr, enum device_kind kind)
{
    uint16_t index = 0;

    for (int i = 0; i < nr; i++) {
        if (slots[i].kind == kind && slots[i].index == index) {
            index++;
            i = -1; /* begin anew: slots are in no order */
        }
    }
    return index;
}

/* Gives the disk a number that none of the VM's disks has; a number it was given must be free. */
static int choose_vdev(struct config_vbd *vbd, const struct device_slot *slots, int nr,
                       chaos_error *err)
{
    uint32_t vdev = vbd->has_vdev ? vbd->vdev : config_vdev(0);
    char name[VDEV_NAME];

    for (unsigned int n = 0, i = 0; i < (unsigned int)nr; i++) {
        if (slots[i].kind != DEVICE_VBD || slots[i].vdev != vdev)
            continue;
        config_vdev_name(vdev, name);
        if (vbd->has_vdev)
            return error_set(err, CHAOS_E_CONFIG, EEXIST,
                             "vdev: \"%s\" is vbd %u's already (give another, or leave vdev out)",
                             name, slots[i].index);
        vdev = config_vdev(++n);
        i = -1U; /* begin anew: slots are in no order */
    }
    vbd->vdev = vdev;
    return 0;
}

static int read_vbd(const char *spec, const struct device_slot *slots, int nr,
                    struct config_vbd *vbd, chaos_error *err)
{
    char note[DISK_NOTE];
    int rc = config_vbd_parse_pairs(spec, vbd, err);

    if (rc < 0)
        return rc;
    rc = config_disk_check(vbd, err);
    if (rc == 0)
        rc = config_disk_look(vbd, note, err);
    if (rc == 0)
        rc = choose_vdev(vbd, slots, nr, err);
    if (rc < 0)
        free(vbd->target);
    return rc;
}

int devices_add(struct device_host *host, const struct device_guest *guest, const char *type,
                const char *spec, unsigned int *index, chaos_error *err)
{
    const struct device_bus *bus = bus_of(guest->uuid);
    struct device_slot slots[DEVICE_SLOTS];
    enum device_kind kind;
    struct config_vif vif;
    struct config_vbd vbd;
    int rc = find_kind(type, &kind, err), nr;

    if (rc < 0)
        return rc;
    nr = bus->slots(host, guest, slots, err);
    if (nr < 0)
        return nr;
    *index = free_index(slots, nr, kind);
    if (kind == DEVICE_VIF) {
        rc = config_vif_parse_pairs(spec, &vif, err);
        return rc < 0 ? rc : bus->plug(host, guest, &vif, NULL, *index, err);
    }
    rc = read_vbd(spec, slots, nr, &vbd, err);
    if (rc < 0)
        return rc;
    rc = bus->plug(host, guest, NULL, &vbd, *index, err);
    free(vbd.target);
    return rc;
}

int devices_remove(struct device_host *host, const struct device_guest *guest, const char *type,
                   unsigned int index, unsigned int timeout_ms, bool force, chaos_error *err)
{
    enum device_kind kind;
    int rc = find_kind(type, &kind, err);

    return rc < 0 ? rc
                  : bus_of(guest->uuid)->remove(host, guest, kind, index, timeout_ms, force, err);
}
