/* SPDX-License-Identifier: BSD-3-Clause */
/* Bridges that go and come again: interfaces return into them, and no shell without its bridge is
 * handed out. */
#ifndef CHAOSD_BRIDGES_H
#define CHAOSD_BRIDGES_H

#include <uv.h>

struct daemon;

struct bridge_watch {
    uv_poll_t heard;
    int fd; /* a netlink socket; -1: none, and bridges are not watched */
};

void bridge_watch_start(struct daemon *d);
void bridge_watch_stop(struct daemon *d);
/* Takes in the kernel's news; true if a bridge came or went. Costs a system call. */
bool bridge_watch_hear(struct daemon *d);
/* Puts interfaces back, and looks which flavours lack a bridge. */
void bridge_watch_look(struct daemon *d);

#endif
