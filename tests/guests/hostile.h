/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Shared by the hostile guests: guests that do what no front end may do. Each prints "NAME: begun"
 * first; those that check answers close with "NAME: ok, N checks" or "NAME: failed, …". That
 * Dom0 and the neighbours live on is for the test that runs them to see.
 */
#ifndef TESTS_GUESTS_HOSTILE_H
#define TESTS_GUESTS_HOSTILE_H

#include "device.h"

/* Says that GUEST begins; "seed=N" on the command line makes its random numbers repeat. */
void hostile_begin(const char *guest);
uint32_t hostile_random(void);

/* Counts a check and prints it where it failed. */
void hostile_expect(const char *what, long got, long want);
/* Prints the verdict and sleeps for ever. */
void hostile_end(void) __attribute__((noreturn));

/* Waits for the first device of a type and attaches to it. */
void hostile_attach(struct guest_device *device, unsigned int type, void *hole);
/* The type that "device=vif|vbd" names; vif where it names none. */
unsigned int hostile_type(void);

void hostile_sleep_ms(unsigned int ms);

#endif
