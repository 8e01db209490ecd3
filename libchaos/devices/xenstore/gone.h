/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Back ends of Dom0's kernel that are about to go. One that is still starting writes into XenStore
 * what was removed from there just now. So only when the kernel has let go of it is a second
 * removal the last one.
 */
#ifndef CHAOS_XENSTORE_GONE_H
#define CHAOS_XENSTORE_GONE_H

#include "devices/bus.h"
#include "devices/xenstore/batch.h"

/* How long they may take: one that waits for its disk takes as long as the disk. */
#define GONE_TIMEOUT_MS 5000

struct leaving {
    uint32_t domid;
    int nr;
    struct {
        enum device_kind kind;
        uint32_t id;
    } ends[2 * DEVICE_SLOTS];
};

/* Adds what a DIRECTORY of back ends of a kind names. */
void leaving_add(struct leaving *all, const struct store_batch *batch, unsigned int request,
                 enum device_kind kind);
/* Waits until the kernel has none of them: 0, or -ETIMEDOUT, and those that it has are left in the
 * list. */
int leaving_wait(struct leaving *all, unsigned int timeout_ms);

#endif
