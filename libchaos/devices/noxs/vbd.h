/* SPDX-License-Identifier: BSD-3-Clause */
/* Disks on this bus. */
#ifndef CHAOS_VBD_H
#define CHAOS_VBD_H

#include <noxs/ioctl.h>

#include "devices/bus.h"

struct vbd_plan {
    const struct config_vbd *vbd;
    struct disk_id id;
};

/* Opens the disk and fills the back end's request. */
int vbd_request(struct device_host *host, const struct config_vbd *vbd, struct noxs_request *req,
                struct vbd_plan *plan, chaos_error *err);
/* To be called where the back end answered -EBUSY: 0, and the request is to be tried again, or the
 * message says what has the disk. */
int vbd_taken(struct device_host *host, const struct vbd_plan *plan, struct noxs_request *req,
              chaos_error *err);
/* As struct device_bus has it. */
int noxs_disks(struct device_host *host, struct disk_taken **out);
/* The guest's entry, of what the back end answered. */
void vbd_fill(const struct noxs_request *req, struct noxs_vbd_config *out);

#endif
