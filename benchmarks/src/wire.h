/* SPDX-License-Identifier: BSD-3-Clause */
/* One pinger on a bridge, frame by frame: nothing waits for a second, as ping and the kernel's ARP
 * do. */
#ifndef CHAOS_BENCH_WIRE_H
#define CHAOS_BENCH_WIRE_H

#include <netinet/if_ether.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

struct wire {
    int fd;
    uint8_t mac[ETH_ALEN]; /* the bridge's own */
    struct in_addr ip;     /* Dom0's in that network */
};

enum wire_heard { WIRE_NOTHING, WIRE_FRAME, WIRE_PONG };

/* On `bridge`, which has an IPv4 address and keeps its MAC; ends the program where that fails. */
void wire_open(struct wire *wire, const char *bridge);
/* Who has `ip`? */
void wire_ask(const struct wire *wire, struct in_addr ip);
/* An echo request to `ip` at `mac`. */
void wire_ping(const struct wire *wire, const uint8_t mac[ETH_ALEN], struct in_addr ip,
               uint16_t sequence);
/* Takes one frame, if there is one: an echo reply to `sequence`, or any other that is of ARP or
 * IPv4 from `ip`, whose sender is then in `mac`. */
enum wire_heard wire_hear(const struct wire *wire, struct in_addr ip, uint16_t sequence,
                          uint8_t mac[ETH_ALEN]);
/* Throws away what has come so far. */
void wire_flush(const struct wire *wire);

#endif
