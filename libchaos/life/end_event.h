/* SPDX-License-Identifier: BSD-3-Clause */
/* Hearing of the end of domains. */
#ifndef CHAOS_LIFE_END_EVENT_H
#define CHAOS_LIFE_END_EVENT_H

#include "shell/host.h"

/* Closes what chaos_watch_fd opened. */
void watch_close(chaos_host *host);

#endif
