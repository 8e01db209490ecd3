/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Included before netfront and blkfront: what they say to XenBus goes to the device's pages.
 *
 * Copyright (c) 2026, the chaos authors
 */
#ifndef DRIVERS_XEN_NOXS_FRONT_SHIM_H
#define DRIVERS_XEN_NOXS_FRONT_SHIM_H

#include <linux/device.h>
#include <xen/grant_table.h>
#include <xen/xenbus.h>

int noxs_driver_register(struct xenbus_driver *driver, struct module *owner, const char *name);
void noxs_driver_unregister(struct xenbus_driver *driver);
void noxs_front_give_up(struct device *dev);

void *noxs_bus_read(const char *dir, const char *key, unsigned int *len);
unsigned int noxs_bus_read_unsigned(const char *dir, const char *key, unsigned int otherwise);
int noxs_bus_exists(const char *dir, const char *key);
__scanf(3, 4) int noxs_bus_scanf(const char *dir, const char *key, const char *format, ...);
int noxs_bus_gather(const char *dir, ...);
__printf(3, 4) int noxs_bus_printf(const char *dir, const char *key, const char *format, ...);
int noxs_bus_switch_state(struct xenbus_device *xdev, enum xenbus_state state);
void noxs_bus_closed(struct xenbus_device *xdev);
enum xenbus_state noxs_bus_driver_state(const char *dir);
__printf(3, 4) void noxs_bus_fatal(struct xenbus_device *xdev, int error, const char *format, ...);
int noxs_bus_alloc_evtchn(struct xenbus_device *xdev, evtchn_port_t *port);
int noxs_bus_free_evtchn(evtchn_port_t port);
int noxs_bus_setup_ring(struct xenbus_device *xdev, gfp_t gfp, void **addr, unsigned int nr,
			grant_ref_t *gref);
void noxs_bus_teardown_ring(void **addr, unsigned int nr, grant_ref_t *gref);

static inline int noxs_bus_no_transaction(void)
{
	return 0;
}

#ifdef NOXS_DRIVER
#undef xenbus_register_frontend
#define xenbus_register_frontend(drv)	    noxs_driver_register(drv, THIS_MODULE, KBUILD_MODNAME)
#define xenbus_unregister_driver	    noxs_driver_unregister
#define device_unregister		    noxs_front_give_up
#define xenbus_read(xbt, dir, key, len)	    noxs_bus_read(dir, key, len)
#define xenbus_read_unsigned		    noxs_bus_read_unsigned
#define xenbus_exists(xbt, dir, key)	    noxs_bus_exists(dir, key)
#define xenbus_scanf(xbt, dir, key, ...)    noxs_bus_scanf(dir, key, __VA_ARGS__)
#define xenbus_gather(xbt, dir, ...)	    noxs_bus_gather(dir, __VA_ARGS__)
#define xenbus_printf(xbt, dir, key, ...)   noxs_bus_printf(dir, key, __VA_ARGS__)
#define xenbus_write(xbt, dir, key, text)   noxs_bus_printf(dir, key, "%s", text)
#define xenbus_transaction_start(xbt)	    ((xbt)->id = 0)
#define xenbus_transaction_end(xbt, abort)  noxs_bus_no_transaction()
#define xenbus_switch_state		    noxs_bus_switch_state
#define xenbus_frontend_closed		    noxs_bus_closed
#define xenbus_read_driver_state	    noxs_bus_driver_state
#define xenbus_dev_fatal		    noxs_bus_fatal
#define xenbus_alloc_evtchn		    noxs_bus_alloc_evtchn
#define xenbus_free_evtchn(xdev, port)	    noxs_bus_free_evtchn(port)
#define xenbus_setup_ring		    noxs_bus_setup_ring
#define xenbus_teardown_ring		    noxs_bus_teardown_ring
#endif

#endif
