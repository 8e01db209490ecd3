/* SPDX-License-Identifier: BSD-3-Clause */
/* bridge.c changes links, bridge_look.c reads them; both by this connection. */
#ifndef CHAOS_BRIDGE_INTERNAL_H
#define CHAOS_BRIDGE_INTERNAL_H

#include "devices/bridge.h"

#include <stdbool.h>

struct nl_msg;
struct nl_sock;

struct bridges {
    struct nl_sock *netlink;
    bool has_ipv6;
};

/* An interface's alias is this and the name of the bridge that it belongs into. */
#define BRIDGE_ALIAS "chaos:"

/* Sends a message that was `built` (0) or for which there was no memory; frees it. */
int bridges_send(struct bridges *br, struct nl_msg *msg, int built);
/* The kernel's answer to one message that asked for an ack. */
int bridges_receive_ack(struct bridges *br);

#endif
