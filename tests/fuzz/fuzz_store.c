/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any bytes as what xenstored sends: the answers to a batch with one request of each kind. Whatever
 * comes, each request has at most one answer, in order, and values lie in what was kept.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <xen/io/xs_wire.h>

#include "devices/xenstore/store.h"
#include "must.h"

static void build(struct store_batch *batch)
{
    batch_dir(batch, "/local/domain/5");
    batch_make(batch, 0, 5);
    batch_write(batch, "name", "vm");
    batch_read(batch, "/vm");
    batch_list(batch, "/libxl");
    batch_list_part(batch, "/libxl", 7);
    batch_remove(batch, "/x");
    batch_watch(batch, "/w");
    batch_introduce(batch, 5, 6, 7);
}

/* Names of a directory and bytes of a value are where they are said to be. */
static void look(const struct store_batch *batch)
{
    size_t sum = 0;

    for (unsigned int i = 0; i < batch->nr; i++) {
        const char *value = batch_value(batch, i);

        if (!value || batch->reqs[i].len == 0)
            continue;
        MUST(value >= batch->in && value + batch->reqs[i].len < batch->in + batch->in_len);
        MUST(value[batch->reqs[i].len] == '\0');
        for (const char *name = NULL; (name = batch_next(batch, i, name));)
            sum += strlen(name) + 1;
    }
    MUST(sum <= batch->in_len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct store_batch batch = {0};
    unsigned int next = 0;
    size_t at = 0;
    long len;
    int rc = 0;

    build(&batch);
    MUST(batch.rc == 0);
    while (rc == 0 && (len = store_message((const char *)data + at, size - at)) > 0) {
        unsigned int before = next;

        MUST((size_t)len >= sizeof(struct xsd_sockmsg) && (size_t)len <= size - at);
        rc = store_answer(&batch, (const char *)data + at, &next);
        MUST(next - before <= 1 && next <= batch.nr);
        at += len;
    }
    for (unsigned int i = 0; i < batch.nr; i++)
        MUST((batch.reqs[i].rc == -EINPROGRESS) == (i >= next));
    look(&batch);
    batch_clear(&batch);
    return 0;
}
