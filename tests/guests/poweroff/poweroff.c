/* SPDX-License-Identifier: BSD-3-Clause */
/* Powers itself off, or reboots where the command line has the word "reboot". */
#include "guest.h"

#include <xen/sched.h>

void guest_main(void)
{
    console_printf("poweroff: %s\n", guest_cmdline());
    guest_shutdown(guest_flag("reboot") ? SHUTDOWN_reboot : SHUTDOWN_poweroff);
}
