/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Dom0's side of the standard Xen console ring (xen/io/console.h). The whole page is the guest's
 * to write: indices of the guest are read once and bounded, and our own are kept here, so that a
 * guest that scribbles on them harms only its own console.
 */
#include "console/console.h"

#include <errno.h>
#include <string.h>
#include <xen/hvm/params.h>
#include <xen/io/console.h>

#include "base/error.h"
#include "base/util.h"

#define OUT_SIZE sizeof(((struct xencons_interface *)0)->out)

/* Indices in shared memory: one load, one store, never torn or repeated by the compiler. */
static XENCONS_RING_IDX peer_index(const XENCONS_RING_IDX *idx)
{
    return __atomic_load_n(idx, __ATOMIC_ACQUIRE);
}

static void publish(XENCONS_RING_IDX *idx, XENCONS_RING_IDX value)
{
    __atomic_store_n(idx, value, __ATOMIC_RELEASE);
}

/* Where ring and port are: in the record, or, for PVH, in the hypervisor. */
static int locate(chaos_host *host, const struct chaos_domain *dom, uint64_t *frame, uint32_t *port,
                  chaos_error *err)
{
    struct hv_op params[] = {
        {.code = HV_HVM_PARAM_GET, .arg = HVM_PARAM_CONSOLE_PFN},
        {.code = HV_HVM_PARAM_GET, .arg = HVM_PARAM_CONSOLE_EVTCHN},
    };
    struct chaos_error why;
    struct record rec;
    int rc = registry_get(&host->registry, dom->uuid, &rec, &why);

    if (rc == 0) {
        *frame = rec.console_frame;
        *port = rec.console_port;
        record_clear(&rec);
        return 0;
    }
    if (rc != -ENOENT || dom->type != CHAOS_PVH)
        return error_copy(err, rc, &why);
    rc = hv_run(host->hv, dom->domid, params, ARRAY_SIZE(params), err);
    *frame = params[0].value;
    *port = params[1].value;
    return rc;
}

int ring_open(chaos_host *host, const struct chaos_domain *dom, struct ring *out, chaos_error *err)
{
    struct ring ring = {.hv = host->hv, .domid = dom->domid};
    struct hv_domain now;
    uint32_t port = 0;
    int rc = domain_check(host, dom, &now, err);

    if (rc == 0)
        rc = locate(host, dom, &ring.frame, &port, err);
    if (rc < 0)
        return rc;
    rc = host->hv->backend->channel_bind(host->hv, dom->domid, port, &ring.channel);
    if (rc == -EINVAL) /* Xen's answer where the guest's port is bound already */
        return error_set(err, CHAOS_E_BUSY, EBUSY, "the console of domain %u is attached elsewhere",
                         dom->domid);
    if (rc < 0)
        return hv_refused(err, rc, dom->domid, "bind of the console's event channel");
    *out = ring;
    return 0;
}

void ring_unmap(struct ring *ring)
{
    if (ring->page)
        hv_unmap(ring->hv, ring->page, 1);
    ring->page = NULL;
}

void ring_close(struct ring *ring)
{
    if (!ring->channel)
        return;
    ring->hv->backend->channel_close(ring->channel);
    ring->channel = NULL;
    ring_unmap(ring);
}

int ring_map(struct ring *ring, chaos_error *err)
{
    void *page;
    int rc;

    if (ring->page)
        return 0;
    rc = hv_map(ring->hv, ring->domid, &ring->frame, 1, &page, err);
    if (rc < 0)
        return rc;
    ring->page = page;
    if (!ring->placed) {
        ring->out_cons = ring->told = peer_index(&ring->page->out_cons);
        ring->in_prod = peer_index(&ring->page->in_prod);
        ring->placed = true;
    }
    return 0;
}

static void copy_out(const struct ring *ring, XENCONS_RING_IDX from, char *buf, size_t len)
{
    size_t at = MASK_XENCONS_IDX(from, ring->page->out), part = OUT_SIZE - at;

    if (part > len)
        part = len;
    memcpy(buf, ring->page->out + at, part);
    memcpy(buf + part, ring->page->out, len - part);
}

int ring_peek(struct ring *ring, char *buf, size_t len)
{
    XENCONS_RING_IDX prod, have;
    int rc = ring_map(ring, NULL);

    if (rc < 0)
        return rc;
    prod = peer_index(&ring->page->out_prod);
    have = prod - ring->out_cons;
    if (have > OUT_SIZE) {
        ring->out_cons = ring->told = prod;
        publish(&ring->page->out_cons, prod);
        return -EPROTO;
    }
    if (have > len)
        have = len;
    copy_out(ring, ring->out_cons, buf, have);
    return (int)have;
}

void ring_skip(struct ring *ring, size_t count)
{
    if (!count)
        return;
    ring->out_cons += count;
    /* Behind what the guest was told already (ring_go_to) there is nothing to tell. */
    if ((int32_t)(ring->out_cons - ring->told) <= 0)
        return;
    ring->told = ring->out_cons;
    publish(&ring->page->out_cons, ring->told);
    ring->hv->backend->channel_notify(ring->channel); /* a writer may wait for room */
}

int ring_write(struct ring *ring, const char *buf, size_t len)
{
    XENCONS_RING_IDX used;
    size_t room, done = 0;
    int rc = ring_map(ring, NULL);

    if (rc < 0)
        return rc;
    used = ring->in_prod - peer_index(&ring->page->in_cons);
    if (used > sizeof(ring->page->in))
        return -EPROTO;
    room = sizeof(ring->page->in) - used;
    while (done < len && done < room) {
        ring->page->in[MASK_XENCONS_IDX(ring->in_prod, ring->page->in)] = buf[done++];
        ring->in_prod++;
    }
    if (done) {
        publish(&ring->page->in_prod, ring->in_prod);
        ring->hv->backend->channel_notify(ring->channel);
    }
    return (int)done;
}

/* How far back from the next byte there are bytes in the ring that the guest has not begun to write
 * over. Indices begin at zero with the guest. */
static XENCONS_RING_IDX past(const struct ring *ring)
{
    XENCONS_RING_IDX prod = peer_index(&ring->page->out_prod);
    XENCONS_RING_IDX ahead = prod - ring->out_cons;

    if (ahead > OUT_SIZE)
        return 0;
    return ring->out_cons < OUT_SIZE - ahead ? ring->out_cons : OUT_SIZE - ahead;
}

int ring_past(struct ring *ring, char *buf, size_t len)
{
    size_t have;
    int rc = ring_map(ring, NULL);

    if (rc < 0)
        return rc;
    have = past(ring);
    if (have > len)
        have = len;
    copy_out(ring, ring->out_cons - have, buf, have);
    return (int)have;
}

uint32_t ring_go_to(struct ring *ring, uint32_t position)
{
    XENCONS_RING_IDX back = ring->out_cons - position, most = past(ring);
    XENCONS_RING_IDX ahead = peer_index(&ring->page->out_prod) - ring->out_cons;

    if ((int32_t)back <= 0) { /* what we have had was not taken */
        if (-back <= ahead && ahead <= OUT_SIZE)
            ring_skip(ring, -back);
        return 0;
    }
    ring->out_cons -= back > most ? most : back;
    return back > most ? back - most : 0;
}
