/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Dom0's side of the standard Xen console ring (xen/io/console.h). The whole page is the guest's
 * to write: indices of the guest are read once and bounded, and our own are kept here, so that a
 * guest that scribbles on them harms only its own console.
 */
#include "lifecycle.h"

#include <errno.h>
#include <string.h>
#include <xen/hvm/params.h>
#include <xen/io/console.h>

#include "error.h"
#include "util.h"

struct chaos_console {
    struct hv *hv;
    struct xencons_interface *ring;
    void *channel;
    XENCONS_RING_IDX out_cons, in_prod; /* ours */
};

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

int chaos_console_open(chaos_host *host, const struct chaos_domain *dom, chaos_console **out,
                       chaos_error *err)
{
    struct hv_domain now;
    chaos_console *con;
    uint64_t frame = 0;
    uint32_t port = 0;
    void *page;
    int rc = domain_check(host, dom, &now, err);

    *out = NULL;
    if (rc == 0)
        rc = locate(host, dom, &frame, &port, err);
    if (rc < 0)
        return rc;
    con = calloc(1, sizeof(*con));
    if (!con)
        return error_oom(err);
    con->hv = host->hv;
    rc = host->hv->backend->channel_bind(host->hv, dom->domid, port, &con->channel);
    if (rc < 0) {
        free(con);
        /* Xen's answer where the guest's port is bound already */
        if (rc == -EINVAL)
            return error_set(err, CHAOS_E_BUSY, EBUSY,
                             "the console of domain %u is attached elsewhere", dom->domid);
        return hv_refused(err, rc, dom->domid, "bind of the console's event channel");
    }
    rc = hv_map(host->hv, dom->domid, &frame, 1, &page, err);
    if (rc < 0) {
        host->hv->backend->channel_close(con->channel);
        free(con);
        return rc;
    }
    con->ring = page;
    con->out_cons = peer_index(&con->ring->out_cons);
    con->in_prod = peer_index(&con->ring->in_prod);
    *out = con;
    return 0;
}

void chaos_console_close(chaos_console *con)
{
    if (!con)
        return;
    con->hv->backend->channel_close(con->channel);
    hv_unmap(con->hv, con->ring, 1);
    free(con);
}

int chaos_console_fd(const chaos_console *con)
{
    return con->hv->backend->channel_fd(con->channel);
}

int chaos_console_ack(chaos_console *con)
{
    return con->hv->backend->channel_ack(con->channel);
}

int chaos_console_read(chaos_console *con, char *buf, size_t len)
{
    XENCONS_RING_IDX prod = peer_index(&con->ring->out_prod);
    XENCONS_RING_IDX have = prod - con->out_cons;
    size_t done = 0;

    if (have > sizeof(con->ring->out)) {
        con->out_cons = prod;
        publish(&con->ring->out_cons, prod);
        return -EPROTO;
    }
    if (have > len)
        have = len;
    while (done < have) {
        buf[done++] = con->ring->out[MASK_XENCONS_IDX(con->out_cons, con->ring->out)];
        con->out_cons++;
    }
    if (done) {
        publish(&con->ring->out_cons, con->out_cons);
        con->hv->backend->channel_notify(con->channel); /* a writer may wait for room */
    }
    return done;
}

int chaos_console_write(chaos_console *con, const char *buf, size_t len)
{
    XENCONS_RING_IDX used = con->in_prod - peer_index(&con->ring->in_cons);
    size_t room, done = 0;

    if (used > sizeof(con->ring->in))
        return -EPROTO;
    room = sizeof(con->ring->in) - used;
    while (done < len && done < room) {
        con->ring->in[MASK_XENCONS_IDX(con->in_prod, con->ring->in)] = buf[done++];
        con->in_prod++;
    }
    if (done) {
        publish(&con->ring->in_prod, con->in_prod);
        con->hv->backend->channel_notify(con->channel);
    }
    return done;
}
