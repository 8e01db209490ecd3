/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Viewers of consoles get all output, beginning with what is kept of it. Each has a position of its
 * own. One that does not keep up with the VM loses the oldest output, and sees that by the gap
 * between positions.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "daemon/console/console.h"
#include "daemon/daemon.h"

#define DATA_MAX 4096
#define LEFT_MAX 65536 /* of input that viewers left behind */

/* A viewer whose position is kept no more goes on with the oldest output that is. */
static void catch_up(struct conn *conn)
{
    const struct console *c = conn->viewer.console;
    uint32_t behind = c->end - conn->viewer.position;

    if (behind <= c->used)
        return;
    if (behind < UINT32_MAX / 2)
        c->d->consoles.lost_bytes += behind - c->used;
    conn->viewer.position = c->end - c->used;
}

static bool send_data(struct daemon *d, struct conn *conn)
{
    struct chaos_pool_writer w;
    uint8_t *bytes;
    size_t len;

    chaos_pool_begin(&w, d->out, CHAOS_POOL_MAX, CHAOS_POOL_DATA);
    chaos_pool_put_u32(&w, conn->viewer.position);
    bytes = w.buf + w.used;
    len = console_copy(conn->viewer.console, conn->viewer.position, bytes, DATA_MAX);
    w.used += len;
    if (!conn_send(conn, &w))
        return false;
    conn->viewer.position += len;
    return true;
}

bool viewer_feed(struct daemon *d, struct conn *conn)
{
    struct console *c = conn->viewer.console;
    bool good = true;

    catch_up(conn);
    while (good && conn->viewer.position != c->end) {
        good = send_data(d, conn);
        if (good)
            conn->last = uv_now(&d->loop);
    }
    if (good && !conn->viewer.knows_end && (c->ended || conn->viewer.flags & CHAOS_CONSOLE_DUMP))
        good = conn->viewer.knows_end = conn_notice(d, conn, CHAOS_POOL_NOTICE_ENDED, c->reason);
    conn->viewer.blocked = !good && (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS);
    conn_wait(conn);
    return good || conn->viewer.blocked;
}

void viewer_feed_all(struct console *c)
{
    for (struct conn *conn = c->viewers; conn; conn = conn->viewer.next) {
        if (conn->viewer.blocked)
            catch_up(conn);
        else if (!conn->given_up && !viewer_feed(c->d, conn))
            conn_give_up(c->d, conn);
    }
}

void viewer_tell_all(struct console *c, uint32_t what)
{
    for (struct conn *conn = c->viewers; conn; conn = conn->viewer.next) {
        conn->viewer.position = c->end;
        conn_notice(c->d, conn, what, 0); /* a viewer that misses it sees the gap */
    }
}

static void keep_input(struct console *c, const void *input, size_t len)
{
    char *left = c->nr_left + len <= LEFT_MAX ? realloc(c->left, c->nr_left + len) : NULL;

    if (!left)
        return;
    memcpy(left + c->nr_left, input, len);
    c->left = left;
    c->nr_left += len;
}

/* The viewer that typed leaves. The VM still gets what it typed: what chaosd holds, and what chaosd
 * has not read yet. */
static void leave_input(struct console *c, struct conn *conn)
{
    struct chaos_pool_reader r;
    uint8_t *msg = c->d->in;
    ssize_t n;

    if (!c->con)
        return;
    if (conn->viewer.nr_input)
        keep_input(c, conn->viewer.input, conn->viewer.nr_input);
    while ((n = recv(conn->fd, msg, CHAOS_POOL_MAX, MSG_DONTWAIT)) > 0 &&
           chaos_pool_open(msg, n, &r) == CHAOS_POOL_INPUT && r.end - r.p > 0)
        keep_input(c, r.p, r.end - r.p);
}

void viewer_detach(struct conn *conn)
{
    struct console *c = conn->viewer.console;
    struct conn **at;

    if (!c)
        return;
    for (at = &c->viewers; *at != conn; at = &(*at)->viewer.next)
        ;
    *at = conn->viewer.next;
    if (c->writer == conn) {
        leave_input(c, conn);
        c->writer = NULL;
        for (struct conn *other = c->viewers; other; other = other->viewer.next)
            other->viewer.knows_writer = false;
    }
    c->nr_viewers--;
    c->d->consoles.nr_viewers--;
    conn->viewer.console = NULL;
    free(conn->viewer.input);
    conn->viewer.input = NULL;
    conn->viewer.nr_input = 0;
    if (c->nr_left)
        console_input(c);
    console_put(c);
}

bool viewer_waits(const struct conn *conn)
{
    const struct viewer *v = &conn->viewer;

    return v->console && v->console->con && !v->knows_end;
}
