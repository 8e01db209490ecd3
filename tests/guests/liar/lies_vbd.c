/* SPDX-License-Identifier: BSD-3-Clause */
/* Disk rings that lie once they are connected. */
#include "liar.h"
#include "ring.h"

#include <xen/io/blkif.h>

static blkif_sring_t *ring(void)
{
    return (blkif_sring_t *)liar.ring[0];
}

static void connect(void)
{
    SHARED_RING_INIT(ring());
    liar_offer_vbd();
    liar_state(NOXS_STATE_INITIALISED);
    if (liar_connected())
        liar_state(NOXS_STATE_CONNECTED);
}

static blkif_request_t fair_request(uint8_t operation)
{
    blkif_request_t request = {.operation = operation, .nr_segments = 1, .id = 7};

    request.seg[0].gref = liar.grant[2];
    request.seg[0].last_sect = 7;
    return request;
}

static void ask(const blkif_request_t *request, RING_IDX produced)
{
    connect();
    ring()->ring[0].req = *request;
    guest_wmb();
    ACCESS(ring()->req_prod) = produced;
    guest_event_notify(liar.port);
}

static void producer_far_ahead(void)
{
    blkif_request_t request = fair_request(BLKIF_OP_READ);

    ask(&request, 100000);
}

static void producer_backwards(void)
{
    blkif_request_t request = fair_request(BLKIF_OP_READ);

    ask(&request, (RING_IDX)-5);
}

static void segments(uint8_t count)
{
    blkif_request_t request = fair_request(BLKIF_OP_WRITE);

    request.nr_segments = count;
    ask(&request, 1);
}

static void no_segments(void)
{
    segments(0);
}

static void all_segments(void)
{
    segments(255);
}

static void sectors_backwards(void)
{
    blkif_request_t request = fair_request(BLKIF_OP_READ);

    request.seg[0].first_sect = 7;
    request.seg[0].last_sect = 0;
    ask(&request, 1);
}

static void sectors_over_the_page(void)
{
    blkif_request_t request = fair_request(BLKIF_OP_WRITE);

    request.seg[0].last_sect = 255;
    ask(&request, 1);
}

static void beyond_the_end(void)
{
    blkif_request_t request = fair_request(BLKIF_OP_WRITE);

    request.sector_number = ~0UL - 3;
    ask(&request, 1);
}

static void no_such_grant(void)
{
    blkif_request_t request = fair_request(BLKIF_OP_READ);

    request.seg[0].gref = 0xfffffff0U;
    ask(&request, 1);
}

static void readonly_grant(void)
{
    blkif_request_t request = fair_request(BLKIF_OP_READ);

    request.seg[0].gref = liar.readonly_grant;
    ask(&request, 1);
}

static void unknown_operation(void)
{
    blkif_request_t request = fair_request(200);

    ask(&request, 1);
}

static void bad_indirect(void)
{
    blkif_request_t request;
    blkif_request_indirect_t *indirect = (blkif_request_indirect_t *)&request;

    memset(&request, 0, sizeof(request));
    indirect->operation = BLKIF_OP_INDIRECT;
    indirect->indirect_op = BLKIF_OP_INDIRECT; /* of itself */
    indirect->nr_segments = 0xffff;
    for (unsigned int i = 0; i < BLKIF_MAX_INDIRECT_PAGES_PER_REQUEST; i++)
        indirect->indirect_grefs[i] = liar.grant[2];
    ask(&request, 1);
}

static void endless_discard(void)
{
    blkif_request_t request;
    blkif_request_discard_t *discard = (blkif_request_discard_t *)&request;

    memset(&request, 0, sizeof(request));
    discard->operation = BLKIF_OP_DISCARD;
    discard->sector_number = 1;
    discard->nr_sectors = ~0UL;
    ask(&request, 1);
}

/* The same request changes while the back end looks at it. */
static void changing_request(void)
{
    blkif_request_t request = fair_request(BLKIF_OP_READ);

    ask(&request, 1);
    for (unsigned int i = 0; i < 20000; i++) {
        volatile blkif_request_t *shared = &ring()->ring[i % 32].req;

        shared->nr_segments = (uint8_t)hostile_random();
        shared->operation = (uint8_t)(hostile_random() % 8);
        shared->nr_segments = 1;
        if (i % 32 == 0) {
            ACCESS(ring()->req_prod) = i / 32 + 1;
            guest_event_notify(liar.port);
        }
    }
}

static void random_indices(void)
{
    connect();
    for (unsigned int i = 0; i < 2000; i++) {
        ACCESS(ring()->req_prod) = hostile_random();
        ACCESS(ring()->rsp_prod) = hostile_random();
        ACCESS(ring()->req_event) = hostile_random();
        guest_event_notify(liar.port);
    }
}

const struct liar_lie liar_vbd_rings[] = {
    {"vbd: producer far ahead", producer_far_ahead},
    {"vbd: producer backwards", producer_backwards},
    {"vbd: no segments", no_segments},
    {"vbd: 255 segments", all_segments},
    {"vbd: sectors backwards", sectors_backwards},
    {"vbd: sectors over the page's end", sectors_over_the_page},
    {"vbd: beyond the disk's end", beyond_the_end},
    {"vbd: data in no grant", no_such_grant},
    {"vbd: data in a read-only grant", readonly_grant},
    {"vbd: unknown operation", unknown_operation},
    {"vbd: indirect request of itself", bad_indirect},
    {"vbd: discard without end", endless_discard},
    {"vbd: requests that change", changing_request},
    {"vbd: random indices", random_indices},
};
const unsigned int liar_vbd_ring_count = sizeof(liar_vbd_rings) / sizeof(liar_vbd_rings[0]);
