/* SPDX-License-Identifier: BSD-3-Clause */
/* Event channels of the fake: an eventfd is Dom0's end, the tests play the guest's. */
#include "hv_fake_parts.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

/* Beside failing_files.h. */
ssize_t __real_read(int fd, void *buf, size_t size);
ssize_t __real_write(int fd, const void *buf, size_t size);

struct channel {
    struct fake *fake;
    struct fake_port *port; /* the guest's end; NULL: gone, or a VIRQ */
    int fd;
};

/* NULL without descriptors. */
static struct channel *channel_new(struct fake *fake)
{
    struct channel *ch;
    int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

    if (fd < 0)
        return NULL;
    ch = fake_alloc(sizeof(*ch));
    ch->fake = fake;
    ch->fd = fd;
    fake->nr_channels++;
    return ch;
}

int fake_channel_bind(struct hv *hv, uint32_t domid, uint32_t port, void **out)
{
    struct fake *fake = (struct fake *)hv;
    struct fake_domain *dom = fake_domain(hv, domid);
    struct channel *ch;
    int rc = fake_call(fake, "bind_interdomain");

    if (rc < 0)
        return rc;
    if (!dom)
        return -ESRCH;
    if (port >= FAKE_PORTS || !dom->ports[port].used || dom->ports[port].channel)
        return -EINVAL;
    ch = channel_new(fake);
    if (!ch)
        return -EMFILE;
    ch->port = &dom->ports[port];
    ch->port->channel = ch;
    fake_channel_signal(ch); /* Xen raises a fresh interdomain channel once */
    *out = ch;
    return 0;
}

void fake_take_exc(struct hv *hv)
{
    ((struct fake *)hv)->exc_taken = true;
}

void fake_give_exc(struct hv *hv)
{
    ((struct fake *)hv)->exc_taken = false;
}

int fake_channel_bind_exc(struct hv *hv, void **out)
{
    struct fake *fake = (struct fake *)hv;
    int rc = fake_call(fake, "bind_virq");

    if (rc < 0)
        return rc;
    if (fake->exc || fake->exc_taken)
        return -EEXIST;
    *out = fake->exc = channel_new(fake);
    return fake->exc ? 0 : -EMFILE;
}

int fake_channel_fd(void *channel)
{
    return ((struct channel *)channel)->fd;
}

int fake_channel_ack(void *channel)
{
    struct channel *ch = channel;
    uint64_t events;
    int rc = fake_call(ch->fake, "pending");

    if (rc < 0)
        return rc;
    return __real_read(ch->fd, &events, sizeof(events)) < 0 && errno != EAGAIN ? -errno : 0;
}

int fake_channel_notify(void *channel)
{
    struct channel *ch = channel;
    int rc = fake_call(ch->fake, "notify");

    if (rc == 0 && ch->port)
        ch->port->notified++;
    return rc;
}

void fake_channel_orphan(void *channel)
{
    ((struct channel *)channel)->port = NULL;
}

void fake_channel_close(void *channel)
{
    struct channel *ch = channel;

    if (ch->port)
        ch->port->channel = NULL; /* unbound again: the next one may have it */
    if (ch->fake->exc == ch)
        ch->fake->exc = NULL;
    ch->fake->nr_channels--;
    close(ch->fd);
    free(ch);
}

void fake_channel_signal(void *channel)
{
    const struct channel *ch = channel;
    uint64_t one = 1;

    if (__real_write(ch->fd, &one, sizeof(one)) != sizeof(one))
        abort();
}

void fake_guest_notify(struct hv *hv, uint32_t domid, uint32_t port)
{
    struct fake_domain *dom = fake_domain(hv, domid);

    if (!dom || port >= FAKE_PORTS || !dom->ports[port].used)
        fail_msg("domain %u has no port %u", domid, port);
    if (dom->ports[port].channel)
        fake_channel_signal(dom->ports[port].channel);
}

unsigned int fake_notified(struct hv *hv, uint32_t domid, uint32_t port)
{
    struct fake_port *p = &fake_domain(hv, domid)->ports[port];
    unsigned int count = p->notified;

    p->notified = 0;
    return count;
}
