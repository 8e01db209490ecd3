/* SPDX-License-Identifier: BSD-3-Clause */
/* A folder of its own (place.h) for the log that a test writes. */
#ifndef LOG_PLACE_H
#define LOG_PLACE_H

#include <stdint.h>

#include <chaos/log.h>

#include "place.h"

extern char log_path[100];

/* A test's set-up; place_end is its tear-down. */
int log_begin(void **state);

chaos_log *log_open(uint64_t cap, unsigned int keep);
/* Writes a text, which must succeed. */
void log_put(chaos_log *log, const char *text);
/* The text of the log (0) or of an older one; "-" where there is none. */
const char *log_text(unsigned int old);

#endif
