/* SPDX-License-Identifier: BSD-3-Clause */
/* lwIP's view of this compiler and library. */
#ifndef DAYTIME_ARCH_CC_H
#define DAYTIME_ARCH_CC_H

#include "guest.h"

#define LWIP_NO_INTTYPES_H 1
#define LWIP_NO_CTYPE_H    1
#define LWIP_NO_UNISTD_H   1

typedef long ssize_t; /* of unistd.h */

#define U16_F "u"
#define S16_F "d"
#define X16_F "x"
#define U32_F "u"
#define S32_F "d"
#define X32_F "x"
#define SZT_F "zu"

void daytime_fail(const char *message) __attribute__((noreturn));
uint32_t daytime_random(void);

#define LWIP_PLATFORM_DIAG(message)   ((void)0)
#define LWIP_PLATFORM_ASSERT(message) daytime_fail(message)
#define LWIP_RAND()                   daytime_random()

/* Pools need no zeroes, so start-up need not touch them. */
#define LWIP_DECLARE_MEMORY_ALIGNED(name, size)                                                    \
    u8_t name[LWIP_MEM_ALIGN_BUFFER(size)] __attribute__((noinit, aligned(8)))

#endif
