/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CHAOS_WATCH_H
#define CHAOS_WATCH_H

#include "shell/host.h"

void watch_close(chaos_host *host);

#endif
