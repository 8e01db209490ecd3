/* SPDX-License-Identifier: BSD-3-Clause */
/* Interfaces of Dom0 and the Linux bridges they are in (rtnetlink). All return 0 or a negative
 * errno; the unit tests put a fake in this place. */
#ifndef CHAOS_BRIDGE_H
#define CHAOS_BRIDGE_H

#include <stdint.h>

/* The connection to the kernel. */
struct bridges;

int bridges_open(struct bridges **out);
void bridges_close(struct bridges *br);

/* What becomes of one interface. */
struct bridge_port {
    uint32_t ifindex;
    char bridge[16]; /* "": in none */
    uint16_t mtu;
};
/* Puts interfaces into their bridges and up, in one round trip; *failed is the one at fault.
 * -ENODEV where the bridge is missing. */
int bridges_join(struct bridges *br, const struct bridge_port *ports, unsigned int nr,
                 unsigned int *failed);

#endif
