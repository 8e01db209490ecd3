/* SPDX-License-Identifier: BSD-3-Clause */
/* Sizes of memory as people write them (512KiB, 8MiB, 1GiB, 2TiB; a plain number is in MiB), and
 * rates (256KiB/s). */
#ifndef CHAOS_SIZE_H
#define CHAOS_SIZE_H

#include <stdint.h>

#define SIZE_BUF 24

/* -EINVAL: not a size; -ERANGE: more KiB than 64 bits hold. */
int size_parse_kib(const char *text, uint64_t *kib);
/* A rate, as "256KiB/s": a size with its unit and "/s" behind it. Fails as size_parse_kib does. */
int rate_parse_kib(const char *text, uint64_t *kib_per_s);
/* In the largest unit that leaves a whole number. Returns buf. */
const char *size_format_kib(uint64_t kib, char buf[SIZE_BUF]);
/* Suggests a size to somebody who wrote `text`, which is none. Returns buf. */
const char *size_guess(const char *text, char buf[SIZE_BUF]);

#endif
