/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bug looked for: a guest's own operations that trust their arguments, a device page that its
 * guest can write, and grant tables of a version that no guest was given.
 * Method: unknown operations, bad pointers, frames that are none of the guest's business; then
 * writable mappings of the page (PV) or writes to it (PVH). It must be the same page afterwards.
 * Version 2 of the grant table is asked for, and must be refused.
 * Wants a device, so that there is a page. Where Xen keeps none, all its operations must be
 * unknown.
 */
#include "hostile.h"

#include <xen/errno.h>

#define UNMAPPED       0x4000000000UL
#define KERNEL_ADDRESS 0xffff830000000000UL /* Xen's own memory, for PV guests */
#define NOT_CANONICAL  0x8000000000000000UL /* for PV; for PVH Xen drops the upper bits */

static GUEST_PAGE_HOLE uint8_t hole[GUEST_PAGE_SIZE];
static GUEST_PAGE_HOLE uint8_t other_hole[GUEST_PAGE_SIZE];

static long noxs_op(unsigned long op, uintptr_t argument)
{
    return HYPERCALL(__HYPERVISOR_noxs_op, op, argument);
}

static void unknown_operations(void)
{
    static const unsigned int operations[] = {6, 7, 63, 64, 255, 1U << 31, ~0U};

    for (unsigned int i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
        hostile_expect("unknown operation", noxs_op(operations[i], 0), -XEN_ENOSYS);
    hostile_expect("version", noxs_op(NOXS_OP_version, NOT_CANONICAL), NOXS_ABI_VERSION);
}

static void no_operations(void)
{
    static const uintptr_t pointers[] = {0, UNMAPPED, KERNEL_ADDRESS, NOT_CANONICAL, ~0UL};

    for (unsigned int op = NOXS_OP_version; op <= NOXS_OP_list; op++) {
        for (unsigned int i = 0; i < sizeof(pointers) / sizeof(pointers[0]); i++)
            hostile_expect("operation of another Xen", noxs_op(op, pointers[i]), -XEN_ENOSYS);
    }
}

static void bad_pointers(void)
{
    hostile_expect("get_page, unmapped", noxs_op(NOXS_OP_get_page, UNMAPPED), -XEN_EFAULT);
    hostile_expect("get_page, -1", noxs_op(NOXS_OP_get_page, ~0UL), -XEN_EFAULT);
    if (!guest_is_pv()) {
        hostile_expect("map_page, unmapped", noxs_op(NOXS_OP_map_page, UNMAPPED), -XEN_EFAULT);
        return;
    }
    hostile_expect("get_page, Xen", noxs_op(NOXS_OP_get_page, KERNEL_ADDRESS), -XEN_EFAULT);
    hostile_expect("get_page, bad", noxs_op(NOXS_OP_get_page, NOT_CANONICAL), -XEN_EFAULT);
    hostile_expect("map_page", noxs_op(NOXS_OP_map_page, KERNEL_ADDRESS), -XEN_EOPNOTSUPP);
}

static void writable_page_pv(void)
{
    struct noxs_get_page page;

    hostile_expect("get_page", noxs_op(NOXS_OP_get_page, (uintptr_t)&page), 0);
    hostile_expect("a writable mapping is refused",
                   guest_map_foreign_frame(hole, page.frame, true) != 0, true);
    hostile_expect("a read-only one is not", guest_map_foreign_frame(hole, page.frame, false), 0);
}

static long map_page(uint64_t gfn)
{
    struct noxs_map_page map = {.gfn = gfn};

    return noxs_op(NOXS_OP_map_page, (uintptr_t)&map);
}

static void write_page_pvh(void)
{
    const struct noxs_page *page = (const struct noxs_page *)other_hole;
    xen_pfn_t frame = guest_frame_of(hole);

    hostile_expect("frame -1", map_page(~0UL), -XEN_EINVAL);
    hostile_expect("frame 2^52", map_page(1UL << 52), -XEN_EINVAL);
    hostile_expect("a frame", map_page(frame), 0);
    hostile_expect("the same again", map_page(frame), 0);
    hostile_expect("another", map_page(guest_frame_of(other_hole)), 0);
    hostile_expect("magic", page->magic, NOXS_PAGE_MAGIC);
    memset(other_hole, 0xaa, sizeof(other_hole));
    hostile_expect("magic after a write", ACCESS(page->magic), NOXS_PAGE_MAGIC);
    hostile_expect("version after a write", ACCESS(page->version), NOXS_ABI_VERSION);
}

static long grant_version(unsigned int version)
{
    struct gnttab_set_version set = {.version = version};

    return HYPERCALL(__HYPERVISOR_grant_table_op, GNTTABOP_set_version, &set, 1);
}

static void grant_versions(void)
{
    struct gnttab_get_version now = {.dom = DOMID_SELF};

    hostile_expect("grant table 2", grant_version(2), -XEN_ENOSYS);
    hostile_expect("grant table 3", grant_version(3), -XEN_EINVAL);
    hostile_expect("grant table's version",
                   HYPERCALL(__HYPERVISOR_grant_table_op, GNTTABOP_get_version, &now, 1), 0);
    hostile_expect("... is 1", now.version, 1);
}

void guest_main(void)
{
    struct noxs_entry entry;

    hostile_begin("arguments");
    hostile_expect("open", devices_open(), 0);
    hostile_expect("a device", devices_list(&entry, 1) > 0, true);
    grant_versions();
    if (noxs_op(NOXS_OP_version, 0) < 0) {
        no_operations();
        hostile_end();
    }
    unknown_operations();
    bad_pointers();
    if (guest_is_pv())
        writable_page_pv();
    else
        write_page_pvh();
    hostile_end();
}
