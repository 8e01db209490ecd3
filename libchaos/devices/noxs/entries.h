/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of this bus share: kinds of devices, and what there is of them. */
#ifndef CHAOS_ENTRIES_H
#define CHAOS_ENTRIES_H

#include <noxs/ioctl.h>

#include "devices/devices.h"

/* "vif"; "unknown" where it is none. */
const char *entry_type_name(uint8_t type);
/* Of a kind that comes and goes, "vif" or "vbd"; else NOXS_TYPE_NONE. */
uint8_t entry_type_number(const char *name);

/* The entries of the guest's device page, NOXS_MAX_DEVICES at most; how many, or -errno. */
int entries_read(struct device_host *host, uint32_t domid, struct noxs_entry *entries,
                 chaos_error *err);

/* All back ends of a domain (0: of all domains); the caller frees the list. How many, or -errno. */
int entries_back_ends(struct device_host *host, uint32_t domid, struct noxs_status **out);

#endif
