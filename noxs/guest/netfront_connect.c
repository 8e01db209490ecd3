/* SPDX-License-Identifier: BSD-3-Clause */
/* A network interface's life: attach, offer the rings, connect, close. */
#include "internal.h"

#include <xen/errno.h>

#include "netfront_internal.h"

static bool grant_memory(struct netfront *net)
{
    domid_t domid = net->device.entry.backend_domid;
    bool ok;

    net->tx_ring_grant = guest_grant(domid, net->tx_ring, false);
    net->rx_ring_grant = guest_grant(domid, net->rx_ring, false);
    ok = net->tx_ring_grant != GUEST_NO_GRANT && net->rx_ring_grant != GUEST_NO_GRANT;
    for (unsigned int i = 0; i < NETFRONT_TX_BUFFERS; i++) {
        net->tx_grant[i] = guest_grant(domid, net->tx_buffer[i], true);
        ok &= net->tx_grant[i] != GUEST_NO_GRANT;
    }
    for (unsigned int i = 0; i < NETFRONT_RX_BUFFERS; i++) {
        net->rx_grant[i] = guest_grant(domid, net->rx_buffer[i], false);
        ok &= net->rx_grant[i] != GUEST_NO_GRANT;
    }
    return ok;
}

static void end_grant(grant_ref_t *grant)
{
    if (*grant != GUEST_NO_GRANT && guest_grant_end(*grant))
        *grant = GUEST_NO_GRANT;
}

static void end_grants(struct netfront *net)
{
    end_grant(&net->tx_ring_grant);
    end_grant(&net->rx_ring_grant);
    for (unsigned int i = 0; i < NETFRONT_TX_BUFFERS; i++)
        end_grant(&net->tx_grant[i]);
    for (unsigned int i = 0; i < NETFRONT_RX_BUFFERS; i++)
        end_grant(&net->rx_grant[i]);
}

static void fill_rings(struct netfront *net)
{
    netif_tx_sring_t *tx = (netif_tx_sring_t *)net->tx_ring;
    netif_rx_sring_t *rx = (netif_rx_sring_t *)net->rx_ring;

    SHARED_RING_INIT(tx);
    SHARED_RING_INIT(rx);
    FRONT_RING_INIT(&net->tx, tx, GUEST_PAGE_SIZE);
    FRONT_RING_INIT(&net->rx, rx, GUEST_PAGE_SIZE);
    net->tx_free_count = 0;
    for (unsigned int i = 0; i < NETFRONT_TX_BUFFERS; i++)
        net->tx_free[net->tx_free_count++] = (uint16_t)i;
    for (unsigned int i = 0; i < NETFRONT_RX_BUFFERS; i++)
        netfront_give_rx_buffer(net, (uint16_t)i);
    RING_PUSH_REQUESTS(&net->rx);
    net->rx_in_chain = net->rx_skip_chain = false;
}

static void set_state(struct netfront *net, uint32_t state)
{
    net->state = state;
    device_set_state(&net->device, state);
}

static void offer_rings(struct netfront *net)
{
    struct noxs_vif_page *page = net->device.page;

    fill_rings(net);
    page->front.half.features = 0;
    page->front.half.error = 0;
    page->front.nr_queues = 1;
    page->front.queue[0].tx_ring = net->tx_ring_grant;
    page->front.queue[0].rx_ring = net->rx_ring_grant;
    /* One channel for both directions. */
    page->front.queue[0].tx_port = net->queue_port;
    page->front.queue[0].rx_port = net->queue_port;
    set_state(net, NOXS_STATE_CONNECTED);
}

void netfront_handshake(struct netfront *net)
{
    switch (device_back_state(&net->device)) {
    case NOXS_STATE_INIT_WAIT:
        if (net->state != NOXS_STATE_CONNECTED)
            offer_rings(net);
        break;
    case NOXS_STATE_CLOSING:
    case NOXS_STATE_CLOSED:
        if (net->state != NOXS_STATE_CLOSED)
            set_state(net, NOXS_STATE_CLOSED);
        break;
    }
}

bool netfront_up(const struct netfront *net)
{
    return net->state == NOXS_STATE_CONNECTED &&
           device_back_state(&net->device) == NOXS_STATE_CONNECTED;
}

static void event(void *data)
{
    netfront_work(data);
}

static int open_port(struct netfront *net)
{
    int port = guest_event_offer(net->device.entry.backend_domid);

    if (port < 0)
        return port;
    net->queue_port = (evtchn_port_t)port;
    if (guest_event_handle(net->queue_port, event, net)) {
        guest_event_close(net->queue_port);
        return -XEN_ENOSPC;
    }
    if (guest_event_handle(net->device.port, event, net)) {
        guest_event_forget(net->queue_port);
        guest_event_close(net->queue_port);
        return -XEN_ENOSPC;
    }
    return 0;
}

int netfront_start(struct netfront *net, const struct noxs_entry *entry,
                   void (*receive)(struct netfront *, const void *, size_t, enum netfront_checksum),
                   void *data)
{
    int rc = device_attach(&net->device, entry, net->control);

    if (rc)
        return rc;
    net->state = NOXS_STATE_INITIALISING;
    net->receive = receive;
    net->data = data;
    rc = grant_memory(net) ? open_port(net) : -XEN_ENOSPC;
    if (rc) {
        end_grants(net);
        device_detach(&net->device);
        net->state = 0;
        return rc;
    }
    netfront_work(net);
    return 0;
}

void netfront_stop(struct netfront *net)
{
    if (!net->state)
        return;
    if (net->state != NOXS_STATE_CLOSED)
        set_state(net, NOXS_STATE_CLOSED);
    guest_event_forget(net->device.port);
    guest_event_forget(net->queue_port);
    guest_event_close(net->queue_port);
    end_grants(net);
    device_detach(&net->device);
    net->state = 0;
}
