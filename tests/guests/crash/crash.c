/* SPDX-License-Identifier: BSD-3-Clause */
/* Crashes at once: for restart policies and death events. */
#include "guest.h"

#include <xen/sched.h>

void guest_main(void)
{
    console_printf("crash: now\n");
    guest_shutdown(SHUTDOWN_crash);
}
