/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * noxs devices from a guest's side: the device page, which Xen keeps or the toolstack writes, and
 * one control page a device, the back end's memory, through which both ends agree on rings.
 * docs/noxs.md has the protocol.
 */
#ifndef NOXS_GUEST_DEVICE_H
#define NOXS_GUEST_DEVICE_H

#include <noxs/abi.h>

#include "guest.h"

/*
 * Opens the device page. The port pends after every change of the page, also when
 * the first device comes and makes the page. Returns 0 or a negative errno (neither this
 * hypervisor nor the toolstack keeps such a page).
 */
int devices_open(void);
extern evtchn_port_t devices_port;

/* Copies up to ROOM entries, all of one moment; returns how many there are. */
unsigned int devices_list(struct noxs_entry *entries, unsigned int room);
bool devices_find(unsigned int type, unsigned int index, struct noxs_entry *entry);

struct guest_device {
    struct noxs_entry entry; /* as it was when attached */
    void *page;              /* the control page */
    evtchn_port_t port;      /* its event channel */
    grant_handle_t handle;
};

/* Maps the control page over HOLE and binds the event channel; returns 0 or a negative errno. */
int device_attach(struct guest_device *device, const struct noxs_entry *entry, void *hole);
void device_detach(struct guest_device *device);
/* Returns true where the device page still has this very device. */
bool device_present(const struct guest_device *device);

/* The back end's NOXS_STATE_*; what the back end wrote before that state is visible afterwards. */
uint32_t device_back_state(const struct guest_device *device);
/* Publishes what the front end wrote in its half, with a new state, and tells the back end. */
void device_set_state(struct guest_device *device, uint32_t state);

/*
 * Power requests of the toolstack. CALL, if any, sees each request first (a NOXS_POWER_*) and may
 * still save what it has; then the library does as asked. Once started, calling it again does
 * nothing. Returns 0 or a negative errno.
 */
int power_device_start(void (*call)(unsigned int request));

#endif
