/* SPDX-License-Identifier: BSD-3-Clause */
/* What the library itself asks of logs; chaos_log_open and its like are public. */
#ifndef CHAOS_ROTATING_LOG_H
#define CHAOS_ROTATING_LOG_H

#include <stdbool.h>

/* True where a log, of this process or another, has the open file. Takes no lock itself. */
bool log_in_use(int fd);

#endif
