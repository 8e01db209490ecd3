/* SPDX-License-Identifier: BSD-3-Clause */
/* Hearing from xenstored that some domain has ended. */
#include "devices/ends.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/util.h"
#include "devices/xenstore/store.h"

struct ends {
    struct store *store; /* of its own: nothing but news comes here */
};

int ends_open(struct ends **out)
{
    struct ends *ends = calloc(1, sizeof(*ends));
    struct store_batch batch = {0};
    int rc = ends ? store_open(&ends->store) : -ENOMEM;

    if (rc == 0) {
        batch_watch(&batch, "@releaseDomain");
        rc = store_run(ends->store, &batch);
        if (rc == 0)
            rc = batch.reqs[0].rc;
        batch_clear(&batch);
    }
    if (rc < 0) {
        ends_close(ends);
        return rc;
    }
    *out = ends;
    return 0;
}

int ends_fd(const struct ends *ends)
{
    return store_fd(ends->store);
}

int ends_take(struct ends *ends)
{
    char news[1024];
    ssize_t n;

    /* All of it says the same. */
    while ((n = recv(store_fd(ends->store), news, sizeof(news), MSG_DONTWAIT)) > 0)
        ;
    return n == 0 ? -EPIPE : errno == EAGAIN || errno == EINTR ? 0 : -errno;
}

void ends_close(struct ends *ends)
{
    if (!ends)
        return;
    store_close(ends->store);
    free(ends);
}
