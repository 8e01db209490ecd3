/* SPDX-License-Identifier: BSD-3-Clause */
/* The console of a VM. */
#ifndef CHAOS_CONSOLE_PUBLIC_H
#define CHAOS_CONSOLE_PUBLIC_H

#include <chaos/config.h>
#include <chaos/domain.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* A VM's console. Where chaosd runs it serves the console, to several at once, from what it keeps
 * of it on; else this process attaches to the Xen console ring, which one at a time can
 * (CHAOS_E_BUSY). An open console changes from one to the other as chaosd comes and goes. The host
 * must stay open. */
typedef struct chaos_console chaos_console;

enum chaos_console_flags {
    CHAOS_CONSOLE_CLAIM = 1, /* type from now on, if nobody else does; else from the first write */
    CHAOS_CONSOLE_FORCE = 2, /* take typing over from whoever has it */
    CHAOS_CONSOLE_READ_ONLY = 4, /* never type */
    CHAOS_CONSOLE_DUMP = 8,      /* what there is now, and then -ENOTCONN (by chaosd only) */
    CHAOS_CONSOLE_DIRECT = 16,   /* the ring itself, whatever chaosd does */
};

int chaos_console_attach(chaos_host *host, const struct chaos_domain *dom, unsigned int flags,
                         chaos_console **out, chaos_error *err);
/* The same without flags. */
int chaos_console_open(chaos_host *host, const struct chaos_domain *dom, chaos_console **out,
                       chaos_error *err);
void chaos_console_close(chaos_console *con);
/* Readable when there is something to do: call chaos_console_ack, _read and _write again. */
int chaos_console_fd(const chaos_console *con);
/* Takes the pending event; to be called when the descriptor was readable. */
int chaos_console_ack(chaos_console *con);
/* Bytes the guest wrote, at most `len`; 0 where there are none now. -EPROTO where the guest broke
 * the ring's indices (the rest of the ring is skipped); -ENOTCONN where chaosd says that no more
 * will come: the VM has ended; -EBUSY where somebody else took the ring. */
int chaos_console_read(chaos_console *con, char *buf, size_t len);
/* Bytes to the guest; returns how many there was room for. */
int chaos_console_write(chaos_console *con, const char *buf, size_t len);
/* True where chaosd serves it: that keeps the log, and tells of the end. */
bool chaos_console_by_chaosd(const chaos_console *con);
/* How the VM ended, after chaos_console_read gave -ENOTCONN. */
enum chaos_reason chaos_console_reason(const chaos_console *con);
/* What the user should know, once, as one line: somebody else types, so that input leads nowhere;
 * or output was lost. */
enum chaos_console_notice {
    CHAOS_CONSOLE_NOTHING,
    CHAOS_CONSOLE_INPUT_LOST,
    CHAOS_CONSOLE_OUTPUT_LOST
};
enum chaos_console_notice chaos_console_notice(chaos_console *con, char *out, size_t room);

/* What a VM's configuration says of its console. */
struct chaos_console_settings {
    char *log;    /* NULL: not given; the caller frees it */
    bool log_off; /* none, whatever is usual */
    bool server_off;
    uint64_t log_kib, rate_kib; /* 0: not given */
    int log_keep;               /* -1: not given */
};
int chaos_domain_console(chaos_host *host, const struct chaos_domain *dom,
                         struct chaos_console_settings *out, chaos_error *err);
/* Fails with CHAOS_E_BUSY where a VM `name` made of the configuration would have the log that the
 * console of another VM is being logged to, and names that VM. */
int chaos_console_log_free(chaos_host *host, const chaos_config *cfg, const char *name,
                           chaos_error *err);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
