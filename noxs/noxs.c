/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026, the chaos authors */
#include "noxs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <xencall.h>

struct noxs {
    xencall_handle *xcall;
    struct noxs_batch *batch; /* hypercall-safe memory, records behind it */
};

#define BUFFER_SIZE (sizeof(struct noxs_batch) + NOXS_MAX_DEVICES * sizeof(struct noxs_entry))

static int call(struct noxs *noxs, unsigned int op)
{
    int r = xencall2(noxs->xcall, __HYPERVISOR_noxs_op, op, (uintptr_t)noxs->batch);

    return r < 0 ? -errno : r;
}

int noxs_attach(struct noxs **out)
{
    struct noxs *noxs = calloc(1, sizeof(*noxs));
    int rc;

    if (!noxs)
        return -ENOMEM;

    noxs->xcall = xencall_open(NULL, 0);
    if (!noxs->xcall) {
        rc = -errno;
        goto fail;
    }

    noxs->batch = xencall_alloc_buffer(noxs->xcall, BUFFER_SIZE);
    if (!noxs->batch) {
        rc = -ENOMEM;
        goto fail;
    }

    *out = noxs;
    return 0;

fail:
    noxs_close(noxs);
    return rc;
}

int noxs_open(struct noxs **out)
{
    struct noxs *noxs;
    int rc = noxs_attach(&noxs);

    if (rc < 0)
        return rc;
    rc = call(noxs, NOXS_OP_version);
    if (rc >= 0 && rc != (int)NOXS_ABI_VERSION)
        rc = -EPROTO;
    if (rc < 0) {
        noxs_close(noxs);
        return rc;
    }
    *out = noxs;
    return 0;
}

void noxs_close(struct noxs *noxs)
{
    if (!noxs)
        return;
    if (noxs->batch)
        xencall_free_buffer(noxs->xcall, noxs->batch);
    if (noxs->xcall)
        xencall_close(noxs->xcall);
    free(noxs);
}

static int batch_call(struct noxs *noxs, unsigned int op, uint16_t domid, const void *records,
                      unsigned int nr, size_t size)
{
    if (nr > NOXS_MAX_DEVICES)
        return -E2BIG;

    *noxs->batch = (struct noxs_batch){.domid = domid, .nr = nr, .version = NOXS_ABI_VERSION};
    if (records)
        memcpy(noxs->batch + 1, records, nr * size);

    return call(noxs, op);
}

int noxs_add(struct noxs *noxs, uint16_t domid, const struct noxs_entry *entries, unsigned int nr)
{
    return batch_call(noxs, NOXS_OP_add, domid, entries, nr, sizeof(*entries));
}

int noxs_remove(struct noxs *noxs, uint16_t domid, const struct noxs_id *ids, unsigned int nr)
{
    return batch_call(noxs, NOXS_OP_remove, domid, ids, nr, sizeof(*ids));
}

int noxs_list(struct noxs *noxs, uint16_t domid, struct noxs_entry *entries, unsigned int room,
              uint32_t *generation)
{
    unsigned int copied;
    int rc;

    if (room > NOXS_MAX_DEVICES)
        room = NOXS_MAX_DEVICES;

    rc = batch_call(noxs, NOXS_OP_list, domid, NULL, room, 0);
    if (rc < 0)
        return rc;

    copied = noxs->batch->nr < room ? noxs->batch->nr : room;
    if (copied)
        memcpy(entries, noxs->batch + 1, copied * sizeof(*entries));
    if (generation)
        *generation = noxs->batch->generation;

    return (int)noxs->batch->nr;
}
