/* SPDX-License-Identifier: BSD-3-Clause */
/* Interfaces of Dom0 and the Linux bridges they are in (rtnetlink). All return 0 or a negative
 * errno; the unit tests put a fake in this place. */
#ifndef CHAOS_BRIDGE_H
#define CHAOS_BRIDGE_H

#include <stdbool.h>
#include <stddef.h>
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
/* Puts interfaces, at most CONFIG_MAX_VIFS, into their bridges and up, in one round trip; *failed
 * is the one at fault. A bridge keeps its MTU. -ENODEV where the bridge is missing. */
int bridges_join(struct bridges *br, const struct bridge_port *ports, unsigned int nr,
                 unsigned int *failed);

/* Where an interface is. */
struct bridge_place {
    char wanted[16]; /* the bridge that bridges_join was told; "": none, or nobody knows */
    char actual[16]; /* the bridge that it is in; "": none */
    uint32_t mtu;    /* of that bridge */
};
int bridges_look(struct bridges *br, uint32_t ifindex, struct bridge_place *out);
/* " bridge br0", and what is wrong with that for an interface of this MTU; "" for no bridge. */
void bridge_place_text(const struct bridge_place *place, uint32_t mtu, char *out, size_t room);

/* Puts the interfaces that are in no bridge, although bridges_join put them into one, into that
 * again, where there is a bridge of that name. Returns how many. */
int bridges_mend(struct bridges *br);
/* Whether there is a bridge of this name. */
bool bridges_has(struct bridges *br, const char *bridge);

#endif
