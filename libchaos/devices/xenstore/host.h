/* SPDX-License-Identifier: BSD-3-Clause */
/* This process's connection to xenstored, and what its failures are called. */
#ifndef CHAOS_XENSTORE_HOST_H
#define CHAOS_XENSTORE_HOST_H

#include <chaos.h>

#include "devices/devices.h"
#include "devices/xenstore/store.h"

struct xenstore_host {
    struct store *store; /* NULL: not connected */
    bool used;           /* it has answered before: it may be of a xenstored that is gone by now */
    bool lost;           /* no answer in time, or none that can be one: only an undo may follow */
};

/* Connects where there is no connection yet. */
int xenstore_need(struct device_host *host, chaos_error *err);
/* 1 (and it is connected), 0 where no xenstored runs, or -errno. */
int xenstore_available(struct device_host *host, chaos_error *err);
void xenstore_close(struct device_host *host);
/* Waits for what nobody waited for: a xenstored forgets what it has not come to when its client is
 * gone. */
void xenstore_settle(struct device_host *host);

/* Runs the batch, on a new connection where the old one is that of a xenstored that is gone.
 * Succeeds where all was answered, whatever the answers are. */
int xenstore_ask(struct device_host *host, struct store_batch *batch, chaos_error *err);
/* The same, and fails where a request did. */
int xenstore_run(struct device_host *host, struct store_batch *batch, chaos_error *err);

/* Whether the answer to a READ of the mark of a domain of chaos' (tree.h) says that xenstored knows
 * it; else an error. */
int xenstore_knows(const struct store_batch *batch, unsigned int mark,
                   const struct device_guest *guest, chaos_error *err);

/* xenstore_ask() without a message, for a batch that undoes what others did. Where these were not
 * answered it goes behind them, for xenstored may still come to them, and no second wait begins. */
int xenstore_undo(struct device_host *host, struct store_batch *batch);

#define cleanup_batch __attribute__((cleanup(batch_clear)))

#endif
