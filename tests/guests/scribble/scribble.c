/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bug looked for: a back end that reads a guest's half of a control page twice and believes both.
 * Method: a right offer, so that the back end connects, while a tight loop turns each field between
 * its right value and nonsense. "device=vbd" takes the first disk instead of the first interface.
 */
#include "hostile.h"

#define ROUNDS 4096 /* between two notifications */

static GUEST_PAGE_HOLE uint8_t page[NOXS_PAGE_SIZE];
static GUEST_NOINIT uint8_t rings[2][GUEST_PAGE_SIZE] __attribute__((aligned(GUEST_PAGE_SIZE)));
static struct guest_device device;

static void right_vif(struct noxs_vif_front *front, domid_t domid)
{
    front->nr_queues = 1;
    front->queue[0].tx_ring = guest_grant(domid, rings[0], false);
    front->queue[0].rx_ring = guest_grant(domid, rings[1], false);
    front->queue[0].tx_port = front->queue[0].rx_port = (uint32_t)guest_event_offer(domid);
}

static void right_vbd(struct noxs_vbd_front *front, domid_t domid)
{
    front->nr_queues = 1;
    front->protocol = NOXS_VBD_PROTO_X86_64;
    front->queue[0].ring[0] = guest_grant(domid, rings[0], false);
    front->queue[0].port = (uint32_t)guest_event_offer(domid);
}

static void scribble(uint32_t *words, const uint32_t *right, unsigned int count)
{
    for (unsigned int i = 0; i < ROUNDS; i++) {
        unsigned int at = hostile_random() % count;

        ACCESS(words[at]) = hostile_random();
        ACCESS(words[at]) = right[at];
    }
}

void guest_main(void)
{
    static uint32_t right[(NOXS_PAGE_SIZE - NOXS_FRONT_OFFSET) / 4];
    uint8_t *front = page + NOXS_FRONT_OFFSET;
    unsigned int type = hostile_type(), words;

    hostile_begin("scribble");
    hostile_attach(&device, type, page);
    memset(rings, 0, sizeof(rings));
    if (type == NOXS_TYPE_VIF) {
        right_vif((struct noxs_vif_front *)front, device.entry.backend_domid);
        words = offsetof(struct noxs_vif_front, queue[1]) / 4;
    } else {
        right_vbd((struct noxs_vbd_front *)front, device.entry.backend_domid);
        words = offsetof(struct noxs_vbd_front, queue[1]) / 4;
    }
    ((struct noxs_half *)front)->state = NOXS_STATE_CONNECTED;
    memcpy(right, front, sizeof(right));
    console_printf("scribble: scribbling\n");
    for (;;) {
        scribble((uint32_t *)front, right, words);
        guest_event_notify(device.port);
    }
}
