/* SPDX-License-Identifier: BSD-3-Clause */
/* Event channels of Dom0, each with a descriptor of its own. */
#include "hv/hv_xen.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <xenevtchn.h>

struct channel {
    xenevtchn_handle *handle;
    evtchn_port_t port; /* Dom0's end */
};

static struct channel *channel_new(void)
{
    struct channel *ch = calloc(1, sizeof(*ch));

    if (!ch)
        return NULL;
    ch->handle = xenevtchn_open(&xen_quiet_logger, 0);
    if (!ch->handle) {
        free(ch);
        return NULL;
    }
    return ch;
}

static int channel_bound(struct channel *ch, xenevtchn_port_or_error_t port, void **out)
{
    int rc = -errno, fd;

    if (port < 0) {
        xen_channel_close(ch);
        return rc;
    }
    ch->port = port;
    /* A read of the descriptor must never block: several descriptors share one loop. */
    fd = xenevtchn_fd(ch->handle);
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    *out = ch;
    return 0;
}

int xen_channel_bind(struct hv *hv, uint32_t domid, uint32_t port, void **out)
{
    struct channel *ch = channel_new();

    if (!ch)
        return errno ? -errno : -ENOMEM;
    return channel_bound(ch, xenevtchn_bind_interdomain(ch->handle, domid, port), out);
}

int xen_channel_bind_exc(struct hv *hv, void **out)
{
    struct channel *ch = channel_new();

    if (!ch)
        return errno ? -errno : -ENOMEM;
    return channel_bound(ch, xenevtchn_bind_virq(ch->handle, VIRQ_DOM_EXC), out);
}

int xen_channel_fd(void *channel)
{
    return xenevtchn_fd(((struct channel *)channel)->handle);
}

int xen_channel_ack(void *channel)
{
    struct channel *ch = channel;
    xenevtchn_port_or_error_t port = xenevtchn_pending(ch->handle);

    if (port < 0)
        return errno == EAGAIN ? 0 : -errno;
    return xenevtchn_unmask(ch->handle, port) < 0 ? -errno : 0;
}

int xen_channel_notify(void *channel)
{
    struct channel *ch = channel;

    return xenevtchn_notify(ch->handle, ch->port) < 0 ? -errno : 0;
}

void xen_channel_close(void *channel)
{
    struct channel *ch = channel;

    xenevtchn_close(ch->handle); /* unbinds its port */
    free(ch);
}
