/* SPDX-License-Identifier: BSD-3-Clause */
#include "devices/xenstore/store.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <xen/io/xs_wire.h>

#include "base/clock.h"
#include "base/util.h"

#define SOCKET "/run/xenstored/socket"

unsigned int store_timeout_ms = STORE_TIMEOUT_MS;

struct store {
    int fd;
    char *in; /* what came and was not looked at yet */
    size_t len, room;
    unsigned int changes; /* that watches told of */
    unsigned int owed;    /* answers to come that nobody waits for, ahead of all others */
};

int store_open(struct store **out)
{
    /* Each wait is one for xenstored's next sign of life. */
    const struct timeval timeout = {.tv_sec = store_timeout_ms / 1000,
                                    .tv_usec = store_timeout_ms % 1000 * 1000};
    const char *path = getenv("XENSTORED_PATH");
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    struct store *store;
    int rc = 0;

    if (!path || !*path)
        path = SOCKET;
    if (strlen(path) >= sizeof(addr.sun_path))
        return -ENAMETOOLONG;
    strcpy(addr.sun_path, path);
    store = calloc(1, sizeof(*store));
    if (!store)
        return -ENOMEM;
    store->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (store->fd < 0 ||
        setsockopt(store->fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) < 0 ||
        setsockopt(store->fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)) < 0 ||
        connect(store->fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
        rc = errno == EAGAIN ? -ETIMEDOUT : -errno;
    if (rc < 0) {
        store_close(store);
        return rc;
    }
    *out = store;
    return 0;
}

int store_fd(const struct store *store)
{
    return store->fd;
}

void store_close(struct store *store)
{
    if (!store)
        return;
    if (store->fd >= 0)
        close(store->fd);
    free(store->in);
    free(store);
}

/* A failed call of the socket: who is gone is gone, however the kernel says it. */
static int gone(int errnum)
{
    return errnum == ECONNRESET ? -EPIPE : errnum == EAGAIN ? -ETIMEDOUT : -errnum;
}

/* Up to `want` bytes more, with MSG_WAITALL just as many. */
static int receive(struct store *store, size_t want, int flags)
{
    ssize_t n;

    if (store->room - store->len < want) {
        size_t room = ROUND_UP(store->len + want, 4096);
        char *in = realloc(store->in, room);

        if (!in)
            return -ENOMEM;
        store->in = in;
        store->room = room;
    }
    do {
        n = recv(store->fd, store->in + store->len, want, flags);
    } while (n < 0 && errno == EINTR);
    if (n <= 0)
        return n < 0 ? gone(errno) : -EPIPE;
    store->len += n;
    return 0;
}

/* The whole messages among what came: answers from *next on, and changes. */
static int look(struct store *store, struct store_batch *batch, unsigned int *next)
{
    size_t at = 0;
    long size;
    int rc = 0;

    while (rc == 0 && (size = store_message(store->in + at, store->len - at)) != 0) {
        struct xsd_sockmsg head;

        if (size < 0)
            return (int)size;
        memcpy(&head, store->in + at, sizeof(head));
        store->changes += head.type == XS_WATCH_EVENT;
        if (store->owed && head.type != XS_WATCH_EVENT)
            store->owed--;
        else
            rc = store_answer(batch, store->in + at, next);
        at += size;
    }
    memmove(store->in, store->in + at, store->len - at);
    store->len -= at;
    return rc;
}

/* The least that the answers from `next` on can take, without what came of them: the kernel need
 * not wake this process before so much is there. */
static size_t expected(const struct store *store, const struct store_batch *batch,
                       unsigned int next)
{
    size_t least = 0;

    for (unsigned int i = next; i < batch_awaited(batch); i++) {
        least += sizeof(struct xsd_sockmsg);
        if (!store_type_reads(batch->reqs[i].type))
            least += sizeof("OK");
    }
    return least > store->len ? least - store->len : 1;
}

int store_run(struct store *store, struct store_batch *batch)
{
    unsigned int next = 0;
    size_t sent = 0;
    int rc = batch->rc;

    /* xenstored takes requests while answers wait, and keeps these as long as it must. */
    while (rc == 0 && sent < batch->len) {
        ssize_t n = send(store->fd, batch->out + sent, batch->len - sent, MSG_NOSIGNAL);

        if (n < 0 && errno != EINTR)
            rc = gone(errno);
        else if (n > 0)
            sent += n;
    }
    while (rc == 0 && next < batch_awaited(batch)) {
        rc = receive(store, expected(store, batch, next), MSG_WAITALL);
        if (rc == 0)
            rc = look(store, batch, &next);
    }
    if (rc == 0)
        store->owed += batch->nr - next;
    return rc;
}

int store_settle(struct store *store)
{
    struct store_batch none = {.nr = 0};
    unsigned int next = 0;
    int rc = 0;

    while (rc == 0 && store->owed) {
        rc = receive(store, XENSTORE_PAYLOAD_MAX, 0);
        if (rc == 0)
            rc = look(store, &none, &next);
    }
    return rc;
}

void store_send(struct store *store, const struct store_batch *batch)
{
    if (batch->rc == 0)
        (void)!send(store->fd, batch->out, batch->len, MSG_NOSIGNAL | MSG_DONTWAIT);
}

int store_wait(struct store *store, unsigned int timeout_ms)
{
    struct store_batch none = {.nr = 0};
    unsigned int next = 0;
    int64_t end = now_ms() + timeout_ms;
    int rc = 0;

    while (rc == 0 && !store->changes) {
        struct pollfd waiting = {.fd = store->fd, .events = POLLIN};
        int64_t left = end - now_ms();
        int n = poll(&waiting, 1, left > 0 ? (int)left : 0);

        if (n == 0)
            return -ETIMEDOUT;
        if (n < 0 && errno != EINTR)
            return -errno;
        if (n < 0)
            continue;
        rc = receive(store, XENSTORE_PAYLOAD_MAX, 0);
        if (rc == 0)
            rc = look(store, &none, &next);
    }
    store->changes = 0;
    return rc;
}
