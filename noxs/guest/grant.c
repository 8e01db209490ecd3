/* SPDX-License-Identifier: BSD-3-Clause */
/* The grant table: lets other domains use this guest's pages, and maps theirs. */
#include "internal.h"

#include <xen/memory.h>

#define ENTRIES      (GUEST_PAGE_SIZE / sizeof(struct grant_entry_v1))
#define FIRST_OWN    8 /* below are the loader's (console and XenStore rings) */
#define GRANT_IN_USE (GTF_reading | GTF_writing)

static GUEST_PAGE_HOLE struct grant_entry_v1 table[ENTRIES];
/* Free references as a list: each names the next, GUEST_NO_GRANT ends it. */
static uint16_t next_free[ENTRIES];
static uint16_t first_free;

static int map_table_pv(void)
{
    xen_pfn_t frame = 0;
    struct gnttab_setup_table setup = {.dom = DOMID_SELF, .nr_frames = 1};
    int rc;

    set_xen_guest_handle(setup.frame_list, &frame);
    rc = (int)HYPERCALL(__HYPERVISOR_grant_table_op, GNTTABOP_setup_table, &setup, 1);
    if (rc || setup.status != GNTST_okay)
        return -1;
    return guest_map_foreign_frame(table, frame, true);
}

static int map_table_pvh(void)
{
    struct xen_add_to_physmap add = {
        .domid = DOMID_SELF,
        .space = XENMAPSPACE_grant_table,
        .gpfn = (uintptr_t)table >> GUEST_PAGE_SHIFT,
    };

    return (int)HYPERCALL(__HYPERVISOR_memory_op, XENMEM_add_to_physmap, &add);
}

static bool open_table(void)
{
    static bool opened;

    if (opened)
        return true;
    if (guest_is_pv() ? map_table_pv() : map_table_pvh())
        return false;
    for (unsigned int ref = FIRST_OWN; ref + 1 < ENTRIES; ref++)
        next_free[ref] = (uint16_t)(ref + 1);
    first_free = FIRST_OWN;
    opened = true;
    return true;
}

grant_ref_t guest_grant(domid_t domid, const void *address, bool readonly)
{
    grant_ref_t ref;

    if (!open_table() || first_free == GUEST_NO_GRANT)
        return GUEST_NO_GRANT;
    ref = first_free;
    first_free = next_free[ref];
    table[ref].frame = (uint32_t)guest_frame_of(address);
    table[ref].domid = domid;
    guest_wmb(); /* the flags make the entry valid */
    ACCESS(table[ref].flags) = (uint16_t)(GTF_permit_access | (readonly ? GTF_readonly : 0));
    return ref;
}

bool guest_grant_end(grant_ref_t ref)
{
    uint16_t flags = ACCESS(table[ref].flags);

    /* Xen sets the in-use bits by compare-and-exchange on the same 16 bits. */
    do {
        if (flags & GRANT_IN_USE)
            return false;
    } while (!__atomic_compare_exchange_n(&table[ref].flags, &flags, 0, false, __ATOMIC_SEQ_CST,
                                          __ATOMIC_SEQ_CST));
    next_free[ref] = first_free;
    first_free = (uint16_t)ref;
    return true;
}

int guest_grant_map(void *hole, domid_t domid, grant_ref_t ref, grant_handle_t *handle)
{
    struct gnttab_map_grant_ref map = {
        .host_addr = (uintptr_t)hole,
        .flags = GNTMAP_host_map,
        .ref = ref,
        .dom = domid,
    };
    int rc = (int)HYPERCALL(__HYPERVISOR_grant_table_op, GNTTABOP_map_grant_ref, &map, 1);

    if (rc)
        return rc;
    if (map.status != GNTST_okay)
        return map.status;
    *handle = map.handle;
    return 0;
}

void guest_grant_unmap(void *hole, grant_handle_t handle)
{
    struct gnttab_unmap_grant_ref unmap = {.host_addr = (uintptr_t)hole, .handle = handle};

    HYPERCALL(__HYPERVISOR_grant_table_op, GNTTABOP_unmap_grant_ref, &unmap, 1);
}
