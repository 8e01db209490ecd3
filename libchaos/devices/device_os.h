/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What devices need of Dom0's kernel: back ends (/dev/noxs), interfaces in bridges (rtnetlink),
 * loop devices. All return 0 or a negative errno; the unit tests put a fake in this place.
 */
#ifndef CHAOS_DEVICE_OS_H
#define CHAOS_DEVICE_OS_H

#include <noxs/ioctl.h>
#include <stdbool.h>
#include <stdint.h>

struct device_os;

/* Opens /dev/noxs. -ENOENT, -ENODEV: the modules are not loaded. */
int device_os_open(struct device_os **out);
void device_os_close(struct device_os *os);

/* Makes all back ends or none; *failed is the one at fault. */
int device_os_add(struct device_os *os, struct noxs_request *reqs, unsigned int nr,
                  unsigned int *failed);
int device_os_remove(struct device_os *os, const struct noxs_close *which);
int device_os_remove_domain(struct device_os *os, uint16_t domid);
/* How many there are; up to `room` are written. */
int device_os_list(struct device_os *os, struct noxs_status *out, unsigned int room);
int device_os_power(struct device_os *os, uint16_t domid, uint32_t request, uint32_t timeout_ms);
/* Asks the guest to let go of a device. */
int device_os_release(struct device_os *os, const struct noxs_close *which);

struct device_link {
    uint32_t ifindex;
    char bridge[16]; /* "": in none */
    uint16_t mtu;
};
/* Puts interfaces into their bridges and up, in one round trip; *failed is the one at fault.
 * -ENODEV where the bridge is missing. */
int device_os_plug(struct device_os *os, const struct device_link *links, unsigned int nr,
                   unsigned int *failed);

/* Opens a block device, or a file behind a loop device that frees itself with its last user. */
int device_os_disk(const char *path, bool readonly, int *fd);

#endif
