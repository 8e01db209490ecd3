/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The device page: Xen's, or on a hypervisor that keeps none one in this guest's own memory, which
 * is announced at the end of the console page.
 */
#include "internal.h"

#include <xen/errno.h>
#include <xen/io/console.h>

#include "device.h"

/* A toolstack that writes the page may be stopped at that; then look seldom. */
#define LOOKS_AT_ONCE 1000
#define PAUSE_NS      1000000

static GUEST_PAGE_HOLE uint8_t device_page_hole[NOXS_PAGE_SIZE];
static const struct noxs_page *device_page;       /* NULL until the first device comes */
static const struct noxs_announcement *announced; /* NULL: the page is Xen's */
evtchn_port_t devices_port;

_Static_assert(sizeof(struct xencons_interface) <= NOXS_ANNOUNCEMENT_OFFSET,
               "the console ring reaches the announcement");

static void map_xens_page(void)
{
    struct noxs_get_page page;
    struct noxs_map_page map = {.gfn = (uintptr_t)device_page_hole >> GUEST_PAGE_SHIFT};
    int rc;

    if (HYPERCALL(__HYPERVISOR_noxs_op, NOXS_OP_get_page, &page) ||
        page.version != NOXS_ABI_VERSION)
        return;
    if (guest_is_pv())
        rc = guest_map_foreign_frame(device_page_hole, page.frame, false);
    else
        rc = (int)HYPERCALL(__HYPERVISOR_noxs_op, NOXS_OP_map_page, &map);
    if (!rc)
        device_page = (const struct noxs_page *)device_page_hole;
}

static void map_own_page(void)
{
    const struct noxs_page *page = guest_map_own_frame(announced->frame);

    if (page && ACCESS(page->magic) == NOXS_PAGE_MAGIC && page->version == NOXS_ABI_VERSION)
        device_page = page;
    guest_rmb(); /* the magic comes after the generation that is odd */
}

static void map_device_page(void)
{
    if (device_page)
        return;
    if (announced)
        map_own_page();
    else
        map_xens_page();
}

/* The port that tells of changes, or a negative errno. */
static int find_announcement(void)
{
    const uint8_t *console = (const uint8_t *)console_ring();
    const struct noxs_announcement *a = (const void *)(console + NOXS_ANNOUNCEMENT_OFFSET);

    if (!console || a->magic != NOXS_ANNOUNCEMENT_MAGIC || a->version != NOXS_ABI_VERSION ||
        !a->port || a->port >= sizeof(xen_ulong_t) * 8 * sizeof(xen_ulong_t) * 8)
        return -XEN_ENOSYS;
    announced = a;
    return (int)a->port;
}

int devices_open(void)
{
    long version;
    int port;

    if (devices_port)
        return 0;
    version = HYPERCALL(__HYPERVISOR_noxs_op, NOXS_OP_version, NULL);
    if (version != NOXS_ABI_VERSION && version != -XEN_ENOSYS)
        return version < 0 ? (int)version : -XEN_ENOSYS;
    /* Bound before the page is looked at: a first device that comes in between is heard. */
    port = version < 0 ? find_announcement() : guest_event_bind_virq(NOXS_VIRQ);
    if (port < 0)
        return port;
    devices_port = (evtchn_port_t)port;
    map_device_page();
    return 0;
}

/* One try at a copy of all devices; false where the page changed meanwhile. */
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
    for (unsigned int looks = 1; !copy_devices(entries, room, &count); looks++) {
        if (looks < LOOKS_AT_ONCE)
            __asm__ volatile("pause");
        else
            guest_wait(NULL, 0, guest_clock_ns() + PAUSE_NS);
    }
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
