/* SPDX-License-Identifier: BSD-3-Clause */
/* The ends of VMs, and what their configurations say is to follow. */
#ifndef CHAOSD_POLICY_H
#define CHAOSD_POLICY_H

#include <uv.h>

#include <chaos/daemon.h>

struct daemon;
struct restart;

struct policy {
    bool follows; /* on_poweroff, on_reboot and on_crash */
    uv_poll_t ends;
    int ends_fd;
    uv_timer_t sweep;
    uv_timer_t retry; /* of restarts that failed, or have to wait */
    uint64_t restarts, ended;
    struct restart *restarted; /* backoff.c */
};

/* policy.c */
void policy_start(struct daemon *d);
/* Hears of ends from now on, if the settings need that and it did not before. */
void policy_listen(struct daemon *d);
/* Looks at all domains, and follows the policies of those that have ended. */
void policy_look(struct daemon *d);
void policy_stop(struct daemon *d);

/* backoff.c: for how many ms the VM of this name has to wait before its next life; 0: not at all */
uint64_t backoff_wait(struct daemon *d, const char *name);
/* It was restarted. */
void backoff_restarted(struct daemon *d, const char *name);
/* Forgets the VMs that live, or all; true while there are more. */
bool backoff_sweep(struct daemon *d, bool all);

#endif
