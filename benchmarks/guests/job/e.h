/* SPDX-License-Identifier: BSD-3-Clause */
/* A job that computes: the digits of e. The same source runs in a guest and in a process. */
#ifndef JOB_E_H
#define JOB_E_H

#include <stdint.h>

#define E_DIGITS_MAX 10000

/* The ten digits of e that end with the one at place `digits` (10 to E_DIGITS_MAX) behind the
 * point; all before them have to be computed, too. */
uint64_t e_last_ten(unsigned int digits);

#endif
