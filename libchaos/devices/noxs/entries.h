/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of this bus share: the entries of device pages, and back ends. */
#ifndef CHAOS_ENTRIES_H
#define CHAOS_ENTRIES_H

#include <noxs/ioctl.h>

#include "devices/bus.h"

/* As struct device_bus has it. */
int noxs_need(struct device_host *host, chaos_error *err);

struct device_slot entry_slot(const struct noxs_entry *entry);
/* The entries that the shell's records are. */
static inline struct noxs_entry *entries_of(struct devices *devs)
{
    return (struct noxs_entry *)(void *)devs->records;
}

/* The entries of the guest's device page, NOXS_MAX_DEVICES at most; how many, or -errno. */
int entries_read(struct device_host *host, const struct device_guest *guest,
                 struct noxs_entry *entries, chaos_error *err);

/* All back ends of a domain (0: of all domains); the caller frees the list. How many, or -errno. */
int entries_back_ends(struct device_host *host, uint32_t domid, struct noxs_status **out);

#endif
