/* SPDX-License-Identifier: BSD-3-Clause */
/* Requests to a guest: to power off, to reboot, to suspend itself. */
#ifndef CHAOS_POWER_PUBLIC_H
#define CHAOS_POWER_PUBLIC_H

#include <chaos/domain.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

enum chaos_power { CHAOS_POWER_OFF = 1, CHAOS_POWER_REBOOT = 2, CHAOS_POWER_SUSPEND = 3 };

/* Asks the guest, and waits until it agreed: CHAOS_E_TIMEOUT, or CHAOS_E_FAILED where it refuses
 * or does not listen to power requests. What it then does is seen by chaos_reap or chaos_find. */
int chaos_power(chaos_host *host, const struct chaos_domain *dom, enum chaos_power what,
                unsigned int timeout_ms, chaos_error *err);
/* Lets a guest that suspended itself go on in place. */
int chaos_resume(chaos_host *host, const struct chaos_domain *dom, chaos_error *err);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
