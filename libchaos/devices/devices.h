/* SPDX-License-Identifier: BSD-3-Clause */
/* The devices of a VM: back ends in Dom0, and their entries in the guest's device page. */
#ifndef CHAOS_DEVICES_H
#define CHAOS_DEVICES_H

#include <noxs/abi.h>

#include "config/config.h"
#include "shell/host.h"

/* As many as a configuration can have. Power control comes with the first power request: most VMs
 * never get one, and a back end is a good part of a VM's price. */
#define DEVICES_MAX (CONFIG_MAX_VIFS + CONFIG_MAX_VBDS)

/* What prepare made and execute announces. */
struct devices {
    unsigned int nr;
    struct noxs_entry entries[DEVICES_MAX];
};

/* Makes the back ends of `cfg`'s devices, with interfaces in their bridges. All or none. */
int devices_prepare(chaos_host *host, uint32_t domid, const chaos_config *cfg, struct devices *out,
                    chaos_error *err);
/* Enters them into the guest's device page, with what only `name` and `cfg` say. */
int devices_announce(chaos_host *host, uint32_t domid, const chaos_config *cfg, const char *name,
                     struct devices *devs, chaos_error *err);
/* Removes the back ends of a domain, where this host has any at all; never fails. */
void devices_remove_all(chaos_host *host, uint32_t domid);
/* Removes the back ends whose domain is gone. */
void devices_sweep(chaos_host *host, bool (*alive)(void *opaque, uint32_t domid), void *opaque);
void devices_close(chaos_host *host);

/* Opens what devices need; the error says what this host lacks. */
int devices_need(chaos_host *host, chaos_error *err);

/* One device for a running domain: a vif, a vbd, or (both NULL) power control. */
int devices_plug(chaos_host *host, uint32_t domid, const char *name, const struct config_vif *vif,
                 const struct config_vbd *vbd, uint16_t index, chaos_error *err);

#endif
