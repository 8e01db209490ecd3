/* SPDX-License-Identifier: BSD-3-Clause */
/* Signals that ask a program to stop. */
#ifndef CHAOS_INTERRUPT_H
#define CHAOS_INTERRUPT_H

#include <stdbool.h>

/* From now on SIGINT, SIGTERM and SIGHUP do not end the program: they end waiting system calls,
 * and interrupted() tells of them. */
void catch_interrupts(void);
/* True once one of them came. */
bool interrupted(void);

#endif
