/* SPDX-License-Identifier: BSD-3-Clause */
/* The block devices that VMs have by XenStore, chaos' VMs and those of others. */
#ifndef CHAOS_XENSTORE_TAKEN_H
#define CHAOS_XENSTORE_TAKEN_H

#include "devices/bus.h"

struct store_taken {
    struct disk_taken disk;
    uint32_t vdev;
    bool readonly, shared;
};

/* Two rounds of questions, about each domain and about each of its disks. The caller frees the
 * list. How many, or -errno. */
int taken_list(struct device_host *host, struct store_taken **out, chaos_error *err);

#endif
