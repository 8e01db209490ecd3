/* SPDX-License-Identifier: BSD-3-Clause */
/* The pool, as the rest of chaosd sees it: shells that are idle, and shells that were taken. */
#ifndef CHAOSD_POOL_H
#define CHAOSD_POOL_H

#include <sys/types.h>
#include <uv.h>

#include <chaos/daemon.h>
#include "daemon/pool/flavour.h"

struct conn;
struct daemon;
struct kernel_load;
struct lease_record;

struct pool {
    uv_timer_t refill;
    uint64_t last_take, no_refill_before; /* uv_hrtime() */
    struct chaos_pool_times takes, executes;

    struct lease *orphans;       /* taken from the chaosd before this one, by processes that live */
    int shells_dir, leases_fd;   /* journal.c */
    struct lease_record *leases; /* the content of leases_fd */
    unsigned int nr_leases, next_lease; /* none is free before next_lease */

    struct kernel_load *loading;
    uv_async_t loaded;
    char *failed_kernel; /* the last that could not be loaded; NULL: none */
};

/* A shell that a client took: until it is a VM, is given back, or its taker is gone. */
struct lease {
    struct lease *next;
    struct flavour *flavour; /* NULL: the configuration has it no more */
    chaos_shell *shell;      /* NULL: destroyed, and still in the journal */
    char uuid[CHAOS_UUID_TEXT];
    pid_t pid;         /* the taker */
    uint64_t taken_ms; /* since boot */
    unsigned int slot; /* of its record in the journal */
    bool abandoned;    /* the taker has hung up, though it may live */
};

/* adopt.c: takes over what the chaosd before this one left. Negative after a message. */
int adopt(struct daemon *d);

/* stock.c */
/* False where the connection is to be closed. */
bool stock_take(struct daemon *d, struct conn *conn, const struct chaos_pool_take *take);
/* False where `list` has no such lease. */
bool stock_give_back(struct daemon *d, struct lease **list, const char *uuid);
/* Destroys idle shells until `kib` are free, or none is left; how many KiB were freed. */
uint64_t stock_reclaim(struct daemon *d, uint64_t kib);
/* Frees idle shells beyond the target. */
void stock_trim(struct daemon *d, struct flavour *flavour);
void stock_resize(struct daemon *d, struct flavour *flavour, unsigned int target);
void stock_empty(struct daemon *d);

/* refill.c: looks whether a shell is to be made, and when */
void refill_look(struct daemon *d);

/* lease.c */
/* Ends the leases of a taker that is gone: VMs stay, shells are destroyed. */
void leases_end(struct daemon *d, struct lease **list);
/* Moves to the orphans the leases of a taker that we have hung up on: it keeps its shells for as
 * long as it lives. */
void leases_leave(struct daemon *d, struct lease **list);
/* Forgets the leases whose shell is a VM by now. */
void leases_settle(struct daemon *d, struct lease **list);
/* Looks whether takers of orphans live. */
void orphans_look(struct daemon *d);
/* At chaosd's end: the takers keep their shells, and the next chaosd finds them in the journal. */
void leases_forget(struct lease **list);

/* kernel_loader.c */
int kernels_start(struct daemon *d);
/* Waits for the kernel that is being loaded. */
void kernels_stop(struct daemon *d);
/* True where the kernel is being loaded, or another one before it: ask again after DUE_POLICY or
 * DUE_REFILL. False where it is there, or nothing is to be gained by waiting. */
bool kernel_wait(struct daemon *d, const char *path);
/* True, once, after its loading has failed: the caller finds out why by loading it itself. */
bool kernel_failed(struct daemon *d, const char *path);

/* journal.c: negative errno */
int journal_open(struct daemon *d);
void journal_close(struct daemon *d);

#endif
