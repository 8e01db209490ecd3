/* SPDX-License-Identifier: BSD-3-Clause */
/* A connection to xenstored, C's or OCaml's. */
#ifndef CHAOS_STORE_H
#define CHAOS_STORE_H

#include "devices/xenstore/batch.h"

/* How long xenstored may be silent before it counts as hung. It answers a batch within a few
 * milliseconds; a live update or a host that swaps may hold it up. */
#define STORE_TIMEOUT_MS 10000
extern unsigned int store_timeout_ms; /* for tests that do not wait so long */

struct store;

/* Connects to $XENSTORED_PATH, else /run/xenstored/socket. -ENOENT, -ECONNREFUSED: no xenstored
 * runs here. */
int store_open(struct store **out);
void store_close(struct store *store);
int store_fd(const struct store *store);

/*
 * Sends all requests by one write and reads the answers that are waited for. 0, and each of these
 * requests has its rc; or -errno where not all were answered: -ETIMEDOUT, -EPIPE (xenstored is
 * gone), -EPROTO (what came is no answer), or what was wrong with the batch. The connection is of
 * no use then.
 */
int store_run(struct store *store, struct store_batch *batch);

/* Waits for answers that nobody waited for. What they are does not matter; -errno where not all
 * came. */
int store_settle(struct store *store);

/* Sends what is not to be waited for, as the last thing on a connection that does not answer. */
void store_send(struct store *store, const struct store_batch *batch);

/* Waits for the next change that a watch of this connection tells of. 0, -ETIMEDOUT, -EPIPE,
 * -EPROTO. Changes since the last call count. */
int store_wait(struct store *store, unsigned int timeout_ms);

/* ---- for store.c, and for its tests ---- */

/* The first message in `len` bytes from xenstored: how long it is with its header, 0 where more
 * bytes are needed, or -EPROTO. */
long store_message(const char *data, size_t len);
/* Takes a whole message as the answer to request `next`; *next is the one that follows, the same
 * where the message was about a watch. 0, -EPROTO, -ENOMEM. */
int store_answer(struct store_batch *batch, const char *message, unsigned int *next);

#endif
