/* SPDX-License-Identifier: BSD-3-Clause */
/* A disk's life: attach, offer the ring, connect, close. */
#include "internal.h"

#include <xen/errno.h>

#include "blkfront_internal.h"

static void set_state(struct blkfront *blk, uint32_t state)
{
    blk->state = state;
    device_set_state(&blk->device, state);
}

static void offer_ring(struct blkfront *blk)
{
    blkif_sring_t *ring = (blkif_sring_t *)blk->ring_page;
    struct noxs_vbd_page *page = blk->device.page;

    SHARED_RING_INIT(ring);
    FRONT_RING_INIT(&blk->ring, ring, GUEST_PAGE_SIZE);
    page->front.half.features = ACCESS(page->back.half.features) & NOXS_VBD_FLUSH;
    page->front.half.error = 0;
    page->front.nr_queues = 1;
    page->front.ring_order = 0;
    page->front.protocol = NOXS_VBD_PROTO_X86_64;
    page->front.queue[0].ring[0] = blk->ring_grant;
    page->front.queue[0].port = blk->queue_port;
    set_state(blk, NOXS_STATE_INITIALISED);
}

static void fail_requests(struct blkfront *blk)
{
    for (unsigned int i = 0; i < BLKFRONT_REQUESTS; i++) {
        if (blk->request[i].busy)
            blkfront_end(blk, &blk->request[i], -XEN_EIO);
    }
}

void blkfront_handshake(struct blkfront *blk)
{
    switch (device_back_state(&blk->device)) {
    case NOXS_STATE_INIT_WAIT:
        if (blk->state != NOXS_STATE_INITIALISED) {
            fail_requests(blk);
            offer_ring(blk);
        }
        break;
    case NOXS_STATE_CONNECTED:
        if (blk->state == NOXS_STATE_INITIALISED)
            set_state(blk, NOXS_STATE_CONNECTED);
        break;
    case NOXS_STATE_CLOSING:
    case NOXS_STATE_CLOSED:
        if (blk->state != NOXS_STATE_CLOSED) {
            set_state(blk, NOXS_STATE_CLOSED);
            fail_requests(blk);
        }
        break;
    }
}

bool blkfront_up(const struct blkfront *blk)
{
    return blk->state == NOXS_STATE_CONNECTED &&
           device_back_state(&blk->device) == NOXS_STATE_CONNECTED;
}

uint64_t blkfront_sectors(const struct blkfront *blk)
{
    const struct noxs_vbd_page *page = blk->device.page;

    return ACCESS(page->back.sectors);
}

bool blkfront_readonly(const struct blkfront *blk)
{
    return blk->device.entry.u.vbd.flags & NOXS_VBD_READONLY;
}

static int open_port(struct blkfront *blk)
{
    int port = guest_event_offer(blk->device.entry.backend_domid);

    if (port < 0)
        return port;
    blk->queue_port = (evtchn_port_t)port;
    if (guest_event_handle(blk->queue_port, blkfront_event, blk)) {
        guest_event_close(blk->queue_port);
        return -XEN_ENOSPC;
    }
    if (guest_event_handle(blk->device.port, blkfront_event, blk)) {
        guest_event_forget(blk->queue_port);
        guest_event_close(blk->queue_port);
        return -XEN_ENOSPC;
    }
    return 0;
}

int blkfront_start(struct blkfront *blk, const struct noxs_entry *entry)
{
    int rc = device_attach(&blk->device, entry, blk->control);

    if (rc)
        return rc;
    blk->state = NOXS_STATE_INITIALISING;
    memset(blk->request, 0, sizeof(blk->request));
    blk->ring_grant = guest_grant(entry->backend_domid, blk->ring_page, false);
    rc = blk->ring_grant != GUEST_NO_GRANT ? open_port(blk) : -XEN_ENOSPC;
    if (rc) {
        if (blk->ring_grant != GUEST_NO_GRANT)
            guest_grant_end(blk->ring_grant);
        device_detach(&blk->device);
        blk->state = 0;
        return rc;
    }
    blkfront_event(blk);
    return 0;
}

void blkfront_stop(struct blkfront *blk)
{
    if (!blk->state)
        return;
    if (blk->state != NOXS_STATE_CLOSED)
        set_state(blk, NOXS_STATE_CLOSED);
    guest_event_forget(blk->device.port);
    guest_event_forget(blk->queue_port);
    guest_event_close(blk->queue_port);
    fail_requests(blk);
    guest_grant_end(blk->ring_grant);
    device_detach(&blk->device);
    blk->state = 0;
}
