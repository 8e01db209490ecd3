/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NOXS_GUEST_BLKFRONT_INTERNAL_H
#define NOXS_GUEST_BLKFRONT_INTERNAL_H

#include "blkfront.h"

/* blkfront_connect.c: follows the back end's state. */
void blkfront_handshake(struct blkfront *blk);

/* blkfront.c: the handler of both ports, and a request's end, whatever came of it. */
void blkfront_event(void *data);
void blkfront_end(struct blkfront *blk, struct blkfront_request *request, int rc);

#endif
