/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * noxs in Dom0: what the core, the ioctls and the back ends share.
 *
 * Copyright (c) 2026, the chaos authors
 */
#ifndef DRIVERS_XEN_NOXS_H
#define DRIVERS_XEN_NOXS_H

#include <linux/hashtable.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <xen/grant_table.h>
#include <xen/xenbus.h>

#include <noxs/abi.h>
#include <noxs/ioctl.h>

struct noxs_backend;

struct noxs_device {
	struct hlist_node node;		/* in the table; under noxs_table_lock */
	struct kref ref;
	bool ready;			/* under noxs_table_lock, as are the next two */
	u16 slot;			/* where the entry is in the guest's page */
	struct noxs_entry entry;	/* announce.c: of type NONE where there is none */
	u16 domid;
	u8 type;
	u16 index;

	const struct noxs_backend *ops;
	void *priv;			/* the back end's */
	u32 host_id;			/* in Dom0: a vif's interface, a vbd's device number */

	void *page;			/* the control page */
	grant_ref_t gref;
	evtchn_port_t port;
	int irq;
	struct work_struct work;
	wait_queue_head_t wait;		/* woken after each event was dealt with */

	struct mutex lock;		/* guards what follows, and the back end's own state */
	u32 state;			/* ours; the page has a copy for the guest */
	u32 error;
	u32 seen_state, seen_sequence;	/* the guest's, at its last event */
	bool connected;			/* ops->connect was the last of the two to be called */
	bool closing;			/* the toolstack asked the guest to let go */
	struct list_head rings;

	/*
	 * What the cores of netback and blkback take for the guest's domid and the statistics of
	 * its events. It is on no bus, and nothing that would write to XenStore is called with it.
	 */
	struct xenbus_device xdev;
	char name[32];			/* xdev.nodename */
};

/*
 * create and destroy are called once each, connect and disconnect in turns between them with
 * dev->lock held. connect returns a negative errno having undone what it did. disconnect is
 * not called unless the last connect succeeded.
 */
struct noxs_backend {
	u8 type;
	struct module *owner;
	int (*create)(struct noxs_device *dev, struct noxs_request *req);
	void (*destroy)(struct noxs_device *dev);
	int (*connect)(struct noxs_device *dev);
	void (*disconnect)(struct noxs_device *dev);
};

int noxs_backend_register(const struct noxs_backend *ops);
void noxs_backend_unregister(const struct noxs_backend *ops);

static inline void *noxs_front(const struct noxs_device *dev)
{
	return dev->page + NOXS_FRONT_OFFSET;
}

/* Reads a field of the guest's half, once: what is checked is what is used. */
#define noxs_read(field) READ_ONCE(field)

void noxs_notify(struct noxs_device *dev);

/* Maps one page that the guest grants; a guest's bad reference is only an error. */
int noxs_ring_map(struct xenbus_device *xdev, grant_ref_t *gref, unsigned int nr, void **addr);
int noxs_ring_unmap(struct xenbus_device *xdev, void *addr);

/* core.c, for announce.c */
#define NOXS_TABLE_BITS 10
extern struct mutex noxs_table_lock;
extern DECLARE_HASHTABLE(noxs_table, NOXS_TABLE_BITS);
struct noxs_device *noxs_find(u16 domid, u8 type, u16 index);	/* under noxs_table_lock */

/* announce.c */
int noxs_announce_init(void);
void noxs_announce_exit(void);
int noxs_announce_first(struct noxs_announce *all, u32 nr, u32 grant, u32 *failed);
int noxs_announce(struct noxs_announce *all, u32 nr, u32 *failed);
int noxs_retract(struct noxs_announce *a);

/* core.c, for chardev.c */
struct noxs_device *noxs_device_create(struct noxs_request *req);
void noxs_device_remove(struct noxs_device *dev);
struct noxs_device *noxs_device_take(u16 domid, u8 type, u16 index);
struct noxs_device *noxs_device_take_any(u16 domid);
struct noxs_device *noxs_device_get(u16 domid, u8 type, u16 index);
void noxs_device_put(struct noxs_device *dev);
u32 noxs_device_list(u16 domid, struct noxs_status *status, u32 room);
int noxs_device_close(struct noxs_device *dev, u32 timeout_ms);

/* grave.c: control pages that a guest still maps wait there */
void noxs_grave_add(grant_ref_t gref, void *page);
void noxs_grave_exit(void);

/* control.c */
extern const struct noxs_backend noxs_control;
int noxs_control_power(struct noxs_device *dev, u32 request, u32 timeout_ms);

/* chardev.c */
int noxs_chardev_init(void);
void noxs_chardev_exit(void);

#endif
