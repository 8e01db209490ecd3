/* SPDX-License-Identifier: BSD-3-Clause */
/* Files and block devices as disks of VMs. */
#ifndef CHAOS_DISK_H
#define CHAOS_DISK_H

#include <stdbool.h>

/* Opens a block device, or a file behind a loop device that frees itself with its last user.
 * -ENOTBLK where `path` is neither; else -errno. */
int disk_open(const char *path, bool readonly, int *fd);

#endif
