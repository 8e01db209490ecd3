/* SPDX-License-Identifier: BSD-3-Clause */
/* chaosd as a whole: one process, one event loop, one thread. Each room has its own part of it. */
#ifndef CHAOSD_H
#define CHAOSD_H

#include <uv.h>

#include <chaos/daemon.h>
#include "daemon/console/consoles.h"
#include "daemon/log.h"
#include "daemon/net/net.h"
#include "daemon/policy/bridges.h"
#include "daemon/policy/policy.h"
#include "daemon/pool/pool.h"
#include "daemon/settings/settings.h"

/* What is to be done before the loop sleeps. A room sets this instead of calling the room that does
 * it, and where it happens several times in a turn of the loop, it is done once. */
enum {
    DUE_HANG_UPS = 1, /* conns_hang_up: some connections were given up */
    DUE_CONSOLES = 2, /* new_vms_again: a console was lost, perhaps for a while only */
    DUE_POLICY = 4,   /* policy_look: a VM may be restarted that could not be before */
    DUE_REFILL = 8,   /* refill_look: a shell is missing, or can be made that could not be before */
    DUE_BRIDGES = 16, /* bridge_watch_look: a bridge came or went, or there are other flavours */
};

struct daemon {
    uv_loop_t loop;
    bool looping;
    unsigned int max_fds;
    unsigned int due;
    uv_prepare_t turn;
    uv_signal_t on_term, on_int, on_hup, on_usr1;
    bool restarts_soon; /* the next chaosd is to have the idle shells */

    const char *run_dir, *config_path;
    bool config_optional; /* it is the default path, where no file need be */
    struct settings settings;
    chaos_host *host;
    chaos_error *err;  /* of the operation under way */
    uint8_t *in, *out; /* messages; CHAOS_POOL_MAX bytes each */

    struct net net;
    struct pool pool;
    struct consoles consoles;
    struct policy policy;
    struct bridge_watch bridges;
};

#define DAEMON_INIT                                                                                \
    {                                                                                              \
        .net = {.lock = -1, .listener = -1, .reserve = -1},                                        \
        .pool = {.shells_dir = -1, .leases_fd = -1}, .policy.ends_fd = -1, .consoles.inotify = -1, \
        .bridges.fd = -1                                                                           \
    }

/* Everything up to the loop: an exit code, after a message where that is not CHAOS_OK. */
int daemon_start(struct daemon *d);
/* Ends what was started, however far that came; idle shells are destroyed, or left for the next
 * chaosd. */
void daemon_stop(struct daemon *d);

/* loop.c: -errno */
int loop_open(struct daemon *d);
void loop_close(struct daemon *d);

/* notify.c */
void notify_systemd(const char *state);

#endif
