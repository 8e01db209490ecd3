/* SPDX-License-Identifier: BSD-3-Clause */
/* The devices of a VM: back ends in Dom0, and their entries in the guest's device page. */
#ifndef CHAOS_DEVICES_H
#define CHAOS_DEVICES_H

#include <noxs/abi.h>

#include "config/config.h"
#include "hv/hv.h"
#include "registry/registry.h"

/* What a host needs for devices; opened when first needed. */
struct device_host {
    struct hv *hv; /* both the host's, to name the VM that has a disk */
    struct registry *registry;
    struct noxs *noxs;
    struct back_ends *backs;
    bool no_backs; /* this Dom0 has no /dev/noxs */
    struct bridges *bridges;
    const char *run_dir; /* of the host, for devices/mac.h */
    uint64_t mac_seed;
    bool has_mac_seed;
};

/* As many as a configuration can have. Power control comes with the first power request: most VMs
 * never get one, and a back end is a good part of a VM's price. */
#define DEVICES_MAX (CONFIG_MAX_VIFS + CONFIG_MAX_VBDS)

/* What prepare made and execute announces. */
struct devices {
    unsigned int nr;
    struct noxs_entry entries[DEVICES_MAX];
};

/* Makes the back ends of `cfg`'s devices, with interfaces in their bridges. All or none. The domain
 * is new: back ends that an earlier one of this number left are removed first, where this host has
 * opened /dev/noxs or must now. */
int devices_prepare(struct device_host *host, uint32_t domid, const chaos_config *cfg,
                    struct devices *out, chaos_error *err);
/* Enters them into the guest's device page, with what only `name` and `cfg` say. */
int devices_announce(struct device_host *host, uint32_t domid, const chaos_config *cfg,
                     const char *name, struct devices *devs, chaos_error *err);
/* Removes the back ends of a domain, where this host has any at all; never fails. */
void devices_remove_all(struct device_host *host, uint32_t domid);
/* Removes the back ends whose domain is gone. */
void devices_sweep(struct device_host *host, bool (*alive)(void *opaque, uint32_t domid),
                   void *opaque);
void devices_close(struct device_host *host);

/* Opens what devices need; the error says what this host lacks. */
int devices_need(struct device_host *host, chaos_error *err);

/* One device for a running domain: a vif, a vbd, or (both NULL) power control. */
int devices_plug(struct device_host *host, uint32_t domid, const char *name,
                 const struct config_vif *vif, const struct config_vbd *vbd, uint16_t index,
                 chaos_error *err);

/* Puts interfaces whose bridge went and came again into it; how many, or -errno. */
int devices_replug(struct device_host *host);
/* As chaos_bridged. */
int devices_bridged(struct device_host *host, const chaos_config *cfg);

/* As the public functions of these names have it, for a domain that was checked. */
int devices_list(struct device_host *host, uint32_t domid, struct chaos_device **out, size_t *count,
                 chaos_error *err);
int devices_add(struct device_host *host, uint32_t domid, const char *name, const char *type,
                const char *spec, unsigned int *index, chaos_error *err);
int devices_remove(struct device_host *host, uint32_t domid, const char *type, unsigned int index,
                   unsigned int timeout_ms, bool force, chaos_error *err);

/* Hands a power request (NOXS_POWER_*) to the guest and waits for its answer, 0 or -errno
 * (NOXS_IOC_POWER). Fails where there is no way to ask. */
int devices_power(struct device_host *host, uint32_t domid, uint32_t request,
                  unsigned int timeout_ms, int *answer, chaos_error *err);

#endif
