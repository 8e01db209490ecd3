/* SPDX-License-Identifier: BSD-3-Clause */
/* The control device: the toolstack asks for poweroff, reboot, suspend or crash. */
#include "internal.h"

#include <xen/errno.h>
#include <xen/sched.h>

#include "device.h"

#define REQUESTS                                                                                   \
    (1U << NOXS_POWER_POWEROFF | 1U << NOXS_POWER_REBOOT | 1U << NOXS_POWER_SUSPEND |              \
     1U << NOXS_POWER_CRASH)

static GUEST_PAGE_HOLE struct noxs_control_page page;
static struct guest_device device;
static void (*told)(unsigned int request);
static uint32_t answered;

static void act(unsigned int request)
{
    if (told)
        told(request);
    switch (request) {
    case NOXS_POWER_POWEROFF:
        guest_shutdown(SHUTDOWN_poweroff);
    case NOXS_POWER_REBOOT:
        guest_shutdown(SHUTDOWN_reboot);
    case NOXS_POWER_CRASH:
        guest_shutdown(SHUTDOWN_crash);
    case NOXS_POWER_SUSPEND:
        guest_suspend();
    }
}

static bool known(uint32_t request)
{
    return request < 32 && REQUESTS >> request & 1;
}

static void answer(void)
{
    uint32_t sequence = ACCESS(page.back.sequence);
    uint32_t request;

    if (sequence == answered)
        return;
    guest_rmb(); /* pairs with the barrier between request and sequence */
    request = ACCESS(page.back.request);
    answered = sequence;
    page.front.status = known(request) ? 0 : XEN_EOPNOTSUPP;
    guest_wmb();
    ACCESS(page.front.sequence) = sequence;
    guest_event_notify(device.port);
    if (known(request))
        act(request);
}

static void connect(void)
{
    page.front.half.features = REQUESTS;
    /* A request that came before this guest was ready still counts. */
    answered = page.front.sequence;
    device_set_state(&device, NOXS_STATE_CONNECTED);
}

static void event(void *data)
{
    (void)data;
    switch (device_back_state(&device)) {
    case NOXS_STATE_INIT_WAIT:
    case NOXS_STATE_CONNECTED:
        if (page.front.half.state != NOXS_STATE_CONNECTED)
            connect();
        answer();
        break;
    case NOXS_STATE_CLOSING:
    case NOXS_STATE_CLOSED:
        if (page.front.half.state != NOXS_STATE_CLOSED)
            device_set_state(&device, NOXS_STATE_CLOSED);
        break;
    }
}

int power_device_start(void (*call)(unsigned int request))
{
    struct noxs_entry entry;
    int rc = devices_open();

    if (rc || device.page)
        return rc;
    if (!devices_find(NOXS_TYPE_CONTROL, 0, &entry))
        return -XEN_ENODEV;
    rc = device_attach(&device, &entry, &page);
    if (rc)
        return rc;
    told = call;
    rc = guest_event_handle(device.port, event, NULL);
    event(NULL);
    return rc;
}
