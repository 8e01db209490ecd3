/* SPDX-License-Identifier: BSD-3-Clause */
/* The network data path; netfront_connect.c has the handshake. */
#include "internal.h"

#include "netfront_internal.h"

/* One slot of a chain that this front end did not ask for (it offers no scatter-gather). */
static bool skip(struct netfront *net, const netif_rx_response_t *response)
{
    bool more = response->flags & (NETRXF_more_data | NETRXF_extra_info);
    bool first = !net->rx_in_chain;

    net->rx_in_chain = more;
    if (first)
        net->rx_skip_chain = more;
    return net->rx_skip_chain;
}

static void take_packet(struct netfront *net, const netif_rx_response_t *response)
{
    const uint8_t *buffer = net->rx_buffer[response->id % NETFRONT_RX_BUFFERS];
    enum netfront_checksum checksum = NETFRONT_CHECKSUM_UNKNOWN;

    if (skip(net, response) || response->status <= 0 || response->offset > GUEST_PAGE_SIZE ||
        response->status > GUEST_PAGE_SIZE - response->offset)
        return;
    if (response->flags & (NETRXF_data_validated | NETRXF_csum_blank))
        checksum = NETFRONT_CHECKSUM_GOOD;
    net->receive(net, buffer + response->offset, (size_t)response->status, checksum);
}

void netfront_give_rx_buffer(struct netfront *net, uint16_t id)
{
    netif_rx_request_t *request = RING_GET_REQUEST(&net->rx, net->rx.req_prod_pvt);

    request->id = id;
    request->pad = 0;
    request->gref = net->rx_grant[id];
    net->rx.req_prod_pvt++;
}

static void push_rx(struct netfront *net)
{
    int notify;

    RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&net->rx, notify);
    if (notify)
        guest_event_notify(net->queue_port);
}

static void receive(struct netfront *net)
{
    int more;

    do {
        RING_IDX produced = ACCESS(net->rx.sring->rsp_prod);

        /* More answers than questions: the ring is broken, and the back end with it. */
        if (produced - net->rx.rsp_cons > net->rx.req_prod_pvt - net->rx.rsp_cons)
            return;
        guest_rmb(); /* index before responses */
        while (net->rx.rsp_cons != produced) {
            netif_rx_response_t response;

            RING_COPY_RESPONSE(&net->rx, net->rx.rsp_cons, &response);
            net->rx.rsp_cons++;
            take_packet(net, &response);
            netfront_give_rx_buffer(net, response.id % NETFRONT_RX_BUFFERS);
        }
        push_rx(net);
        RING_FINAL_CHECK_FOR_RESPONSES(&net->rx, more);
    } while (more);
}

static void finish_sends(struct netfront *net)
{
    int more;

    do {
        RING_IDX produced = ACCESS(net->tx.sring->rsp_prod);

        if (produced - net->tx.rsp_cons > net->tx.req_prod_pvt - net->tx.rsp_cons)
            return;
        guest_rmb();
        while (net->tx.rsp_cons != produced) {
            netif_tx_response_t response;

            RING_COPY_RESPONSE(&net->tx, net->tx.rsp_cons, &response);
            net->tx.rsp_cons++;
            if (response.status != NETIF_RSP_NULL && net->tx_free_count < NETFRONT_TX_BUFFERS)
                net->tx_free[net->tx_free_count++] = response.id % NETFRONT_TX_BUFFERS;
        }
        RING_FINAL_CHECK_FOR_RESPONSES(&net->tx, more);
    } while (more);
}

void *netfront_send_buffer(struct netfront *net)
{
    if (!netfront_up(net))
        return NULL;
    if (!net->tx_free_count)
        finish_sends(net);
    return net->tx_free_count ? net->tx_buffer[net->tx_free[net->tx_free_count - 1]] : NULL;
}

void netfront_send(struct netfront *net, size_t length)
{
    uint16_t id = net->tx_free[--net->tx_free_count];
    netif_tx_request_t *request = RING_GET_REQUEST(&net->tx, net->tx.req_prod_pvt);
    int notify;

    request->gref = net->tx_grant[id];
    request->offset = 0;
    request->flags = 0; /* the checksum is in the packet */
    request->id = id;
    request->size = (uint16_t)length;
    net->tx.req_prod_pvt++;
    RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&net->tx, notify);
    if (notify)
        guest_event_notify(net->queue_port);
}

void netfront_work(struct netfront *net)
{
    netfront_handshake(net);
    if (!netfront_up(net))
        return;
    finish_sends(net);
    receive(net);
}
