/* SPDX-License-Identifier: BSD-3-Clause */
/* Finding out what has a disk, for the message that refuses it. */
#ifndef CHAOS_DISK_USER_H
#define CHAOS_DISK_USER_H

#include "devices/disk.h"

struct disk_user {
    enum { DISK_UNKNOWN, DISK_VM, DISK_DOM0 } kind;
    uint32_t domid; /* DISK_VM */
    bool readonly;  /* DISK_DOM0: all it does is to read */
    char what[256]; /* DISK_DOM0: "Dom0 has mounted it on /mnt" */
};

/* The VMs' block devices, as the bus knows them. */
struct disk_taken {
    dev_t rdev;
    uint32_t domid;
};

/* What has the disk, or a device that has sectors in common with it. VMs before Dom0. */
void disk_user(const struct disk_id *id, const struct disk_taken *taken, int nr_taken,
               struct disk_user *out);

#endif
