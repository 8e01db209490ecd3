/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Back ends that Dom0's kernel keeps for domains that are gone, because it does not hear of their
 * end. It hears by watches, which it set in the xenstored that was there when Dom0 booted: with one
 * that was restarted there are none, and it never sets them again.
 */
#ifndef CHAOS_XENSTORE_UNHEARD_H
#define CHAOS_XENSTORE_UNHEARD_H

#include "devices/bus.h"

/* Has the kernel let go of the back ends of domains that are not alive, where XenStore has nothing
 * of them. xenstored must answer: their drivers ask it, too, and wait as long as it takes. */
void unheard_release(struct device_host *host, devices_alive_fn *alive, void *opaque);

/* Where the kernel shows its back ends; unit tests have a folder of their own. */
extern const char *unheard_folder;

#endif
