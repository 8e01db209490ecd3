/* SPDX-License-Identifier: BSD-3-Clause */
/* Event channels and their handlers: what an interrupt table is elsewhere. */
#include "internal.h"

#define MAX_HANDLERS 16

static evtchn_port_t ports[MAX_HANDLERS];
static struct {
    guest_event_handler *call;
    void *data;
} handlers[MAX_HANDLERS];
static unsigned int count;

int guest_event_handle(evtchn_port_t port, guest_event_handler *handler, void *data)
{
    if (count == MAX_HANDLERS)
        return -1;
    ports[count] = port;
    handlers[count].call = handler;
    handlers[count].data = data;
    count++;
    return 0;
}

void guest_event_forget(evtchn_port_t port)
{
    for (unsigned int i = 0; i < count; i++) {
        if (ports[i] != port)
            continue;
        count--;
        ports[i] = ports[count];
        handlers[i] = handlers[count];
        return;
    }
}

/* A handler may add and forget ports, so no pointer into the table is kept over a call. */
static bool dispatch(void)
{
    bool any = false;

    for (unsigned int i = 0; i < count; i++) {
        if (!guest_event_pending(ports[i]))
            continue;
        /* Cleared before the handler looks at its rings, so that no later event gets lost. */
        guest_event_clear(ports[i]);
        handlers[i].call(handlers[i].data);
        any = true;
    }
    return any;
}

void guest_events_run(uint64_t deadline_ns)
{
    if (dispatch())
        return;
    guest_wait(ports, count, deadline_ns);
    dispatch();
}
