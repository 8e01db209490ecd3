/* SPDX-License-Identifier: BSD-3-Clause */
/* Loop devices: files as block devices. The unit tests put a fake in this place. */
#ifndef CHAOS_LOOP_H
#define CHAOS_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* A domain that a loop device is kept for. */
struct loop_owner {
    uint32_t domid;
    uint8_t uuid[16];
};

/* Puts an open file behind a loop device, which frees itself with its last user, or with an owner
 * is kept until loop_release(). *out is the open loop device. The loop device keeps the open file
 * itself, with its locks. -errno. */
int loop_attach(int file, bool readonly, const struct loop_owner *owner, int *out);
/* Frees /dev/loopN, which is kept for this domain: now, or with its last user. -ENOENT where it is
 * not (any more). */
int loop_release(int nr, const struct loop_owner *owner);

struct loop {
    dev_t rdev;      /* the loop device's own number */
    dev_t dev;       /* the file behind it: its file system ... */
    ino_t ino;       /* ... and number there */
    uint64_t offset; /* bytes; the part of the file that is the device */
    uint64_t limit;  /* bytes from there; 0: to the end of the file */
    bool readonly;
    bool ours; /* loop_attach made it */
    bool kept; /* and keeps it for `owner` */
    struct loop_owner owner;
};

/* All loop devices that have a file; the caller frees the list. How many, or -errno. */
int loop_list(struct loop **out);

#endif
