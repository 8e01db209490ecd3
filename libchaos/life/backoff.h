/* SPDX-License-Identifier: BSD-3-Clause */
/* How long VMs wait for their next restart. */
#ifndef CHAOS_BACKOFF_H
#define CHAOS_BACKOFF_H

#include "shell/host.h"

/* In how many ms the VM may be restarted; 0: now. If that is later, chaos_watch_timeout counts. */
uint64_t backoff_wait(chaos_host *host, const struct chaos_domain *dom);
/* It was restarted, or that has failed. The next restart waits if it comes soon. */
void backoff_restarted(chaos_host *host, const struct chaos_domain *dom);
void backoff_failed(chaos_host *host, const struct chaos_domain *dom);
/* Waits for `ms` without counting a restart: somebody else is at it. */
void backoff_defer(chaos_host *host, const struct chaos_domain *dom, uint64_t ms);
/* The VM needs no restart any more. */
void backoff_forget(chaos_host *host, const struct chaos_domain *dom);

/* Calls fn for each VM that waits, until it returns false. */
typedef bool backoff_fn(void *opaque, const char *uuid);
void backoff_waiting(chaos_host *host, backoff_fn *fn, void *opaque);
void backoff_close(chaos_host *host);

#endif
