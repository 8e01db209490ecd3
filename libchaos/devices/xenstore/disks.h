/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Disks on this bus. Dom0's block back end opens a device by its number, when it comes to that, and
 * claims nothing. So the one-writer rule (disk.h) is kept here: for a file by the lock on it, which
 * its loop device keeps; for a block device by a look at what all VMs have, `xl`'s too, under a
 * claim on the device that lasts until XenStore tells others of this one.
 *
 * A loop device that frees itself with its last user would be gone before the back end opens it.
 * So it stays until chaos releases it, and says itself whose it is (loop.h).
 */
#ifndef CHAOS_XENSTORE_DISKS_H
#define CHAOS_XENSTORE_DISKS_H

#include "devices/bus.h"
#include "devices/disk.h"

/* What the domain's list of disks has of each: the value of /libxl/DOMID/device/vbd. */
struct store_disk {
    uint16_t index;
    uint32_t vdev;
    int loop; /* minor number of its loop device; -1: none */
    bool shared;
};

/* A disk that is about to get a back end. */
struct disk_plan {
    const struct config_vbd *vbd;
    struct disk_id id;
    dev_t rdev;
    int fd, claim; /* -1: none */
    struct store_disk entry;
};

int disk_plan(struct device_host *host, const struct device_guest *guest,
              const struct config_vbd *vbd, unsigned int index, struct disk_plan *plan,
              chaos_error *err);
/* Lets go of it. `failed`: there will be no back end. */
void disk_plan_close(struct disk_plan *plan, const struct device_guest *guest, bool failed);

/* At most DEVICE_SLOTS entries of a list; how many. What is no entry is left out. */
int disks_parse(const char *list, struct store_disk *out);
#define DISKS_TEXT (DEVICE_SLOTS * 40)
void disks_format(const struct store_disk *disks, int nr, char out[DISKS_TEXT]);

/* Releases the domain's loop devices: those on the list; with NULL, all that say they are its. */
void disks_release(const struct device_guest *guest, const char *list);
void disks_release_one(const struct device_guest *guest, const struct store_disk *disk);

/* As struct device_bus has it; those of `xl`'s VMs among them. */
int xenstore_disks(struct device_host *host, struct disk_taken **out);

#endif
