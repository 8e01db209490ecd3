/* SPDX-License-Identifier: BSD-3-Clause */
/* Directories of XenStore that may be long. */
#ifndef CHAOS_XENSTORE_LISTING_H
#define CHAOS_XENSTORE_LISTING_H

#include "devices/devices.h"

/* The names in a directory that are numbers; the caller frees the list. How many (0 where there is
 * no such directory), or -errno. */
int store_numbers(struct device_host *host, const char *path, uint32_t **out, chaos_error *err);

#endif
