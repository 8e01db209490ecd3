/* SPDX-License-Identifier: BSD-3-Clause */
/* Event channels without upcalls: pending bits and SCHEDOP_poll. */
#include "internal.h"

#include <xen/sched.h>

#define WORD_BITS 64

bool guest_event_pending(evtchn_port_t port)
{
    struct shared_info *shared = guest_shared_info();

    return ACCESS(shared->evtchn_pending[port / WORD_BITS]) >> (port % WORD_BITS) & 1;
}

void guest_event_clear(evtchn_port_t port)
{
    struct shared_info *shared = guest_shared_info();
    unsigned long *word = &shared->evtchn_pending[port / WORD_BITS];

    __atomic_fetch_and(word, ~(1UL << (port % WORD_BITS)), __ATOMIC_SEQ_CST);
}

int guest_event_notify(evtchn_port_t port)
{
    struct evtchn_send send = {.port = port};

    return (int)HYPERCALL(__HYPERVISOR_event_channel_op, EVTCHNOP_send, &send);
}

void guest_wait(const evtchn_port_t *ports, unsigned int count, uint64_t deadline_ns)
{
    struct sched_poll poll = {.nr_ports = count, .timeout = deadline_ns};

    set_xen_guest_handle(poll.ports, (evtchn_port_t *)ports);
    HYPERCALL(__HYPERVISOR_sched_op, SCHEDOP_poll, &poll);
}

/*
 * SCHEDOP_block would open event delivery, for which a PV guest needs a callback; a poll that names
 * no port sleeps just as deep, and an event that comes all the same only turns the loop once.
 */
void guest_idle(void)
{
    for (;;)
        guest_wait(NULL, 0, GUEST_FOREVER);
}
