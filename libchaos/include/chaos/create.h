/* SPDX-License-Identifier: BSD-3-Clause */
/* Creation: prepare makes a shell, execute turns it into a VM. */
#ifndef CHAOS_CREATE_PUBLIC_H
#define CHAOS_CREATE_PUBLIC_H

#include <stdbool.h>
#include <stdint.h>
#include <chaos/config.h>
#include <chaos/host.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* A domain without a name, an image or a configuration of its own: memory, vCPUs, channels. */
typedef struct chaos_shell chaos_shell;

/* Makes a shell that fits `cfg` (type, memory, vCPUs). */
int chaos_prepare(chaos_host *host, const chaos_config *cfg, chaos_shell **out, chaos_error *err);
/* Turns a shell into the VM `name`, paused where `paused` is set. The shell is used up either way:
 * freed on success, destroyed and freed on failure. */
int chaos_execute(chaos_host *host, chaos_shell *shell, const chaos_config *cfg, const char *name,
                  bool paused, uint32_t *domid, chaos_error *err);
/* Destroys a shell that nobody wants. */
void chaos_discard(chaos_host *host, chaos_shell *shell);

/* chaos_prepare and chaos_execute in one; where chaosd runs and has a shell that fits, with that
 * one instead of chaos_prepare. */
int chaos_create(chaos_host *host, const chaos_config *cfg, const char *name, bool paused,
                 uint32_t *domid, chaos_error *err);

/* Announces that so many VMs of one kind will be created: shells are then taken from chaosd's pool
 * some at a time. What is not used goes back with chaos_host_close. */
void chaos_host_expect(chaos_host *host, unsigned long count);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
