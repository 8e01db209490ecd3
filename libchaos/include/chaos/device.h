/* SPDX-License-Identifier: BSD-3-Clause */
/* Devices of a running VM. */
#ifndef CHAOS_DEVICE_PUBLIC_H
#define CHAOS_DEVICE_PUBLIC_H

#include <chaos/domain.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct chaos_device {
    char type[8];       /* "control", "vif", "vbd" */
    unsigned int index; /* with type: its name within the VM */
    char state[16];     /* "waiting", "connected", "closed" ... as the back end sees it */
    char detail[160];   /* vif: interface, MAC, address; vbd: device, size, mode */
    bool late;          /* the VM runs for a minute, and its guest has not connected it */
};

/* The devices of one domain. The caller frees *out with free(). */
int chaos_device_list(chaos_host *host, const struct chaos_domain *dom, struct chaos_device **out,
                      size_t *count, chaos_error *err);
/* How a VM learns of its devices: "noxs" or "xenstore", and why it is that; "" where it is not
 * said.
 */
struct chaos_bus {
    char name[12];
    char why[80];
};
int chaos_device_bus(chaos_host *host, const struct chaos_domain *dom, struct chaos_bus *out,
                     chaos_error *err);

/* Adds a device to a running VM: type "vif" or "vbd", `spec` "bridge=br0,ip=10.0.0.2/24" or
 * "target=disk.img,mode=ro" with the keys of chaos.yaml(5). *index: which one it became. */
int chaos_device_add(chaos_host *host, const struct chaos_domain *dom, const char *type,
                     const char *spec, unsigned int *index, chaos_error *err);
/* Asks the guest to let go of it and takes it away; with `force` also where the guest does not
 * within timeout_ms, else CHAOS_E_TIMEOUT. */
int chaos_device_remove(chaos_host *host, const struct chaos_domain *dom, const char *type,
                        unsigned int index, unsigned int timeout_ms, bool force, chaos_error *err);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
