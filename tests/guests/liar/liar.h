/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef LIAR_H
#define LIAR_H

#include "hostile.h"

#define LIAR_RINGS 3

/* What a right offer is made of, and some things for wrong ones. */
struct liar {
    struct guest_device device;
    uint8_t *page;
    uint8_t *ring[LIAR_RINGS];
    grant_ref_t grant[LIAR_RINGS]; /* of the rings */
    grant_ref_t readonly_grant;    /* of a ring, but nobody may write there */
    grant_ref_t foreign_grant;     /* of a ring, but for another domain */
    uint32_t port;                 /* for the back end */
    uint32_t own_port;             /* for this guest itself */
};
extern struct liar liar;

/* Publishes a state and gives the back end time to act on it. */
void liar_state(uint32_t state);
void liar_begin_anew(void);
bool liar_connected(void);

/* lies.c: tells lie number I, which says what it is. */
unsigned int liar_lies(unsigned int type);
const char *liar_tell(unsigned int type, unsigned int i);

/* Each makes its right offer, and connects where STATE is not zero. */
struct noxs_vif_front *liar_offer_vif(void);
struct noxs_vbd_front *liar_offer_vbd(void);

/* lies_vif.c, lies_vbd.c: lies by rings that are connected. */
struct liar_lie {
    const char *what;
    void (*tell)(void);
};
extern const struct liar_lie liar_vif_rings[], liar_vbd_rings[];
extern const unsigned int liar_vif_ring_count, liar_vbd_ring_count;

#endif
