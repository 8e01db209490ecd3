/* SPDX-License-Identifier: BSD-3-Clause */
/* Offers with one wrong field: found by its offset, so that a table can hold them. */
#include "liar.h"

#define NO_SUCH 0xfffffff0U

enum value {
    LITERAL,   /* the number itself */
    READONLY,  /* a grant that does not let the back end write */
    FOREIGN,   /* a grant for somebody else */
    SAME_RING, /* the grant of ring 0, a second time */
    OWN_PORT,  /* a channel that waits for this guest itself */
    HANDSHAKE, /* the channel of the control page, which is bound already */
};

struct field_lie {
    const char *what;
    unsigned int offset;
    enum value value;
    uint32_t number;
};

#define VIF(field) offsetof(struct noxs_vif_front, field)
#define VBD(field) offsetof(struct noxs_vbd_front, field)

static const struct field_lie vif_lies[] = {
    {"vif: version 99", VIF(half.version), LITERAL, 99},
    {"vif: all features", VIF(half.features), LITERAL, ~0U},
    {"vif: no queue", VIF(nr_queues), LITERAL, 0},
    {"vif: 33 queues", VIF(nr_queues), LITERAL, 33},
    {"vif: 2^32-1 queues", VIF(nr_queues), LITERAL, ~0U},
    {"vif: more queues than described", VIF(nr_queues), LITERAL, 2},
    {"vif: control ring that is none", VIF(half.features), LITERAL, NOXS_VIF_CTRL_RING},
    {"vif: headroom without end", VIF(xdp_headroom), LITERAL, ~0U},
    {"vif: tx ring 0", VIF(queue[0].tx_ring), LITERAL, 0},
    {"vif: tx ring unused", VIF(queue[0].tx_ring), LITERAL, 500},
    {"vif: tx ring out of the table", VIF(queue[0].tx_ring), LITERAL, NO_SUCH},
    {"vif: tx ring read-only", VIF(queue[0].tx_ring), READONLY, 0},
    {"vif: tx ring of another domain", VIF(queue[0].tx_ring), FOREIGN, 0},
    {"vif: rx ring out of the table", VIF(queue[0].rx_ring), LITERAL, NO_SUCH},
    {"vif: rx ring is the tx ring", VIF(queue[0].rx_ring), SAME_RING, 0},
    {"vif: tx port 0", VIF(queue[0].tx_port), LITERAL, 0},
    {"vif: tx port out of range", VIF(queue[0].tx_port), LITERAL, ~0U},
    {"vif: tx port of the handshake", VIF(queue[0].tx_port), HANDSHAKE, 0},
    {"vif: tx port for another domain", VIF(queue[0].tx_port), OWN_PORT, 0},
    {"vif: rx port out of range", VIF(queue[0].rx_port), LITERAL, NO_SUCH},
};

static const struct field_lie vbd_lies[] = {
    {"vbd: version 99", VBD(half.version), LITERAL, 99},
    {"vbd: all features", VBD(half.features), LITERAL, ~0U},
    {"vbd: no queue", VBD(nr_queues), LITERAL, 0},
    {"vbd: 9 queues", VBD(nr_queues), LITERAL, 9},
    {"vbd: 2^32-1 queues", VBD(nr_queues), LITERAL, ~0U},
    {"vbd: ring order 4", VBD(ring_order), LITERAL, 4},
    {"vbd: ring order 31", VBD(ring_order), LITERAL, 31},
    {"vbd: ring order 2^32-1", VBD(ring_order), LITERAL, ~0U},
    {"vbd: more ring pages than described", VBD(ring_order), LITERAL, 1},
    {"vbd: protocol 3", VBD(protocol), LITERAL, 3},
    {"vbd: protocol 2^32-1", VBD(protocol), LITERAL, ~0U},
    {"vbd: ring unused", VBD(queue[0].ring[0]), LITERAL, 500},
    {"vbd: ring out of the table", VBD(queue[0].ring[0]), LITERAL, NO_SUCH},
    {"vbd: ring read-only", VBD(queue[0].ring[0]), READONLY, 0},
    {"vbd: ring of another domain", VBD(queue[0].ring[0]), FOREIGN, 0},
    {"vbd: port 0", VBD(queue[0].port), LITERAL, 0},
    {"vbd: port out of range", VBD(queue[0].port), LITERAL, ~0U},
    {"vbd: port of the handshake", VBD(queue[0].port), HANDSHAKE, 0},
    {"vbd: port for another domain", VBD(queue[0].port), OWN_PORT, 0},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct noxs_vif_front *liar_offer_vif(void)
{
    struct noxs_vif_front *front = (void *)(liar.page + NOXS_FRONT_OFFSET);

    front->nr_queues = 1;
    front->queue[0].tx_ring = liar.grant[0];
    front->queue[0].rx_ring = liar.grant[1];
    front->queue[0].tx_port = front->queue[0].rx_port = liar.port;
    return front;
}

struct noxs_vbd_front *liar_offer_vbd(void)
{
    struct noxs_vbd_front *front = (void *)(liar.page + NOXS_FRONT_OFFSET);

    front->nr_queues = 1;
    front->protocol = NOXS_VBD_PROTO_X86_64;
    front->queue[0].ring[0] = liar.grant[0];
    front->queue[0].port = liar.port;
    return front;
}

static uint32_t value_of(const struct field_lie *lie)
{
    switch (lie->value) {
    case READONLY:
        return liar.readonly_grant;
    case FOREIGN:
        return liar.foreign_grant;
    case SAME_RING:
        return liar.grant[0];
    case OWN_PORT:
        return liar.own_port;
    case HANDSHAKE:
        return liar.device.port;
    default:
        return lie->number;
    }
}

static const char *tell_field(const struct field_lie *lie, void *front, uint32_t state)
{
    *(uint32_t *)((uint8_t *)front + lie->offset) = value_of(lie);
    liar_state(state);
    return lie->what;
}

static const char *tell_ring(const struct liar_lie *lie)
{
    lie->tell();
    hostile_sleep_ms(50);
    return lie->what;
}

unsigned int liar_lies(unsigned int type)
{
    return type == NOXS_TYPE_VIF ? COUNT(vif_lies) + liar_vif_ring_count
                                 : COUNT(vbd_lies) + liar_vbd_ring_count;
}

const char *liar_tell(unsigned int type, unsigned int i)
{
    if (type == NOXS_TYPE_VIF)
        return i < COUNT(vif_lies)
                   ? tell_field(&vif_lies[i], liar_offer_vif(), NOXS_STATE_CONNECTED)
                   : tell_ring(&liar_vif_rings[i - COUNT(vif_lies)]);
    return i < COUNT(vbd_lies) ? tell_field(&vbd_lies[i], liar_offer_vbd(), NOXS_STATE_INITIALISED)
                               : tell_ring(&liar_vbd_rings[i - COUNT(vbd_lies)]);
}
