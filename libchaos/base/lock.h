/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CHAOS_LOCK_H
#define CHAOS_LOCK_H

#include <stdbool.h>

/* Whether a process holds DIR/FILE locked with flock(2), exclusively. */
bool lock_held(const char *dir, const char *file);

#endif
