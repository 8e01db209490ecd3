/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bug looked for: back ends that leak or fall over where front ends come and go, or are destroyed
 * in the middle of it. Method: connects and closes in a loop, without ever waiting longer than
 * "pause=MS" (1) for the back end to follow. "device=vbd" does it to a disk.
 */
#include "hostile.h"

#define REPORT 1000

static GUEST_PAGE_HOLE uint8_t page[NOXS_PAGE_SIZE];
static GUEST_NOINIT uint8_t rings[2][GUEST_PAGE_SIZE] __attribute__((aligned(GUEST_PAGE_SIZE)));
static struct guest_device device;
static grant_ref_t grants[2];

static uint32_t offer_vif(uint32_t port)
{
    struct noxs_vif_front *front = (void *)(page + NOXS_FRONT_OFFSET);

    front->nr_queues = 1;
    front->queue[0].tx_ring = grants[0];
    front->queue[0].rx_ring = grants[1];
    front->queue[0].tx_port = front->queue[0].rx_port = port;
    return NOXS_STATE_CONNECTED;
}

static uint32_t offer_vbd(uint32_t port)
{
    struct noxs_vbd_front *front = (void *)(page + NOXS_FRONT_OFFSET);

    front->nr_queues = 1;
    front->protocol = NOXS_VBD_PROTO_X86_64;
    front->queue[0].ring[0] = grants[0];
    front->queue[0].port = port;
    return NOXS_STATE_INITIALISED;
}

void guest_main(void)
{
    const char *pause = guest_option("pause");
    unsigned int ms = pause ? (unsigned int)guest_number(pause, NULL) : 1;
    unsigned int type = hostile_type();

    hostile_begin("reconnect");
    hostile_attach(&device, type, page);
    for (unsigned int i = 0; i < 2; i++)
        grants[i] = guest_grant(device.entry.backend_domid, rings[i], false);
    for (unsigned int i = 0;; i++) {
        int port = guest_event_offer(device.entry.backend_domid);

        memset(rings, 0, sizeof(rings));
        if (port >= 0)
            device_set_state(&device, type == NOXS_TYPE_VIF ? offer_vif((uint32_t)port)
                                                            : offer_vbd((uint32_t)port));
        hostile_sleep_ms(hostile_random() % (ms + 1));
        device_set_state(&device, NOXS_STATE_CLOSED);
        hostile_sleep_ms(hostile_random() % (ms + 1));
        device_set_state(&device, NOXS_STATE_INITIALISING);
        if (port >= 0)
            guest_event_close((evtchn_port_t)port);
        if (i % REPORT == 0)
            console_printf("reconnect: %u\n", i);
    }
}
