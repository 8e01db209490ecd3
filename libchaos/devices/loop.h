/* SPDX-License-Identifier: BSD-3-Clause */
/* Loop devices: files as block devices. The unit tests put a fake in this place. */
#ifndef CHAOS_LOOP_H
#define CHAOS_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Puts an open file behind a loop device, which frees itself with its last user. *out is the open
 * loop device. The loop device keeps the open file itself, with its locks. -errno. */
int loop_attach(int file, bool readonly, int *out);

struct loop {
    dev_t rdev;      /* the loop device's own number */
    dev_t dev;       /* the file behind it: its file system ... */
    ino_t ino;       /* ... and number there */
    uint64_t offset; /* bytes; the part of the file that is the device */
    uint64_t limit;  /* bytes from there; 0: to the end of the file */
    bool readonly;
    bool ours; /* loop_attach made it */
};

/* All loop devices that have a file; the caller frees the list. How many, or -errno. */
int loop_list(struct loop **out);

#endif
