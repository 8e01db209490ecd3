/* SPDX-License-Identifier: BSD-3-Clause */
/* The device page and the control pages: finding, attaching, agreeing. */
#include "internal.h"

#include <xen/errno.h>

#include "device.h"

static GUEST_PAGE_HOLE uint8_t device_page_hole[NOXS_PAGE_SIZE];
static const struct noxs_page *device_page; /* NULL until the first device comes */
evtchn_port_t devices_port;

static void map_device_page(void)
{
    struct noxs_get_page page;
    struct noxs_map_page map = {.gfn = (uintptr_t)device_page_hole >> GUEST_PAGE_SHIFT};
    int rc;

    if (device_page || HYPERCALL(__HYPERVISOR_noxs_op, NOXS_OP_get_page, &page) ||
        page.version != NOXS_ABI_VERSION)
        return;
    if (guest_is_pv())
        rc = guest_map_foreign_frame(device_page_hole, page.frame, false);
    else
        rc = (int)HYPERCALL(__HYPERVISOR_noxs_op, NOXS_OP_map_page, &map);
    if (!rc)
        device_page = (const struct noxs_page *)device_page_hole;
}

int devices_open(void)
{
    long version;
    int port;

    if (devices_port)
        return 0;
    version = HYPERCALL(__HYPERVISOR_noxs_op, NOXS_OP_version, NULL);
    if (version != NOXS_ABI_VERSION)
        return version < 0 ? (int)version : -XEN_ENOSYS;
    /* Bound before the page is looked at: a first device that comes in between is heard. */
    port = guest_event_bind_virq(NOXS_VIRQ);
    if (port < 0)
        return port;
    devices_port = (evtchn_port_t)port;
    map_device_page();
    return 0;
}

/* One try at a copy of all devices; false where Xen changed the page meanwhile. */
static bool copy_devices(struct noxs_entry *entries, unsigned int room, unsigned int *count)
{
    uint32_t generation = ACCESS(device_page->generation);
    unsigned int slots = ACCESS(device_page->slots);

    *count = 0;
    if (generation & 1)
        return false;
    guest_rmb();
    for (unsigned int slot = 0; slot < slots && slot < NOXS_MAX_DEVICES; slot++) {
        struct noxs_entry entry;

        memcpy(&entry, &device_page->entry[slot], sizeof(entry));
        if (entry.type == NOXS_TYPE_NONE)
            continue;
        if (*count < room)
            entries[*count] = entry;
        ++*count;
    }
    guest_rmb();
    return generation == ACCESS(device_page->generation);
}

unsigned int devices_list(struct noxs_entry *entries, unsigned int room)
{
    unsigned int count;

    map_device_page();
    if (!device_page)
        return 0;
    while (!copy_devices(entries, room, &count))
        __asm__ volatile("pause");
    return count;
}

bool devices_find(unsigned int type, unsigned int index, struct noxs_entry *entry)
{
    static struct noxs_entry entries[NOXS_MAX_DEVICES];
    unsigned int count = devices_list(entries, NOXS_MAX_DEVICES);

    for (unsigned int i = 0; i < count; i++) {
        if (entries[i].type != type || entries[i].index != index)
            continue;
        *entry = entries[i];
        return true;
    }
    return false;
}

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
