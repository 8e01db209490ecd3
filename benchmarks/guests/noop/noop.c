/* SPDX-License-Identifier: BSD-3-Clause */
/* The least a VM can do: say that it is up, then sleep. */
#include "guest.h"

void guest_main(void)
{
    console_try_write("up\n", 3);
    guest_stop_periodic_timer();
    guest_idle();
}
