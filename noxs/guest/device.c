/* SPDX-License-Identifier: BSD-3-Clause */
/* The control pages: attaching to a device, agreeing with its back end. */
#include "internal.h"

#include <xen/errno.h>

#include "device.h"

int device_attach(struct guest_device *device, const struct noxs_entry *entry, void *hole)
{
    struct noxs_half *front = (struct noxs_half *)((uint8_t *)hole + NOXS_FRONT_OFFSET);
    int rc;

    device->entry = *entry;
    device->page = hole;
    rc = guest_grant_map(hole, entry->backend_domid, entry->grant, &device->handle);
    if (rc)
        return rc;
    rc = guest_event_bind(entry->backend_domid, entry->port);
    if (rc < 0) {
        guest_grant_unmap(hole, device->handle);
        return rc;
    }
    device->port = (evtchn_port_t)rc;
    front->version = NOXS_ABI_VERSION;
    return 0;
}

void device_detach(struct guest_device *device)
{
    guest_event_close(device->port);
    guest_grant_unmap(device->page, device->handle);
    device->page = NULL;
}

bool device_present(const struct guest_device *device)
{
    struct noxs_entry entry;

    return devices_find(device->entry.type, device->entry.index, &entry) &&
           entry.serial == device->entry.serial;
}

uint32_t device_back_state(const struct guest_device *device)
{
    const struct noxs_half *back = device->page;
    uint32_t state = ACCESS(back->state);

    guest_rmb(); /* pairs with the back end's barrier before its state */
    return state;
}

void device_set_state(struct guest_device *device, uint32_t state)
{
    struct noxs_half *front = (struct noxs_half *)((uint8_t *)device->page + NOXS_FRONT_OFFSET);

    guest_wmb(); /* the half before its state */
    ACCESS(front->state) = state;
    guest_event_notify(device->port);
}
