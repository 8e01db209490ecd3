/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A network interface: one queue, one event channel, packets of one page at most, copied once each
 * way. All memory is in the struct, which the caller declares GUEST_NOINIT.
 */
#ifndef NOXS_GUEST_NETFRONT_H
#define NOXS_GUEST_NETFRONT_H

#include "device.h"
#include "ring.h"

#include <xen/io/netif.h>

#define NETFRONT_RX_BUFFERS 64 /* a power of two, up to the 256 slots of a ring */
#define NETFRONT_TX_BUFFERS 32

enum netfront_checksum {
    NETFRONT_CHECKSUM_UNKNOWN, /* check it */
    NETFRONT_CHECKSUM_GOOD,    /* it was checked, or the packet never left this host and has none */
};

struct netfront {
    uint8_t control[GUEST_PAGE_SIZE] __attribute__((aligned(GUEST_PAGE_SIZE)));
    uint8_t tx_ring[GUEST_PAGE_SIZE], rx_ring[GUEST_PAGE_SIZE];
    uint8_t tx_buffer[NETFRONT_TX_BUFFERS][GUEST_PAGE_SIZE];
    uint8_t rx_buffer[NETFRONT_RX_BUFFERS][GUEST_PAGE_SIZE];

    struct guest_device device; /* its port is for the handshake */
    evtchn_port_t queue_port;   /* and this one for packets, both ways */
    uint32_t state;             /* NOXS_STATE_* that was last published; 0: not attached */
    netif_tx_front_ring_t tx;
    netif_rx_front_ring_t rx;
    grant_ref_t tx_ring_grant, rx_ring_grant;
    grant_ref_t tx_grant[NETFRONT_TX_BUFFERS], rx_grant[NETFRONT_RX_BUFFERS];
    uint16_t tx_free[NETFRONT_TX_BUFFERS]; /* a stack of buffers that are not in the ring */
    unsigned int tx_free_count;
    bool rx_in_chain;   /* the packet goes on in the next slot */
    bool rx_skip_chain; /* and this front end cannot take it */

    void (*receive)(struct netfront *net, const void *packet, size_t length,
                    enum netfront_checksum checksum);
    void *data; /* the caller's */
};

/*
 * Attaches to a vif of the device page. RECEIVE is called from guest_events_run(). The
 * interface works from the moment netfront_up() is true. Returns 0 or a negative errno.
 */
int netfront_start(struct netfront *net, const struct noxs_entry *entry,
                   void (*receive)(struct netfront *, const void *, size_t, enum netfront_checksum),
                   void *data);
/* Lets go of the device; what the back end still has mapped stays granted. */
void netfront_stop(struct netfront *net);
bool netfront_up(const struct netfront *net);

/* Handshake, finished sends, received packets; guest_events_run() calls it at each event. */
void netfront_work(struct netfront *net);

/* Returns a buffer of one page to fill, or NULL if all are being sent. */
void *netfront_send_buffer(struct netfront *net);
/* Sends the buffer that netfront_send_buffer() returned last. */
void netfront_send(struct netfront *net, size_t length);

#endif
