/* SPDX-License-Identifier: BSD-3-Clause */
/* The next life of a VM that has ended. */
#ifndef CHAOS_LIFE_RESTART_H
#define CHAOS_LIFE_RESTART_H

#include "shell/host.h"

/* Finds out what would make a restart fail, before the old domain goes: `has_kib` is the memory
 * that goes with it. */
int restart_check(chaos_host *host, const chaos_config *cfg, uint64_t has_kib, chaos_error *err);

/* Destroys the domain of `dom`, if it is still there, and makes its successor, which takes over
 * name and configuration and becomes *dom. Goes on where a process that was killed left off.
 * On failure the VM waits for its restart, as its record says, if it was not destroyed meanwhile
 * (-ENOENT). -EWOULDBLOCK: another process is restarting VMs. */
int restart_vm(chaos_host *host, struct chaos_domain *dom, const chaos_config *cfg,
               enum chaos_reason reason, bool paused, chaos_error *err);

/* Ends a VM that waits for its restart, and has no domain. */
int restart_abandon(chaos_host *host, const struct chaos_domain *dom, chaos_error *err);
/* Describes a VM that waits for its restart, and has no domain. */
void restart_describe(const struct record *rec, struct chaos_domain *to);

#endif
