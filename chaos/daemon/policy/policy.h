/* SPDX-License-Identifier: BSD-3-Clause */
/* The ends of VMs, and what their configurations say is to follow. */
#ifndef CHAOSD_POLICY_H
#define CHAOSD_POLICY_H

#include <uv.h>

#include <chaos/daemon.h>

struct daemon;

struct policy {
    bool follows; /* on_poweroff, on_reboot and on_crash */
    uv_poll_t ends;
    int ends_fd;
    uv_timer_t sweep;
    uv_timer_t retry; /* restarts that failed, or have to wait */
    uint64_t restarts, ended;
};

/* policy.c */
void policy_start(struct daemon *d);
/* Hears of ends from now on, if the settings need that and it did not before. */
void policy_listen(struct daemon *d);
/* Looks at all domains, and follows the policies of those that have ended. */
void policy_look(struct daemon *d);
void policy_stop(struct daemon *d);

#endif
