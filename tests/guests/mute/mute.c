/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bug looked for: a toolstack or back end that waits for a guest's answer.
 * Method: takes the first interface's control page and channel, and never says a word; "blind"
 * on the command line does not even take those; with "connected" it says all that is needed to
 * connect, and then nothing.
 */
#include "hostile.h"

static GUEST_PAGE_HOLE uint8_t page[NOXS_PAGE_SIZE];
static GUEST_NOINIT uint8_t rings[2][GUEST_PAGE_SIZE] __attribute__((aligned(GUEST_PAGE_SIZE)));
static struct guest_device device;

static void connect(void)
{
    struct noxs_vif_front *front = (void *)(page + NOXS_FRONT_OFFSET);
    domid_t domid = device.entry.backend_domid;

    memset(rings, 0, sizeof(rings));
    front->nr_queues = 1;
    front->queue[0].tx_ring = guest_grant(domid, rings[0], false);
    front->queue[0].rx_ring = guest_grant(domid, rings[1], false);
    front->queue[0].tx_port = front->queue[0].rx_port = (uint32_t)guest_event_offer(domid);
    device_set_state(&device, NOXS_STATE_CONNECTED);
    while (device_back_state(&device) != NOXS_STATE_CONNECTED)
        guest_wait(&device.port, 1, guest_clock_ns() + 1000000);
}

void guest_main(void)
{
    hostile_begin("mute");
    if (!guest_flag("blind"))
        hostile_attach(&device, hostile_type(), page);
    if (guest_flag("connected"))
        connect();
    console_printf("mute: silent from now on\n");
    guest_idle();
}
