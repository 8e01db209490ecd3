/* SPDX-License-Identifier: BSD-3-Clause */
/* Clients that view consoles. */
#ifndef CHAOSD_VIEWER_H
#define CHAOSD_VIEWER_H

#include <chaos/daemon.h>

struct conn;
struct console;
struct daemon;

/* The console that a connection views; all zero where it views none. */
struct viewer {
    struct console *console;
    struct conn *next; /* another viewer of it */
    unsigned int flags;
    uint32_t position; /* of the next byte that it is sent */
    bool blocked;      /* it does not read what it is sent */
    bool knows_writer; /* it was told that somebody else types */
    bool knows_end;    /* it was told that nothing more will come */
    char *input;       /* typed, and not yet taken by the VM */
    size_t nr_input;
};

/* These are false where the connection is to be closed. */
bool viewer_attach(struct daemon *d, struct conn *conn, struct chaos_pool_reader *r);
bool viewer_input(struct daemon *d, struct conn *conn, struct chaos_pool_reader *r);
/* Sends the viewer the output that it has not got yet, as far as it reads. */
bool viewer_feed(struct daemon *d, struct conn *conn);

void viewer_feed_all(struct console *c);
/* Sends all viewers a notice, and lets them go on at the end of the output. */
void viewer_tell_all(struct console *c, uint32_t what);
void viewer_detach(struct conn *conn);
/* Whether more will come for it. */
bool viewer_waits(const struct conn *conn);

#endif
