/* SPDX-License-Identifier: BSD-3-Clause */
/* Network interfaces that Dom0's kernel makes in its own time. The unit tests put a fake in this
 * place. */
#ifndef CHAOS_LINKS_H
#define CHAOS_LINKS_H

#include <stdint.h>

struct link {
    char name[16];
    uint32_t ifindex; /* 0: not there yet */
};

/* Begins to listen: to be called before anybody asks for interfaces. A descriptor, or -errno. */
int links_listen(void);
/* Waits until all of them are there. -ETIMEDOUT where that takes longer than this altogether. */
int links_wait(int listener, struct link *links, unsigned int nr, unsigned int timeout_ms);

#endif
