/* SPDX-License-Identifier: BSD-3-Clause */
/* Domains as text and as JSON (schema 1). */
#ifndef CHAOS_SHOW_H
#define CHAOS_SHOW_H

#include <jansson.h>

#include <chaos.h>

/* The name, "(shell)" for a nameless domain of ours, "-" for one made by others. */
const char *shown_name(const struct chaos_domain *dom);
/* The state; how it ended, for one that has. */
const char *shown_state(const struct chaos_domain *dom);
json_t *domain_json(chaos_host *host, const struct chaos_domain *dom);
/* What is to be said behind a device's detail. */
const char *shown_late(const struct chaos_device *dev);
json_t *devices_json(const struct chaos_device *devs, size_t count);

/* Prints a document, which it takes over; NULL where there was no memory for it. Returns an exit
 * code. */
int print_json(json_t *top);

#endif
