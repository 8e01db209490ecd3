/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Files and block devices as disks of VMs. A disk has one writer: VMs that write exclude all
 * others, VMs that read exclude those that write, and what Dom0 itself has mounted counts. A VM
 * whose disk is `shared` goes with readers and with others that share.
 *
 * For a file this is a lock (flock) on the open file that the loop device keeps, so that it lasts
 * as long as the disk. For a block device the back end holds the device exclusively in Dom0's
 * kernel.
 */
#ifndef CHAOS_DISK_H
#define CHAOS_DISK_H

#include "config/config.h"
#include "devices/loop.h"

/* What a target is, by whatever path. */
struct disk_id {
    bool file; /* a regular file: dev and ino; else a block device: rdev */
    dev_t dev;
    ino_t ino;
    dev_t rdev;
};

/* Opens a disk's target: *fd is a block device, for a file its loop device, which is kept for
 * `owner` (NULL: as long as somebody has it open). -EBUSY without a message: something else has it,
 * for disk_user() to find out. */
int disk_open(const struct config_vbd *vbd, const struct loop_owner *owner, struct disk_id *id,
              int *fd, chaos_error *err);

/* The disk that a partition is on; other devices are their own. */
dev_t disk_whole(dev_t rdev);
/* Whether two block devices have sectors in common: the same, or a partition and its disk. */
bool disk_overlap(dev_t a, dev_t b);
/* Whether a loop device shows a part of the disk, which is another device or a file. */
bool disk_behind(const struct disk_id *id, const struct loop *loop, const struct loop *all, int nr);

#endif
