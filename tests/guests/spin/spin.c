/* SPDX-License-Identifier: BSD-3-Clause */
/* Takes all the CPU time it gets, for ever. */
#include "guest.h"

void guest_main(void)
{
    console_try_write("up\n", 3);
    for (;;)
        barrier();
}
