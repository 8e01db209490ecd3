/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bug looked for: a console reader that a guest can keep busy, fill the host's disk with, or lead
 * out of its ring. Method: writes as fast as it can, for ever. "lie" makes the ring's indices
 * random as well.
 */
#include "hostile.h"

#include <xen/io/console.h>

static void lie(struct xencons_interface *ring)
{
    ACCESS(ring->out_prod) = hostile_random();
    ACCESS(ring->out_cons) = hostile_random();
    ACCESS(ring->in_cons) = hostile_random();
    guest_event_notify(console_port());
}

void guest_main(void)
{
    char line[64];
    bool lying = guest_flag("lie");

    hostile_begin("flood");
    for (uint64_t i = 0;; i++) {
        guest_snprintf(line, sizeof(line), "flood: %056lu", i);
        line[sizeof(line) - 1] = '\n';
        console_try_write(line, sizeof(line));
        if (lying)
            lie(console_ring());
    }
}
