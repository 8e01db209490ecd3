/* SPDX-License-Identifier: BSD-3-Clause */
/* The console server, as the rest of chaosd sees it. */
#ifndef CHAOSD_CONSOLES_H
#define CHAOSD_CONSOLES_H

#include <uv.h>

#include <chaos/daemon.h>

struct console;
struct daemon;

struct consoles {
    struct console **by_domid;
    uint32_t room; /* of by_domid */
    unsigned int nr, nr_logs, nr_ptys, nr_viewers, max;
    unsigned int pass; /* of consoles_look */

    /* flow.c */
    struct console *throttled, **throttled_end;
    void (*resume)(struct console *c);
    uv_timer_t tick;
    uint64_t window, spent_ns; /* time spent in this window; uv_now() when it began */

    /* new_vms.c: VMs that were heard of and not looked at yet. */
    char (*names)[CHAOS_NAME_MAX + 1];
    unsigned int nr_names, names_room;
    bool scan; /* all VMs are to be looked at */
    bool failure_logged;
    uint64_t again_at; /* uv_hrtime() when what failed is tried again; 0: nothing did */
    int inotify;
    uv_poll_t heard;
    uv_timer_t later;
    uint64_t later_since; /* uv_hrtime() of the first thing that waits; 0: none */

    uint64_t bytes, lost_bytes, throttles, log_errors;
};

/* server.c */
void consoles_start(struct daemon *d);
void consoles_stop(struct daemon *d);
/* The settings have changed. */
void consoles_reload(struct daemon *d);
/* Takes the last output of VMs that have ended, and lets go of those that are not in `doms`, which
 * holds all domains. */
void consoles_look(struct daemon *d, const struct chaos_domain *doms, size_t count);

/* new_vms.c: hears of new VMs, and attaches to their consoles when there is time */
void new_vms_start(struct daemon *d);
void new_vms_stop(struct daemon *d);
/* A take has begun: what is heard of the VM that it is for can wait. */
void new_vms_quiet(struct daemon *d);
/* Looks at all VMs soon. */
void new_vms_scan(struct daemon *d);
/* Looks at all VMs in a while. */
void new_vms_again(struct daemon *d);

#endif
