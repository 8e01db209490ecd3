/* SPDX-License-Identifier: BSD-3-Clause */
/* Devices that are about to be made, together: their requests, disks and interfaces. */
#ifndef CHAOS_XENSTORE_PLAN_H
#define CHAOS_XENSTORE_PLAN_H

#include "devices/bridge.h"
#include "devices/links.h"
#include "devices/xenstore/batch.h"
#include "devices/xenstore/disks.h"

/* How long Dom0's kernel may take to make an interface. All back ends of a host are made by one
 * thread of it, one after the other. */
#define LINK_TIMEOUT_MS 10000

struct plan {
    const struct device_guest *guest;
    struct store_batch batch;
    struct disk_plan disks[CONFIG_MAX_VBDS];
    struct link links[CONFIG_MAX_VIFS];
    struct bridge_port ports[CONFIG_MAX_VIFS];
    unsigned int nr_disks, nr_vifs, first_vif;
    int listener;
};

void plan_begin(struct plan *plan, const struct device_guest *guest);
/* Begins to listen for interfaces, or begins anew: what was heard before is about others. */
int plan_listen(struct plan *plan, chaos_error *err);
/* Adds a device. An interface without `mac` is told of it later. */
int plan_vif(struct plan *plan, const struct config_vif *vif, const uint8_t *mac,
             unsigned int index, chaos_error *err);
int plan_vbd(struct device_host *host, struct plan *plan, const struct config_vbd *vbd,
             unsigned int index, chaos_error *err);
/* Waits for the interfaces of a batch that was run, and puts them into their bridges. */
int plan_join(struct device_host *host, struct plan *plan, chaos_error *err);
/* Gives back what was held. `failed`: what there is of the devices will be removed. */
void plan_end(struct plan *plan, bool failed);

#endif
