/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bug looked for: one guest's event channels or grants taken from what others need.
 * Method: maps a grant of its own, takes event channels to Dom0 and to itself until Xen says no,
 * and makes its grant table as large as Xen lets it, all entries in use; then keeps them.
 */
#include "hostile.h"

#define MANY 200000

static unsigned int take_channels(domid_t remote)
{
    unsigned int count = 0;

    while (count < MANY && guest_event_offer(remote) >= 0)
        count++;
    return count;
}

static unsigned int take_grants(void)
{
    unsigned int count = 0;

    while (count < MANY && guest_grant(0, &count, true) != GUEST_NO_GRANT)
        count++;
    return count;
}

static unsigned int grow_table(void)
{
    static xen_pfn_t frames[1024];
    unsigned int reached = 0;

    for (unsigned int nr = 1; nr <= sizeof(frames) / sizeof(frames[0]); nr++) {
        struct gnttab_setup_table setup = {.dom = DOMID_SELF, .nr_frames = nr};

        set_xen_guest_handle(setup.frame_list, frames);
        if (HYPERCALL(__HYPERVISOR_grant_table_op, GNTTABOP_setup_table, &setup, 1) ||
            setup.status != GNTST_okay)
            break;
        reached = nr;
    }
    return reached;
}

/* A guest does not know its own id, so it grants the page to one domain after the other until it
 * can map it. Xen looks for room for the mapping first. The mapping stays. */
static bool map_own(void)
{
    static uint8_t page[GUEST_PAGE_SIZE] __attribute__((aligned(GUEST_PAGE_SIZE)));
    static GUEST_PAGE_HOLE uint8_t hole[GUEST_PAGE_SIZE];

    page[0] = 42;
    for (domid_t self = 1; self < 4096; self++) {
        grant_handle_t handle;
        grant_ref_t ref = guest_grant(self, page, false);
        int rc = guest_grant_map(hole, self, ref, &handle);

        if (!rc)
            return *(volatile uint8_t *)hole == 42;
        guest_grant_end(ref);
        if (rc == GNTST_no_device_space)
            return false;
    }
    return false;
}

void guest_main(void)
{
    unsigned int to_self, to_dom0, grants, frames;

    hostile_begin("exhaust");
    console_printf("exhaust: %s a grant of its own\n", map_own() ? "maps" : "cannot map");
    grants = take_grants();
    frames = grow_table();
    to_dom0 = take_channels(0);
    to_self = take_channels(DOMID_SELF);
    console_printf("exhaust: %u grants, %u grant frames, %u event channels\n", grants, frames,
                   to_dom0 + to_self);
    hostile_expect("event channels have an end", to_dom0 + to_self < MANY, true);
    hostile_end();
}
