/* SPDX-License-Identifier: BSD-3-Clause */
/* A disk's data path; blkfront_connect.c has the handshake. */
#include "internal.h"

#include <xen/errno.h>

#include "blkfront_internal.h"

void blkfront_end(struct blkfront *blk, struct blkfront_request *request, int rc)
{
    (void)blk;
    for (unsigned int i = 0; i < request->grants; i++)
        guest_grant_end(request->grant[i]);
    request->grants = 0;
    request->busy = false;
    if (request->done)
        request->done(request->data, rc);
}

static void finish(struct blkfront *blk)
{
    int more;

    do {
        RING_IDX produced = ACCESS(blk->ring.sring->rsp_prod);

        /* More answers than questions: the ring is broken, and the back end with it. */
        if (produced - blk->ring.rsp_cons > blk->ring.req_prod_pvt - blk->ring.rsp_cons)
            return;
        guest_rmb(); /* index before responses */
        while (blk->ring.rsp_cons != produced) {
            blkif_response_t response;

            RING_COPY_RESPONSE(&blk->ring, blk->ring.rsp_cons, &response);
            blk->ring.rsp_cons++;
            if (response.id >= BLKFRONT_REQUESTS || !blk->request[response.id].busy)
                continue;
            blkfront_end(blk, &blk->request[response.id],
                         response.status == BLKIF_RSP_OKAY         ? 0
                         : response.status == BLKIF_RSP_EOPNOTSUPP ? -XEN_EOPNOTSUPP
                                                                   : -XEN_EIO);
        }
        RING_FINAL_CHECK_FOR_RESPONSES(&blk->ring, more);
    } while (more);
}

static struct blkfront_request *free_request(struct blkfront *blk, uint64_t *id)
{
    for (*id = 0; *id < BLKFRONT_REQUESTS; ++*id) {
        if (!blk->request[*id].busy)
            return RING_FULL(&blk->ring) ? NULL : &blk->request[*id];
    }
    return NULL;
}

/* Grants the buffer's pages and describes them; false if there are no more grants. */
static bool add_segments(struct blkfront *blk, struct blkfront_request *request, blkif_request_t *r,
                         uint8_t *buffer, size_t bytes, bool readonly)
{
    while (bytes) {
        size_t offset = (uintptr_t)buffer % GUEST_PAGE_SIZE;
        size_t n = bytes < GUEST_PAGE_SIZE - offset ? bytes : GUEST_PAGE_SIZE - offset;
        grant_ref_t ref = guest_grant(blk->device.entry.backend_domid, buffer, readonly);

        if (ref == GUEST_NO_GRANT)
            return false;
        request->grant[request->grants++] = ref;
        r->seg[r->nr_segments].gref = ref;
        r->seg[r->nr_segments].first_sect = (uint8_t)(offset / BLKFRONT_SECTOR);
        r->seg[r->nr_segments].last_sect = (uint8_t)((offset + n) / BLKFRONT_SECTOR - 1);
        r->nr_segments++;
        buffer += n;
        bytes -= n;
    }
    return true;
}

static int check(const struct blkfront *blk, enum blkfront_operation operation, const void *buffer,
                 size_t bytes)
{
    if (!blkfront_up(blk))
        return -XEN_ENODEV;
    if (operation == BLKFRONT_FLUSH)
        return bytes ? -XEN_EINVAL : 0;
    if (operation == BLKFRONT_WRITE && blkfront_readonly(blk))
        return -XEN_EROFS;
    if (!bytes || bytes > BLKFRONT_MAX_BYTES || bytes % BLKFRONT_SECTOR ||
        (uintptr_t)buffer % BLKFRONT_SECTOR)
        return -XEN_EINVAL;
    return 0;
}

int blkfront_submit(struct blkfront *blk, enum blkfront_operation operation, uint64_t sector,
                    void *buffer, size_t bytes, blkfront_done *done, void *data)
{
    static const uint8_t operations[] = {
        [BLKFRONT_READ] = BLKIF_OP_READ,
        [BLKFRONT_WRITE] = BLKIF_OP_WRITE,
        [BLKFRONT_FLUSH] = BLKIF_OP_FLUSH_DISKCACHE,
    };
    struct blkfront_request *request;
    blkif_request_t *r;
    uint64_t id;
    int notify, rc = check(blk, operation, buffer, bytes);

    if (rc)
        return rc;
    request = free_request(blk, &id);
    if (!request)
        return -XEN_EAGAIN;
    r = RING_GET_REQUEST(&blk->ring, blk->ring.req_prod_pvt);
    r->operation = operations[operation];
    r->nr_segments = 0;
    r->handle = (blkif_vdev_t)blk->device.entry.u.vbd.vdev;
    r->id = id;
    r->sector_number = sector;
    request->done = NULL;
    request->grants = 0;
    if (!add_segments(blk, request, r, buffer, bytes, operation == BLKFRONT_WRITE)) {
        blkfront_end(blk, request, 0);
        return -XEN_EAGAIN;
    }
    request->done = done;
    request->data = data;
    request->busy = true;
    blk->ring.req_prod_pvt++;
    RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&blk->ring, notify);
    if (notify)
        guest_event_notify(blk->queue_port);
    return 0;
}

static void remember(void *data, int rc)
{
    *(int *)data = rc;
}

static int transfer_one(struct blkfront *blk, enum blkfront_operation operation, uint64_t sector,
                        void *buffer, size_t bytes)
{
    int rc, result = 1; /* neither 0 nor an errno */

    while ((rc = blkfront_submit(blk, operation, sector, buffer, bytes, remember, &result)) ==
           -XEN_EAGAIN)
        guest_events_run(GUEST_FOREVER);
    if (rc)
        return rc;
    while (result > 0)
        guest_events_run(GUEST_FOREVER);
    return result;
}

int blkfront_transfer(struct blkfront *blk, enum blkfront_operation operation, uint64_t sector,
                      void *buffer, size_t bytes)
{
    int rc = 0;

    if (!bytes)
        return transfer_one(blk, operation, sector, buffer, 0);
    while (bytes && !rc) {
        size_t n = bytes < BLKFRONT_MAX_BYTES ? bytes : BLKFRONT_MAX_BYTES;

        rc = transfer_one(blk, operation, sector, buffer, n);
        sector += n / BLKFRONT_SECTOR;
        buffer = (uint8_t *)buffer + n;
        bytes -= n;
    }
    return rc;
}

void blkfront_event(void *data)
{
    struct blkfront *blk = data;

    blkfront_handshake(blk);
    if (blkfront_up(blk))
        finish(blk);
}
