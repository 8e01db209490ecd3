/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What chaosd needs of the library, and other programs hardly ever: shells in its hands, kernels
 * that it reads ahead, consoles that it serves, ends of domains.
 */
#ifndef CHAOS_DAEMON_PUBLIC_H
#define CHAOS_DAEMON_PUBLIC_H

#include <chaos/console.h>
#include <chaos/pool.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* ---- shells ---- */

/* As chaos_prepare, marked as chaosd's: chaos_list and chaos_destroy_all know it by that. With
 * `warm` it is built up to the entry point of the configuration's kernel. */
int chaos_pool_prepare(chaos_host *host, const chaos_config *cfg, bool warm, chaos_shell **out,
                       chaos_error *err);
/* All that another process needs to know of a shell, as bytes; how many, or -EMSGSIZE. */
int chaos_shell_pack(const chaos_shell *shell, void *buf, size_t room);
/* -EPROTO, -ENOMEM. */
int chaos_shell_unpack(const void *data, size_t len, chaos_shell **out);
/* True where the domain is still there, untouched by others: same uuid, never unpaused. */
bool chaos_shell_intact(chaos_host *host, const chaos_shell *shell);
/* Destroys the domain where it is intact, and frees the shell; -errno where it is still there. */
int chaos_shell_destroy(chaos_host *host, chaos_shell *shell);
/* Whether it is a VM, because a name was claimed for it: 1, 0, or -errno where nobody knows. */
int chaos_shell_named(chaos_host *host, const chaos_shell *shell);
uint32_t chaos_shell_domid(const chaos_shell *shell);
const char *chaos_shell_uuid(const chaos_shell *shell);
bool chaos_shell_warm(const chaos_shell *shell, struct chaos_pool_image *image);
uint64_t chaos_shell_kib(const chaos_shell *shell);
/* Forgets the shell; the domain stays. */
void chaos_shell_free(chaos_shell *shell);

/* After chaos_watch_ack: true where it is certain that no domain has ended, as a timer that stands
 * in for the event finds nearly always. Where that has been so for a while, the timer becomes
 * slower. */
bool chaos_watch_in_vain(chaos_host *host);
/* All domains, as chaos_list has them, but with names of those only that have ended: the registry
 * is not asked about the others, which may be thousands. VMs without a domain that wait for their
 * restart are there as well, if this host knows of them: by chaos_reap, or by chaos_restarts_find.
 * The caller frees *out with free(). */
int chaos_list_ended(chaos_host *host, struct chaos_domain **out, size_t *count, chaos_error *err);
/* Finds the VMs whose restart another process has begun and not finished; chaos_list_ended and
 * chaos_reap go on with them. */
int chaos_restarts_find(chaos_host *host, chaos_error *err);
/* This host belongs to chaosd: it does not ask itself for shells, and does follow policies. */
void chaos_host_is_chaosd(chaos_host *host);
/* chaosd frees memory of its idle shells for a VM that is to be restarted: about `kib`. Returns how
 * much it was. */
typedef uint64_t chaos_reclaim_fn(void *opaque, uint64_t kib);
void chaos_host_on_reclaim(chaos_host *host, chaos_reclaim_fn *fn, void *opaque);
/* chaosd begins or ends to follow policies: chaos_reap of other processes then only watches, and
 * hears how VMs ended by the word that is left for them. */
bool chaos_ended_follow(chaos_host *host, bool follow);
/* Forgets old words; true while there are more. */
bool chaos_ended_sweep(chaos_host *host);
/* A kernel, read and unpacked: in any thread, as it needs no host. The path begins messages. */
struct chaos_kernel;
int chaos_kernel_load(const char *path, struct chaos_kernel **out, chaos_error *err);
void chaos_kernel_free(struct chaos_kernel *kernel);
/* Gives it to the host, which uses it where it would read the file, if that is still the same. */
void chaos_host_kernel(chaos_host *host, struct chaos_kernel *kernel);
/* How many it keeps: 1, unless told otherwise. */
void chaos_host_keep_kernels(chaos_host *host, unsigned int max);
/* True where it need not read the file. */
bool chaos_host_has_kernel(const chaos_host *host, const char *path);
/* The kernel that chaos_reap would start again, for a VM that has ended; NULL: it would not. The
 * caller frees it. */
char *chaos_reap_kernel(chaos_host *host, const struct chaos_domain *dom);

/* Puts the interfaces of VMs and shells whose bridge went and came again into it; how many, or
 * -errno. */
int chaos_replug(chaos_host *host);
/* 1 where all bridges are there that the configuration's interfaces belong into, 0 where one is
 * missing, -ENOENT where they belong into none. */
int chaos_bridged(chaos_host *host, const chaos_config *cfg);

/* A console in chaosd's hands: its page is mapped only while chaosd looks at it, between the first
 * of these calls and chaos_console_rest. */
/* Ring index of the next byte: where in the VM's output we are, modulo 2^32. */
uint32_t chaos_console_position(const chaos_console *con);
/* What the ring still holds of what came before; how many bytes, or -errno. */
int chaos_console_past(chaos_console *con, char *buf, size_t len);
/* As chaos_console_read, but the bytes stay in the ring until they are skipped. */
int chaos_console_peek(chaos_console *con, char *buf, size_t len);
void chaos_console_skip(chaos_console *con, size_t count);
void chaos_console_rest(chaos_console *con);

/* Tells in XenStore at which terminal the console of a VM is served. */
int chaos_console_publish(chaos_host *host, const struct chaos_domain *dom, const char *terminal,
                          chaos_error *err);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
