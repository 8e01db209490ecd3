/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files that buses share have among themselves. */
#ifndef CHAOS_DEVICES_INTERNAL_H
#define CHAOS_DEVICES_INTERNAL_H

#include "base/uuid.h"
#include "devices/bus.h"

/* Domains of others have XenStore, if anything. */
static inline const struct device_bus *bus_of(const uint8_t uuid[16])
{
    return uuid_over_xenstore(uuid) || !uuid_ours(uuid) ? &xenstore_bus : &noxs_bus;
}

/* The block devices of all VMs, whatever their bus; the caller frees the list. How many. */
int devices_disks(struct device_host *host, struct disk_taken **out);

#endif
