/* SPDX-License-Identifier: BSD-3-Clause */
/* Signals that ask a program to stop. */
#ifndef CHAOS_INTERRUPT_H
#define CHAOS_INTERRUPT_H

#include <poll.h>
#include <stdbool.h>

/* From now on SIGINT, SIGTERM and SIGHUP do not end the program: they end waiting system calls,
 * and interrupted() tells of them. */
void catch_interrupts(void);
/* True once one of them came. */
bool interrupted(void);

/* poll(), which fails with EINTR once the program is interrupted, even where the signal came just
 * before. For at most INTERRUPT_POLL_MAX descriptors. */
#define INTERRUPT_POLL_MAX 7
int interrupt_poll(struct pollfd *fds, unsigned int count, int timeout_ms);

#endif
