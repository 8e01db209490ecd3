/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NOXS_GUEST_NETFRONT_INTERNAL_H
#define NOXS_GUEST_NETFRONT_INTERNAL_H

#include "netfront.h"

/* netfront_connect.c: follows the back end's state. */
void netfront_handshake(struct netfront *net);

/* netfront.c: puts a receive buffer in the ring; the caller pushes. */
void netfront_give_rx_buffer(struct netfront *net, uint16_t id);

#endif
