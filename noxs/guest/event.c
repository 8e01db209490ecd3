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

int guest_event_bind(domid_t remote, evtchn_port_t remote_port)
{
    struct evtchn_bind_interdomain bind = {.remote_dom = remote, .remote_port = remote_port};
    int rc = (int)HYPERCALL(__HYPERVISOR_event_channel_op, EVTCHNOP_bind_interdomain, &bind);

    return rc ? rc : (int)bind.local_port;
}

int guest_event_offer(domid_t remote)
{
    struct evtchn_alloc_unbound offer = {.dom = DOMID_SELF, .remote_dom = remote};
    int rc = (int)HYPERCALL(__HYPERVISOR_event_channel_op, EVTCHNOP_alloc_unbound, &offer);

    return rc ? rc : (int)offer.port;
}

int guest_event_bind_virq(unsigned int virq)
{
    struct evtchn_bind_virq bind = {.virq = virq};
    int rc = (int)HYPERCALL(__HYPERVISOR_event_channel_op, EVTCHNOP_bind_virq, &bind);

    return rc ? rc : (int)bind.port;
}

void guest_event_close(evtchn_port_t port)
{
    struct evtchn_close close = {.port = port};

    HYPERCALL(__HYPERVISOR_event_channel_op, EVTCHNOP_close, &close);
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
