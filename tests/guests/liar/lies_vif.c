/* SPDX-License-Identifier: BSD-3-Clause */
/* Network rings that lie once they are connected. */
#include "liar.h"
#include "ring.h"

#include <xen/io/netif.h>

static netif_tx_sring_t *tx(void)
{
    return (netif_tx_sring_t *)liar.ring[0];
}

static netif_rx_sring_t *rx(void)
{
    return (netif_rx_sring_t *)liar.ring[1];
}

static void connect(void)
{
    SHARED_RING_INIT(tx());
    SHARED_RING_INIT(rx());
    liar_offer_vif();
    liar_state(NOXS_STATE_CONNECTED);
}

/* Puts COUNT tx requests, all alike but for their id, in the ring and produces PRODUCED. */
static void send(netif_tx_request_t request, unsigned int count, RING_IDX produced)
{
    connect();
    for (unsigned int i = 0; i < count; i++) {
        request.id = (uint16_t)i;
        tx()->ring[i].req = request;
    }
    guest_wmb();
    ACCESS(tx()->req_prod) = produced;
    guest_event_notify(liar.port);
}

/* 60 bytes of a broadcast frame with a source address. */
static netif_tx_request_t fair_request(void)
{
    memset(liar.ring[2], 0xff, 6);
    memset(liar.ring[2] + 6, 0x02, 6);
    return (netif_tx_request_t){.gref = liar.grant[2], .size = 60};
}

static void producer_far_ahead(void)
{
    send(fair_request(), 256, 100000);
}

static void producer_backwards(void)
{
    send(fair_request(), 1, (RING_IDX)-5);
}

static void too_large(void)
{
    netif_tx_request_t request = fair_request();

    request.size = 0xffff;
    send(request, 1, 1);
}

static void too_short(void)
{
    netif_tx_request_t request = fair_request();

    request.size = 1;
    send(request, 4, 4);
}

static void over_the_page(void)
{
    netif_tx_request_t request = fair_request();

    request.offset = 4090;
    send(request, 1, 1);
}

static void no_such_grant(void)
{
    netif_tx_request_t request = fair_request();

    request.gref = 0xfffffff0U;
    send(request, 32, 32);
}

static void endless_chain(void)
{
    netif_tx_request_t request = fair_request();

    request.flags = NETTXF_more_data;
    send(request, 256, 256);
}

static void unknown_extra(void)
{
    netif_tx_request_t request = fair_request();

    request.flags = NETTXF_extra_info;
    connect();
    tx()->ring[0].req = request;
    memset(&tx()->ring[1], 0xff, sizeof(tx()->ring[1]));
    guest_wmb();
    ACCESS(tx()->req_prod) = 2;
    guest_event_notify(liar.port);
}

static void bad_offload(void)
{
    netif_tx_request_t request = fair_request();
    netif_extra_info_t *extra;

    request.flags = NETTXF_extra_info | NETTXF_csum_blank;
    connect();
    tx()->ring[0].req = request;
    extra = (netif_extra_info_t *)&tx()->ring[1];
    memset(extra, 0, sizeof(*extra));
    extra->type = XEN_NETIF_EXTRA_TYPE_GSO;
    extra->u.gso.size = 0;
    extra->u.gso.type = 0xff;
    guest_wmb();
    ACCESS(tx()->req_prod) = 2;
    guest_event_notify(liar.port);
}

static void rx_no_such_grant(void)
{
    connect();
    for (unsigned int i = 0; i < 256; i++)
        rx()->ring[i].req = (netif_rx_request_t){.id = (uint16_t)(i * 257), .gref = 0xfffffff0U};
    guest_wmb();
    ACCESS(rx()->req_prod) = 256;
    guest_event_notify(liar.port);
}

static void rx_readonly_grant(void)
{
    connect();
    for (unsigned int i = 0; i < 256; i++)
        rx()->ring[i].req = (netif_rx_request_t){.id = (uint16_t)i, .gref = liar.readonly_grant};
    guest_wmb();
    ACCESS(rx()->req_prod) = 256;
    guest_event_notify(liar.port);
}

static void rx_producer_far_ahead(void)
{
    connect();
    ACCESS(rx()->req_prod) = 0x80000000U;
    guest_event_notify(liar.port);
}

/* The back end's own indices are in the same page: they are the guest's to spoil, too. */
static void random_indices(void)
{
    connect();
    for (unsigned int i = 0; i < 2000; i++) {
        ACCESS(tx()->req_prod) = hostile_random();
        ACCESS(tx()->rsp_prod) = hostile_random();
        ACCESS(tx()->req_event) = hostile_random();
        ACCESS(rx()->req_prod) = hostile_random();
        ACCESS(rx()->rsp_prod) = hostile_random();
        ACCESS(rx()->rsp_event) = hostile_random();
        guest_event_notify(liar.port);
    }
}

const struct liar_lie liar_vif_rings[] = {
    {"vif: tx producer far ahead", producer_far_ahead},
    {"vif: tx producer backwards", producer_backwards},
    {"vif: packet of 65535 bytes", too_large},
    {"vif: packet of one byte", too_short},
    {"vif: packet over its page's end", over_the_page},
    {"vif: packets in no grant", no_such_grant},
    {"vif: chain without end", endless_chain},
    {"vif: unknown extra slot", unknown_extra},
    {"vif: segments of no size", bad_offload},
    {"vif: buffers in no grant", rx_no_such_grant},
    {"vif: buffers that are read-only", rx_readonly_grant},
    {"vif: rx producer far ahead", rx_producer_far_ahead},
    {"vif: random indices", random_indices},
};
const unsigned int liar_vif_ring_count = sizeof(liar_vif_rings) / sizeof(liar_vif_rings[0]);
