/* SPDX-License-Identifier: BSD-3-Clause */
/* MAC addresses of interfaces whose configuration names none. */
#ifndef CHAOS_MAC_H
#define CHAOS_MAC_H

#include <stdbool.h>
#include <stdint.h>

#define MAC_ETC "/etc"

/* A hash of what tells this host and run directory from others: ETC/chaos/mac_seed, else
 * ETC/machine-id, and the path of the run directory unless it is the usual one. Two hosts with
 * neither file have the same seed. */
uint64_t mac_seed(const char *etc, const char *run_dir);

/* The address of the interface `index` of the VM `name`: the same whenever seed, name and index
 * are the same. */
void mac_automatic(uint64_t seed, const char *name, unsigned int index, uint8_t mac[6]);

#endif
