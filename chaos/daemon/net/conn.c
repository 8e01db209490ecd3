/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Connections. A message is one packet: there is no half message. Answers are not queued: a client
 * that does not read them is dropped, and so is one that is silent for too long.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/daemon.h"

#define CONNS_MAX      1024
#define OTHERS_MAX     256    /* connections of users that are not root: the rest is root's */
#define USER_MAX       64     /* connections of one of them */
#define SILENT_MS      10000  /* without a shell in hand */
#define HOLDING_MS     600000 /* it may unpack a kernel; its death is seen at once */
#define CHECK_EVERY_MS 1000

static void conn_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void conn_close(struct daemon *d, struct conn *conn)
{
    struct conn **at = &d->net.conns;

    if (conn->closing)
        return;
    conn->closing = true;
    while (*at != conn)
        at = &(*at)->next;
    *at = conn->next;
    d->net.nr_conns--;
    uv_poll_stop(&conn->poll);
    viewer_detach(conn);
    close(conn->fd);
    if (conn->hung_up)
        leases_end(d, &conn->leases);
    else
        leases_leave(d, &conn->leases);
    uv_close((uv_handle_t *)&conn->poll, conn_closed);
    d->due |= DUE_REFILL;
}

void conns_hang_up(struct daemon *d)
{
    for (struct conn *conn = d->net.conns, *next; conn; conn = next) {
        next = conn->next;
        if (conn->given_up)
            conn_close(d, conn);
    }
}

static void on_check(uv_timer_t *timer)
{
    struct daemon *d = timer->data;
    uint64_t now = uv_now(&d->loop);

    for (struct conn *conn = d->net.conns, *next; conn; conn = next) {
        next = conn->next;
        leases_settle(d, &conn->leases);
        if (viewer_waits(conn))
            continue; /* a viewer need not speak */
        conn->hung_up = now - conn->last > (conn->leases ? HOLDING_MS : SILENT_MS);
        if (conn->hung_up)
            conn_close(d, conn);
    }
    orphans_look(d);
}

/* At rest nothing ticks. */
void conns_check_later(struct daemon *d)
{
    bool needed = d->net.conns || d->pool.orphans;

    if (needed && !uv_is_active((uv_handle_t *)&d->net.checks))
        uv_timer_start(&d->net.checks, on_check, CHECK_EVERY_MS, CHECK_EVERY_MS);
    else if (!needed)
        uv_timer_stop(&d->net.checks);
}

/* Reads one message and answers it; false if the connection is to be closed. */
static bool receive(struct daemon *d, struct conn *conn)
{
    ssize_t n = recv(conn->fd, d->in, CHAOS_POOL_MAX, MSG_DONTWAIT | MSG_TRUNC);
    struct chaos_pool_reader r;
    int type;

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return true;
    conn->hung_up = n <= 0;
    if (n <= 0)
        return false;
    type = n > CHAOS_POOL_MAX ? -EPROTO : chaos_pool_open(d->in, n, &r);
    if (type < 0) {
        conn_error(d, conn, CHAOS_E_USAGE, -type,
                   type == -EPROTONOSUPPORT ? "this chaosd speaks version 2 of the protocol"
                                            : "not a message");
        return false;
    }
    conn->last = uv_now(&d->loop);
    return request(d, conn, type, &r);
}

static void on_conn(uv_poll_t *poll, int status, int events)
{
    struct conn *conn = poll->data;
    struct daemon *d = poll->loop->data;
    bool good = status >= 0;

    conn->hung_up = !good;
    if (good && events & UV_WRITABLE && conn->viewer.console)
        good = viewer_feed(d, conn);
    if (good && events & UV_READABLE) {
        good = receive(d, conn);
    } else if (good && events & UV_DISCONNECT) {
        conn->hung_up = true; /* messages that are left unread do not matter any more */
        good = false;
    }
    if (!good)
        conn_close(d, conn);
}

/* Users who only may look must not keep root from the pool and from consoles. */
static bool too_many(const struct daemon *d, const struct conn *conn)
{
    unsigned int others = 0, same = 0;

    if (conn_is_root(conn))
        return false;
    for (const struct conn *other = d->net.conns; other; other = other->next) {
        others += !conn_is_root(other);
        same += other->peer.uid == conn->peer.uid;
    }
    return others >= OTHERS_MAX || same >= USER_MAX;
}

static bool conn_new(struct daemon *d, int fd)
{
    struct conn *conn = calloc(1, sizeof(*conn));
    socklen_t len = sizeof(conn->peer);
    int room = 2 * CHAOS_POOL_MAX;

    if (!conn)
        return false;
    conn->fd = fd;
    conn->on_event = on_conn;
    conn->poll.data = conn;
    conn->last = uv_now(&d->loop);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &conn->peer, &len) < 0) {
        free(conn);
        return false;
    }
    if (too_many(d, conn)) {
        conn_error(d, conn, CHAOS_E_BUSY, EBUSY, "too many connections of users who are not root");
        free(conn);
        return false;
    }
    if (uv_poll_init(&d->loop, &conn->poll, fd) < 0) {
        free(conn);
        return false;
    }
    conn->next = d->net.conns;
    d->net.conns = conn;
    d->net.nr_conns++;
    conn_wait(conn);
    /* Usually the first message has come already. */
    if (!receive(d, conn))
        conn_close(d, conn);
    return true;
}

/* Without a free descriptor accept() fails and the listener stays readable, so the loop would spin.
 * A descriptor in reserve is used to accept the client and hang up. */
static void refuse_one(struct daemon *d)
{
    int fd;

    close(d->net.reserve);
    fd = accept4(d->net.listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd >= 0)
        close(fd);
    d->net.reserve = dup(d->net.lock);
}

static void on_listener(uv_poll_t *poll, int status, int events)
{
    struct daemon *d = poll->data;

    for (int i = 0; i < 16; i++) {
        int fd = d->net.nr_conns < CONNS_MAX
                     ? accept4(d->net.listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)
                     : (errno = EMFILE, -1);

        if (fd < 0) {
            if (errno == EMFILE || errno == ENFILE || errno == ENOMEM)
                refuse_one(d);
            return;
        }
        if (!conn_new(d, fd))
            close(fd);
    }
}

int conns_start(struct daemon *d)
{
    int rc = uv_poll_init(&d->loop, &d->net.accepting, d->net.listener);

    d->net.reserve = dup(d->net.lock);
    d->net.accepting.data = d;
    if (rc == 0)
        rc = uv_poll_start(&d->net.accepting, UV_READABLE, on_listener);
    return rc;
}

void conns_stop(struct daemon *d)
{
    while (d->net.conns) {
        leases_forget(&d->net.conns->leases);
        conn_close(d, d->net.conns);
    }
}
