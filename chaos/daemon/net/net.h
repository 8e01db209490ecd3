/* SPDX-License-Identifier: BSD-3-Clause */
/* The socket and its clients. */
#ifndef CHAOSD_NET_H
#define CHAOSD_NET_H

#include <uv.h>

#include <chaos/daemon.h>
#include "daemon/net/wire.h"

struct net {
    int lock, listener, reserve;
    bool inherited, published; /* the listener: systemd made it; it is where clients look */
    uv_poll_t accepting;
    struct conn *conns;
    unsigned int nr_conns;
    uv_timer_t checks; /* of clients that are silent and takers that are gone */
    uint64_t counted;  /* uv_now() when VMs were counted last; 0: never */
    unsigned int by_state[CHAOS_RESTARTING + 1];
};

/* socket.c: negative after a message in the log */
int lock_take(struct daemon *d);
int listener_open(struct daemon *d);
/* Shows the socket: from now on clients are answered. */
int listener_publish(struct daemon *d);
void listener_close(struct daemon *d);

/* conn.c */
int conns_start(struct daemon *d);
void conns_stop(struct daemon *d);
void conn_close(struct daemon *d, struct conn *conn);
/* Closes the connections that were given up. */
void conns_hang_up(struct daemon *d);
/* Before the loop sleeps: looks once a second at clients and takers, while there are any. */
void conns_check_later(struct daemon *d);

/* requests.c: false where the connection is to be closed */
bool request(struct daemon *d, struct conn *conn, int type, struct chaos_pool_reader *r);

/* status.c, metrics.c: text that the caller frees; NULL without memory. The number of VMs in
 * metrics that need not be fresh is up to a second old: it costs a look at all of them. */
char *status_text(struct daemon *d);
char *metrics_text(struct daemon *d, bool fresh);

#endif
