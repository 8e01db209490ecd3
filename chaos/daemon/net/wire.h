/* SPDX-License-Identifier: BSD-3-Clause */
/* A client's connection, and the messages that go to it. Every room may use this. */
#ifndef CHAOSD_WIRE_H
#define CHAOSD_WIRE_H

#include <sys/socket.h>
#include <uv.h>

#include <chaos/daemon.h>
#include "daemon/console/viewer.h"

struct daemon;
struct lease;

struct conn {
    struct conn *next;
    uv_poll_t poll;
    uv_poll_cb on_event;
    int events; /* waited for: conn_wait */
    int fd;
    struct ucred peer;
    uint64_t last; /* uv_now() of its last message */
    bool hung_up;  /* the client hung up, or was silent for too long */
    bool given_up; /* it is closed before the loop sleeps again */
    bool closing;
    struct lease *leases; /* the shells it took */
    struct viewer viewer; /* what it has to do with a console */
};

/* Its client is root, or chaosd's own user. */
bool conn_is_root(const struct conn *conn);
/* Sends what the writer holds; false where the client does not take it. */
bool conn_send(struct conn *conn, struct chaos_pool_writer *w);
bool conn_ok(struct daemon *d, struct conn *conn);
bool conn_error(struct daemon *d, struct conn *conn, enum chaos_status status, int errnum,
                const char *text);
/* Sends one NOTICE; false where the connection is to be closed. */
bool conn_notice(struct daemon *d, struct conn *conn, uint32_t what, uint32_t arg);
/* Chooses the events to wait for, after something that decides them has changed. */
void conn_wait(struct conn *conn);
/* Has the connection closed before the loop sleeps again, from where it cannot be closed at once.
 */
void conn_give_up(struct daemon *d, struct conn *conn);

#endif
