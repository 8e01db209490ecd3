/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bug looked for: a back end that believes states, sizes, ring references, event channels or ring
 * indices.
 * Method: one offer after the other, each right but for one lie, then rings that connect and lie by
 * their indices and requests. "device=vbd" lies to a disk's back end. The back end may close the
 * device at any lie; then the guest begins anew where it is let, and else goes on all the same.
 */
#include "liar.h"

#define WAIT_MS 30

static GUEST_PAGE_HOLE uint8_t page[NOXS_PAGE_SIZE];
static GUEST_NOINIT uint8_t rings[LIAR_RINGS][GUEST_PAGE_SIZE]
    __attribute__((aligned(GUEST_PAGE_SIZE)));
struct liar liar = {.page = page};

static struct noxs_half *front_half(void)
{
    return (struct noxs_half *)(page + NOXS_FRONT_OFFSET);
}

void liar_state(uint32_t state)
{
    device_set_state(&liar.device, state);
    hostile_sleep_ms(WAIT_MS);
}

void liar_begin_anew(void)
{
    liar_state(NOXS_STATE_CLOSED);
    liar_state(NOXS_STATE_INITIALISING);
    memset(page + NOXS_FRONT_OFFSET, 0, NOXS_PAGE_SIZE - NOXS_FRONT_OFFSET);
    front_half()->version = NOXS_ABI_VERSION;
    front_half()->state = NOXS_STATE_INITIALISING;
    memset(rings, 0, sizeof(rings));
}

bool liar_connected(void)
{
    return device_back_state(&liar.device) == NOXS_STATE_CONNECTED;
}

static void open_resources(void)
{
    domid_t domid = liar.device.entry.backend_domid;

    for (unsigned int i = 0; i < LIAR_RINGS; i++) {
        liar.ring[i] = rings[i];
        liar.grant[i] = guest_grant(domid, rings[i], false);
    }
    liar.readonly_grant = guest_grant(domid, rings[0], true);
    liar.foreign_grant = guest_grant((domid_t)(domid + 1), rings[0], false);
    liar.port = (uint32_t)guest_event_offer(domid);
    liar.own_port = (uint32_t)guest_event_offer(DOMID_SELF);
}

/* Whole halves of noise, with a state that makes the back end look. */
static void noise(void)
{
    uint32_t *words = (uint32_t *)(page + NOXS_FRONT_OFFSET);

    for (unsigned int round = 0; round < 50; round++) {
        for (unsigned int i = 0; i < (NOXS_PAGE_SIZE - NOXS_FRONT_OFFSET) / 4; i++)
            words[i] = hostile_random();
        if (round % 2)
            front_half()->version = NOXS_ABI_VERSION;
        device_set_state(&liar.device, hostile_random() % 8);
        hostile_sleep_ms(2);
    }
}

static void impossible_states(void)
{
    static const uint32_t states[] = {4, 2, 5, 3, 6, 4, 0, 7, 99, 4, 1, 6, 5, 0xffffffff, 1};

    for (unsigned int i = 0; i < sizeof(states) / sizeof(states[0]); i++)
        liar_state(states[i]);
}

void guest_main(void)
{
    unsigned int type = hostile_type();

    hostile_begin("liar");
    hostile_attach(&liar.device, type, page);
    open_resources();
    for (unsigned int i = 0; i < liar_lies(type); i++) {
        liar_begin_anew();
        console_printf("liar: %s\n", liar_tell(type, i));
    }
    liar_begin_anew();
    console_printf("liar: impossible states\n");
    impossible_states();
    console_printf("liar: noise\n");
    noise();
    hostile_end();
}
