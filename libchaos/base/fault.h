/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CHAOS_FAULT_H
#define CHAOS_FAULT_H

/* A numbered place where tests make this process die or fail: CHAOS_FAULT=POINT:kill[:N] or
 * POINT:fail[:N] in the environment, at its N-th pass (1). 0, or -EIO.
 * POINT:interrupt[:N] sends it SIGINT, and it goes on. */
int chaos_fault(const char *point);

#endif
