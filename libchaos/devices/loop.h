/* SPDX-License-Identifier: BSD-3-Clause */
/* Loop devices: files as block devices. */
#ifndef CHAOS_LOOP_H
#define CHAOS_LOOP_H

#include <stdbool.h>

/* Puts an open file behind a loop device, which frees itself with its last user. *out is the open
 * loop device. The loop device keeps the open file itself, with its locks. -errno. */
int loop_attach(int file, bool readonly, int *out);

#endif
