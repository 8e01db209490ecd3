/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Stands in for Dom0's kernel and the hypervisor's device pages (back_ends.h, bridge.h, loop.h,
 * noxs.h): back ends and entries are lists here, and any call can be made to fail. There is
 * one of it; until device_fake_reset(true) it is as on a host without noxs.
 */
#ifndef DEVICE_FAKE_H
#define DEVICE_FAKE_H

#include <noxs/abi.h>
#include <noxs/ioctl.h>

#include <stdbool.h>

#define DEVICE_FAKE_BRIDGE "br0" /* the only one there is */

/* Forgets all; `present`: this host has noxs. */
void device_fake_reset(bool present);
/* As fake_fail_at and fake_struck. */
void device_fake_fail_at(unsigned long n, int errnum);
const char *device_fake_struck(void);
/* NULL, or what is left: back ends, handles. */
const char *device_fake_leaks(void);

unsigned int device_fake_count(uint16_t domid); /* its back ends */
/* What a back end was asked for, and its interface's bridge; NULL where there is none such. */
const struct noxs_request *device_fake_back(uint16_t domid, uint8_t type, uint16_t index);
const char *device_fake_bridge(uint16_t domid, uint16_t index);
/* The bridge of vifDOMID.INDEX, which a stock back end made. */
const char *device_fake_link_bridge(uint16_t domid, uint16_t index);
/* The guest's view: an entry of its device page. */
const struct noxs_entry *device_fake_entry(uint16_t domid, uint8_t type, uint16_t index);

/* The bridge is removed, and made again: no interface is in it. */
void device_fake_remove_bridge(void);
void device_fake_remake_bridge(void);
/* How the kernel gets at a page that a guest grants; NULL: not at all. device_fake_reset() forgets
 * it. */
void device_fake_grants(void *(*fn)(uint16_t domid, uint32_t grant));
/* Called before all back ends of a domain are removed. */
void device_fake_on_remove(void (*fn)(uint16_t domid));

/* A loop device of Dom0's own shows this file; NULL: there is none. */
void device_fake_loop(const char *path, bool readonly);

/* Removes a back end behind the toolstack's back; makes one that a domain of this number left. */
void device_fake_lose(uint16_t domid, uint8_t type, uint16_t index);
void device_fake_leave(uint16_t domid, uint8_t type, uint16_t index);

/* What the guest answers from now on: 0 or -errno. */
void device_fake_guest(int power, int release);
unsigned int device_fake_powered(void); /* requests it got */
/* Whether back ends wait for their guests from now on. */
void device_fake_waits(bool for_guest);

#endif
