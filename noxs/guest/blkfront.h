/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A disk: one queue, one ring page, up to BLKFRONT_MAX_BYTES a request. All its memory is in the
 * struct, which the caller declares GUEST_NOINIT.
 */
#ifndef NOXS_GUEST_BLKFRONT_H
#define NOXS_GUEST_BLKFRONT_H

#include "device.h"
#include "ring.h"

#include <xen/io/blkif.h>

#define BLKFRONT_SECTOR    512
#define BLKFRONT_REQUESTS  32
#define BLKFRONT_MAX_BYTES ((BLKIF_MAX_SEGMENTS_PER_REQUEST - 1) * GUEST_PAGE_SIZE)

enum blkfront_operation {
    BLKFRONT_READ,
    BLKFRONT_WRITE,
    BLKFRONT_FLUSH, /* no data */
};

/* RC is 0 or a negative errno. */
typedef void blkfront_done(void *data, int rc);

struct blkfront_request {
    blkfront_done *done;
    void *data;
    grant_ref_t grant[BLKIF_MAX_SEGMENTS_PER_REQUEST];
    unsigned int grants;
    bool busy;
};

struct blkfront {
    uint8_t control[GUEST_PAGE_SIZE] __attribute__((aligned(GUEST_PAGE_SIZE)));
    uint8_t ring_page[GUEST_PAGE_SIZE];

    struct guest_device device;
    evtchn_port_t queue_port;
    uint32_t state; /* NOXS_STATE_* that was last published; 0: not attached */
    blkif_front_ring_t ring;
    grant_ref_t ring_grant;
    struct blkfront_request request[BLKFRONT_REQUESTS];
};

/* Attaches to a vbd of the device page; the disk works once blkfront_up() is true. */
int blkfront_start(struct blkfront *blk, const struct noxs_entry *entry);
/* Lets go of the device; requests under way end with -EIO. */
void blkfront_stop(struct blkfront *blk);
bool blkfront_up(const struct blkfront *blk);
uint64_t blkfront_sectors(const struct blkfront *blk);
bool blkfront_readonly(const struct blkfront *blk);

/*
 * Begins one request; DONE is called from guest_events_run(). BUFFER starts at a multiple of a
 * sector, BYTES is one too. Returns 0, or -EAGAIN where all slots or grants are taken, or another
 * negative errno.
 */
int blkfront_submit(struct blkfront *blk, enum blkfront_operation operation, uint64_t sector,
                    void *buffer, size_t bytes, blkfront_done *done, void *data);
/* The same, any length, coming back when it is done. */
int blkfront_transfer(struct blkfront *blk, enum blkfront_operation operation, uint64_t sector,
                      void *buffer, size_t bytes);

#endif
