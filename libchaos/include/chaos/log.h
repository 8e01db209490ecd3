/* SPDX-License-Identifier: BSD-3-Clause */
/* A log file that is rotated. */
#ifndef CHAOS_LOG_PUBLIC_H
#define CHAOS_LOG_PUBLIC_H

#include <stddef.h>
#include <stdint.h>
#include <chaos/error.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* A log file that is rotated: at `cap` bytes (0: never) FILE becomes FILE.1 (keeping `keep` old
 * ones). One process at a time has it open, others get CHAOS_E_BUSY. A FIFO or a device is written
 * to as it is and never waited for: it loses what it has no room for. */
#define CHAOS_LOG_KIB  1024 /* the cap, and how many old ones are kept, where nothing is given */
#define CHAOS_LOG_KEEP 4
typedef struct chaos_log chaos_log;
int chaos_log_open(const char *path, uint64_t cap, unsigned int keep, chaos_log **out,
                   chaos_error *err);
int chaos_log_write(chaos_log *log, const char *buf, size_t len);
void chaos_log_close(chaos_log *log);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
