/* SPDX-License-Identifier: BSD-3-Clause */
/* A host to test on: the fake hypervisor, a registry and files in a directory of their own. */
#ifndef PLACE_H
#define PLACE_H

#include "base/error.h"
#include "shell/host.h"
#include "hv_fake.h"

#define PLACE_PAGES  16384 /* memory of the hypervisor, 64 MiB */
#define PLACE_MEMORY 1024  /* KiB of a guest */

struct place {
    char dir[64];
    char run[80], kernel[80], ramdisk[80];
    struct chaos_error err;
    chaos_host *host;
    struct hv *hv; /* the host's */
    int fds;       /* open before it */
};

/* Makes the directory, a kernel for PV and PVH and a ramdisk of three pages and a bit. */
void place_make(struct place *p);
/* Replaces the kernel. */
struct tiny;
void place_kernel(struct place *p, const struct tiny *t);
/* Replaces the kernel by one for PV and PVH, so large that it stays in its file: behind what
 * tiny_kernel has, a segment of PLACE_FAR bytes, of which place_far tells one. */
#define PLACE_FAR_OFFSET 0x123456
#define PLACE_FAR        10000
#define PLACE_FAR_PADDR  0x7123ULL
void place_kernel_large(struct place *p);
uint8_t place_far(size_t i);
/* Replaces the kernel by one that cannot start as PV. */
void place_kernel_pvh_only(struct place *p);
/* Removes it all, and closes the host where a test that failed did not. */
void place_remove(struct place *p);

/* Opens the host with PLACE_PAGES of memory. */
void place_open(struct place *p);
/* The same on a fresh hypervisor, or on one that is there; 0 or -errno. */
int place_try_open(struct place *p, struct hv *hv);
/* Closes it; fails the test where something was not given back. */
void place_close(struct place *p);
/* NULL, or what is left in hypervisor or registry. */
const char *place_left(struct place *p);

/* The place of a test that needs one; its set-up makes it and opens the host, with room for guests
 * of more than 64 MiB where it is large. */
extern struct place place;
int place_begin(void **state);
int place_begin_large(void **state);
int place_end(void **state);

/* A configuration of PLACE_MEMORY KiB; `more` is YAML to append ("" for none). */
chaos_config *place_config(struct place *p, enum chaos_type type, const char *more);
/* Creates a domain; fails the test where that fails. */
uint32_t place_create(struct place *p, const chaos_config *cfg, const char *name);
/* chaos_find, which must succeed. */
struct chaos_domain place_find(struct place *p, const char *ref);

/* Fails the test unless `rc` is a failure with a message (status: any where CHAOS_OK) or a success
 * without one. Forgets the message. */
void place_failed(struct place *p, int rc, enum chaos_status status);
void place_worked(struct place *p, int rc);

#endif
