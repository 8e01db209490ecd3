/* SPDX-License-Identifier: BSD-3-Clause */
/* A host with noxs (device_fake.h) and one domain, "vm", which has devices. */
#ifndef DEVICE_PLACE_H
#define DEVICE_PLACE_H

#include "place.h"

extern struct place device_place;
extern char device_vm_yaml[400]; /* YAML: two interfaces and a disk */

/* A test's set-up and tear-down. */
int device_vm_make(void **state);
int device_vm_unmake(void **state);
/* Closes the host; fails the test where a domain, a name, a back end or a handle is left. */
void device_vm_close(void);

/* `more`: YAML of the domain; its id. */
uint32_t device_vm_create(const char *more);
void device_vm_destroy(void);

/* Runs an operation with each of its calls to the kernel failing in turn, until it works; it makes
 * `calls`. Each failure has a message and leaves no handle and no claim. */
void device_vm_sweep(int (*op)(void), unsigned int calls);

#endif
