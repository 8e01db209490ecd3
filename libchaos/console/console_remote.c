/* SPDX-License-Identifier: BSD-3-Clause */
/* A console that chaosd serves: its socket's messages as a stream of bytes. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "console/console.h"
#include "base/error.h"
#include "base/util.h"

#define SERVER_FLAGS                                                                               \
    (CHAOS_CONSOLE_CLAIM | CHAOS_CONSOLE_FORCE | CHAOS_CONSOLE_READ_ONLY | CHAOS_CONSOLE_DUMP)

int remote_open(chaos_console *con, chaos_error *err)
{
    uint8_t ask[sizeof(struct chaos_pool_header) + 64];
    struct chaos_pool_writer w;
    struct chaos_pool_reader r;
    int rc, len;

    if (!con->msg)
        con->msg = malloc(CHAOS_POOL_MAX);
    if (!con->msg)
        return error_oom(err);
    con->fd = chaos_pool_connect(con->host->run_dir, err);
    if (con->fd < 0)
        return con->fd;
    chaos_pool_begin(&w, ask, sizeof(ask), CHAOS_POOL_CONSOLE);
    chaos_pool_put_u32(&w, con->flags & SERVER_FLAGS);
    chaos_pool_put_u32(&w, con->placed);
    chaos_pool_put_u32(&w, con->position);
    chaos_pool_put(&w, con->dom.uuid, sizeof(con->dom.uuid));
    len = chaos_pool_end(&w);
    rc = chaos_pool_ask(con->fd, ask, len, con->msg, &r, err);
    if (rc >= 0 && rc != CHAOS_POOL_OK)
        rc = error_set(err, CHAOS_E_IO, EPROTO, "chaosd speaks another protocol");
    if (rc < 0) {
        remote_close(con);
        return rc;
    }
    con->left = 0;
    con->blocked = false;
    return 0;
}

void remote_close(chaos_console *con)
{
    if (con->fd >= 0)
        close(con->fd);
    con->fd = -1;
}

static void notice(chaos_console *con, uint32_t what, uint32_t arg)
{
    switch (what) {
    case CHAOS_POOL_NOTICE_WRITER:
        con->noticed = CHAOS_CONSOLE_INPUT_LOST;
        snprintf(con->notice, sizeof(con->notice),
                 "process %u types into this console; what you type goes nowhere", arg);
        break;
    case CHAOS_POOL_NOTICE_TAKEN:
        con->noticed = CHAOS_CONSOLE_INPUT_LOST;
        snprintf(con->notice, sizeof(con->notice), "process %u has taken over typing", arg);
        break;
    case CHAOS_POOL_NOTICE_BROKEN:
        con->broken = true;
        con->placed = false; /* its indices have jumped */
        break;
    case CHAOS_POOL_NOTICE_ENDED:
        con->ended = true;
        con->reason = arg;
        break;
    default: /* of a later version: nothing that we would understand */
        break;
    }
}

/* The position tells what chaosd had no room for, or nobody had after one that was killed. */
static void data(chaos_console *con, struct chaos_pool_reader *r)
{
    uint32_t position = chaos_pool_get_u32(r), missed = position - con->position;

    con->at = (const char *)r->p;
    con->left = r->end - r->p;
    if (con->placed && missed && missed < UINT32_MAX / 2) {
        con->noticed = CHAOS_CONSOLE_OUTPUT_LOST;
        snprintf(con->notice, sizeof(con->notice), "%u bytes of output were lost", missed);
    }
    con->placed = true;
    con->position = position + con->left;
}

/* Takes one message in. 0 where there is none, 1, or -EPIPE. */
static int receive(chaos_console *con)
{
    struct chaos_pool_reader r;
    ssize_t n;

    do
        n = recv(con->fd, con->msg, CHAOS_POOL_MAX, MSG_DONTWAIT);
    while (n < 0 && errno == EINTR);
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return 0;
    if (n <= 0)
        return -EPIPE;
    switch (chaos_pool_open(con->msg, n, &r)) {
    case CHAOS_POOL_DATA:
        data(con, &r);
        break;
    case CHAOS_POOL_NOTICE: {
        uint32_t what = chaos_pool_get_u32(&r), arg = chaos_pool_get_u32(&r);

        notice(con, what, arg);
        break;
    }
    default:
        return -EPIPE;
    }
    return 1;
}

int remote_read(chaos_console *con, char *buf, size_t len)
{
    size_t part;

    while (con->left == 0) {
        int rc = con->ended ? -ENOTCONN : receive(con);

        if (rc <= 0)
            return rc;
        if (con->broken) {
            con->broken = false;
            return -EPROTO;
        }
    }
    part = con->left < len ? con->left : len;
    memcpy(buf, con->at, part);
    con->at += part;
    con->left -= part;
    return (int)part;
}

int remote_write(chaos_console *con, const char *buf, size_t len)
{
    uint8_t msg[sizeof(struct chaos_pool_header) + CHAOS_POOL_INPUT_MAX];
    struct chaos_pool_writer w;
    ssize_t n;
    int bytes;

    if (len > CHAOS_POOL_INPUT_MAX)
        len = CHAOS_POOL_INPUT_MAX;
    if (len == 0 || con->ended)
        return 0;
    chaos_pool_begin(&w, msg, sizeof(msg), CHAOS_POOL_INPUT);
    chaos_pool_put(&w, buf, len);
    bytes = chaos_pool_end(&w);
    n = send(con->fd, msg, bytes, MSG_NOSIGNAL | MSG_DONTWAIT);
    con->blocked = n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS);
    /* Where chaosd is gone the next read finds out, and goes on without it. */
    return n == bytes ? (int)len : 0;
}
