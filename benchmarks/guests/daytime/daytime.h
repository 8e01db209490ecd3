/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef DAYTIME_H
#define DAYTIME_H

#include "guest.h"

/* net.c: the interface under lwIP. Both are to be called after each round of events. */
void net_init(void);
void net_follow(void);

/* date.c: writes UTC as "Fri Nov 21 04:05:06 2025\r\n"; returns its length. */
size_t date_text(char *text, size_t size, uint64_t seconds);

#endif
