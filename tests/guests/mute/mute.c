/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bug looked for: a toolstack or back end that waits for a guest's answer.
 * Method: takes the first interface's control page and channel, and never says a word; "blind"
 * on the command line does not even take those.
 */
#include "hostile.h"

static GUEST_PAGE_HOLE uint8_t page[NOXS_PAGE_SIZE];
static struct guest_device device;

void guest_main(void)
{
    hostile_begin("mute");
    if (!guest_flag("blind"))
        hostile_attach(&device, hostile_type(), page);
    console_printf("mute: silent from now on\n");
    guest_idle();
}
