/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>
#include <unistd.h>

#include "daemon/daemon.h"

bool conn_is_root(const struct conn *conn)
{
    return conn->peer.uid == 0 || conn->peer.uid == geteuid();
}

bool conn_send(struct conn *conn, struct chaos_pool_writer *w)
{
    int len = chaos_pool_end(w);

    return len > 0 && send(conn->fd, w->buf, len, MSG_NOSIGNAL | MSG_DONTWAIT) == len;
}

bool conn_ok(struct daemon *d, struct conn *conn)
{
    struct chaos_pool_writer w;

    chaos_pool_begin(&w, d->out, CHAOS_POOL_MAX, CHAOS_POOL_OK);
    return conn_send(conn, &w);
}

bool conn_error(struct daemon *d, struct conn *conn, enum chaos_status status, int errnum,
                const char *text)
{
    struct chaos_pool_writer w;

    chaos_pool_begin(&w, d->out, CHAOS_POOL_MAX, CHAOS_POOL_ERROR);
    chaos_pool_put_u32(&w, status);
    chaos_pool_put_u32(&w, errnum);
    chaos_pool_put(&w, text, strlen(text));
    return conn_send(conn, &w);
}

bool conn_notice(struct daemon *d, struct conn *conn, uint32_t what, uint32_t arg)
{
    struct chaos_pool_writer w;

    chaos_pool_begin(&w, d->out, CHAOS_POOL_MAX, CHAOS_POOL_NOTICE);
    chaos_pool_put_u32(&w, what);
    chaos_pool_put_u32(&w, arg);
    return conn_send(conn, &w);
}

void conn_wait(struct conn *conn)
{
    int events = UV_DISCONNECT;

    if (conn->closing)
        return;
    if (!conn->viewer.nr_input) /* the VM takes what was typed before more of it is read */
        events |= UV_READABLE;
    if (conn->viewer.blocked)
        events |= UV_WRITABLE;
    if (events == conn->events)
        return;
    conn->events = events;
    uv_poll_start(&conn->poll, events, conn->on_event);
}

void conn_give_up(struct daemon *d, struct conn *conn)
{
    conn->given_up = true;
    d->due |= DUE_HANG_UPS;
}
