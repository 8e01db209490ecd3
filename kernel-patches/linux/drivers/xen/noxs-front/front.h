/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * noxs in a guest: devices of the device page as XenBus devices on a bus of their own, so that
 * netfront and blkfront are used as they are.
 *
 * Copyright (c) 2026, the chaos authors
 */
#ifndef DRIVERS_XEN_NOXS_FRONT_H
#define DRIVERS_XEN_NOXS_FRONT_H

#include <linux/mutex.h>
#include <linux/workqueue.h>
#include <xen/grant_table.h>
#include <xen/xenbus.h>

#include <noxs/abi.h>

struct noxs_front {
	struct xenbus_device xdev;
	struct list_head node;		/* under noxs_scan_lock */
	struct noxs_entry entry;	/* our copy */
	char name[32];			/* "noxs/vif/0": xdev.nodename */
	char back_name[32];		/* "noxs/vif/0/back": xdev.otherend */

	struct page *frame;		/* where the control page is mapped */
	void *page;			/* the control page */
	grant_handle_t handle;
	int irq;
	struct work_struct work;
	struct mutex lock;		/* one call of the driver at a time */
	bool probed;			/* under lock: events are the driver's business */
	wait_queue_head_t wait;		/* woken at each event */
	u32 features;			/* ours, as in the page */
	u32 sequence;			/* control: the last request seen */
};

static inline struct noxs_front *to_noxs_front(struct device *dev)
{
	return container_of(to_xenbus_device(dev), struct noxs_front, xdev);
}

static inline struct noxs_half *noxs_half(const struct noxs_front *front)
{
	return front->page + NOXS_FRONT_OFFSET;
}

/* page.c */
int noxs_page_find(evtchn_port_t *port);	/* port: tells of changes; 0: NOXS_VIRQ does */
int noxs_page_map(void);			/* -ENOENT: no device yet */
void noxs_page_unmap(void);
int noxs_page_read(struct noxs_entry *entries);

/* own.c: a device page in our own memory; -ENODEV: none is announced */
int noxs_own_find(evtchn_port_t *port);
const struct noxs_page *noxs_own_map(void);
void noxs_own_unmap(const struct noxs_page *page);
void noxs_own_forget(void);

/* device.c */
struct noxs_front *noxs_front_make(const struct noxs_entry *entry);
void noxs_front_drop(struct noxs_front *front);
void noxs_front_set_state(struct noxs_front *front, u32 state);
extern struct bus_type noxs_bus;

/* hints.c */
extern const struct attribute_group *noxs_hints[];

/* main.c */
struct noxs_front *noxs_front_find(const char *dir, const char **rest);
int noxs_driver_register(struct xenbus_driver *driver, struct module *owner, const char *name);
void noxs_driver_unregister(struct xenbus_driver *driver);

/*
 * keys.c: a field of the device page or of a control page under the name that XenStore has for it.
 * get: the length of the text in buf, or -ENOENT.
 */
int noxs_keys_get(struct noxs_front *front, bool back, const char *key, char *buf, size_t size);
void noxs_keys_reset(struct noxs_front *front);
int noxs_keys_set(struct noxs_front *front, unsigned int queue, const char *key, const char *text);

/* power.c */
void noxs_power_init(void);
void noxs_power_exit(void);
void noxs_power_start(struct noxs_front *front);
void noxs_power_event(struct noxs_front *front);

#endif
